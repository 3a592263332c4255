"""NVIDIA's library, tools and kernel module."""

from __future__ import annotations

import pytest

from dlsetup.probe import nvidia, probe_host
from dlsetup.probe.nvidia import nvml, parse_smi, smi_table, smi_text, smi_xml, tegra
from dlsetup.probe.nvidia.reading import Reading
from dlsetup.system.interface import Completed
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.build import Device

CARD = {"name": "NVIDIA RTX 4000 Ada", "memory_bytes": 20 << 30, "capability": [8, 9], "pci": "10de:27b2"}
GOOD = {"state": "ok", "driver": "570.11.02", "cuda": 12080, "gpus": [CARD]}
ON_BUS = {
    "/sys/bus/pci/devices/0000:0a:00.0/vendor": "0x10de",
    "/sys/bus/pci/devices/0000:0a:00.0/device": "0x27b2",
    "/sys/bus/pci/devices/0000:0a:00.0/class": "0x030000",
}
MODULE = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.11.02  Release Build  (me@x)  Tue\n"
QUERY = " ".join(nvidia.QUERY)


def no_devices(vendor):
    assert vendor == "nvidia"
    return ()


def table(
    row="|   0  NVIDIA RTX 4000 Ada            Off |   00000000:0A:00.0 Off |                  N/A |", **versions
):
    head = " ".join(f"{name.replace('_', ' ')}: {value}" for name, value in versions.items())
    rest = "| 30%  41C P8 9W / 130W | 12MiB /  20475MiB | 0% Default |\n| | | N/A |\n"
    return f"| NVIDIA-SMI 570.11  {head} |\n{row}\n{rest}"


class Untouchable(RecordedSystem):
    """A live machine without NVIDIA: whoever asks it for more than files fails."""

    replayed = False

    def run(self, argv, **_):
        raise AssertionError(argv)

    def value(self, name):
        assert name != "nvml"
        return super().value(name)


def test_without_a_sign_of_nvidia_nothing_is_asked():
    host = probe_host(Untouchable({"platform": "linux", "values": {"listing:/sys/bus/pci/devices": []}}), no_devices)
    assert (host.gpus, host.drivers, host.unknown("gpus")) == ((), (), None)


def test_nvml_is_believed_and_nvidia_smi_not_run():
    class Live(RecordedSystem):
        replayed = False

        def run(self, argv, **_):
            raise AssertionError(argv)

    host = probe_host(Live({"platform": "linux", "files": ON_BUS, "values": {"nvml": GOOD}}), no_devices)
    (gpu,) = host.gpus
    assert (gpu.name, gpu.architecture, gpu.memory_bytes, gpu.pci_id) == (CARD["name"], "sm_89", 20 << 30, "10de:27b2")
    assert (host.driver("nvidia").version, host.driver("nvidia").supports) == ("570.11.02", "CUDA 12.8")


@pytest.mark.parametrize(
    ("state", "expected"),
    [("mismatch", "mismatch"), ("missing", "missing"), ("denied", "error"), ("timeout", "error"), ("error", "error")],
)
def test_a_failing_library_is_a_state_and_the_gpu_stays(state, expected):
    recording = {"platform": "linux", "files": ON_BUS, "values": {"nvml": {"state": state, "detail": "its words"}}}
    host = probe_host(RecordedSystem(recording), no_devices)
    assert len(host.gpus) == 1
    assert (host.driver("nvidia").state, host.driver("nvidia").detail) == (expected, "its words")
    assert host.unknown("driver.nvidia.version").why == "its words"


def test_a_hung_tool_costs_one_gap():
    class Hung(RecordedSystem):
        replayed = False

        def run(self, argv, **_):
            return Completed(argv=tuple(argv), problem="timeout")

    host = probe_host(Hung({"platform": "linux", "files": ON_BUS, "values": {"link:/x": ""}}), no_devices)
    assert host.driver("nvidia").state == "error"
    assert [gap.what for gap in host.gaps if "nvidia" in gap.what] == ["driver.nvidia.version"]


@pytest.mark.parametrize(
    ("values", "detail"),
    [
        ({}, "no driver is bound to the GPU"),
        ({"link:/sys/bus/pci/devices/0000:0a:00.0/driver": "/sys/bus/pci/drivers/nouveau"}, "bound to nouveau"),
        ({"link:/sys/bus/pci/devices/0000:0a:00.0/driver": "/sys/bus/pci/drivers/vfio-pci"}, "bound to vfio-pci"),
    ],
)
def test_a_gpu_without_nvidias_driver_is_named_by_the_table(values, detail):
    rows = (Device(pci_id="10de:27b2", name="RTX 4000 SFF", architecture="sm_89"),)
    files = {**ON_BUS, "/proc/driver/nvidia/version": None}
    system = RecordedSystem({"platform": "linux", "files": files, "values": {**values, "exists:/dev/nvidiactl": False}})
    host = probe_host(system, lambda _: rows)
    assert (host.gpus[0].name, host.gpus[0].architecture) == ("RTX 4000 SFF", "sm_89")
    assert (host.driver("nvidia").state, host.driver("nvidia").detail) == ("missing", detail)


