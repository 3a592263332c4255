"""The first lesson with PyTorch. Needs no numpy."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson

sys.dont_write_bytecode = _kept
del sys.path[0]


def load():
    import torch

    return torch, torch.__version__, None


def choose(torch, wanted):
    """Return the device, its kind and its name."""
    torch.manual_seed(_lesson.SEED)
    there = available(torch)
    kind = next(iter(there)) if wanted == "auto" else {"metal": "mps"}.get(wanted, wanted)
    if kind not in there:
        built = "; ".join("%s %s" % (name, getattr(torch.version, name, None)) for name in ("cuda", "hip", "xpu"))
        raise _lesson.NoDevice("torch reports no %s device, only %s (built for %s)" % (wanted, ", ".join(there), built))
    return torch.device({"rocm": "cuda"}.get(kind, kind)), kind, there[kind]


def available(torch):
    """Return the kinds of devices that torch reports, best first, and a name for each."""
    there = {}
    if torch.cuda.is_available():
        there["rocm" if getattr(torch.version, "hip", None) else "cuda"] = torch.cuda.get_device_name(0)
    if getattr(torch, "xpu", None) is not None and torch.xpu.is_available():
        there["xpu"] = torch.xpu.get_device_name(0)
    mps = getattr(torch.backends, "mps", None)
    if mps is not None and mps.is_available():
        there["mps"] = "mps"
    there["cpu"] = "cpu"
    return there


def kind_of(torch, tensor):
    """Return the kind of device that a tensor lies on."""
    if tensor.device.type == "cuda" and getattr(torch.version, "hip", None):
        return "rocm"
    return tensor.device.type


def build(torch):
    """Return the network with the lesson's weights."""
    net = torch.nn.Sequential(
        torch.nn.Linear(2, _lesson.HIDDEN),
        torch.nn.Tanh(),
        torch.nn.Linear(_lesson.HIDDEN, 1),
        torch.nn.Sigmoid(),
    )
    first, first_bias, second, second_bias = (torch.tensor(each) for each in _lesson.first_weights())
    with torch.no_grad():
        for parameter, values in zip(net.parameters(), (first.t(), first_bias, second.t(), second_bias)):
            parameter.copy_(values)
    return net


def weights_of(net):
    """Return the network's weights in the lesson's order."""
    first, first_bias, second, second_bias = (each.detach().cpu() for each in net.parameters())
    return first.t().tolist(), first_bias.tolist(), second.t().tolist(), second_bias.tolist()


def train(torch, place):
    places, classes = _lesson.points()
    x, y = torch.tensor(places, device=place), torch.tensor(classes, device=place)
    net = build(torch).to(place)
    error = torch.nn.BCELoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=_lesson.RATE, momentum=_lesson.MOMENTUM)
    losses = []
    # so small a network is only slowed down by several threads, badly so on a busy machine
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for _ in range(_lesson.STEPS):
        optimizer.zero_grad()
        loss = error(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    torch.set_num_threads(threads)
    with torch.no_grad():
        probabilities = net(x)
        surface = net(torch.tensor(_lesson.grid(), device=place))
    return {
        "losses": [loss.item() for loss in losses],
        "probabilities": probabilities.cpu().flatten().tolist(),
        "surface": surface.cpu().flatten().tolist(),
        "weights": weights_of(net),
        "kinds": [kind_of(torch, each) for each in (losses[-1], probabilities, surface, *net.parameters())],
    }


def compare(torch, place):
    rows, weights, biases = (torch.tensor(each, device=place) for each in _lesson.wide())
    with torch.no_grad():
        wide = torch.relu(torch.nn.functional.linear(rows, weights.t(), biases))
    pictures, filters, shares = (torch.tensor(each, device=place) for each in _lesson.convolution())
    size, kernel = _lesson.HEIGHT, _lesson.KERNEL
    pictures = pictures.reshape(-1, _lesson.CHANNELS, size, size).requires_grad_()
    filters = filters.reshape(-1, _lesson.CHANNELS, kernel, kernel).requires_grad_()
    results = torch.nn.functional.conv2d(pictures, filters)
    (results * shares.reshape(results.shape)).sum().backward()
    found = (wide, results, filters.grad, pictures.grad)
    flat = [each.detach().cpu().flatten().tolist() for each in found]
    return {
        "wide": flat[0],
        "results": flat[1],
        "of_filters": flat[2],
        "of_pictures": flat[3],
        "kinds": [kind_of(torch, each) for each in found],
    }


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("pytorch", load, choose, train, compare))
