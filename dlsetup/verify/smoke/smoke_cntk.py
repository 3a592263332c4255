"""The first lesson with the Microsoft Cognitive Toolkit (CNTK), on Python 2.7, 3.5 and 3.6."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson

sys.dont_write_bytecode = _kept
del sys.path[0]


def load():
    import cntk

    return cntk, cntk.__version__, None


def choose(cntk, wanted):
    """Return the device, its kind and its name."""
    there = cntk.device.all_devices()
    gpus = [device for device in there if device.type() == cntk.device.DeviceKind.GPU]
    kind = ("cuda" if gpus else "cpu") if wanted == "auto" else wanted
    if kind not in ("cpu", "cuda") or (kind == "cuda" and not gpus):
        raise _lesson.NoDevice("CNTK reports no %s device, only %s" % (wanted, ", ".join(str(each) for each in there)))
    place = gpus[0] if kind == "cuda" else cntk.device.cpu()
    if not cntk.device.try_set_default_device(place):
        raise _lesson.NoDevice("CNTK does not let %s be used" % place)
    cntk.cntk_py.set_fixed_random_seed(_lesson.SEED)
    return place, kind, str(place)


def kind_of(cntk, value):
    """Return the kind of device that a result lies on."""
    device = value.device() if callable(value.device) else value.device
    return "cuda" if device.type() == cntk.device.DeviceKind.GPU else "cpu"


def run(cntk, function, inputs, place):
    """Run a function and return its results, flat, and the kind of device that they lay on.

    A result is gone when the next function runs, so it is read at once.
    """
    value = function.eval(inputs, device=place, as_numpy=False)
    return _lesson.flatten(value.asarray()), kind_of(cntk, value)


def value_of(cntk, parameter):
    """Return a parameter's value where it lies; its own property would bring it to the processor."""
    return super(cntk.Parameter, parameter).value()


def train(cntk, place):
    import numpy

    places, classes = (numpy.array(each, "float32") for each in _lesson.points())
    features, label = cntk.input_variable(2), cntk.input_variable(1)
    weights = [cntk.parameter(init=numpy.array(each, "float32"), device=place) for each in _lesson.first_weights()]
    hidden = cntk.tanh(cntk.times(features, weights[0]) + weights[1])
    net = cntk.sigmoid(cntk.times(hidden, weights[2]) + weights[3])
    loss = cntk.binary_cross_entropy(net, label)
    # adam hardly moves on this problem; unit_gain=False is the momentum that everybody else means
    learner = cntk.momentum_sgd(
        net.parameters,
        cntk.learning_parameter_schedule(_lesson.RATE),
        cntk.momentum_schedule(_lesson.MOMENTUM),
        unit_gain=False,
    )
    trainer = cntk.Trainer(net, (loss, loss), [learner])
    losses = []
    for _ in range(_lesson.STEPS):
        trainer.train_minibatch({features: places, label: classes}, device=place)
        losses.append(trainer.previous_minibatch_loss_average)
    probabilities, kind = run(cntk, net, {features: places}, place)
    surface, other = run(cntk, net, {features: numpy.array(_lesson.grid(), "float32")}, place)
    return {
        "losses": losses,
        "probabilities": probabilities,
        "surface": surface,
        "weights": [each.value.tolist() for each in weights],
        "kinds": [kind, other] + [kind_of(cntk, value_of(cntk, each)) for each in weights],
    }


def compare(cntk, place):
    import numpy

    rows, weights, biases = (numpy.array(each, "float32") for each in _lesson.wide())
    inputs = cntk.input_variable(_lesson.WIDE_INPUTS)
    held = [cntk.parameter(init=each, device=place) for each in (weights, biases)]
    wide, kind = run(cntk, cntk.relu(cntk.times(inputs, held[0]) + held[1]), {inputs: rows}, place)
    size, kernel, out = _lesson.HEIGHT, _lesson.KERNEL, _lesson.OUT
    shapes = (
        (-1, _lesson.CHANNELS, size, size),
        (-1, _lesson.CHANNELS, kernel, kernel),
        (-1, _lesson.FILTERS, out, out),
    )
    pictures, filters, shares = (
        numpy.array(flat, "float32").reshape(shape) for flat, shape in zip(_lesson.convolution(), shapes)
    )
    seen = cntk.input_variable(pictures.shape[1:], needs_gradient=True)
    share = cntk.input_variable(shares.shape[1:])
    turned = cntk.parameter(init=filters, device=place)
    convolved = cntk.convolution(turned, seen, auto_padding=[False])
    error = cntk.reduce_sum(convolved * share)
    slopes = error.grad({seen: pictures, share: shares}, wrt=[seen, turned], device=place)
    results, other = run(cntk, convolved, {seen: pictures}, place)
    return {
        "wide": wide,
        "results": results,
        "of_filters": _lesson.flatten(numpy.asarray(slopes[turned])),
        "of_pictures": _lesson.flatten(numpy.asarray(slopes[seen])),
        "kinds": [kind, other],
    }


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("cntk", load, choose, train, compare))
