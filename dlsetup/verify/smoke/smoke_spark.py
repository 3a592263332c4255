"""The first lesson on Apache Spark: two executors train one PyTorch network together, and predict with it.

TorchDistributor trains in a barrier stage of a real cluster of two workers (local-cluster: each executor is a process
of its own, as on a cluster of machines), and what the network says of the plane comes from predict_batch_udf.
"""

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)  # not there under PYTHONSAFEPATH
sys.dont_write_bytecode, _kept = True, sys.dont_write_bytecode
import _lesson
import smoke_pytorch

sys.dont_write_bytecode = _kept
del sys.path[0]

PROCESSES = 2
MASTER = "local-cluster[%d,1,1024]" % PROCESSES
"""Workers, cores of each, megabytes of each: executors get a gigabyte, Spark's default, and no less."""


def load():
    # the processes that Spark starts are to be of this environment, whatever is first on the PATH
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    import pyspark

    # one machine needs no address that others see, nor a name that can be looked up
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_HOME"] = a_home_beside(os.path.dirname(pyspark.__file__))
    import torch
    from pyspark.ml.torch.distributor import TorchDistributor
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": os.getcwd(),
        "spark.sql.warehouse.dir": os.getcwd(),
    }
    builder = SparkSession.builder.master(MASTER).appName("dlsetup smoke test")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return (session, TorchDistributor, torch), pyspark.__version__, "pytorch " + torch.__version__


def a_home_beside(installed):
    """Return a home for Spark in the working folder: workers write into it, and the environment is left alone."""
    home = os.path.join(os.getcwd(), "spark-home")
    os.mkdir(home)
    for name in os.listdir(installed):
        os.symlink(os.path.join(installed, name), os.path.join(home, name))
    return home


def choose(modules, wanted):
    """Return the device's type and kind, its kind and its name."""
    place, kind, name = smoke_pytorch.choose(modules[2], wanted)
    return place.type, kind, name


def train(modules, place):
    # a barrier stage hides GPUs that Spark was not configured for; on the driver they are seen
    distributor = modules[1](num_processes=PROCESSES, local_mode=place != "cpu", use_gpu=False)
    learned = distributor.run(learn, FOLDER, place)
    if learned.pop("processes") != PROCESSES:
        raise RuntimeError("the network was not trained by %d processes" % PROCESSES)
    places, _ = _lesson.points()
    told, kinds = predict(modules[0], places + _lesson.grid(), learned["weights"], place)
    learned["probabilities"], learned["surface"] = told[: len(places)], told[len(places) :]
    learned["kinds"] += kinds
    return learned


def predict(session, places, weights, place):
    """Let the executors say what the network makes of each place; return that, in order, and the kinds of devices."""
    from pyspark.ml.functions import predict_batch_udf
    from pyspark.sql.functions import array, col
    from pyspark.sql.types import ArrayType, FloatType

    ask = predict_batch_udf(
        predictor(FOLDER, weights, place),
        return_type=ArrayType(FloatType()),
        batch_size=128,
        input_tensor_shapes=[[2]],
    )
    rows = [(number, float(x), float(y)) for number, (x, y) in enumerate(places)]
    frame = session.createDataFrame(rows, ["number", "x", "y"]).repartition(PROCESSES)
    asked = frame.select("number", ask(array(col("x"), col("y")).cast("array<float>")).alias("told"))
    told = [row["told"] for row in sorted(asked.collect(), key=lambda row: row["number"])]
    kinds = {KINDS[int(kind)] for _, kind in told}
    return [probability for probability, _ in told], sorted(kinds)


KINDS = ("cpu", "cuda", "rocm", "xpu", "mps")


def predictor(folder, weights, place):
    """Return what makes the function that each Python worker predicts with; it is sent there as it is."""
    kinds = KINDS

    def make():
        import sys

        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        import numpy
        import smoke_pytorch
        import torch

        net = smoke_pytorch.build(torch)
        first, first_bias, second, second_bias = (torch.tensor(each) for each in weights)
        with torch.no_grad():
            for parameter, values in zip(net.parameters(), (first.t(), first_bias, second.t(), second_bias)):
                parameter.copy_(values)
        net = net.to(place)
        torch.set_num_threads(1)

        def predict(inputs):
            with torch.no_grad():
                found = net(torch.tensor(inputs, device=place))
            kind = kinds.index(smoke_pytorch.kind_of(torch, found))
            return numpy.array([[probability, kind] for (probability,) in found.cpu().tolist()], "float32")

        return predict

    return make


def compare(modules, place):
    """Compare inside of a Spark task."""
    found = modules[0].sparkContext.parallelize([place], 1).map(in_a_task(FOLDER)).collect()[0]
    modules[0].stop()
    return found


def learn(folder, place):
    """Train half of the points in one of the processes; runs where nothing of this file is imported."""
    import sys

    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    import _lesson
    import smoke_pytorch
    import torch
    from torch import distributed

    distributed.init_process_group("gloo")
    rank, processes = distributed.get_rank(), distributed.get_world_size()
    net = smoke_pytorch.build(torch).to(place)
    shared = torch.nn.parallel.DistributedDataParallel(net)
    places, classes = (torch.tensor(each, device=place) for each in _lesson.points())
    # the classes alternate, so that either half has both
    share = slice(rank * len(places) // processes, (rank + 1) * len(places) // processes)
    error = torch.nn.BCELoss()
    optimizer = torch.optim.SGD(shared.parameters(), lr=_lesson.RATE, momentum=_lesson.MOMENTUM)
    torch.set_num_threads(1)
    losses = []
    for _ in range(_lesson.STEPS):
        optimizer.zero_grad()
        loss = error(shared(places[share]), classes[share])
        loss.backward()
        optimizer.step()
        total = loss.detach().clone()
        distributed.all_reduce(total)
        losses.append(total.item() / processes)
    kinds = [smoke_pytorch.kind_of(torch, each) for each in (loss, *net.parameters())]
    distributed.destroy_process_group()
    return {
        "losses": losses,
        "weights": smoke_pytorch.weights_of(net),
        "kinds": kinds,
        "processes": processes,
    }


def in_a_task(folder):
    """Return the function that a task runs; it is sent there as it is."""

    def compared(place):
        import sys

        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True
        import smoke_pytorch
        import torch

        return smoke_pytorch.compare(torch, place)

    return compared


if __name__ == "__main__":
    sys.exit(_lesson.give_lesson("spark", load, choose, train, compare))
