"""Whatever people paste: what it tells is told, however it is wrapped, and nothing else is taken for a report."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlsetup.catalog import load_devices
from dlsetup.errors import UnreadableError
from dlsetup.probe import probe_host
from dlsetup.probe.listed import probe_listed, probe_listed_session
from dlsetup.system.recorded import RecordedSystem
from dlsetup.system.reports import enriched, read_machine, read_reports
from dlsetup.system.reports.pasted import passages, plain
from dlsetup.system.reports.platforms import parse_banner, parse_platform

_TEXTS = runpy.run_path(str(Path(__file__).with_name("report_texts.py")))
TEXTS: dict[str, str] = _TEXTS["TEXTS"]
NEAR_MISSES: dict[str, str] = _TEXTS["NEAR_MISSES"]


def host(text: str):
    return probe_host(read_machine(text, "pasted.txt"), load_devices)


def environment(text: str):
    found = probe_listed(read_machine(text, "pasted.txt"))
    assert found is not None
    return found


def gpus(text: str) -> list[tuple[str, str | None]]:
    return [(gpu.vendor, gpu.name) for gpu in host(text).gpus]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SMI_TABLE", [("nvidia", "NVIDIA GeForce RTX 4070")]),
        ("SMI_WINDOWS", [("nvidia", "NVIDIA GeForce RTX 3060")]),
        ("SMI_LOG", [("nvidia", "NVIDIA L4")]),
        ("SMI_XML", [("nvidia", "NVIDIA L4")]),
        ("SMI_LIST", [("nvidia", "NVIDIA A30")] * 2),
        ("SMI_CSV", [("nvidia", "NVIDIA A30")] * 2),
        ("ROCMINFO", [("amd", "AMD Radeon RX 7800 XT")]),
        ("ROCM_SMI", [("amd", "Radeon RX 7800 XT")]),
        ("ROCM_SMI_JSON", [("amd", "Radeon RX 7800 XT")]),
        ("AMD_SMI_JSON", [("amd", "AMD Instinct MI300X")]),
        ("XPU_SMI", [("intel", "Intel(R) Arc(TM) A770 Graphics")]),
        ("CLINFO", [("intel", "Intel(R) Arc(TM) A750 Graphics")]),
        ("SYCL_LS", [("intel", "Intel(R) Arc(TM) A770 Graphics")]),
        ("LSPCI", [("nvidia", "GeForce RTX 4070"), ("intel", "AlderLake-S GT1")]),
        ("PROFILER_JSON", [("apple", "Apple M2 Pro")]),
        ("DXDIAG", [("nvidia", "NVIDIA GeForce RTX 3060")]),
        ("COLLECT_ENV", [("nvidia", "NVIDIA RTX A5000")] * 2),
        ("COLLECT_ENV_ROCM", [("amd", "AMD Radeon RX 7900 XTX")]),
        ("COLLECT_ENV_WINDOWS", [("nvidia", "NVIDIA GeForce RTX 4060 Laptop GPU")]),
        ("COLLECT_ENV_XPU", [("intel", "Intel(R) Arc(TM) B580 Graphics")]),
        ("TRANSFORMERS", [("nvidia", "NVIDIA H100 PCIe")]),
        ("JAX", [("nvidia", "NVIDIA A30")] * 2),
    ],
)
def test_the_gpus_of_a_report_are_found(name, expected):
    assert gpus(TEXTS[name]) == expected


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("SMI_TABLE", "linux"),
        ("SMI_WINDOWS", "windows"),
        ("SMI_LOG", None),
        ("SMI_XML", "linux"),
        ("ROCMINFO", "linux"),
        ("PROFILER_JSON", "macos"),
        ("SW_VERS", "macos"),
        ("LSCPU", "linux"),
        ("UNAME", "linux"),
        ("SYSTEMINFO", "windows"),
        ("DXDIAG", "windows"),
        ("COLLECT_ENV", "linux"),
        ("COLLECT_ENV_MAC", "macos"),
        ("COLLECT_ENV_WINDOWS", "windows"),
        ("CONDA_INFO", "linux"),
        ("TENSORFLOW", "linux"),
        ("PIP_FREEZE", None),
    ],
)
def test_the_operating_system_is_told_only_by_what_knows_it(name, system):
    assert host(TEXTS[name]).os.system == system


def test_a_driver_is_found_with_what_it_supports():
    for name, version, supports in (
        ("SMI_TABLE", "570.133.20", "CUDA 12.8"),
        ("SMI_LOG", "550.90.07", "CUDA 12.4"),
        ("SMI_XML", "550.90.07", "CUDA 12.4"),
        ("SMI_CSV", "535.183.06", None),
        ("COLLECT_ENV", "550.144.03", None),
        ("CONDA_INFO", None, "CUDA 12.6"),
        ("DXDIAG", "566.14", None),
    ):
        driver = host(TEXTS[name]).driver("nvidia")
        assert driver is not None, name
        assert (driver.version, driver.supports, driver.state) == (version, supports, "ok"), name
    assert host(TEXTS["SMI_FAILED"]).driver("nvidia").state == "missing"
    intel = host(TEXTS["COLLECT_ENV_XPU"]).driver("intel")
    assert (intel.version, intel.supports) == ("24.52.32224.14", "Level Zero")


def test_processor_system_and_library_are_found():
    found = host(TEXTS["COLLECT_ENV"])
    assert (found.os.distribution, found.os.version, found.os.kernel) == ("ubuntu", "22.04", "6.8.0-52-generic")
    assert (found.libc.family, found.libc.version) == ("glibc", "2.35")
    assert (found.cpu.brand, found.cpu.logical_cores) == ("AMD EPYC 7313 16-Core Processor", 32)
    assert "avx2" in found.cpu.features
    assert host(TEXTS["LSCPU"]).cpu.physical_cores == 8
    assert host(TEXTS["CPUINFO"]).cpu.brand == "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz"
    assert host(TEXTS["OS_RELEASE"]).os.distribution == "debian"
    assert host(TEXTS["UNAME"]).os.kernel == "6.1.0-18-amd64"
    assert host(TEXTS["SYSTEMINFO"]).os.version == "10.0.22631"
    assert host(TEXTS["SW_VERS"]).os.version == "14.6.1"
    assert host(TEXTS["PROFILER_TEXT"]).cpu.brand == "Apple M2 Pro"
    assert host(TEXTS["CONDA_INFO"]).os.version == "22.04"
    assert host(TEXTS["TENSORFLOW"]).os.container == "docker"
    windows = host(TEXTS["COLLECT_ENV_WINDOWS"])
    assert (windows.os.distribution, windows.os.version) == ("Windows 11 Home", "10.0.26100")
    assert (windows.cpu.architecture, windows.cpu.brand) == ("x86_64", "13th Gen Intel(R) Core(TM) i7-13620H")


def test_a_translated_python_on_apples_chip_is_seen():
    found = host(TEXTS["COLLECT_ENV_MAC"])
    assert (found.cpu.architecture, found.cpu.translated, found.os.version) == ("arm64", "rosetta", "14.6.1")
    assert environment(TEXTS["COLLECT_ENV_MAC"]).interpreter.architecture == "x86_64"


def test_what_a_report_lacks_is_unknown_with_a_gap():
    found = host(TEXTS["PIP_FREEZE"])
    assert not found.gpus
    assert found.unknown("gpus")
    assert found.unknown("cpu.brand")
    assert found.unknown("libc")
    assert environment(TEXTS["PIP_FREEZE"]).interpreter.version is None


def test_a_report_that_names_one_gpu_leaves_open_whether_there_are_more():
    for name in ("TRANSFORMERS", "COLLECT_ENV_ROCM"):
        assert host(TEXTS[name]).unknown("gpus"), name
    assert host(TEXTS["COLLECT_ENV"]).unknown("gpus") is None


@pytest.mark.parametrize(
    ("name", "version", "implementation"),
    [
        ("COLLECT_ENV", "3.10.16", "cpython"),
        ("TRANSFORMERS", "3.11.11", None),
        ("JAX", "3.12.9", "cpython"),
        ("TENSORFLOW", "3.9.2", "cpython"),
        ("PYTHON_VV", "3.12.3", "cpython"),
    ],
)
def test_the_interpreter_is_found(name, version, implementation):
    interpreter = environment(TEXTS[name]).interpreter
    assert (interpreter.version, interpreter.implementation) == (version, implementation)


def test_the_python_of_conda_itself_is_not_the_environments():
    found = environment(TEXTS["CONDA_INFO"] + TEXTS["CONDA_LIST"])
    assert (found.path, found.kind, found.interpreter.version) == ("/home/user/miniforge3/envs/dl", "conda", None)


def test_packages_are_found_in_lists_of_every_kind():
    for name, expected in (
        ("PIP_FREEZE", "2.2.2"),
        ("PIP_LIST", "2.2.2"),
        ("CONDA_LIST", "2.2.1"),
        ("COLLECT_ENV", "2.6.0+cu124"),
        ("TRANSFORMERS", "2.6.0+cu124"),
    ):
        assert environment(TEXTS[name]).version("torch") == expected, name
    assert environment(TEXTS["JAX"]).version("jaxlib") == "0.5.3"
    assert environment(TEXTS["TENSORFLOW"]).version("tensorflow") == "2.5.0"
    assert environment(TEXTS["PIP_LIST"]).version("typing-extensions") == "4.12.2"


def test_only_a_list_with_the_installer_itself_is_whole():
    assert not environment(TEXTS["PIP_LIST"]).partial
    assert not environment(TEXTS["CONDA_LIST"]).partial
    for name in ("PIP_FREEZE", "COLLECT_ENV", "TRANSFORMERS", "JAX"):
        assert environment(TEXTS[name]).partial, name


def test_the_build_of_torch_is_told_by_the_report_and_by_condas_build_string():
    for name, expected in (
        ("COLLECT_ENV", ("12.4", None, None)),
        ("COLLECT_ENV_ROCM", (None, "6.2.41133-dd7f95766", None)),
        ("COLLECT_ENV_XPU", (None, None, "20250000")),
        ("COLLECT_ENV_WINDOWS", (None, None, None)),
        ("CONDA_LIST", ("12.1", None, None)),
    ):
        build = environment(TEXTS[name]).torch
        assert build is not None, name
        assert (build.cuda, build.hip, build.xpu) == expected, name
    assert environment(TEXTS["PIP_FREEZE"]).torch is None


def test_an_xpu_build_without_a_device_is_not_taken_for_one_of_the_processor():
    text = TEXTS["COLLECT_ENV_XPU"].replace("Is XPU available: True", "Is XPU available: False")
    assert environment(text.replace("XPU used to build PyTorch: 20250000\n", "")).torch is None


def test_the_library_of_old_pythons_platform_string_is_not_believed():
    text = "Linux-5.4.0-109-generic-x86_64-with-glibc2.10"
    assert parse_platform(text, "3.8.13").libc is None
    assert parse_platform(text.replace("2.10", "2.31"), "3.9.0").libc == ("glibc", "2.31")
    assert parse_platform("macOS-10.16-x86_64-i386-64bit", "3.9.0").version is None


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Python 3.11.7", {"version": "3.11.7"}),
        ("3.8 (64-bit runtime)", {"version": "3.8", "bits": 64}),
        (
            "Python 3.10.4 (tags/v3.10.4:9d38120, Mar 23 2022, 23:13:41) [MSC v.1929 64 bit (AMD64)]",
            {
                "version": "3.10.4",
                "bits": 64,
                "machine": "x86_64",
                "implementation": "cpython",
                "free_threaded": False,
                "system": "windows",
            },
        ),
        (
            "Python 3.13.1 experimental free-threading build (main, Jan 14 2025, 22:47:38) [Clang 19.1.6 ]",
            {"version": "3.13.1", "implementation": "cpython", "free_threaded": True},
        ),
        (
            "Python 3.11.8 | packaged by conda-forge | (main, Feb 16 2024, 20:53:32) [GCC 12.3.0]",
            {"version": "3.11.8", "implementation": "cpython", "free_threaded": False, "conda": True},
        ),
        ("", {}),
        ("Pythons are snakes", {}),
    ],
)
def test_a_python_names_itself(text, facts):
    assert parse_banner(text) == facts


# how it is wrapped


def _quoted(text):
    return "Somebody wrote:\n\n" + "".join(f"> {line}\n" for line in text.split("\n")) + "\nI see the same."


def _issue(text):
    return (
        f"### Your environment\n\n<details>\n\n```shell\n{text}```\n\n</details>\n\n### What happens\n\nIt crashes.\n"
    )


def _unfenced(text):
    return f"Hello, it does not work:\n\n{text}\n\nWhat shall I do? Driver Version: newest.\n"


def _prompt(text):
    return f"Last login: today\nuser@box:~$ cd /tmp\n{text}\nuser@box:~$ echo $?\n0\n"


def _coloured(text):
    return "".join(f"\x1b[32m{line}\x1b[0m\n" for line in text.split("\n"))


def _indented(text):
    return "My machine:\n\n" + "".join(f"    {line}\n" for line in text.split("\n")) + "\nThanks\n"


def _wide(text):
    return ("\ufeff" + text).encode("utf-16-le").decode("utf-8", errors="replace")


def _windows_ends(text):
    return "\ufeff" + text.replace("\n", "\r\n")


WRAPPINGS = (_quoted, _issue, _unfenced, _prompt, _coloured, _indented, _wide, _windows_ends)


@pytest.mark.parametrize("wrap", WRAPPINGS)
@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_wrapping_changes_nothing(name, wrap):
    alone, wrapped = read_machine(TEXTS[name], "x"), read_machine(wrap(TEXTS[name]), "x")
    assert probe_host(wrapped, load_devices) == probe_host(alone, load_devices)
    assert probe_listed(wrapped) == probe_listed(alone)


def test_a_prompt_explains_what_bears_no_mark_of_its_own():
    for prompt in ("$ ", "(base) user@box:~$ ", "[root@box ~]# sudo ", "C:\\Users\\me>", "PS C:\\> ", "In [2]: !"):
        asked = "nvidia-smi --query-gpu=name,driver_version --format=csv,noheader"
        found = host(f"{prompt}{asked}\nNVIDIA A30, 535.183.06\n\nand that is all\n")
        assert [(gpu.name, found.driver("nvidia").version) for gpu in found.gpus] == [("NVIDIA A30", "535.183.06")]
    assert environment("$ python3 --version\nPython 3.11.7\n$ ls\n").interpreter.version == "3.11.7"
    assert environment("user@Mac ~ % pip freeze\ntorch==2.6.0\n").version("torch") == "2.6.0"


# several at once


def test_several_reports_of_one_machine_count_together():
    text = TEXTS["SMI_TABLE"] + "\n" + TEXTS["OS_RELEASE"] + "\n" + TEXTS["LSCPU"] + "\n" + TEXTS["PIP_LIST"]
    found = host(text)
    assert [gpu.name for gpu in found.gpus] == ["NVIDIA GeForce RTX 4070"]
    assert (found.os.distribution, found.cpu.logical_cores) == ("debian", 16)
    assert environment(text).version("torch") == "2.2.2"


@pytest.mark.parametrize("more", ["SMI_LIST", "SMI_CSV", "JAX"])
def test_a_gpu_that_is_told_twice_is_one(more):
    twice = TEXTS["SMI_LIST"] + "\n" + TEXTS[more]
    assert gpus(twice) == [("nvidia", "NVIDIA A30")] * 2


def test_the_table_below_jaxs_report_is_the_same_gpu():
    text = TEXTS["JAX"].replace("NVIDIA A30-2, 2 local", "NVIDIA GeForce RTX 4070-1, 1 local") + TEXTS["SMI_TABLE"]
    found = host(text)
    assert [gpu.name for gpu in found.gpus] == ["NVIDIA GeForce RTX 4070"]
    assert found.driver("nvidia").version == "570.133.20"


def test_the_first_of_two_tables_counts():
    older = TEXTS["SMI_TABLE"].replace("570.133.20", "535.161.07")
    assert host(older + "\nAfter the update:\n\n" + TEXTS["SMI_TABLE"]).driver("nvidia").version == "535.161.07"


def test_nvidia_smi_of_another_version_than_the_driver_is_that_of_wsl():
    text = TEXTS["SMI_TABLE"].replace("NVIDIA-SMI 570.133.20", "NVIDIA-SMI 570.124.03")
    assert host(text).os.wsl == 2
    assert host(TEXTS["SMI_TABLE"]).os.wsl is None


# recordings


def test_a_recording_of_either_form_opens():
    simple = {"id": "x", "platform": "linux", "files": {"nvidia-smi": TEXTS["SMI_TABLE"]}}
    full = {"format": "dlsetup.recording/1", "commands": {"nvidia-smi": {"stdout": TEXTS["SMI_TABLE"], "exit": 0}}}
    for recording in (simple, full):
        assert gpus(json.dumps(recording)) == [("nvidia", "NVIDIA GeForce RTX 4070")]


def test_reports_inside_of_a_recording_are_read_and_replace_nothing():
    recording = {
        "platform": "linux",
        "files": {"python -m torch.utils.collect_env": TEXTS["COLLECT_ENV"], "/etc/os-release": TEXTS["OS_RELEASE"]},
        "values": {"kernel": "6.1.0"},
    }
    found = probe_host(RecordedSystem(enriched(recording)), load_devices)
    assert (found.os.distribution, found.os.kernel, len(found.gpus)) == ("debian", "6.1.0", 2)


def test_variables_that_a_report_names_are_known_and_others_are_not():
    session = probe_listed_session(read_machine(TEXTS["TENSORFLOW"], "x"))
    assert session.variable("LD_LIBRARY_PATH") == "/usr/local/cuda-11.2/lib64"
    assert session.partial
    assert probe_listed_session(read_machine(TEXTS["JAX"], "x")) is None


# near misses


@pytest.mark.parametrize("name", sorted(NEAR_MISSES))
def test_what_only_speaks_of_such_things_is_no_report(name):
    assert read_reports(NEAR_MISSES[name]).titles == []
    with pytest.raises(UnreadableError) as caught:
        read_machine(NEAR_MISSES[name], "x.txt")
    assert caught.value.exit_code == 7
    assert "x.txt" in caught.value.what
    assert "nvidia-smi" in caught.value.seen
    assert "collect_env" in caught.value.seen
    assert caught.value.do


@pytest.mark.parametrize(
    "text", ["", "\n", "[]", "{}", '{"a": 1}', "\0", "\ufeff", '{"files": 3}', '{"format": 2}', "{"]
)
def test_what_tells_nothing_is_refused(text):
    with pytest.raises(UnreadableError):
        read_machine(text, "x")


_PIECES = st.sampled_from(
    [line + "\n" for text in (*TEXTS.values(), *NEAR_MISSES.values()) for line in text.split("\n")]
)


@settings(max_examples=300)
@given(st.lists(_PIECES | st.text(max_size=60), max_size=40).map("".join))
def test_no_text_raises_anything_but_that_it_cannot_be_read(text):
    try:
        system = read_machine(text, "x")
    except UnreadableError:
        return
    probe_host(system, load_devices)
    probe_listed(system)
    probe_listed_session(system)


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "told.os",
                "told.cpu",
                "told.gpus",
                "told.drivers",
                "told.python",
                "told.packages",
                "told.torch",
                "told.conda",
                "told.windows",
                "told.distribution",
                "told.first-gpu-only",
                "told.memory",
                "told.sees-gpu",
            ]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["vendor", "name", "version"]), inner)
            ),
        ),
    ),
    st.sampled_from(["linux", "macos", "windows", ""]),
)
def test_no_told_value_makes_a_probe_raise(values, platform):
    system = RecordedSystem({"platform": platform, "values": values})
    probe_host(system, load_devices)
    probe_listed(system)


def test_a_long_text_is_read_in_no_time():
    import time

    for line in (
        "processor : 0\n",
        "Name: x\n",
        "GPU 0: y\n",
        "a" * 200_000 + "\n",
        " " * 200_000 + "x\n",
        "{[" * 1000 + "\n",
    ):
        begin = time.perf_counter()
        read_reports(line * (400_000 // len(line)))
        assert time.perf_counter() - begin < 5, line[:20]


def test_passages_end_at_fences_prompts_and_quotes():
    text = "a\n```\nb\n```\n> c\n$ nvidia-smi -L\nd\n"
    assert [(each.text, each.command) for each in passages(plain(text))] == [
        ("a\n", ""),
        ("b\n", ""),
        ("c\n", ""),
        ("d\n", "nvidia-smi -L"),
    ]


# shapes that are rarer


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (
            [{"Name": "NVIDIA RTX A2000", "PNPDeviceID": "PCI\\VEN_10DE&DEV_2531", "DriverVersion": "1"}],
            "NVIDIA RTX A2000",
        ),
        ({"Name": "NVIDIA RTX A2000", "PNPDeviceID": "PCI\\VEN_10DE&DEV_2531"}, "NVIDIA RTX A2000"),
        ({"device_list": [{"device_id": 0, "device_name": "Intel(R) Arc(TM) A770 Graphics"}]}, None),
        ({"gpu_data": [{"gpu": 0, "asic": {"market_name": "AMD Instinct MI210"}}]}, "AMD Instinct MI210"),
    ],
)
def test_json_of_other_tools_is_told_by_its_keys(answer, name):
    found = host("It says:\n\n" + json.dumps(answer, indent=2) + "\n")
    assert [gpu.name for gpu in found.gpus] == [name or "Intel(R) Arc(TM) A770 Graphics"]


def test_lists_in_json_are_lists():
    pip = json.dumps([{"name": "torch", "version": "2.6.0"}, {"name": "pip", "version": "25.0"}])
    assert environment(pip).version("torch") == "2.6.0"
    conda = [{"name": "numpy", "version": "1.26.4", "build_string": "py311h64a7726_0", "channel": "conda-forge"}]
    assert environment(json.dumps(conda)).version("numpy") == "1.26.4"
    nested = {"field": "Vendor ID:", "data": "GenuineIntel", "children": [{"field": "Model name:", "data": "Xeon"}]}
    rows = [{"field": "Architecture:", "data": "x86_64"}, {"field": "CPU(s):", "data": "4"}, nested]
    assert host(json.dumps({"lscpu": rows})).cpu.brand == "Xeon"


@pytest.mark.parametrize("text", ["[1, 2]", '[{"a": 1}]', '{"lscpu": 3}', "[[[[", '{"device_name": 1}'])
def test_other_json_is_nothing(text):
    assert read_reports(text).titles == []


def test_the_siblings_of_transformers_report_are_read():
    accelerate = (
        "- `Accelerate` version: 1.4.0\n- Platform: macOS-14.6.1-arm64-arm-64bit\n- Python version: 3.12.8\n"
        "- PyTorch version (GPU?): 2.6.0 (False)\n- System RAM: 36.00 GB\n"
    )
    assert (host(accelerate).os.version, host(accelerate).cpu.architecture) == ("14.6.1", "arm64")
    assert environment(accelerate).version("accelerate") == "1.4.0"
    linux = accelerate.replace("macOS-14.6.1-arm64-arm-64bit", "Linux-6.1.0-18-amd64-x86_64-with-glibc2.36")
    assert host(linux).memory_bytes == 36 * 2**30
    diffusers = (
        "- 🤗 Diffusers version: 0.32.2\n- Platform: Linux-6.1.0-18-amd64-x86_64-with-glibc2.36\n"
        "- Accelerator: NVIDIA GeForce RTX 4090, 24564 MiB\n"
    )
    assert [(gpu.name, gpu.memory_bytes) for gpu in host(diffusers).gpus] == [
        ("NVIDIA GeForce RTX 4090", 24564 * 2**20)
    ]
    assert environment(diffusers).version("diffusers") == "0.32.2"
    xpu = TEXTS["TRANSFORMERS"].replace("GPU type: NVIDIA H100 PCIe", "XPU type: Intel(R) Arc(TM) B580 Graphics")
    assert gpus(xpu) == [("intel", "Intel(R) Arc(TM) B580 Graphics")]


@pytest.mark.parametrize(
    ("line", "sees"),
    [
        ("jax.devices (1 total, 1 local): [CpuDevice(id=0)]", False),
        ("jax.devices (8 total, 8 local): [CudaDevice(id=0) CudaDevice(id=1)]", True),
        ('device info: cpu-1, 1 local devices"', False),
        ("", None),
    ],
)
def test_jax_tells_whether_it_sees_a_gpu(line, sees):
    text = f"jax:    0.6.0\njaxlib: 0.6.0\nnumpy:  2.2.4\n{line}\nXLA_PYTHON_CLIENT_PREALLOCATE=false\n"
    system = read_machine(text, "x")
    assert probe_listed(system).sees_gpu is sees
    assert probe_listed_session(system).variable("XLA_PYTHON_CLIENT_PREALLOCATE") == "false"


def test_conda_tells_of_macs_and_windows():
    head = "     active environment : base\n          conda version : 24.9.2\n"
    mac = host(
        head + "               platform : osx-arm64\n             user-agent : conda/24.9.2 Darwin/23.6.0 OSX/14.6.1\n"
    )
    assert (mac.os.system, mac.os.version, mac.os.kernel) == ("macos", "14.6.1", "23.6.0")
    text = (
        head
        + "               platform : win-64\n             user-agent : conda/24.9.2 Windows/11 Windows/10.0.22631\n"
    )
    windows = host(text)
    assert (windows.os.system, windows.os.version) == ("windows", "10.0.22631")


def test_vllms_report_is_collect_envs_with_variables():
    text = (
        "==============================\n       PyTorch Info\n==============================\n"
        "PyTorch version              : 2.7.0+cu128\nCUDA used to build PyTorch   : 12.8\n"
        "ROCM used to build PyTorch   : N/A\n"
        "GPU models and configuration : GPU 0: NVIDIA L40S\nNvidia driver version        : 570.124.06\n"
        "==============================\n     Environment Variables\n==============================\n"
        "LD_LIBRARY_PATH=/usr/local/cuda-12.8/lib64\nCUDA_VISIBLE_DEVICES=0\n"
    )
    system = read_machine(text, "x")
    assert [gpu.name for gpu in probe_host(system, load_devices).gpus] == ["NVIDIA L40S"]
    assert probe_listed(system).torch.cuda == "12.8"
    assert probe_listed_session(system).variable("CUDA_VISIBLE_DEVICES") == "0"


def test_variables_of_a_recorded_shell_are_known():
    recording = {"platform": "linux", "files": {"env": "HSA_OVERRIDE_GFX_VERSION=11.0.0\nSECRET=1\nHOME=/root\n"}}
    session = probe_listed_session(RecordedSystem(recording))
    assert session.variables == (("HSA_OVERRIDE_GFX_VERSION", "11.0.0"),)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("torch (2.6.0)\nnumpy (1.26.4)\n", {"torch": "2.6.0", "numpy": "1.26.4"}),
        ("torch @ file:///tmp/torch-2.6.0-cp311-cp311-linux_x86_64.whl#sha256=00\nnumpy==1.26.4\n", {"torch": "2.6.0"}),
        ("-e git+https://example.org/x.git@main#egg=x\nTorch_Vision==0.21.0\n", {"torch-vision": "0.21.0"}),
        ("", {}),
    ],
)
def test_lists_of_every_age_are_read(text, names):
    from dlsetup.probe.listed import parse_pip_list

    assert names.items() <= dict(parse_pip_list(text)).items()
