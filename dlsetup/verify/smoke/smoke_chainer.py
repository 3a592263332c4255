"""The first lesson with Chainer, on Python 2.7 and newer."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson

sys.dont_write_bytecode = _kept
del sys.path[0]


def load():
    import chainer

    return chainer, chainer.__version__, None


def choose(chainer, wanted):
    """Return the array module (numpy or cupy), the device's kind and its name."""
    import numpy

    gpu = _gpu(chainer)
    kind = ("cuda" if gpu else "cpu") if wanted == "auto" else wanted
    if kind not in ("cpu", "cuda") or (kind == "cuda" and not gpu):
        raise _lesson.NoDevice("Chainer finds no %s device: CuPy %s" % (wanted, _why_not(chainer)))
    numpy.random.seed(_lesson.SEED)
    if kind == "cpu":
        return numpy, "cpu", "cpu"
    chainer.cuda.get_device_from_id(0).use()
    return chainer.cuda.cupy, "cuda", "cuda:0"


def _gpu(chainer):
    try:
        return chainer.cuda.available and chainer.cuda.cupy.cuda.runtime.getDeviceCount() > 0
    except Exception:  # of CuPy: no driver
        return False


def _why_not(chainer):
    return "reports no device" if chainer.cuda.available else "is not installed or does not start"


def kind_of(array):
    return "cuda" if type(array).__module__.split(".")[0] == "cupy" else "cpu"


def lists(array):
    return _lesson.flatten(array.tolist())


def train(chainer, numbers):
    functions = chainer.functions
    places, classes = _lesson.points()
    x, y, plane = (numbers.array(each, "float32") for each in (places, classes, _lesson.grid()))
    y = y.astype("int32")
    first, first_bias, second, second_bias = (numbers.array(each, "float32") for each in _lesson.first_weights())
    net = chainer.ChainList(
        chainer.links.Linear(2, _lesson.HIDDEN, initialW=_on_cpu(first.T), initial_bias=_on_cpu(first_bias)),
        chainer.links.Linear(_lesson.HIDDEN, 1, initialW=_on_cpu(second.T), initial_bias=_on_cpu(second_bias)),
    )
    if kind_of(x) == "cuda":
        net.to_gpu()
    optimizer = chainer.optimizers.MomentumSGD(lr=_lesson.RATE, momentum=_lesson.MOMENTUM)
    optimizer.setup(net)

    def logits(inputs):
        return net[1](functions.tanh(net[0](inputs)))

    losses = []
    for _ in range(_lesson.STEPS):
        loss = functions.sigmoid_cross_entropy(logits(x), y)
        net.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(loss.array)
    probabilities, surface = (functions.sigmoid(logits(each)).array for each in (x, plane))
    weights = [each.array for each in (net[0].W, net[0].b, net[1].W, net[1].b)]
    return {
        "losses": [float(loss) for loss in losses],
        "probabilities": lists(probabilities),
        "surface": lists(surface),
        "weights": [each.T.tolist() for each in weights],
        "kinds": [kind_of(each) for each in [losses[-1], probabilities, surface] + weights],
    }


def _on_cpu(array):
    return array.get() if hasattr(array, "get") else array


def compare(chainer, numbers):
    functions = chainer.functions
    rows, weights, biases = (numbers.array(each, "float32") for each in _lesson.wide())
    wide = functions.relu(functions.linear(rows, weights.T, biases)).array
    size, kernel, out = _lesson.HEIGHT, _lesson.KERNEL, _lesson.OUT
    shapes = (
        (-1, _lesson.CHANNELS, size, size),
        (-1, _lesson.CHANNELS, kernel, kernel),
        (-1, _lesson.FILTERS, out, out),
    )
    pictures, filters, shares = (
        chainer.Variable(numbers.array(flat, "float32").reshape(shape))
        for flat, shape in zip(_lesson.convolution(), shapes)
    )
    results = functions.convolution_2d(pictures, filters)
    functions.sum(results * shares).backward()
    found = [wide, results.array, filters.grad, pictures.grad]
    flat = [lists(each) for each in found]
    return {
        "wide": flat[0],
        "results": flat[1],
        "of_filters": flat[2],
        "of_pictures": flat[3],
        "kinds": [kind_of(each) for each in found],
    }


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("chainer", load, choose, train, compare))
