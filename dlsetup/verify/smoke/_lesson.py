"""The first lesson on neural networks, as far as it is the same for every framework.

Two classes of points in the plane, a small network whose last layer is a sigmoid, an error to minimise; then a wide
layer and a convolution. What a framework computes is compared with the same sums done here, by plain Python on the
processor in double precision: a reference that needs neither numpy nor a right answer of the framework's own.

Runs in the target environment, on Python 2.7 and newer. Found by the smoke scripts beside it.
"""

from __future__ import print_function

import json
import math
import operator
import random
import sys
import time

SEED = 20
POINTS = 400
HIDDEN = 16
STEPS = 200
RATE = 0.5
MOMENTUM = 0.9
SIDE = 24
"""The surface has SIDE x SIDE values."""
REACH = 2.25
"""The surface shows the plane from -REACH to REACH."""

WIDE_ROWS, WIDE_INPUTS, WIDE_UNITS = 16, 1024, 512
"""Wrong sums of a fused layer were reported for 512 to 8192 inputs (tensorflow-metal)."""

PICTURES, CHANNELS, FILTERS, HEIGHT, KERNEL = 2, 4, 8, 12, 3
"""The convolution: how many pictures, their channels, the filters, and the sides of a picture and of a filter."""
OUT = HEIGHT - KERNEL + 1

STAGE_MARK = "dlsetup-stage:"
"""Written to stderr, so that whoever watches knows where the process died."""


class NoDevice(Exception):
    """The device that was asked for is not there."""


def points():
    """Return the points and their classes: 0 for the disc, 1 for the ring around it."""
    chance = random.Random(SEED)
    places, classes = [], []
    for number in range(POINTS):
        ring = number % 2
        # the root spreads the points evenly over the disc's area
        distance = 1.2 + 0.8 * chance.random() if ring else 0.9 * math.sqrt(chance.random())
        angle = 2 * math.pi * chance.random()
        places.append([distance * math.cos(angle), distance * math.sin(angle)])
        classes.append([float(ring)])
    return places, classes


def grid():
    """Return the points of the surface, row by row from the top."""
    step = 2 * REACH / (SIDE - 1)
    return [[-REACH + step * column, REACH - step * row] for row in range(SIDE) for column in range(SIDE)]


def shown_points(count=80):
    """Return some of the points as the surface lies: how far from its left and its top (0 to 1 each), and the class."""
    places, classes = points()
    return [
        [round((x + REACH) / (2 * REACH), 4), round((REACH - y) / (2 * REACH), 4), int(kind[0])]
        for (x, y), kind in list(zip(places, classes))[:count]
    ]


def numbers(count, reach, seed):
    """Return evenly spread numbers between -reach and reach, the same on every machine."""
    chance = random.Random(seed)
    return [reach * (2 * chance.random() - 1) for _ in range(count)]


def table(flat, columns):
    """Fold a flat list into rows."""
    return [flat[begin : begin + columns] for begin in range(0, len(flat), columns)]


def first_weights():
    """Return the network's weights before the training: 2 x HIDDEN, HIDDEN, HIDDEN x 1, 1.

    They are given to every framework, so that all of them learn the same and nothing depends on a generator of theirs.
    """
    return (
        table(numbers(2 * HIDDEN, 1.5, SEED + 1), HIDDEN),
        numbers(HIDDEN, 0.5, SEED + 2),
        table(numbers(HIDDEN, 0.5, SEED + 3), 1),
        [0.0],
    )


def network(weights, places):
    """Compute the network's probabilities: 2 -> HIDDEN by tanh -> 1 by a sigmoid."""
    first, first_bias, second, second_bias = weights
    answers = []
    for x, y in places:
        total = second_bias[0]
        for unit in range(len(first_bias)):
            total += second[unit][0] * math.tanh(x * first[0][unit] + y * first[1][unit] + first_bias[unit])
        answers.append(1 / (1 + math.exp(-total)) if total > -700 else 0.0)
    return answers


def wide():
    """Return a wide layer's inputs (rows), weights (inputs x units) and biases, scaled so that results are near 1."""
    rows = table(numbers(WIDE_ROWS * WIDE_INPUTS, 1.0, SEED + 4), WIDE_INPUTS)
    reach = 3.0 / math.sqrt(WIDE_INPUTS)
    weights = table(numbers(WIDE_INPUTS * WIDE_UNITS, reach, SEED + 5), WIDE_UNITS)
    return rows, weights, numbers(WIDE_UNITS, 0.5, SEED + 6)


def wide_results():
    """Compute the wide layer, relu(rows . weights + biases), as one flat list."""
    rows, weights, biases = wide()
    columns = list(zip(*weights))
    return [
        max(0.0, bias + sum(map(operator.mul, row, column))) for row in rows for column, bias in zip(columns, biases)
    ]


