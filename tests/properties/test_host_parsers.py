"""No text, however broken, makes a parser raise; blanks at line ends and CRLF change nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlsetup.probe import (
    apple,
    containers,
    cpuinfo,
    intel,
    libc,
    lspci,
    memory,
    opencl,
    operating_system,
    probe_host,
    system_profiler,
    windows,
)
from dlsetup.probe.amd import kfd, rocminfo
from dlsetup.probe.amd import smi as amd_smi
from dlsetup.probe.machine import devices, health, limits, network, nvidia_module, toolchain
from dlsetup.probe.machine import nvidia as around_nvidia
from dlsetup.probe.machine import windows as windows_settings
from dlsetup.probe.nvidia import nvml, parse_smi, smi_table, smi_text, smi_xml, tegra
from dlsetup.system.recorded import RecordedSystem

PARSERS = {
    "os-release": operating_system.parse_os_release,
    "uname": operating_system.parse_uname,
    "kernel line": operating_system.parse_kernel_line,
    "lsb_release": operating_system.parse_lsb_release,
    "wsl": operating_system.parse_wsl,
    "cgroup": containers.parse_cgroup,
    "environ": containers.parse_environ,
    "libc": libc.parse,
    "cpuinfo": cpuinfo.parse_cpuinfo,
    "lscpu": cpuinfo.parse_lscpu,
    "meminfo": memory.parse_meminfo,
    "lspci": lspci.parse_lspci,
    "smi table": smi_table.parse,
    "smi xml": smi_xml.parse,
    "smi log": smi_text.parse_log,
    "smi list": smi_text.parse_list,
    "smi version": smi_text.parse_version,
    "module": smi_text.parse_module,
    "query": lambda text: smi_text.parse_query(text, ("index", "name", "memory.total")),
    "tegra": tegra.parse_compatible,
    "l4t": tegra.parse_release,
    "rocminfo": rocminfo.parse,
    "rocm-smi": amd_smi.parse,
    "kfd": kfd.parse_node,
    "sycl-ls": intel.parse_sycl_ls,
    "xpu-smi": intel.parse_xpu_smi,
    "clinfo": opencl.parse,
    "sysctl": apple.parse_sysctl,
    "sw_vers": apple.parse_sw_vers,
    "ioreg": apple.parse_ioreg,
    "system_profiler": system_profiler.parse,
    "systeminfo": windows.parse_systeminfo,
    "dxdiag": windows.parse_dxdiag,
    "adapters": windows.parse_adapters,
    "limits": lambda text: limits.parse_limit(text, "Max open files"),
    "control group": limits.parse_bytes,
    "listening": network.parse_listening,
    "command line": devices.parse_passes,
    "toolkit": toolchain.parse_version,
    "health": health.parse,
    "flavour": around_nvidia.parse_flavour,
    "loader's cache": lambda text: around_nvidia.parse_cache(text, "x86_64"),
    "docker": around_nvidia.parse_runtime,
    "cdi": around_nvidia.parse_specification,
    "secure boot": nvidia_module.parse_secure_boot,
    "resource": nvidia_module.parse_unplaced,
    "registry": lambda text: windows_settings.parse_value(text, "PagingFiles"),
}
PIECES = st.sampled_from(
    [
        *(
            "|",
            "+---+",
            "===",
            ":",
            ",",
            '"',
            "[",
            "]",
            "{",
            "}",
            "<",
            ">",
            "\n",
            "\r\n",
            "\0",
            "\t",
            "\ufeff",
            "\x1b[37m",
        ),
        *("| 0  NVIDIA GeForce RTX 4090  Off | 00000000:01:00.0 Off | N/A |", "1MiB / 2MiB", "ERR!", "N/A", "[N/A]"),
        *(
            "Driver Version: ",
            "CUDA Version: ",
            "GPU 0: ",
            "GPU 00000000:01:00.0",
            "<gpu id=",
            "</gpu>",
            "0x",
            "99999999999",
        ),
        *(
            "processor : 0",
            "flags : avx",
            "CPU part : 0xfffffffff",
            "CPU implementer : zz",
            "Socket(s): x",
            "model name",
        ),
        *("01:00.0 VGA compatible controller: NVIDIA Corporation ", "[10de:2684]", "Kernel driver in use: "),
        *(
            "Agent 1",
            "*******",
            "Name: gfx1100",
            "BDFID: 99999999",
            "Chip ID: 1(0x1)",
            '{"card0": ',
            '{"gpu_data": [',
            "null",
        ),
        *(
            "gfx_target_version 90402",
            "device_id 99999999999999",
            "Device Name",
            "Platform Name   x",
            "CL_DEVICE_TYPE_GPU",
        ),
        *(
            "hw.optional.arm64: 1",
            "hw.memsize: 0",
            "Card name: x",
            "Vendor ID: 0x",
            "OS Version: 10.0.1",
            '{"SPDisplaysDataType": ',
        ),
        *(
            "[level_zero:gpu][level_zero:0] Intel(R) Level-Zero, Intel 1.2.3 [1.2]",
            "| 0 | Device Name: x |",
            "ID='",
            'A="\\',
        ),
    ]
)
ANY_TEXT = st.one_of(st.text(max_size=300), st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join))


def no_devices(vendor):
    """Stand for hardware tables without a row."""
    assert vendor
    return ()


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60, deadline=None)
@given(text=ANY_TEXT)
def test_no_parser_raises_for_any_text(name, text):
    PARSERS[name](text)


@settings(max_examples=100, deadline=None)
@given(
    options=st.lists(st.sampled_from(["-q", "-x", "-L", "--version", "--query-gpu=name", "--format=csv"]), max_size=3),
    text=ANY_TEXT,
)
def test_no_command_line_of_nvidia_smi_raises(options, text):
    rank, _ = parse_smi(" ".join(["nvidia-smi", *options]), text)
    assert rank >= 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["state", "gpus", "name", "capability", "driver", "cuda", "pci", "mig"]), inner
        )
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(answer=JSON)
def test_no_answer_of_nvml_raises(answer):
    reading = nvml.parse(answer)
    assert reading is None or isinstance(reading.sightings, tuple)


@settings(max_examples=60, deadline=None)
@given(
    platform=st.sampled_from(["linux", "darwin", "windows", "unknown", ""]),
    files=st.dictionaries(
        st.sampled_from(
            [
                "nvidia-smi",
                "nvidia-smi -q -x",
                "lspci -nnk",
                "rocminfo",
                "amd-smi static --json",
                "lscpu",
                "sysctl -a",
                "/proc/cpuinfo",
                "/etc/os-release",
                "systeminfo",
                "dxdiag /t",
                "sycl-ls",
                "clinfo",
                "sw_vers",
                "uname -a",
            ]
        ),
        ANY_TEXT,
        max_size=5,
    ),
)
def test_no_recording_makes_the_probe_raise(platform, files):
    host = probe_host(RecordedSystem({"platform": platform, "files": files}), no_devices)
    assert host.gpus or host.unknown("gpus") or host.gaps


def _samples(shared):
    yield from sorted((shared / "hosts" / "records").glob("*.json"))


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("\n", "   \n")])
def test_blanks_at_line_ends_and_crlf_change_no_fact(shared, change):
    for path in _samples(shared):
        record = json.loads(path.read_text(encoding="utf-8"))
        if not record["kind"].startswith("host-probe/"):
            continue
        plain = probe_host(RecordedSystem(record), no_devices)
        changed = {**record, "files": {key: change(text) for key, text in record["files"].items()}}
        assert probe_host(RecordedSystem(changed), no_devices) == plain, path.name
