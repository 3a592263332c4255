"""The first lesson with Apache MXNet 1.x, on Python 2.7 and newer."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson

sys.dont_write_bytecode = _kept
del sys.path[0]


def load():
    import mxnet

    return mxnet, mxnet.__version__, None


def choose(mx, wanted):
    """Return the context, its kind and its name."""
    gpus = mx.context.num_gpus()
    kind = ("cuda" if gpus else "cpu") if wanted == "auto" else wanted
    if kind not in ("cpu", "cuda") or (kind == "cuda" and not gpus):
        raise _lesson.NoDevice("MXNet reports %d GPUs of NVIDIA and no %s device" % (gpus, wanted))
    mx.random.seed(_lesson.SEED)
    place = mx.gpu(0) if kind == "cuda" else mx.cpu()
    return place, kind, str(place)


def kind_of(array):
    return "cuda" if array.context.device_type == "gpu" else "cpu"


def lists(array):
    return _lesson.flatten(array.asnumpy())


def build(mx, place):
    """Return the network, ending before its sigmoid, with the lesson's weights."""
    net = mx.gluon.nn.Sequential()
    net.add(mx.gluon.nn.Dense(_lesson.HIDDEN, activation="tanh", in_units=2))
    net.add(mx.gluon.nn.Dense(1, in_units=_lesson.HIDDEN))
    net.initialize(ctx=place)
    first, first_bias, second, second_bias = (mx.nd.array(each, ctx=place) for each in _lesson.first_weights())
    for layer, weight, bias in ((net[0], first, first_bias), (net[1], second, second_bias)):
        layer.weight.set_data(weight.T)
        layer.bias.set_data(bias)
    return net


def train(mx, place):
    places, classes = _lesson.points()
    x, y, plane = (mx.nd.array(each, ctx=place) for each in (places, classes, _lesson.grid()))
    net = build(mx, place)
    error = mx.gluon.loss.SigmoidBinaryCrossEntropyLoss()
    parameters = {"learning_rate": _lesson.RATE, "momentum": _lesson.MOMENTUM}
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", parameters)
    losses = []
    for _ in range(_lesson.STEPS):
        with mx.autograd.record():
            loss = error(net(x), y)
        loss.backward()
        trainer.step(len(places))
        losses.append(loss.mean())
    probabilities, surface = net(x).sigmoid(), net(plane).sigmoid()
    weights = [each.data() for layer in (net[0], net[1]) for each in (layer.weight, layer.bias)]
    return {
        "losses": [float(loss.asscalar()) for loss in losses],
        "probabilities": lists(probabilities),
        "surface": lists(surface),
        "weights": [(each.T if each.ndim > 1 else each).asnumpy().tolist() for each in weights],
        "kinds": [kind_of(each) for each in [loss, probabilities, surface] + weights],
    }


def compare(mx, place):
    rows, weights, biases = (mx.nd.array(each, ctx=place) for each in _lesson.wide())
    wide = mx.nd.relu(mx.nd.FullyConnected(rows, weights.T, biases, num_hidden=_lesson.WIDE_UNITS))
    size, kernel, out = _lesson.HEIGHT, _lesson.KERNEL, _lesson.OUT
    shapes = (
        (-1, _lesson.CHANNELS, size, size),
        (-1, _lesson.CHANNELS, kernel, kernel),
        (-1, _lesson.FILTERS, out, out),
    )
    pictures, filters, shares = (
        mx.nd.array(flat, ctx=place).reshape(shape) for flat, shape in zip(_lesson.convolution(), shapes)
    )
    pictures.attach_grad()
    filters.attach_grad()
    with mx.autograd.record():
        results = mx.nd.Convolution(
            pictures, filters, no_bias=True, kernel=(kernel, kernel), num_filter=_lesson.FILTERS
        )
        error = (results * shares).sum()
    error.backward()
    found = [wide, results, filters.grad, pictures.grad]
    return {
        "wide": lists(wide),
        "results": lists(results),
        "of_filters": lists(filters.grad),
        "of_pictures": lists(pictures.grad),
        "kinds": [kind_of(each) for each in found],
    }


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("mxnet", load, choose, train, compare))
