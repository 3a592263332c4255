"""The first lesson with JAX, compiled; needs nothing but jax."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson

sys.dont_write_bytecode = _kept
del sys.path[0]


def load():
    # else JAX takes three quarters of the GPU's memory: https://docs.jax.dev/en/latest/gpu_memory_allocation.html
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    import jax

    return jax, jax.__version__, None


def choose(jax, wanted):
    """Return the device, its kind and its name."""
    if wanted == "auto":
        device = jax.devices()[0]
    else:
        device = _asked(jax, wanted)
    return device, kind_of(device), str(getattr(device, "device_kind", device))


def _asked(jax, wanted):
    platforms = {"cpu": ("cpu",), "metal": ("mps", "METAL"), "mps": ("mps", "METAL")}.get(wanted, ("gpu", wanted))
    why = ""
    for platform in platforms:
        try:
            found = [
                device for device in jax.devices(platform) if kind_of(device) == {"mps": "metal"}.get(wanted, wanted)
            ]
        except RuntimeError as problem:
            why = why or str(problem)
            continue
        if found:
            return found[0]
    raise _lesson.NoDevice(why or "JAX reports no %s device, only %s" % (wanted, jax.devices()))


def kind_of(device):
    """Return the kind of a device: JAX calls those of NVIDIA and AMD alike."""
    platform = device.platform.lower()
    if platform in ("mps", "metal"):
        return "metal"
    if platform == "gpu":
        return "rocm" if "rocm" in str(getattr(device.client, "platform_version", "")).lower() else "cuda"
    return platform


def kinds_of(arrays):
    """Return the kinds of the devices that arrays lie on."""
    found = []
    for array in arrays:
        devices = array.devices() if callable(getattr(array, "devices", None)) else [array.device()]
        found.extend(kind_of(device) for device in devices)
    return found


def lists(array):
    """Return an array's numbers, flat."""
    return [float(each) for each in array.ravel().tolist()]


def train(jax, device):
    numbers = jax.numpy
    places, classes = _lesson.points()
    x, y, plane = (jax.device_put(numbers.array(each), device) for each in (places, classes, _lesson.grid()))
    weights = [jax.device_put(numbers.array(each), device) for each in _lesson.first_weights()]
    speeds = [numbers.zeros_like(each) for each in weights]

    def network(weights, inputs):
        return numbers.tanh(inputs @ weights[0] + weights[1]) @ weights[2] + weights[3]

    def error(weights, inputs, truth):
        logits = network(weights, inputs)
        # the cross entropy of a sigmoid, in a form that does not overflow
        return numbers.mean(numbers.logaddexp(0.0, logits) - truth * logits)

    @jax.jit
    def step(weights, speeds, inputs, truth):
        loss, slopes = jax.value_and_grad(error)(weights, inputs, truth)
        speeds = [_lesson.MOMENTUM * speed + slope for speed, slope in zip(speeds, slopes)]
        return [weight - _lesson.RATE * speed for weight, speed in zip(weights, speeds)], speeds, loss

    losses = []
    for _ in range(_lesson.STEPS):
        weights, speeds, loss = step(weights, speeds, x, y)
        losses.append(loss)
    probabilities, surface = (jax.nn.sigmoid(network(weights, each)) for each in (x, plane))
    return {
        "losses": [float(loss) for loss in losses],
        "probabilities": lists(probabilities),
        "surface": lists(surface),
        "weights": [each.tolist() for each in weights],
        "kinds": kinds_of([loss, probabilities, surface] + weights),
    }


def compare(jax, device):
    rows, weights, biases = (jax.device_put(jax.numpy.array(each), device) for each in _lesson.wide())
    wide = jax.jit(lambda rows, weights, biases: jax.nn.relu(rows @ weights + biases))(rows, weights, biases)
    size, kernel, out = _lesson.HEIGHT, _lesson.KERNEL, _lesson.OUT
    shapes = (
        (-1, _lesson.CHANNELS, size, size),
        (_lesson.FILTERS, _lesson.CHANNELS, kernel, kernel),
        (-1, _lesson.FILTERS, out, out),
    )
    pictures, filters, shares = (
        jax.device_put(jax.numpy.array(flat).reshape(shape), device)
        for flat, shape in zip(_lesson.convolution(), shapes)
    )

    def convolve(pictures, filters):
        results = jax.lax.conv_general_dilated(
            pictures, filters, (1, 1), "VALID", dimension_numbers=("NCHW", "OIHW", "NCHW")
        )
        return jax.numpy.sum(results * shares), results

    slopes, results = jax.jit(jax.grad(convolve, argnums=(0, 1), has_aux=True))(pictures, filters)
    return {
        "wide": lists(wide),
        "results": lists(results),
        "of_filters": lists(slopes[1]),
        "of_pictures": lists(slopes[0]),
        "kinds": kinds_of([wide, results, slopes[0], slopes[1]]),
    }


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("jax", load, choose, train, compare))