def test_a_kernel_driver_without_its_library_is_an_error():
    files = {**ON_BUS, "/proc/driver/nvidia/version": MODULE}
    host = probe_host(RecordedSystem({"platform": "linux", "files": files, "commands": {QUERY: None}}), no_devices)
    assert (host.driver("nvidia").version, host.driver("nvidia").state) == ("570.11.02", "error")


def test_an_older_nvidia_smi_is_asked_in_its_own_way():
    refusal = {"stdout": 'Field "compute_cap" is not a valid field to query.', "exit": 2}
    gpu = '<gpu id="0000:0A:00.0"><product_name>T4</product_name></gpu>'
    text = f"<nvidia_smi_log><driver_version>460.32.03</driver_version>{gpu}"
    commands = {QUERY: refusal, "nvidia-smi -q -x": text}
    host = probe_host(RecordedSystem({"platform": "linux", "files": ON_BUS, "commands": commands}), no_devices)
    assert (host.gpus[0].name, host.gpus[0].pci_id, host.driver("nvidia").version) == ("T4", "10de:27b2", "460.32.03")


@pytest.mark.parametrize(
    ("versions", "driver", "cuda"),
    [
        ({"Driver_Version": "390.157"}, "390.157", None),
        ({"Driver_Version": "570.11.02", "CUDA_Version": "12.8"}, "570.11.02", "12.8"),
        ({"KMD_Version": "612.01", "CUDA_UMD_Version": "13.3"}, "612.01", "13.3"),
        ({"Driver_Version": "546.80", "CUDA_Version": "ERR!"}, "546.80", None),
        ({"Driver_Version": "N/A", "CUDA_Version": "N/A"}, None, None),
    ],
)
def test_each_generation_of_the_table_names_its_versions(versions, driver, cuda):
    reading = smi_table.parse(table(**versions))
    assert (reading.version, reading.cuda) == (driver, cuda)
    assert (reading.sightings[0].gpu.memory_bytes, reading.sightings[0].address) == (20475 << 20, "0000:0a:00.0")


def test_a_name_that_was_cut_off_is_completed_only_where_one_fits():
    row = "|   0  NVIDIA GeForce RTX 4070 ...    Off |   00000000:0A:00.0 Off |                  N/A |"
    rows = [
        Device(pci_id="10de:1", name="GeForce RTX 4070", architecture="sm_89"),
        Device(pci_id="10de:2", name="GeForce RTX 4070 SUPER", architecture="sm_89"),
    ]
    recording = {"platform": "linux", "files": {"nvidia-smi": table(row)}}
    assert probe_host(RecordedSystem(recording), lambda _: tuple(rows)).gpus[0].name == "NVIDIA GeForce RTX 4070 SUPER"
    rows.append(Device(pci_id="10de:3", name="GeForce RTX 4070 Laptop GPU", architecture="sm_89"))
    (gpu,) = probe_host(RecordedSystem(recording), lambda _: tuple(rows)).gpus
    assert (gpu.name, gpu.architecture) == (None, "sm_89")


def test_err_in_a_row_is_a_broken_gpu_without_a_name():
    reading = smi_table.parse(table("|   0  ERR!                Off  | 00000000:00:1E.0 Off |                 ERR! |"))
    assert (reading.state, reading.sightings[0].gpu.name) == ("error", None)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.11", "mismatch"),
        ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure", "missing"),
        ("No devices were found", "error"),
        ("Failed to initialize NVML: Unknown Error", "error"),
        ("Unable to determine the device handle for GPU0000:05:00.0: GPU is lost.  Reboot", "error"),
        ("Failed to initialize NVML: Insufficient Permissions", "error"),
        ("Failed to initialize NVML: GPU access blocked by the operating system", "error"),
    ],
)
def test_what_nvidia_smi_complains_of_is_kept_in_its_words(text, state):
    host = probe_host(RecordedSystem({"platform": "linux", "files": {"nvidia-smi": text}}), no_devices)
    assert host.driver("nvidia").state == state
    assert host.driver("nvidia").detail in " ".join(text.split())
    assert host.unknown("gpus")


