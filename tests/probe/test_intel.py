"""Intel's kernel drivers and tools."""

from __future__ import annotations

import json

import pytest

from dlsetup.probe import intel, probe_host
from dlsetup.system.recorded import RecordedSystem

NEWER = """[level_zero:gpu][level_zero:0] Intel(R) oneAPI Level-Zero, Intel(R) Arc(TM) B580 Graphics 20.1.0 [1.6.33276]
[opencl:cpu][opencl:0] Intel(R) OpenCL, Intel(R) Core(TM) i5 OpenCL 3.0 (Build 0) [2025.20.6.0.04_224945]
[opencl:gpu][opencl:1] Intel(R) OpenCL Graphics, Intel(R) Arc(TM) B580 Graphics OpenCL 3.0 NEO  [25.18.33578]
[cuda:gpu][cuda:0] NVIDIA CUDA BACKEND, NVIDIA GeForce RTX 4090 8.9 [CUDA 12.8]
"""
OLDER = """[opencl:gpu:0] Intel(R) OpenCL Graphics, Intel(R) Arc(TM) B580 Graphics 3.0 [25.18.33578]
[ext_oneapi_level_zero:gpu:0] Intel(R) Level-Zero, Intel(R) Arc(TM) B580 Graphics 1.3 [1.3.33578]
"""
BOX = """+-----------+---------------------------------------------+
| Device ID | Device Information                          |
+-----------+---------------------------------------------+
| 0         | Device Name: Intel(R) Data Center GPU Max 1550 |
|           | Vendor Name: Intel(R) Corporation           |
|           | PCI BDF Address: 0000:29:00.0               |
+-----------+---------------------------------------------+
| 1         | Device Name: Intel(R) Data Center GPU Max 1550 |
|           | PCI BDF Address: 0000:3a:00.0               |
+-----------+---------------------------------------------+
"""


@pytest.mark.parametrize("text", [NEWER, OLDER])
def test_a_gpu_counts_once_however_many_interfaces_list_it(text):
    found = intel.parse_sycl_ls(text)
    assert [each.gpu.name for each in found.sightings] == ["Intel(R) Arc(TM) B580 Graphics"]
    assert found.version == "25.18.33578"


@pytest.mark.parametrize(
    ("version", "architecture"),
    [
        ("12.55.8", "xe-hpg"),
        ("12.60.7", "xe-hpc"),
        ("12.74.4", "xe-lpg+"),
        ("20.1.0", "xe2-hpg"),
        ("3.0", None),
        ("99.1.1", None),
    ],
)
def test_the_ip_version_tells_the_architecture(version, architecture):
    assert intel.ip_architecture(version) == architecture


def test_xpu_smi_tells_each_device_and_its_place():
    found = intel.parse_xpu_smi(BOX)
    assert [each.address for each in found.sightings] == ["0000:29:00.0", "0000:3a:00.0"]


def test_xpu_smi_says_more_in_json():
    row = {
        "device_name": "Intel(R) Arc(TM) Pro B60",
        "pci_device_id": "0xe211",
        "memory_physical_size_byte": "25669140480",
    }
    (seen,) = intel.parse_xpu_smi(json.dumps({"device_list": [row]})).sightings
    assert (seen.gpu.pci_id, seen.gpu.memory_bytes) == ("8086:e211", 25669140480)


@pytest.mark.parametrize(("driver", "state"), [("xe", "ok"), ("i915", "ok"), ("vfio-pci", "missing")])
def test_the_kernel_driver_decides_the_state(driver, state):
    folder = "/sys/bus/pci/devices/0000:03:00.0"
    files = {f"{folder}/vendor": "0x8086", f"{folder}/device": "0xe20b", f"{folder}/class": "0x030000"}
    values = {f"link:{folder}/driver": f"/sys/bus/pci/drivers/{driver}"}
    host = probe_host(RecordedSystem({"platform": "linux", "files": files, "values": values}), lambda _: ())
    assert host.driver("intel").state == state
    assert host.gpus[0].pci_id == "8086:e20b"
