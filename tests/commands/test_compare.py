"""What is measured of frameworks, and what is told of those that are not installed, on recorded machines."""

from __future__ import annotations

import json

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.compare import USUAL, check_writable, compare
from dlsetup.commands.footprint import Downloads, belongings, total
from dlsetup.errors import UsageError
from dlsetup.probe.python import question
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import Distribution, Environment, Interpreter
from dlsetup.values.host import Cpu, Host, OperatingSystem
from dlsetup.values.plan import Package, Resolution
from dlsetup.values.report import Silence
from dlsetup.values.request import Wanted
from dlsetup.values.situation import Situation
from dlsetup.verify import smoke_command
from dlsetup.verify.timing import BARE, import_code

PLACE = "/home/user/code/.venv"
PYTHON = f"{PLACE}/bin/python"
SITE = f"{PLACE}/lib/python3.11/site-packages"
INTERPRETER = {
    "version": "3.11.7",
    "implementation": "cpython",
    "bits": 64,
    "machine": "x86_64",
    "prefix": PLACE,
    "base_prefix": "/usr",
    "purelib": SITE,
    "site_packages": [SITE],
}
ANSWER = {
    "framework": "jax",
    "version": "0.10.2",
    "backend": None,
    "device": "cpu",
    "accelerator": "cpu",
    "losses": [0.7, 0.01],
    "accuracy": 1.0,
    "max_difference": 0.0,
    "conv_difference": 0.0,
    "import_seconds": 0.9,
    "train_seconds": 1.5,
    "peak_memory_bytes": 400_000_000,
}


def distribution(name, version, requires=(), size=1000):
    info = f"{SITE}/{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    return {
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/RECORD": f"{name}/__init__.py,sha256=x,{size}\n{name}/more.so,sha256=y,{size}\n{info}/RECORD,,\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
    }


def machine(*, smoke=ANSWER, exit_code=0, timed=True, **variables):
    """Return a machine with JAX and NumPy in its environment, and what it answers when they are measured."""
    files = {"/etc/os-release": "ID=debian\nVERSION_ID=12\n", PYTHON: "", f"{PLACE}/pyvenv.cfg": "home = /usr/bin\n"}
    files |= distribution("jax", "0.10.2", ["numpy", "zarr; extra == 'io'"], 3000) | distribution("numpy", "2.1.0")
    files |= distribution("unrelated", "1")
    commands = {
        " ".join(question(PYTHON)): json.dumps(INTERPRETER),
        " ".join(smoke_command(PYTHON, "jax", None)): {"stdout": json.dumps(smoke), "exit": exit_code},
    }
    if timed:
        for code, seconds in ((BARE, 0.02), (import_code("jax", None), 0.92)):
            commands[f"{PYTHON} -c {code}"] = {"stdout": "", "exit": 0, "seconds": seconds}
    values = {"environment": PLACE, "machine": "x86_64", "folder": "/home/user/code", "load": 0.25, "logical_cores": 2}
    recording = {"platform": "linux", "files": files, "commands": commands, "values": values, "env": variables}
    return RecordedSystem(recording)


def compared(system, *names):
    found = compare(system, Silence(), tuple(Wanted(framework=name) for name in names))
    return found, {row.framework: row for row in found.rows}


def gaps(row):
    return {gap.what: gap.why for gap in row.gaps}


def test_what_is_installed_is_trained_timed_and_weighed():
    found, rows = compared(machine(), "jax")
    row = rows["jax"]
    assert (row.outcome, row.version, row.accelerator, row.python) == ("measured", "0.10.2", "cpu", "3.11.7")
    assert (row.environment, row.temporary) == (PLACE, False)
    assert (row.train_seconds, row.peak_memory_bytes) == (1.5, 400_000_000)
    # JAX and the NumPy that it needs, without what belongs to neither
    assert (row.packages, row.installed_bytes) == (2, 8000)
    assert row.import_time.imported == "jax"
    assert row.import_time.median_seconds == pytest.approx(0.9)
    assert row.import_time.start_seconds == 0.02
    assert found.load == 0.25
    assert found.exit_code == 0


def test_what_no_index_tells_is_not_known():
    row = compared(machine(), "jax")[1]["jax"]
    assert row.download_bytes is None
    assert gaps(row) == {"download_bytes": "no index tells the size of every file"}


def test_what_does_not_train_fails_in_its_row():
    trouble = {"framework": "jax", "error": {"stage": "import", "type": "ImportError", "message": "no jaxlib"}}
    found, rows = compared(machine(smoke=trouble, exit_code=1), "jax")
    row = rows["jax"]
    assert (row.outcome, row.version, row.installed_bytes) == ("failed", "0.10.2", 8000)
    assert [each.check for each in row.findings] == ["run.import"]
    assert row.import_time is None
    assert gaps(row)["import_time"] == "it cannot be imported"
    assert gaps(row)["train_seconds"] == "it does not train"
    assert found.exit_code == 1


def test_an_import_that_cannot_be_repeated_is_not_timed():
    row = compared(machine(timed=False), "jax")[1]["jax"]
    assert row.import_time is None
    assert "import jax" in gaps(row)["import_time"]
    assert row.train_seconds == 1.5