def convolution():
    """Return pictures (N C H W), filters (O C H W) and the results' weights in the error (N O H W), flat."""
    pictures = numbers(PICTURES * CHANNELS * HEIGHT * HEIGHT, 1.0, SEED + 7)
    filters = numbers(FILTERS * CHANNELS * KERNEL * KERNEL, 0.5, SEED + 8)
    shares = numbers(PICTURES * FILTERS * OUT * OUT, 0.3, SEED + 9)
    return pictures, filters, shares


def convolution_results(operands=None):
    """Compute the convolution, and how sum(results * shares) changes with filters and pictures; flat, in that order."""
    pictures, filters, shares = operands or convolution()
    results = [0.0] * len(shares)
    of_filters = [0.0] * len(filters)
    of_pictures = [0.0] * len(pictures)
    for picture in range(PICTURES):
        for unit in range(FILTERS):
            for channel in range(CHANNELS):
                for place in range(KERNEL * KERNEL):
                    weight = (unit * CHANNELS + channel) * KERNEL * KERNEL + place
                    for row in range(OUT):
                        seen = (picture * CHANNELS + channel) * HEIGHT + row + place // KERNEL
                        seen = seen * HEIGHT + place % KERNEL
                        result = ((picture * FILTERS + unit) * OUT + row) * OUT
                        for column in range(OUT):
                            results[result + column] += pictures[seen + column] * filters[weight]
                            of_filters[weight] += pictures[seen + column] * shares[result + column]
                            of_pictures[seen + column] += filters[weight] * shares[result + column]
    return results, of_filters, of_pictures


def identity_results():
    """Compute how sum(results * shares) changes with a 1 x 1 convolution that stands before the other and changes nothing.

    Flat C x C, inputs first, divided by OUT to stay near 1. For frameworks that show no slopes but those of weights:
    these can be right only if the slopes of the pictures are.
    """
    pictures, _, _ = convolution()
    _, _, of_pictures = convolution_results()
    area = HEIGHT * HEIGHT
    planes, slopes = table(pictures, area), table(of_pictures, area)
    found = []
    for one in range(CHANNELS):
        for other in range(CHANNELS):
            pairs = range(0, PICTURES * CHANNELS, CHANNELS)
            total = sum(sum(map(operator.mul, planes[each + one], slopes[each + other])) for each in pairs)
            found.append(total / OUT)
    return found


def channels_last(flat, channels, height):
    """Turn flat N C H W into flat N H W C."""
    area = height * height
    turned = []
    for begin in range(0, len(flat), channels * area):
        for place in range(area):
            turned.extend(flat[begin + channel * area + place] for channel in range(channels))
    return turned


def channels_first(flat, channels, height):
    """Turn flat N H W C into flat N C H W."""
    area = height * height
    turned = []
    for begin in range(0, len(flat), channels * area):
        for channel in range(channels):
            turned.extend(flat[begin + place * channels + channel] for place in range(area))
    return turned


def filters_last(flat):
    """Turn flat O C H W into flat H W C O, the order of TensorFlow."""
    area = KERNEL * KERNEL
    return [
        flat[(unit * CHANNELS + channel) * area + place]
        for place in range(area)
        for channel in range(CHANNELS)
        for unit in range(FILTERS)
    ]


def filters_first(flat):
    """Turn flat H W C O into flat O C H W."""
    area = KERNEL * KERNEL
    return [
        flat[(place * CHANNELS + channel) * FILTERS + unit]
        for unit in range(FILTERS)
        for channel in range(CHANNELS)
        for place in range(area)
    ]


def flatten(nested):
    """Turn nested lists, tuples and rows into one flat list of floats."""
    flat = []
    for each in nested:
        if hasattr(each, "__iter__"):
            flat.extend(flatten(each))
        else:
            flat.append(float(each))
    return flat


def difference(found, expected):
    """Return the largest absolute difference; infinite where lengths differ or something is not a number."""
    if len(found) != len(expected):
        return float("inf")
    largest = 0.0
    for one, other in zip(found, expected):
        gap = abs(one - other)
        if not gap < float("inf"):
            return float("inf")
        largest = max(largest, gap)
    return largest


def accuracy(probabilities, classes):
    """Return the share of points on the right side."""
    right = sum((one > 0.5) == (truth[0] > 0.5) for one, truth in zip(probabilities, classes))
    return right / float(len(classes))


def stage(name):
    """Tell whoever watches what begins now."""
    sys.stderr.write("%s %s\n" % (STAGE_MARK, name))
    sys.stderr.flush()


