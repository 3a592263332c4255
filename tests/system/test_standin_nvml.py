"""The live path to NVIDIA: nvidia-ml-py drives a library of its own kind, in a process as a user starts it.

The stand-in (standin_nvml.c) is compiled here and found through LD_LIBRARY_PATH; nothing of dlsetup or nvidia-ml-py is
replaced.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("standin_nvml.c")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in takes the place of libnvidia-ml.so.1")

GIB = 1024**3


def gpu(name, memory, capability, device, place, *, mig="0", mode="0"):
    """Return one line of the stand-in's list."""
    return f"{name}|{memory or ''}|{capability}|{device}|00000000:{place:02X}:00.0|{mig}|{mode}"


GTX1080 = gpu("NVIDIA GeForce GTX 1080", 8 * GIB, "6.1", "1B8010DE", 1, mig="")
RTX4090 = gpu("NVIDIA GeForce RTX 4090", 24 * GIB, "8.9", "268410DE", 2, mig="")
UNEQUAL = "\n".join(
    [
        GTX1080,
        RTX4090,
        gpu("Tesla V100-PCIE-16GB", 16 * GIB, "7.0", "1DB410DE", 3, mig=""),
        gpu("NVIDIA A100-SXM4-80GB", 80 * GIB, "8.0", "20B210DE", 4),
        gpu("NVIDIA H100 80GB HBM3", 80 * GIB, "9.0", "233010DE", 5),
        gpu("NVIDIA B200", 180 * GIB, "10.0", "290110DE", 6),
        gpu("NVIDIA GeForce RTX 5090", 32 * GIB, "12.0", "2B8510DE", 7, mig=""),
        gpu("Tesla T4", 15 * GIB, "7.5", "1EB810DE", 8, mig=""),
    ]
)


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Return what compiles a stand-in, with or without what older libraries lack, and returns its folder."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler is here to make a libnvidia-ml.so.1 with")
    made = {}

    def make(*without):
        if without not in made:
            folder = tmp_path_factory.mktemp("nvml")
            flags = [f"-DWITHOUT_{name}" for name in without]
            target = str(folder / "libnvidia-ml.so.1")
            subprocess.run([compiler, "-shared", "-fPIC", *flags, "-o", target, str(SOURCE)], check=True)
            made[without] = folder
        return made[without]

    return make


@pytest.fixture
def at(dlsetup, library):
    """Return what starts dlsetup on a machine whose NVML answers as stated."""

    def run(*words, gpus="", without=(), driver="580.95.05", cuda="13000", **env):
        stated = {f"STANDIN_{name.upper()}": text for name, text in env.items() if not name.isupper()}
        others = {name: text for name, text in env.items() if name.isupper()}
        return dlsetup(
            *words,
            LD_LIBRARY_PATH=f"{library(*without)}{os.pathsep}{os.environ.get('LD_LIBRARY_PATH', '')}".rstrip(":"),
            STANDIN_GPUS=gpus,
            STANDIN_DRIVER=driver,
            STANDIN_CUDA=cuda,
            **stated,
            **others,
        )

    return run


@pytest.fixture
def host(at):
    """Return what `dlsetup detect --json` tells of the machine under a stand-in."""

    def detect(**kind):
        done = at("detect", "--json", **kind)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)["host"]
        return {**answer, "nvidia": [each for each in answer["gpus"] if each["vendor"] == "nvidia"]}

    return detect


def driver_of(host):
    return next((each for each in host["drivers"] if each["vendor"] == "nvidia"), None)


def gaps_of(host, what):
    return [each["why"] for each in host["gaps"] if each["what"].startswith(what)]


def test_one_gpu_is_described_by_nvml_alone(host):
    found = host(gpus=RTX4090)
    assert found["nvidia"] == [
        {
            "vendor": "nvidia",
            "name": "NVIDIA GeForce RTX 4090",
            "architecture": "sm_89",
            "memory_bytes": 24 * GIB,
            "pci_id": "10de:2684",
            "integrated": None,
            "virtual": False,
            "mig": False,
            "cores": None,
        }
    ]
    assert driver_of(found) == {
        "vendor": "nvidia",
        "version": "580.95.05",
        "supports": "CUDA 13.0",
        "state": "ok",
        "detail": None,
    }
    assert gaps_of(found, "gpus") == gaps_of(found, "driver") == []


def test_eight_unequal_gpus_stand_in_the_drivers_order(host):
    found = host(gpus=UNEQUAL)
    architectures = [each["architecture"] for each in found["nvidia"]]
    assert architectures == ["sm_61", "sm_89", "sm_70", "sm_80", "sm_90", "sm_100", "sm_120", "sm_75"]
    assert [each["mig"] for each in found["nvidia"]] == [False] * 8
    assert len({each["pci_id"] for each in found["nvidia"]}) == 8


def test_a_driver_without_gpus_is_no_gap(host):
    found = host(gpus="")
    assert found["nvidia"] == []
    assert driver_of(found)["version"] == "580.95.05"
    assert driver_of(found)["state"] == "ok"