def test_what_is_missing_is_told_as_far_as_it_is_known_without_the_network():
    found, rows = compared(machine(), "jax", "chainer", "cntk")
    row = rows["chainer"]
    assert (row.outcome, row.state, row.ended, row.successor) == ("missing", "retired", "2022-01", "PyTorch")
    assert row.supported == "cpu"
    assert {"installed_bytes", "import_time", "train_seconds", "peak_memory_bytes"} <= set(gaps(row))
    assert [each.framework for each in found.rows] == ["jax", "chainer", "cntk"]
    assert found.exit_code == 0


def test_a_release_that_is_not_the_one_asked_for_is_missing():
    from packaging.specifiers import SpecifierSet

    wanted = (Wanted(framework="jax", versions=SpecifierSet("<0.10")),)
    assert compare(machine(), Silence(), wanted).rows[0].outcome == "missing"


def test_a_variable_that_makes_training_longer_is_told():
    assert compared(machine(), "jax")[0].notes == ()
    noted, _ = compared(machine(PYTHONDONTWRITEBYTECODE="1"), "jax")
    assert "PYTHONDONTWRITEBYTECODE" in noted.notes[0]
    assert compared(machine(PYTHONDONTWRITEBYTECODE="1"), "mxnet")[0].notes == ()


def test_without_names_the_usual_four_are_compared():
    assert tuple(row.framework for row in compare(machine(), Silence()).rows) == USUAL


def test_environments_are_kept_only_where_some_are_made():
    with pytest.raises(UsageError, match="--keep"):
        compare(machine(), Silence(), keep="/home/user/kept")


def test_a_page_that_could_not_be_written_is_refused_before_anything_is_measured(local, tmp_path):
    check_writable(local, str(tmp_path / "page.html"))
    for path in (tmp_path / "none" / "page.html", tmp_path):
        with pytest.raises(UsageError, match="cannot be written"):
            check_writable(local, str(path))


def situation(*installed):
    """Return an environment of distributions: (name, requirements)."""
    found = tuple(
        Distribution(name=name, version="1", folder=f"{name}-1.dist-info", requires=requires)
        for name, requires in installed
    )
    interpreter = Interpreter(path=PYTHON, version="3.11.7", architecture="x86_64")
    return Situation(
        host=Host(os=OperatingSystem(system="linux"), cpu=Cpu(architecture="x86_64")),
        environment=Environment(path=PLACE, kind="venv", interpreter=interpreter, distributions=found),
        catalog=load_catalog(),
    )


def names(found, framework, backend=None):
    return {each.name for each in belongings(found, found.catalog.framework(framework), backend)}


def test_keras_is_weighed_with_the_framework_below_it():
    found = situation(("keras", ("rich",)), ("rich", ()), ("torch", ("sympy",)), ("sympy", ()), ("tensorflow", ()))
    assert names(found, "keras", "torch") == {"keras", "rich", "torch", "sympy"}
    assert names(found, "keras") == {"keras", "rich"}


def test_spark_is_weighed_with_the_torch_that_its_workers_import():
    found = situation(("pyspark", ("py4j",)), ("py4j", ()), ("torch", ()), ("pandas", ()), ("keras", ()))
    assert names(found, "spark", "pytorch 2.13.0+cpu") == {"pyspark", "py4j", "torch", "pandas"}


GPU = ("nvidia-cudnn-cu12; extra == 'and-cuda'", "nvidia-nccl-cu12; extra == 'and-cuda'")


def test_gpu_libraries_count_only_where_all_of_them_came_with_the_framework():
    both = (("nvidia-cudnn-cu12", ()), ("nvidia-nccl-cu12", ()))
    assert names(situation(("tensorflow", GPU), *both), "tensorflow") == {"tensorflow", *(name for name, _ in both)}
    # torch brought the one that is there
    assert names(situation(("tensorflow", GPU), both[0]), "tensorflow") == {"tensorflow"}


def test_rings_and_what_is_not_installed_end_the_search():
    found = situation(("jax", ("numpy", "scipy")), ("numpy", ("jax",)))
    assert names(found, "jax") == {"jax", "numpy"}


def test_download_sizes_are_those_of_exactly_what_is_installed():
    asked = []

    def resolve(query):
        asked.append(query)
        known = {"jax": 7, "numpy": 20}
        packages = tuple(Package(name=name, version="1", size_bytes=size) for name, size in known.items())
        return Resolution(packages=packages) if query.sources else Resolution(problem="unsatisfiable")

    found = situation(("torch", ("numpy",)), ("numpy", ()))
    jax = situation(("jax", ("numpy",)), ("numpy", ()))
    parts = belongings(jax, jax.catalog.framework("jax"), None)
    downloads = Downloads(resolve=resolve)
    # no local label leads to another index
    assert downloads.size(jax, jax.catalog.framework("jax"), parts) is None
    assert set(asked[0].requirements) == {"jax==1", "numpy==1"}
    assert asked[0].target.python_path == PYTHON
    torch = found.catalog.framework("pytorch")
    labelled = (Distribution(name="torch", version="2.14.1+cpu", folder=""),)
    assert downloads.size(found, torch, labelled) is None
    assert asked[-1].sources[0].location.endswith("/whl/cpu")
    assert asked[-1].requirements == ("torch==2.14.1+cpu",)


def test_a_sum_with_an_unknown_part_is_not_known():
    packages = (Package(name="a", version="1", size_bytes=1), Package(name="b", version="1"))
    assert total(packages) is None
    assert total(packages, ["a"]) == 1
    assert total(packages, ["a", "c"]) is None
    assert total(()) is None
