"""The first lesson with Keras 3, on whatever backend it uses, the way that its users go: compile, fit, predict."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson

sys.dont_write_bytecode = _kept
del sys.path[0]

EPOCHS, BATCH = 50, 100


def load():
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    import keras

    return keras, keras.__version__, keras.backend.backend()


def choose(keras, wanted):
    """Return the device to ask for (None: the default one), its kind and its name."""
    keras.utils.set_random_seed(_lesson.SEED)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        _let_memory_grow()
    default, name = place_of(backend, keras.Variable([0.0]).value)
    wanted = {"metal": "mps", "mps": "metal"}.get(wanted, wanted) if {wanted, default} == {"metal", "mps"} else wanted
    if wanted in ("auto", default):
        return None, default, name
    if wanted == "cpu":
        return "cpu:0", "cpu", "cpu"
    raise _lesson.NoDevice("Keras on %s uses %s, not %s" % (backend, name, wanted))


def _let_memory_grow():
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(device, True)
        except Exception:  # a device plugin need not know it
            pass


def place_of(backend, tensor):
    """Return the kind and the name of the device that a tensor of the backend lies on."""
    if backend == "torch":
        return _place_in_torch(tensor)
    if backend == "jax":
        return _place_in_jax(next(iter(tensor.devices())))
    name = str(getattr(tensor, "device", "cpu")).split("/")[-1]
    return _kind_in_tensorflow(name) if backend == "tensorflow" else "cpu", name


def _place_in_torch(tensor):
    import torch

    hip = tensor.device.type == "cuda" and getattr(torch.version, "hip", None)
    return "rocm" if hip else tensor.device.type, str(tensor.device)


def _place_in_jax(device):
    platform = device.platform.lower()
    if platform == "gpu":
        hip = "rocm" in str(getattr(device.client, "platform_version", "")).lower()
        platform = "rocm" if hip else "cuda"
    return "metal" if platform == "mps" else platform, str(getattr(device, "device_kind", device))


def _kind_in_tensorflow(name):
    import tensorflow as tf

    if "GPU" not in name.upper():
        return "xpu" if "XPU" in name.upper() else "cpu"
    if sys.platform == "darwin":
        return "metal"
    return "rocm" if tf.test.is_built_with_rocm() else "cuda"


class _Anywhere(object):
    """Leaves the choice of the device to Keras."""

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        return None


def on(keras, place):
    return keras.device(place) if place else _Anywhere()


def train(keras, place):
    import numpy

    places, classes = (numpy.array(each, "float32") for each in _lesson.points())
    with on(keras, place):
        net = keras.Sequential(
            [
                keras.layers.Input((2,)),
                keras.layers.Dense(_lesson.HIDDEN, activation="tanh"),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        net.set_weights([numpy.array(each, "float32") for each in _lesson.first_weights()])
        # a step for each of four batches: a smaller rate than that of one step for all points
        net.compile(keras.optimizers.SGD(_lesson.RATE / 2, momentum=_lesson.MOMENTUM), loss="binary_crossentropy")
        history = net.fit(places, classes, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
        probabilities = net.predict(places, verbose=0)
        surface = net.predict(numpy.array(_lesson.grid(), "float32"), verbose=0)
        answer = net(keras.ops.convert_to_tensor(places))
    backend = keras.backend.backend()
    return {
        "losses": history.history["loss"],
        "probabilities": _lesson.flatten(probabilities),
        "surface": _lesson.flatten(surface),
        "weights": [each.tolist() for each in net.get_weights()],
        "kinds": [place_of(backend, each)[0] for each in [answer] + [weight.value for weight in net.weights]],
    }


def compare(keras, place):
    import numpy

    rows, weights, biases = (numpy.array(each, "float32") for each in _lesson.wide())
    with on(keras, place):
        layer = keras.Sequential(
            [keras.layers.Input((_lesson.WIDE_INPUTS,)), keras.layers.Dense(_lesson.WIDE_UNITS, activation="relu")]
        )
        layer.set_weights([weights, biases])
        wide = layer.predict(rows, verbose=0)
        found, kinds = _convolve(keras, numpy)
    found["wide"] = _lesson.flatten(wide)
    found["kinds"] = kinds
    return found


def _convolve(keras, numpy):
    """Convolve, and take the slopes from what one step of descent at rate 1 changes."""
    pictures, filters, shares = _operands(numpy)
    net = keras.Sequential(
        [
            keras.layers.Input(pictures.shape[1:]),
            keras.layers.Conv2D(_lesson.CHANNELS, 1, use_bias=False, data_format="channels_last"),
            keras.layers.Conv2D(_lesson.FILTERS, _lesson.KERNEL, use_bias=False, data_format="channels_last"),
        ]
    )
    identity = numpy.eye(_lesson.CHANNELS, dtype="float32")[None, None]
    net.set_weights([identity, filters])
    results = net.predict(pictures, verbose=0)
    net.compile(keras.optimizers.SGD(1.0), loss=lambda truth, found: keras.ops.sum(truth * found, axis=(1, 2, 3)))
    # Keras takes the mean over the pictures where the lesson takes the sum
    net.train_on_batch(pictures, shares * _lesson.PICTURES)
    of_identity, of_filters = (before - after for before, after in zip((identity, filters), net.get_weights()))
    flat = {
        "results": _lesson.channels_first(_lesson.flatten(results), _lesson.FILTERS, _lesson.OUT),
        "of_filters": _lesson.filters_first(_lesson.flatten(of_filters)),
        "of_identity": [each / _lesson.OUT for each in _lesson.flatten(of_identity)],
    }
    return flat, [place_of(keras.backend.backend(), each.value)[0] for each in net.weights]


def _operands(numpy):
    pictures, filters, shares = _lesson.convolution()
    size, kernel, out = _lesson.HEIGHT, _lesson.KERNEL, _lesson.OUT
    return (
        numpy.array(_lesson.channels_last(pictures, _lesson.CHANNELS, size), "float32").reshape(
            -1, size, size, _lesson.CHANNELS
        ),
        numpy.array(_lesson.filters_last(filters), "float32").reshape(
            kernel, kernel, _lesson.CHANNELS, _lesson.FILTERS
        ),
        numpy.array(_lesson.channels_last(shares, _lesson.FILTERS, out), "float32").reshape(
            -1, out, out, _lesson.FILTERS
        ),
    )


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("keras", load, choose, train, compare))
