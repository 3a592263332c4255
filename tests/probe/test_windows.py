"""Windows."""

from __future__ import annotations

import json

import pytest

from dlsetup.probe import probe_host, windows
from dlsetup.system.recorded import RecordedSystem

ADAPTERS = [
    {
        "Name": "NVIDIA GeForce RTX 4060",
        "DriverVersion": "32.0.15.6094",
        "PNPDeviceID": "PCI\\VEN_10DE&DEV_2882&SUBSYS_1",
    },
    {"Name": "Microsoft Remote Display Adapter", "DriverVersion": "10.0.1.1", "PNPDeviceID": "SWD\\REMOTEDISPLAYENUM"},
    {
        "Name": "Intel(R) Iris(R) Xe",
        "DriverVersion": "31.0.101.1",
        "PNPDeviceID": "PCI\\VEN_8086&DEV_46A6",
        "AdapterRAM": 1073741824,
    },
]
LISTED = "\n\n".join("\n".join(f"{key} : {value}" for key, value in row.items()) for row in ADAPTERS)
DXDIAG = """   Operating System: Windows 11 Pro 64-bit (10.0, Build 26100) (26100.ge_release.240331-1435)
          Processor: AMD Ryzen 5 7600 6-Core Processor               (12 CPUs), ~3.8GHz
             Memory: 32768MB RAM
          Card name: AMD Radeon RX 7600
         Device Key: Enum\\PCI\\VEN_1002&DEV_7480&SUBSYS_1
   Dedicated Memory: 8151 MB
     Driver Version: 32.0.11027.1003
          Card name: AMD Radeon RX 7600
         Device Key: Enum\\PCI\\VEN_1002&DEV_7480&SUBSYS_1
   Dedicated Memory: 8151 MB
     Driver Version: 32.0.11027.1003
"""


def probed(files, **more):
    return probe_host(RecordedSystem({"platform": "windows", "files": files, **more}), lambda _: ())


@pytest.mark.parametrize(
    ("version", "own"),
    [
        ("32.0.15.6094", "560.94"),
        ("31.0.15.3623", "536.23"),
        ("8.16.11.8691", "186.91"),
        ("10.0.0.1", None),
        ("x", None),
    ],
)
def test_windows_numbers_nvidias_drivers_in_its_own_way(version, own):
    assert windows.nvidia_version(version) == own


@pytest.mark.parametrize("text", [json.dumps(ADAPTERS), LISTED])
def test_adapters_read_the_same_in_every_form(text):
    found = windows.parse_adapters(text)
    assert [each.gpu.pci_id for each in found.gpus] == ["10de:2882", "8086:46a6"]
    assert [(driver.vendor, driver.version) for driver in found.drivers] == [
        ("nvidia", "560.94"),
        ("intel", "31.0.101.1"),
    ]


def test_memory_of_which_only_32_bits_are_told_is_unknown():
    row = {**ADAPTERS[0], "AdapterRAM": 4293918720}
    assert windows.parse_adapters(json.dumps(row)).gpus[0].gpu.memory_bytes is None


def test_dxdiag_lists_a_card_once_for_every_monitor():
    host = probed({"dxdiag /t (all)": DXDIAG})
    (gpu,) = host.gpus
    assert (gpu.name, gpu.memory_bytes) == ("AMD Radeon RX 7600", 8151 << 20)
    assert (host.os.distribution, host.os.version, host.cpu.architecture) == ("Windows 11 Pro", "10.0.26100", "x86_64")
    assert (host.cpu.brand, host.cpu.logical_cores) == ("AMD Ryzen 5 7600 6-Core Processor", 12)


def test_64_bit_holds_for_arm_too():
    assert windows.parse_dxdiag(DXDIAG.replace("AMD Ryzen 5", "Snapdragon(R) X Elite")).cpu.architecture == "arm64"


@pytest.mark.parametrize(("kind", "architecture"), [("x64-based PC", "x86_64"), ("ARM64-based PC", "arm64")])
def test_systeminfo_tells_the_architecture(kind, architecture):
    text = f"OS Name:  Microsoft Windows 11 Pro\nOS Version:  10.0.26100 N/A Build 26100\nSystem Type:  {kind}\n"
    host = probed({"systeminfo": text})
    assert (host.cpu.architecture, host.os.distribution, host.os.kernel) == (
        architecture,
        "Windows 11 Pro",
        "10.0.26100",
    )
    assert host.unknown("gpus")


def test_nvml_is_joined_with_what_windows_lists():
    nvml = {
        "state": "ok",
        "driver": "560.94",
        "cuda": 12060,
        "gpus": [{"name": "NVIDIA GeForce RTX 4060", "capability": [8, 9]}],
    }
    host = probed({"wmic path win32_VideoController get": LISTED}, values={"nvml": nvml})
    assert [(gpu.vendor, gpu.pci_id, gpu.architecture) for gpu in host.gpus] == [
        ("nvidia", "10de:2882", "sm_89"),
        ("intel", "8086:46a6", None),
    ]
    assert host.driver("nvidia").supports == "CUDA 12.6"
