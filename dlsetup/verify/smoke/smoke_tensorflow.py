"""The first lesson with TensorFlow, in graphs, without Keras."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson

sys.dont_write_bytecode = _kept
del sys.path[0]


def load():
    import tensorflow as tf

    return tf, tf.__version__, None


def choose(tf, wanted):
    """Return the device, its kind and its name."""
    there = available(tf)
    kind = next(iter(there)) if wanted == "auto" else {"mps": "metal"}.get(wanted, wanted)
    if kind not in there:
        listed = ", ".join(device.name for device in tf.config.list_physical_devices())
        raise _lesson.NoDevice("TensorFlow reports no %s device, only %s" % (wanted, listed))
    place, name = there[kind]
    return place, kind, name


def available(tf):
    """Return the kinds of devices that TensorFlow reports, best first, with the name to place by and one to show."""
    there = {}
    for device in tf.config.list_physical_devices("GPU"):
        details = _details(tf, device)
        # else TensorFlow takes all of the memory: https://www.tensorflow.org/guide/gpu
        _quietly(tf.config.experimental.set_memory_growth, device, True)
        there.setdefault(_kind_of_gpu(tf, details), ("/GPU:0", details.get("device_name") or device.name))
    for device in tf.config.list_physical_devices("XPU"):
        there.setdefault("xpu", ("/XPU:0", device.name))
    there["cpu"] = ("/CPU:0", "cpu")
    return {kind: ((place, kind), name) for kind, (place, name) in there.items()}


def _details(tf, device):
    return _quietly(tf.config.experimental.get_device_details, device) or {}


def _quietly(ask, *arguments):
    try:
        return ask(*arguments)
    except Exception:  # a device plugin need not answer
        return None


def _kind_of_gpu(tf, details):
    if sys.platform == "darwin" or details.get("device_name") == "METAL":
        return "metal"
    return "rocm" if tf.test.is_built_with_rocm() else "cuda"


def kind_of(tensor, kind):
    """Return the kind of device that a tensor lies on, where `kind` is that of this machine's GPUs."""
    name = tensor.device.upper()
    return "cpu" if "CPU" in name or not name else kind


def train(tf, chosen):
    place, kind = chosen
    tf.random.set_seed(_lesson.SEED)
    places, classes = _lesson.points()
    with tf.device(place):
        x, y, plane = (tf.constant(each, tf.float32) for each in (places, classes, _lesson.grid()))
        weights = [tf.Variable(tf.constant(each, tf.float32)) for each in _lesson.first_weights()]
        speeds = [tf.Variable(tf.zeros_like(each)) for each in weights]

        @tf.function
        def network(inputs):
            hidden = tf.tanh(tf.nn.bias_add(tf.matmul(inputs, weights[0]), weights[1]))
            return tf.nn.bias_add(tf.matmul(hidden, weights[2]), weights[3])

        @tf.function
        def step():
            with tf.GradientTape() as tape:
                error = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=network(x)))
            for weight, speed, slope in zip(weights, speeds, tape.gradient(error, weights)):
                speed.assign(_lesson.MOMENTUM * speed + slope)
                weight.assign_sub(_lesson.RATE * speed)
            return error

        losses = [step() for _ in range(_lesson.STEPS)]
        probabilities, surface = tf.sigmoid(network(x)), tf.sigmoid(network(plane))
    found = [losses[-1], probabilities, surface] + [weight.read_value() for weight in weights]
    return {
        "losses": [float(loss) for loss in losses],
        "probabilities": _lesson.flatten(probabilities.numpy()),
        "surface": _lesson.flatten(surface.numpy()),
        "weights": [weight.numpy().tolist() for weight in weights],
        "kinds": [kind_of(each, kind) for each in found],
    }


def compare(tf, chosen):
    place, kind = chosen
    with tf.device(place):
        rows, weights, biases = (tf.constant(each, tf.float32) for each in _lesson.wide())

        @tf.function
        def layer():  # in a graph matmul, bias and relu become one operation: the one that tensorflow-metal got wrong
            return tf.nn.relu(tf.nn.bias_add(tf.matmul(rows, weights), biases))

        pictures, filters, shares = _pictures(tf)

        @tf.function
        def convolve():
            with tf.GradientTape() as tape:
                tape.watch([pictures, filters])
                results = tf.nn.conv2d(pictures, filters, strides=1, padding="VALID")
                error = tf.reduce_sum(results * shares)
            slopes = tape.gradient(error, [filters, pictures])
            return results, slopes[0], slopes[1]

        wide = layer()
        results, of_filters, of_pictures = convolve()
    return {
        "wide": _lesson.flatten(wide.numpy()),
        "results": _lesson.channels_first(_lesson.flatten(results.numpy()), _lesson.FILTERS, _lesson.OUT),
        "of_filters": _lesson.filters_first(_lesson.flatten(of_filters.numpy())),
        "of_pictures": _lesson.channels_first(_lesson.flatten(of_pictures.numpy()), _lesson.CHANNELS, _lesson.HEIGHT),
        "kinds": [kind_of(each, kind) for each in (wide, results, of_filters, of_pictures)],
    }


def _pictures(tf):
    """Return the convolution's operands with channels last, the only order that TensorFlow's CPU kernels know."""
    pictures, filters, shares = _lesson.convolution()
    size, kernel, out = _lesson.HEIGHT, _lesson.KERNEL, _lesson.OUT
    shapes = (
        (_lesson.channels_last(pictures, _lesson.CHANNELS, size), (-1, size, size, _lesson.CHANNELS)),
        (_lesson.filters_last(filters), (kernel, kernel, _lesson.CHANNELS, _lesson.FILTERS)),
        (_lesson.channels_last(shares, _lesson.FILTERS, out), (-1, out, out, _lesson.FILTERS)),
    )
    return [tf.reshape(tf.constant(flat, tf.float32), shape) for flat, shape in shapes]


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("tensorflow", load, choose, train, compare))
