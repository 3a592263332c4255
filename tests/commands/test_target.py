"""The machine that the user states: by a file, by a name, by its GPUs."""

from __future__ import annotations

import pytest

from dlsetup.commands.places import FOREIGN_PYTHONS, foreign_places
from dlsetup.commands.record import record
from dlsetup.commands.target import find_gpu, open_host, stated_host
from dlsetup.errors import UnreadableError, UsageError
from dlsetup.system.local import LocalSystem
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.request import Request, StatedHost

REPORT = """\
PyTorch version: 2.6.0+cu124
Is debug build: False
CUDA used to build PyTorch: 12.4
OS: Ubuntu 22.04.5 LTS (x86_64)
Libc version: glibc-2.35
Python version: {python} (main, Dec 11 2024, 16:24:50) [{compiler}] (64-bit runtime)
Python platform: Linux-6.8.0-52-generic-x86_64-with-glibc2.35
"""


def desk(text):
    return RecordedSystem({"platform": "linux", "files": {"/there": text}})


def stated(python="3.10.16", compiler="GCC 11.2.0", **more):
    system = desk(REPORT.format(python=python, compiler=compiler))
    return stated_host(system, **{"host": "/there", "target": None, "gpus": (), "driver": None, **more})


def test_a_report_states_a_machine_and_its_python():
    found = stated()
    assert isinstance(found, StatedHost)
    assert (found.os.version, found.interpreter.version, found.interpreter.path) == ("22.04", "3.10.16", "")


def test_the_recorded_python_is_tried_first_and_others_say_why():
    places = list(foreign_places(Request(host=stated())))
    assert places[0].interpreter.version == "3.10.16"
    assert not places[0].why
    assert [place.python for place in places[1:]] == list(FOREIGN_PYTHONS)
    assert all("3.10.16" in place.why for place in places[1:])


def test_a_stated_python_outranks_the_recorded_one():
    assert [place.python for place in foreign_places(Request(host=stated(), python="3.13"))] == ["3.13"]


@pytest.mark.parametrize("host", [stated(compiler="PyPy 7.3.17 with GCC 10.2.1"), None])
def test_without_a_python_that_serves_the_usual_ones_are_tried(host):
    places = list(foreign_places(Request(host=host)))
    assert [(place.python, place.why) for place in places] == [(python, "") for python in FOREIGN_PYTHONS]


def test_gpus_and_driver_are_stated_over_a_report():
    found = stated(gpus=("RTX 4090",), driver="570.10")
    assert [gpu.architecture for gpu in found.gpus] == ["sm_89"]
    assert found.driver("nvidia").version == "570.10"
    assert found.interpreter.version == "3.10.16"


def test_a_file_that_is_not_there_and_one_that_says_nothing_are_refused():
    with pytest.raises(UnreadableError, match="cannot be read"):
        open_host(LocalSystem(), "/nowhere/report.txt")
    with pytest.raises(UnreadableError, match="nothing that tells of a machine"):
        open_host(desk("Dear all, it does not work."), "/there")


def test_targets_and_gpus_by_name():
    found = stated(host=None, target="macos-arm64")
    assert (found.os.system, found.gpus[0].vendor) == ("macos", "apple")
    assert stated(host=None, target="linux-aarch64").libc.family == "glibc"
    with pytest.raises(UsageError, match="exclude each other"):
        stated(target="linux-x86_64")
    with pytest.raises(UsageError, match="not known"):
        stated(host=None, target="beos-alpha")
    with pytest.raises(UsageError, match="not known"):
        find_gpu("Voodoo 2")


def test_a_recording_that_cannot_be_written_is_a_usage_error():
    with pytest.raises(UsageError, match="cannot be written"):
        record(LocalSystem(), "/nowhere/at/all.json")


@pytest.mark.parametrize("name", ["macos-arm64", "macos-aarch64", "MacOS-arm64"])
def test_apple_silicon_has_its_gpu_however_its_name_is_written(name):
    assert [gpu.vendor for gpu in stated(host=None, target=name).gpus] == ["apple"]


@pytest.mark.parametrize(
    ("name", "vendor", "architecture"),
    [
        ("Radeon 780M", "amd", "gfx1103"),  # a GeForce GTX 780M is an NVIDIA GPU of 2013
        ("GTX 780M", "nvidia", "sm_30"),
        ("AMD Radeon 680M", "amd", "gfx1035"),
        ("GeForce GTX 680M", "nvidia", "sm_30"),
        ("Ryzen AI Max+ 395", "amd", "gfx1151"),
        ("Intel(R) Arc(TM) B580 Graphics", "intel", "xe2-hpg"),
        ("4060 ti", "nvidia", "sm_89"),
        ("mi300x", "amd", "gfx942"),
    ],
)
def test_a_name_is_looked_up_with_the_maker_that_it_tells(name, vendor, architecture):
    found = find_gpu(name)
    assert (found.vendor, found.architecture) == (vendor, architecture)


@pytest.mark.parametrize("name", ["GT 1030", "GT 730"])
def test_a_name_of_several_chips_is_refused_with_what_they_are(name):
    with pytest.raises(UsageError, match="fits several GPUs") as told:
        find_gpu(name)
    assert "sm_3" in told.value.seen
    assert "architecture" in told.value.do
