"""torch.utils.collect_env and its kin (vLLM's is a longer one): keys, colons and a few blocks of lines.

Formats: torch/utils/collect_env.py of PyTorch 1.0 to 2.10 (https://github.com/pytorch/pytorch), vllm/collect_env.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.system.reports.gathered import FROM_PYTHON
from dlsetup.system.reports.platforms import minor_of

if TYPE_CHECKING:
    from dlsetup.system.reports.gathered import Gathered

_MARKS = (
    "PyTorch version",
    "Is debug build",
    "CUDA used to build PyTorch",
    "ROCM used to build PyTorch",
    "XPU used to build PyTorch",
    "Python platform",
    "Is CUDA available",
    "Is XPU available",
    "CUDA runtime version",
    "CUDA_MODULE_LOADING set to",
    "GPU models and configuration",
    "Nvidia driver version",
    "cuDNN version",
    "HIP runtime version",
    "MIOpen runtime version",
    "Is XNNPACK available",
    "Caching allocator config",
    "Intel GPU driver version",
    "Intel GPU models onboard",
    "Intel GPU models detected",
    "Versions of relevant libraries",
)
_OTHERS = ("OS", "GCC version", "Clang version", "CMake version", "Libc version", "Python version", "CPU")
_ENOUGH = 2
"""One such line may stand in anybody's prose."""

_LINE = re.compile(rf"^[ \t]*(?:[-*] )?({'|'.join(map(re.escape, (*_MARKS, *_OTHERS)))})[ \t]*:[ \t]*(.*?)[ \t]*$")
_PIP = re.compile(r"^[ \t]*\[pip3?\][ \t]+([A-Za-z0-9][\w.-]*)==(\S+)[ \t]*$", re.MULTILINE)
_CONDA = re.compile(r"^[ \t]*\[conda\][ \t]+(\S+[ \t]+\d\S*(?:[ \t]+\S+){0,2})[ \t]*$", re.MULTILINE)
_VARIABLE = re.compile(r"^([A-Z][A-Z0-9_]{2,60})=(.*)$")
_NOTHING = frozenset({"", "N/A", "None", "Could not collect", "No CUDA", "No relevant packages", "not known"})
_GPU = re.compile(r"[ \t]*GPU \d{1,4}: (.+?)(?: \(UUID: [^)]*\))?[ \t]*")
_ROCM_GPU = re.compile(r"(.+?)(?: \((gfx[0-9a-f]{3,5})[^)]*\)|NoGCNArchNameOnOldPyTorch)$")
_XPU = re.compile(r"\* \[\d+\] _XpuDeviceProperties\((.*)\)[ \t]*$")


def read(text: str, into: Gathered) -> bool:
    """Take in a report, if the text holds one."""
    blocks = _blocks(text)
    told = {key for key, lines in blocks.items() if not any("{" in line for line in lines[:1])}
    if len(told.intersection(_MARKS)) < _ENOUGH:
        return False
    facts = {key: _word(lines[0]) for key, lines in blocks.items()}
    _interpreter(facts, into)
    _machine(facts, into)
    _processor(blocks.get("CPU", []), into)
    _torch(facts, into)
    _gpus(blocks, facts, into)
    _packages(text, into)
    _variables(text, into)
    into.titles.append("torch.utils.collect_env")
    return True


def _word(line: str) -> str | None:
    return None if line in _NOTHING else line


def _blocks(text: str) -> dict[str, list[str]]:
    """Return each key's value with the lines that follow it; the first report's where there are several."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.split("\n"):
        match = _LINE.match(line)
        if match is None:
            lines.append(line.strip())
        elif match[1] not in found:
            lines = found[match[1]] = [match[2]]
        else:
            lines = []
    return found


def _interpreter(facts: dict[str, str | None], into: Gathered) -> None:
    into.banner(facts.get("Python version") or "")
    into.platform(facts.get("Python platform") or "")


def _machine(facts: dict[str, str | None], into: Gathered) -> None:
    name = facts.get("OS") or ""
    match = re.fullmatch(r"(.+?) \((x86_64|aarch64|arm64|ppc64le|s390x|riscv64|i[3-6]86)\)", name)
    if match:
        name = match[1]
        into.value("machine", match[2])
    mac = re.match(r"(?:macOS|Mac OSX) (\d+(?:\.\d+)*)", name)
    if mac:
        into.system("macos", FROM_PYTHON)
        into.value("macos", None if mac[1].startswith("10.16") else mac[1])
    elif "Windows" in name:
        into.system("windows", FROM_PYTHON)
        build = re.search(r"\((\d+\.\d+\.\d+)", name)
        into.value("told.windows", build[1] if build else None)
        into.value("told.os", name.partition(" (")[0])
    elif name:
        into.system("linux", FROM_PYTHON)
        into.value("told.os", name)
    libc = re.fullmatch(r"(glibc|musl)-(\d+\.\d+(?:\.\d+)?)", facts.get("Libc version") or "")
    # before Python 3.8 it was read from the interpreter's symbols (Lib/platform.py: libc_ver)
    python = minor_of(into.values.get("told.python", {}).get("version"))
    into.value("libc", [libc[1], libc[2]] if libc and python >= (3, 8) else None)


def _processor(lines: list[str], into: Gathered) -> None:
    """Read the CPU block: lscpu's on Linux (which the tool's own mark finds), one line on a Mac, CIM's on Windows."""
    told = dict(
        re.findall(r"^(Name|Manufacturer|Architecture)[ \t]*[:=][ \t]*(.+?)[ \t]*$", "\n".join(lines), re.MULTILINE)
    )
    if told.get("Architecture", "") in {"9", "12"}:
        machine = {"9": "x86_64", "12": "arm64"}[told["Architecture"]]
        maker = told.get("Manufacturer")
        into.facts("told.cpu", {"brand": told.get("Name"), "vendor": maker, "architecture": machine})
        return
    first = next((line for line in lines if line), "")
    if re.match(r"Apple M\d|Intel\(R\) ", first):
        into.facts("told.cpu", {"brand": first})