def test_instances_and_virtual_gpus_are_seen(host):
    found = host(
        gpus="\n".join(
            [
                gpu("NVIDIA A100-SXM4-40GB", 40 * GIB, "8.0", "20B010DE", 1, mig="1"),
                gpu("NVIDIA A10-24Q", 24 * GIB, "8.6", "223610DE", 2, mode="2"),
                gpu("NVIDIA L4", 24 * GIB, "8.9", "27B810DE", 3, mode="1"),
            ]
        )
    )
    assert [each["mig"] for each in found["nvidia"]] == [True, False, False]
    # passed through to a virtual machine is the whole GPU
    assert [each["virtual"] for each in found["nvidia"]] == [False, True, False]


def test_memory_that_is_the_machines_own_is_not_guessed(host):
    found = host(gpus=gpu("NVIDIA GB10", None, "12.1", "2E1210DE", 1))
    assert found["nvidia"][0]["memory_bytes"] is None
    assert found["nvidia"][0]["architecture"] == "sm_121"
    assert driver_of(found)["state"] == "ok"


@pytest.mark.parametrize(
    ("code", "state", "words"),
    [(18, "mismatch", "mismatch"), (4, "error", "Insufficient Permissions"), (999, "error", "Unknown Error")],
)
def test_a_library_that_does_not_start_is_a_gap(host, code, state, words):
    found = host(gpus=RTX4090, fail=f"nvmlInitWithFlags={code}")
    assert driver_of(found)["state"] == state
    assert words in driver_of(found)["detail"]
    assert words in gaps_of(found, "gpus")[0]
    assert found["nvidia"] == []


def test_libraries_alone_are_neither_gpu_nor_trouble(host, at):
    """Packages bring libnvidia-ml.so.1 to machines without such a GPU; the bus shows that there is none."""
    if not Path("/sys/bus/pci/devices").is_dir():
        pytest.skip("no PCI bus is to be seen here")
    found = host(gpus=RTX4090, fail="nvmlInitWithFlags=9")
    assert found["nvidia"] == found["drivers"] == gaps_of(found, "gpus") == []
    findings = json.loads(at("doctor", "--json", fail="nvmlInitWithFlags=9").stdout)["findings"]
    assert next(each for each in findings if each["check"] == "m.nvidia-driver")["status"] == "skip"


def test_a_lost_gpu_does_not_hide_the_others(host):
    found = host(gpus="\n".join([GTX1080, RTX4090, GTX1080.replace(":01:", ":03:")]), fail="nvmlDeviceGetName:1=15")
    # its place on the bus still names the lost one
    names = ["NVIDIA GeForce GTX 1080", "GeForce RTX 4090", "NVIDIA GeForce GTX 1080"]
    assert [each["name"] for each in found["nvidia"]] == names
    assert driver_of(found)["state"] == "error"
    assert driver_of(found)["detail"] == "GPU 1: GPU is lost"


@pytest.mark.parametrize(("code", "words"), [(15, "GPU is lost"), (4, "Insufficient Permissions")])
def test_a_gpu_without_a_handle_keeps_its_place(host, code, words):
    found = host(gpus=f"{GTX1080}\n{RTX4090}", fail=f"nvmlDeviceGetHandleByIndex_v2:0={code}")
    assert [each["architecture"] for each in found["nvidia"]] == [None, "sm_89"]
    assert driver_of(found)["detail"] == f"GPU 0: {words}"
    assert gaps_of(found, "gpus.0.architecture")


@pytest.mark.parametrize("without", [("MIG",), ("CUDA_V2",), ("INIT_FLAGS", "CUDA_V2", "MIG")])
def test_an_older_library_answers_what_it_knows(host, without):
    found = host(gpus=GTX1080, without=without, driver="418.152.00", cuda="10010")
    assert found["nvidia"][0]["architecture"] == "sm_61"
    # a driver that has no instances splits no GPU
    assert found["nvidia"][0]["mig"] is False
    assert driver_of(found)["supports"] == "CUDA 10.1"
    assert driver_of(found)["state"] == "ok"


def test_a_library_from_before_cuda_versions_tells_none(host):
    found = host(gpus=GTX1080, without=("INIT_FLAGS", "CUDA_V2", "CUDA", "MIG"), driver="390.157")
    assert driver_of(found) == {
        "vendor": "nvidia",
        "version": "390.157",
        "supports": None,
        "state": "ok",
        "detail": None,
    }


def test_a_call_that_hangs_costs_five_seconds_and_a_gap(host):
    begin = time.monotonic()
    found = host(gpus=UNEQUAL, hang="nvmlDeviceGetMemoryInfo:3")
    assert time.monotonic() - begin < 7
    assert driver_of(found)["state"] == "error"
    assert driver_of(found)["version"] == "580.95.05"
    assert "5 seconds" in driver_of(found)["detail"]
    # what was answered before it hung is shown, and those that were not reached are known to be there
    assert [each["architecture"] for each in found["nvidia"]] == ["sm_61", "sm_89", "sm_70", "sm_80", *[None] * 4]
    assert len(gaps_of(found, "gpus.7.")) == 2


