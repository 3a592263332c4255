"""The first lesson with MLX; needs no numpy."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson

sys.dont_write_bytecode = _kept
del sys.path[0]


def load():
    import mlx.core as mx

    return mx, getattr(mx, "__version__", None), None


def choose(mx, wanted):
    """Return the device, its kind and its name."""
    gpu = kind_of_gpu(mx)
    kind = gpu or "cpu" if wanted == "auto" else {"mps": "metal"}.get(wanted, wanted)
    if kind not in ("cpu", gpu):
        raise _lesson.NoDevice("MLX reports no %s device, only %s" % (wanted, mx.default_device()))
    mx.set_default_device(mx.cpu if kind == "cpu" else mx.gpu)
    mx.random.seed(_lesson.SEED)
    return mx.default_device(), kind, name_of(mx, kind)


def kind_of_gpu(mx):
    """Return the kind of GPU that this build runs on; None without one."""
    if mx.metal.is_available():
        return "metal"
    cuda = getattr(mx, "cuda", None)
    return "cuda" if cuda is not None and cuda.is_available() else None


def name_of(mx, kind):
    if kind == "metal":
        try:
            return str(mx.metal.device_info()["device_name"])
        except Exception:  # moved to mx.device_info in 0.30; its keys are nowhere promised
            return "metal"
    return kind


def kinds_now(mx):
    """Return the kind of device that work goes to, as MLX reports it; its arrays belong to no device."""
    return [kind_of_gpu(mx) or "cpu" if mx.default_device() == mx.Device(mx.gpu) else "cpu"]


def train(mx, place):
    places, classes = _lesson.points()
    x, y, plane = mx.array(places), mx.array(classes), mx.array(_lesson.grid())
    weights = [mx.array(each) for each in _lesson.first_weights()]
    speeds = [mx.zeros_like(each) for each in weights]

    def network(weights, inputs):
        return mx.tanh(inputs @ weights[0] + weights[1]) @ weights[2] + weights[3]

    def error(weights):
        logits = network(weights, x)
        return mx.mean(mx.logaddexp(mx.array(0.0), logits) - y * logits)

    slopes_of = mx.value_and_grad(error)
    losses = []
    for _ in range(_lesson.STEPS):
        loss, slopes = slopes_of(weights)
        speeds = [_lesson.MOMENTUM * speed + slope for speed, slope in zip(speeds, slopes)]
        weights = [weight - _lesson.RATE * speed for weight, speed in zip(weights, speeds)]
        mx.eval(loss, weights, speeds)  # nothing runs before
        losses.append(loss.item())
    probabilities, surface = (mx.sigmoid(network(weights, each)) for each in (x, plane))
    return {
        "losses": losses,
        "probabilities": _lesson.flatten(probabilities.tolist()),
        "surface": _lesson.flatten(surface.tolist()),
        "weights": [each.tolist() for each in weights],
        "kinds": kinds_now(mx),
    }


def compare(mx, place):
    rows, weights, biases = (mx.array(each) for each in _lesson.wide())
    wide = mx.maximum(rows @ weights + biases, 0)
    size, kernel, out = _lesson.HEIGHT, _lesson.KERNEL, _lesson.OUT
    shapes = (
        (-1, _lesson.CHANNELS, size, size),
        (-1, _lesson.CHANNELS, kernel, kernel),
        (-1, _lesson.FILTERS, out, out),
    )
    # MLX keeps channels last, in filters too
    pictures, filters, shares = (
        mx.array(flat).reshape(shape).transpose(0, 2, 3, 1) for flat, shape in zip(_lesson.convolution(), shapes)
    )

    def error(pictures, filters):
        return mx.sum(mx.conv2d(pictures, filters) * shares)

    results = mx.conv2d(pictures, filters)
    of_pictures, of_filters = mx.grad(error, argnums=(0, 1))(pictures, filters)
    first = [each.transpose(0, 3, 1, 2) for each in (results, of_filters, of_pictures)]
    mx.eval(wide, first)
    flat = [_lesson.flatten(each.tolist()) for each in [wide] + first]
    return {
        "wide": flat[0],
        "results": flat[1],
        "of_filters": flat[2],
        "of_pictures": flat[3],
        "kinds": kinds_now(mx),
    }


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("mlx", load, choose, train, compare))