def _torch(facts: dict[str, str | None], into: Gathered) -> None:
    version = facts.get("PyTorch version")
    if version and re.match(r"\d+\.\d", version):
        into.package("torch", version)
        build = {
            "version": version,
            "cuda": facts.get("CUDA used to build PyTorch"),
            "hip": facts.get("ROCM used to build PyTorch"),
            "xpu": facts.get("XPU used to build PyTorch"),
        }
        if "CUDA used to build PyTorch" in facts:
            into.facts("told.torch", build)
    told = {"True": True, "Yes": True, "False": False, "No": False}
    for key in ("Is CUDA available", "Is XPU available"):
        if told.get(facts.get(key) or "") is not None and into.values.get("told.sees-gpu") is not True:
            into.values["told.sees-gpu"] = told[str(facts[key])]


def _gpus(blocks: dict[str, list[str]], facts: dict[str, str | None], into: Gathered) -> None:
    lines = blocks.get("GPU models and configuration", [])
    numbered = [match.group() for line in lines if (match := _GPU.fullmatch(line))]
    if numbered:
        into.commands.setdefault("nvidia-smi -L", "\n".join(numbered) + "\n")
    elif facts.get("ROCM used to build PyTorch") and lines:
        # torch names device 0 alone, so that there may be more stays open
        match = _ROCM_GPU.match(lines[0])
        if match:
            into.gpu(vendor="amd", name=match[1], architecture=match[2], index=0)
            into.value("told.first-gpu-only", "amd")
            if facts.get("Is CUDA available") in {"True", "Yes"}:
                into.driver(vendor="amd")
    version = facts.get("Nvidia driver version")
    if version:
        into.driver(vendor="nvidia", version=version.split()[0])
    _intel(blocks, into)


def _intel(blocks: dict[str, list[str]], into: Gathered) -> None:
    detected = [match[1] for line in blocks.get("Intel GPU models detected", []) if (match := _XPU.match(line))]
    for index, properties in enumerate(detected):
        name = re.search(r"name='([^']+)'", properties)
        device = re.search(r"device_id=0x([0-9A-Fa-f]{4})\b", properties)
        memory = re.search(r"total_memory=(\d{1,9})MB", properties)
        into.gpu(
            vendor="intel",
            name=name[1] if name else None,
            pci_id=f"8086:{device[1].lower()}" if device else None,
            memory_bytes=int(memory[1]) * 2**20 if memory else None,
            index=index,
        )
    onboard = [line[2:] for line in blocks.get("Intel GPU models onboard", []) if line.startswith("* ")]
    for index, line in enumerate(onboard if not detected else []):
        into.gpu(vendor="intel", name=line, index=index)
    for line in blocks.get("Intel GPU driver version", []):
        match = re.match(r"\* (?:intel-opencl-icd|intel-opencl):[ \t]*(\d+(?:\.\d+)+)", line)
        if match:
            into.driver(vendor="intel", version=match[1], supports="Level Zero")


def _packages(text: str, into: Gathered) -> None:
    for match in _PIP.finditer(text):
        into.package(match[1], match[2])
    rows = [match[1] for match in _CONDA.finditer(text)]
    if rows:
        into.value("told.conda", rows)


def _variables(text: str, into: Gathered) -> None:
    """Read the variables that vLLM's report ends with."""
    lines = text.split("\n")
    starts = [
        number
        for number, line in enumerate(lines)
        if re.fullmatch(r"\s*(?:ENV Variables:|Environment Variables)\s*", line)
    ]
    for line in lines[starts[0] + 1 :] if starts else ():
        match = _VARIABLE.match(line.strip())
        if match:
            into.env.setdefault(match[1], match[2])