def test_a_driver_that_hangs_at_once_is_unknown_not_absent(at):
    begin = time.monotonic()
    done = at("doctor", "--json", gpus=RTX4090, hang="nvmlInitWithFlags")
    assert time.monotonic() - begin < 7
    report = json.loads(done.stdout)
    assert gaps_of(report["host"], "gpus")
    status = next(each["status"] for each in report["findings"] if each["check"] == "m.nvidia-driver")
    assert status in {"unknown", "fail"}


def test_a_library_that_crashes_takes_nothing_along(host):
    found = host(gpus=f"{GTX1080}\n{RTX4090}", crash="nvmlDeviceGetMemoryInfo:1")
    assert driver_of(found)["state"] == "error"
    assert "signal 6" in driver_of(found)["detail"]
    assert [each["architecture"] for each in found["nvidia"]] == ["sm_61", "sm_89"]


def test_a_name_that_is_no_text_is_taken_from_the_device(at):
    done = at("detect", "--json", gpus="\udcff\udcfe|1|8.9|268410DE|00000000:01:00.0||0")
    found = json.loads(done.stdout)["host"]["gpus"]
    assert [(each["name"], each["architecture"]) for each in found] == [("GeForce RTX 4090", "sm_89")]


@pytest.fixture
def chosen(at, dlsetup, wheel_index, tmp_path):
    """Return what chooses a build of PyTorch under a stand-in, from an index of tiny wheels."""
    for name, version in (("numpy", "2.0.0"), ("pip", "26.0"), ("torch", "2.15.0")):
        wheel_index.add("/simple", name, version)
    for line, version in (("cpu", "2.14.1"), ("cu126", "2.14.1"), ("cu130", "2.14.1"), ("cu129", "2.10.0")):
        wheel_index.add(f"/whl/{line}", "torch", f"{version}+{line}")
    for name in [each for each in dlsetup.env if each.startswith(("PIP_", "UV_"))]:
        del dlsetup.env[name]
    dlsetup.env.update(
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL=wheel_index.url + "/simple",
        UV_CACHE_DIR=str(tmp_path / "uv-cache"),
        XDG_CONFIG_HOME=str(tmp_path / "config"),
    )

    def choose(**kind):
        words = ("plan", "pytorch", "--json", "--pytorch-mirror", wheel_index.url + "/whl", "--env", ".venv")
        return json.loads(at(*words, **kind).stdout)

    return choose


@pytest.mark.parametrize(
    ("gpus", "driver", "cuda", "computes"),
    [
        # what PyPI has is built for CUDA 13.2; there it needs Python 3.11
        (RTX4090, "580.95.05", "13000", {"cu132": "2.15.0", "cu130": "2.14.1+cu130"}),
        # the newest with code for the most capable ones and for Volta too
        (UNEQUAL, "580.95.05", "13000", {"cu129": "2.10.0+cu129"}),
        # the last line with code for Pascal, and the last for drivers before 580
        (GTX1080, "580.95.05", "13000", {"cu126": "2.14.1+cu126"}),
        (RTX4090, "550.163.01", "12040", {"cu126": "2.14.1+cu126"}),
    ],
    ids=["new", "unequal", "pascal", "old driver"],
)
def test_what_nvml_tells_chooses_the_build(chosen, gpus, driver, cuda, computes):
    answer = chosen(gpus=gpus, driver=driver, cuda=cuda)
    plan = answer["plans"][0]
    assert answer["status"] == "ok", plan["reasons"]
    assert plan["accelerator"] == "cuda"
    torch = next(each["version"] for each in plan["packages"] if each["name"] == "torch")
    assert computes.get(plan["compute"]) == torch


def test_gpus_that_the_build_does_not_serve_are_named(chosen):
    reasons = " ".join(chosen(gpus=UNEQUAL)["plans"][0]["reasons"])
    assert "NVIDIA GeForce GTX 1080 is left out" in reasons
    # why it is not the newest release
    assert "code for Tesla V100-PCIE-16GB" in reasons
    assert "left out" in reasons
    assert "RTX 4090" not in reasons


@pytest.mark.parametrize("fault", [{"fail": "nvmlInitWithFlags=18"}, {"hang": "nvmlDeviceGetCount_v2"}])
def test_a_driver_that_cannot_be_asked_is_never_a_reason_for_the_processor(chosen, fault):
    answer = chosen(gpus=RTX4090, **fault)
    assert answer["status"] == "unsupported"
    assert answer["plans"][0]["packages"] == []
    codes = {reason["code"] for each in answer["plans"][0]["rejected"] for reason in each["reasons"]}
    assert codes & {"driver-broken", "gpu-unknown"}


def test_what_nvml_tells_is_recorded_and_replayed(at, dlsetup):
    live = json.loads(at("detect", "--json", gpus=UNEQUAL).stdout)["host"]
    assert at("record", "-o", "machine.json", gpus=UNEQUAL).returncode == 0
    replayed = json.loads(dlsetup("detect", "--json", "--host", "machine.json").stdout)["host"]
    assert replayed == live