def test_a_shell_that_finds_no_nvidia_smi_tells_nothing_of_a_driver():
    text = "bash: line 1: nvidia-smi: command not found"
    host = probe_host(RecordedSystem({"platform": "linux", "files": {"nvidia-smi": text}}), no_devices)
    assert host.driver("nvidia") is None
    assert host.unknown("driver.nvidia")
    assert host.unknown("gpus")


def test_a_lost_gpu_keeps_its_place_on_the_bus():
    files = dict(ON_BUS)
    files.update({path.replace("0a:00", "0b:00"): text for path, text in ON_BUS.items()})
    answer = {**GOOD, "gpus": [CARD, {"problem": "GPU is lost", "state": "error"}]}
    host = probe_host(RecordedSystem({"platform": "linux", "files": files, "values": {"nvml": answer}}), no_devices)
    assert [gpu.pci_id for gpu in host.gpus] == ["10de:27b2", "10de:27b2"]
    assert (host.driver("nvidia").state, host.driver("nvidia").detail) == ("error", "GPU 1: GPU is lost")


def test_a_gpu_of_which_the_driver_is_silent_is_named():
    files = dict(ON_BUS)
    files.update({path.replace("0a:00", "0b:00"): text for path, text in ON_BUS.items()})
    host = probe_host(RecordedSystem({"platform": "linux", "files": files, "values": {"nvml": GOOD}}), no_devices)
    assert len(host.gpus) == 1
    assert "0000:0b:00.0" in host.unknown("gpus.10de:27b2").why


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            "nvidia-smi --query-gpu=gpu_name,memory.total --format=csv",
            "name, memory.total [MiB]\nTesla T4, 15360 MiB\n",
        ),
        ("nvidia-smi --query-gpu=name,memory.total --format=csv,noheader,nounits", "Tesla T4, 15360\n"),
        (
            "nvidia-smi -q",
            "NVSMI\nGPU 00000000:00:1E.0\n    Product Name: Tesla T4\n    FB Memory Usage\n      Total: 15360 MiB\n",
        ),
        (
            "nvidia-smi",
            "|   0  Tesla T4            On   | 00000000:00:1E.0 Off |  0 |\n| N/A 9W / 70W | 0MiB / 15360MiB | 0% |\n",
        ),
    ],
)
def test_one_gpu_reads_the_same_in_every_form(command, text):
    _, reading = parse_smi(command, text)
    assert [(each.gpu.name, each.gpu.memory_bytes) for each in reading.sightings] == [("Tesla T4", 15360 << 20)]


def test_a_list_shows_which_gpu_is_split():
    reading = smi_text.parse_list(
        "GPU 0: NVIDIA A30 (UUID: GPU-1)\n  MIG 1g.6gb Device 0: (UUID: MIG-2)\nGPU 1: NVIDIA A30 (UUID: GPU-3)\n"
    )
    assert [each.gpu.mig for each in reading.sightings] == [True, None]


def test_newer_drivers_deprecate_the_old_lines_of_the_version():
    text = 'DRIVER version : Deprecated, see "KMD version" instead\nKMD version : 612.01\nCUDA UMD version : 13.3\n'
    assert smi_text.parse_version(text) == Reading(version="612.01", cuda="13.3")


def test_both_kernel_modules_tell_their_version():
    closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.10.01  Wed\nGCC version:  gcc version 12.2.0\n"
    assert smi_text.parse_module(closed).version == "535.10.01"
    assert smi_text.parse_module(MODULE).version == "570.11.02"


def test_a_log_that_was_cut_off_still_names_its_gpus():
    reading = smi_xml.parse(
        '<nvidia_smi_log><cuda_version>12.2</cuda_version><gpu id="0:01:00.0"><product_name>L4</product_name><pci>'
    )
    assert (reading.cuda, reading.sightings[0].gpu.name) == ("12.2", "L4")


def test_nvml_without_a_library_is_no_answer():
    assert nvml.parse(None) is None


@pytest.mark.parametrize(("soc", "architecture"), [("tegra234", "sm_87"), ("tegra194", "sm_72"), ("tegra210", "sm_53")])
def test_a_device_tree_names_the_integrated_gpu(soc, architecture):
    sighting = tegra.parse_compatible(f"nvidia,board\0nvidia,{soc}\0")
    assert (sighting.gpu.architecture, sighting.gpu.integrated) == (architecture, True)


def test_linux_for_tegra_is_a_driver_without_a_version():
    files = {
        tegra.COMPATIBLE: "nvidia,tegra234\0",
        tegra.RELEASE: "# R36 (release), REVISION: 4.0, GCID: 1, BOARD: x\n",
    }
    host = probe_host(RecordedSystem({"platform": "linux", "files": files}), no_devices)
    assert host.gpus[0].name == "Orin"
    assert host.driver("nvidia").detail == "Linux for Tegra 36.4.0"
