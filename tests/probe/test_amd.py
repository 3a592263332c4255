"""AMD's kernel driver and ROCm's tools."""

from __future__ import annotations

import json

import pytest

from dlsetup.probe import probe_host
from dlsetup.probe.amd import chips, kfd, rocminfo, smi
from dlsetup.system.recorded import RecordedSystem

FOLDER = "/sys/bus/pci/devices/0000:44:00.0"
BUS = {f"{FOLDER}/vendor": "0x1002", f"{FOLDER}/device": "0x7550", f"{FOLDER}/class": "0x030000"}
SERVED = {f"link:{FOLDER}/driver": "/sys/bus/pci/drivers/amdgpu"}
NODE = "simd_count 128\ngfx_target_version 120001\nvendor_id 4098\ndevice_id 30032\nlocation_id 17408\ndomain 0\n"
TOPOLOGY = {
    f"{kfd.NODES}/0/properties": "cpu_cores_count 8\ngfx_target_version 0\nvendor_id 0\n",
    f"{kfd.NODES}/1/properties": NODE,
    f"{FOLDER}/mem_info_vram_total": "17095983104\n",
}
AGENTS = """ROCk module version 6.14.5 is loaded
*******
Agent 1
*******
  Name:                    A Processor
  Marketing Name:          A Processor
  Vendor Name:             CPU
  Device Type:             CPU
*******
Agent 2
*******
  Name:                    gfx1201
  Marketing Name:          AMD Radeon RX 9070
  Vendor Name:             AMD
  Device Type:             GPU
  Chip ID:                 30032(0x7550)
  BDFID:                   17408
  Pool Info:
    Pool 1
      Segment:                 GLOBAL; FLAGS: COARSE GRAINED
      Size:                    16695296(0xfec000) KB
  ISA Info:
    ISA 1
      Name:                    amdgcn-amd-amdhsa--gfx1201
    ISA 2
      Name:                    amdgcn-amd-amdhsa--gfx12-generic
"""


def no_devices(vendor):
    assert vendor == "amd"
    return ()


def probed(**recording):
    return probe_host(RecordedSystem({"platform": "linux", **recording}), no_devices)


@pytest.mark.parametrize(
    ("number", "target"),
    [(90402, "gfx942"), (90010, "gfx90a"), (100301, "gfx1031"), (110001, "gfx1101"), (120001, "gfx1201"), (0, None)],
)
def test_the_kernels_number_is_a_target(number, target):
    assert chips.target(number) == target


@pytest.mark.parametrize(
    ("word", "target"),
    [("gfx90a:sramecc+:xnack-", "gfx90a"), ("gfx11-generic", None), ("amdgcn-amd-amdhsa--gfx942", None), (None, None)],
)
def test_only_exact_targets_are_architectures(word, target):
    assert chips.exact(word) == target


def test_sysfs_needs_no_tool():
    host = probed(
        files={**BUS, **TOPOLOGY, "/opt/rocm/.info/version": "6.4.3-128\n"}, values={**SERVED, "exists:/dev/kfd": True}
    )
    (gpu,) = host.gpus
    assert (gpu.architecture, gpu.pci_id, gpu.memory_bytes) == ("gfx1201", "1002:7550", 17095983104)
    assert (host.driver("amd").state, host.driver("amd").supports) == ("ok", "ROCm 6.4.3")


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({**SERVED, "exists:/dev/kfd": True, "writable:/dev/kfd": True}, "ok"),
        ({**SERVED, "exists:/dev/kfd": True, "writable:/dev/kfd": False}, "error"),
        ({**SERVED, "exists:/dev/kfd": False}, "error"),
        ({f"link:{FOLDER}/driver": "/sys/bus/pci/drivers/radeon"}, "missing"),
        ({f"link:{FOLDER}/driver": "/sys/bus/pci/drivers/vfio-pci"}, "missing"),
    ],
)
def test_the_driver_must_serve_and_the_user_may_use_it(values, state):
    assert probed(files=BUS, values=values).driver("amd").state == state


