"""The first lesson on Apache Spark: two processes train one PyTorch network together, in a barrier stage."""

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


def load():
    # the processes that Spark starts are to be of this environment, whatever is first on the PATH
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    import pyspark
    import torch
    from pyspark.ml.torch.distributor import TorchDistributor
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # one machine needs no name that can be looked up
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": os.getcwd(),
        "spark.sql.warehouse.dir": os.getcwd(),
    }
    builder = SparkSession.builder.master("local[%d]" % PROCESSES).appName("dlsetup smoke test")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return (session, TorchDistributor, torch), pyspark.__version__, "pytorch " + torch.__version__


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
    return learned


def compare(modules, place):
    """Compare inside of a Spark task."""
    context = modules[0].sparkContext
    return context.parallelize([place], 1).map(in_a_task(FOLDER)).collect()[0]


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
    with torch.no_grad():
        probabilities = net(places)
        surface = net(torch.tensor(_lesson.grid(), device=place))
    kinds = [smoke_pytorch.kind_of(torch, each) for each in (loss, probabilities, surface, *net.parameters())]
    distributed.destroy_process_group()
    return {
        "losses": losses,
        "probabilities": probabilities.cpu().flatten().tolist(),
        "surface": surface.cpu().flatten().tolist(),
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