def peak_memory():
    """Return the most memory that this process has held, in bytes; None where the system does not count it.

    Linux hands the peak of the process that started this one on to ru_maxrss (setmax_mm_hiwater_rss in fs/exec.c; seen
    with 6.18): VmHWM is this one's own.
    """
    try:
        with open("/proc/self/status") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except (IOError, OSError, StopIteration, ValueError, IndexError):
        return _peak_of_usage()


def _peak_of_usage():
    try:
        import resource
    except ImportError:
        return _peak_on_windows()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # kilobytes on Linux, bytes on macOS: getrusage(2) of either
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024


def _peak_on_windows():
    """Ask PSAPI: https://learn.microsoft.com/windows/win32/api/psapi/ns-psapi-process_memory_counters."""
    try:
        import ctypes

        names = "PeakWorkingSetSize WorkingSetSize a b c d PagefileUsage PeakPagefileUsage".split()
        fields = [("cb", ctypes.c_uint32), ("PageFaultCount", ctypes.c_uint32)]
        fields += [(name, ctypes.c_size_t) for name in names]
        counters = type("Counters", (ctypes.Structure,), {"_fields_": fields})()
        counters.cb = ctypes.sizeof(counters)
        itself = ctypes.c_void_p(-1)  # what GetCurrentProcess() returns
        found = ctypes.windll.kernel32.K32GetProcessMemoryInfo(itself, ctypes.byref(counters), counters.cb)
        return int(counters.PeakWorkingSetSize) if found else None
    except Exception:  # not measured is not known
        return None


def wanted_device(arguments):
    """Return what follows --device, or "auto"."""
    if "--device" in arguments[:-1]:
        return arguments[arguments.index("--device") + 1]
    return "auto"


def used(chosen, kinds):
    """Return the kind of device that was used: the chosen one only if everything was there."""
    strangers = [kind for kind in kinds if kind != chosen]
    return strangers[0] if strangers else chosen


def give_lesson(framework, load, choose, train, compare):
    """Import, choose a device, train and compare; print the answer as one JSON line and return the exit code.

    load() -> (module, version, backend or None)
    choose(module, wanted) -> (place, accelerator, the device's name); raises NoDevice
    train(module, place) -> {"losses", "probabilities", "surface", "weights", "kinds"}
    compare(module, place) -> {"wide", "results", "of_filters", "of_pictures" or "of_identity", "kinds"}

    "kinds" are those of the devices on which results were found, whatever was asked for.
    """
    answer = {"framework": framework}
    _watch_for_a_stop()
    step = "import"
    try:
        stage(step)
        begin = time.time()
        module, answer["version"], answer["backend"] = load()
        answer["import_seconds"] = round(time.time() - begin, 3)
        step = "device"
        stage(step)
        place, chosen, answer["device"] = choose(module, wanted_device(sys.argv[1:]))
        step = "train"
        stage(step)
        begin = time.time()
        learned = train(module, place)
        answer["train_seconds"] = round(time.time() - begin, 3)
        answer["losses"] = [round(float(loss), 6) for loss in learned["losses"]]
        answer["accuracy"] = accuracy(learned["probabilities"], points()[1])
        answer["surface"] = [[round(value, 4) for value in row] for row in table(learned["surface"], SIDE)]
        answer["points"] = shown_points()
        step = "compare"
        stage(step)
        compared = compare(module, place)
        answer["accelerator"] = used(chosen, learned["kinds"] + compared["kinds"])
        _judge(answer, learned, compared)
        answer["peak_memory_bytes"] = peak_memory()
    except BaseException as problem:
        answer["error"] = {"stage": step, "type": type(problem).__name__, "message": _words(problem)}
    stage("end")
    print(json.dumps(answer, sort_keys=True))
    sys.stdout.flush()
    return 1 if "error" in answer else 0


def _judge(answer, learned, compared):
    """Compare what the framework computed with plain Python."""
    surface = difference(learned["surface"], network(learned["weights"], grid()))
    answer["max_difference"] = max(surface, difference(compared["wide"], wide_results()))
    results, of_filters, of_pictures = convolution_results()
    if "of_identity" in compared:
        backward = difference(compared["of_identity"], identity_results())
    else:
        backward = difference(compared["of_pictures"], of_pictures)
    answer["conv_difference"] = max(
        difference(compared["results"], results), difference(compared["of_filters"], of_filters), backward
    )


def _words(problem):
    try:
        return str(problem)[:4000]
    except Exception:  # an exception whose message cannot be written in ASCII, on Python 2
        return repr(problem)[:4000]


def _watch_for_a_stop():
    """Have the place where the process hangs written down when it is told to stop."""
    try:
        import faulthandler
        import signal

        faulthandler.register(signal.SIGTERM, chain=True)
    except (ImportError, AttributeError, ValueError, OSError, RuntimeError):
        pass  # Python 2 or Windows: the place stays unknown