def test_rocminfo_lists_processors_first_and_they_are_no_gpus():
    found = rocminfo.parse(AGENTS)
    (seen,) = found.sightings
    assert (seen.gpu.name, seen.gpu.architecture, seen.address) == ("AMD Radeon RX 9070", "gfx1201", "0000:44:00.0")
    assert (seen.gpu.memory_bytes, found.version, found.cpu) == (16695296 * 1024, "6.14.5", "A Processor")


def test_an_integrated_gpu_has_no_memory_of_its_own():
    (seen,) = rocminfo.parse(AGENTS.replace("gfx1201", "gfx1151")).sightings
    assert (seen.gpu.integrated, seen.gpu.memory_bytes) == (True, None)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("ROCk module is NOT loaded, possibly no GPU devices\n", "missing"),
        ('Unable to open /dev/kfd read-write: Permission denied\nme is not member of "render" group\n', "error"),
    ],
)
def test_what_rocminfo_complains_of_is_kept(text, state):
    host = probed(files={"rocminfo": text})
    assert host.driver("amd").state == state
    assert host.driver("amd").detail in text
    assert host.unknown("gpus")


STATIC = {
    "gpu": 0,
    "asic": {"market_name": "AMD Instinct MI300A", "device_id": "0x74a0", "target_graphics_version": "gfx942"},
    "bus": {"bdf": "0000:01:00.0"},
    "driver": {"name": "amdgpu", "version": "6.12.12"},
    "vram": {"type": "HBM3", "size": {"value": 131072, "unit": "MB"}},
}
TEXT = """GPU: 0
    ASIC:
        MARKET_NAME: AMD Instinct MI300A
        DEVICE_ID: 0x74a0
        TARGET_GRAPHICS_VERSION: gfx942
    BUS:
        BDF: 0000:01:00.0
    DRIVER:
        NAME: amdgpu
        VERSION: 6.12.12
    VRAM:
        TYPE: HBM3
        SIZE: 131072 MB
"""


@pytest.mark.parametrize("text", [json.dumps([STATIC]), json.dumps({"gpu_data": [STATIC]}), TEXT])
def test_amd_smi_says_the_same_in_every_form(text):
    found = smi.parse(text)
    (seen,) = found.sightings
    assert (seen.gpu.name, seen.gpu.architecture, seen.gpu.pci_id) == ("AMD Instinct MI300A", "gfx942", "1002:74a0")
    assert (seen.gpu.memory_bytes, seen.address, found.version) == (131072 << 20, "0000:01:00.0", "6.12.12")


def test_the_table_of_amd_smi_names_everything():
    text = (
        "| AMD-SMI 26.1.0      amdgpu version: 6.14.14  ROCm version: 7.0.1     |\n"
        "| 0000:01:00.0    AMD Instinct MI300A | 0 %      41 °C   0       130/750 W    |\n"
        "|   0       0       4             SPX | 0 %        N/A          285/131072 MB |\n"
    )
    found = smi.parse(text)
    assert (found.rocm, found.version, found.sightings[0].gpu.memory_bytes) == ("7.0.1", "6.14.14", 131072 << 20)


@pytest.mark.parametrize(
    "card",
    [
        {"GPU ID": "0x73bf", "Card series": "Navi 21 [Radeon RX 6800]"},
        {"Device ID": "0x73bf", "Card Series": "Navi 21 [Radeon RX 6800]", "GFX Version": "gfx1030"},
        {"Device ID": "0x73bf", "Device Name": "Navi 21 [Radeon RX 6800]", "Card Series": "0x73bf"},
    ],
)
def test_every_release_of_rocm_smi_names_the_card(card):
    (seen,) = smi.parse("\n" + json.dumps({"card0": card, "system": {"Driver version": "6.3.6"}})).sightings
    assert (seen.gpu.name, seen.gpu.architecture, seen.gpu.pci_id) == (
        "Navi 21 [Radeon RX 6800]",
        "gfx1030",
        "1002:73bf",
    )
