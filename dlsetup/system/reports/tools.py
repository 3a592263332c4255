"""What the tools of vendors and systems print, each known by marks that nothing else bears."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Tool:
    """How one answer is found in a text, and under which key a recording holds it."""

    title: str
    key: str
    """The command line, or the file's path."""
    start: str
    """The first line."""
    body: str = ""
    """The lines that follow; empty: all of the passage."""
    blanks: int = 0
    """How many empty lines may stand between them."""
    proof: tuple[str, ...] = ()
    """What the whole must hold besides."""
    system: str = ""
    """linux, macos or windows, where the answer itself tells."""


_GPU_ROW = (
    r"[ \t]*\|[ \t]*\d{1,3}[ \t]+\S[^|\n]*\|[ \t]*[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f][ \t]"
)
_KEY = r"[ \t]{0,80}[A-Za-z#][\w \t#()./&,-]{0,80}:(?:[ \t].*)?"
_SMI_TROUBLE = (
    r"[ \t]*(?:NVIDIA-SMI has failed because |Failed to initialize NVML: |NVIDIA-SMI couldn't find libnvidia-ml"
    r"|Unable to determine the device handle for [Gg][Pp][Uu] ?[\d:a-fA-F.]+: ).*"
)
_BLOCK = r"GPU [0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f][ \t]*"
_MACHINES = r"(?:x86_64|i[3-6]86|aarch64|arm\w+|ppc64\w*|s390x|riscv\w+|loongarch\w*)"
_SYCL = r"[ \t]*\[(?:ext_)?(?:oneapi_|intel_)?(?:level_zero|opencl|cuda|hip|native_cpu)\w*:(?:gpu|cpu|acc|fpga)\w*"
_DISPLAY = (
    r"(?:\"?(?:VGA compatible|3D|Display) controller|\"?Processing accelerators|(?:Class )?\[?(?:03\d\d|1200)\]?)"
)
_AT = r"(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] "

TOOLS: tuple[Tool, ...] = (
    Tool(
        title="nvidia-smi",
        key="nvidia-smi",
        start=rf"[ \t]*\|[ \t]*NVIDIA-SMI[ \t]+\d.*|{_GPU_ROW}.*"
        r"|[ \t]*NVIDIA-SMI[ \t]+\d[\d.]*[ \t/]+(?:Driver|KMD) Version:?[ \t]+\d.*",
        body=r"[ \t]*[|+].*|.*\|[ \t]*",
        blanks=2,
        proof=(rf"(?:Driver|KMD) Version:?[ \t]+\S|^{_GPU_ROW}",),
    ),
    Tool(
        title="nvidia-smi", key="nvidia-smi", start=_SMI_TROUBLE, body=r"[ \t]*(?:NVML library version:|Make sure ).*"
    ),
    Tool(
        title="nvidia-smi -q",
        key="nvidia-smi -q",
        start=rf"[ \t]*=+[ \t]*NVSMI LOG[ \t]*=+[ \t]*|{_BLOCK}",
        body=rf"[ \t]+\S.*|GPU [0-9A-Fa-f]{{4,8}}:.*|{_KEY}",
        blanks=3,
        proof=(r"NVSMI LOG|^[ \t]+Product Name[ \t]*:",),
    ),
    Tool(title="nvidia-smi -q -x", key="nvidia-smi -q -x", start=r".*(?:<nvidia_smi_log\b|<gpu id=\").*"),
    Tool(
        title="nvidia-smi -L",
        key="nvidia-smi -L",
        start=r"[ \t]*GPU \d{1,4}: \S.* \(UUID: [^)\n]*\)?[ \t]*",
        body=r"[ \t]*(?:GPU \d{1,4}: |MIG \S+[ \t]+Device[ \t]+\d+:).*",
    ),
    Tool(
        title="nvidia-smi --version",
        key="nvidia-smi --version",
        start=r"[ \t]*NVIDIA-SMI version[ \t]*:[ \t]*\d.*",
        body=r"[ \t]*[A-Z][\w ]+ [Vv]ersion[ \t]*:.*",
        proof=(r"(?:DRIVER|KMD|NVML|CUDA)[\w ]* [Vv]ersion[ \t]*:",),
    ),
    Tool(
        title="/proc/driver/nvidia/version",
        key="/proc/driver/nvidia/version",
        start=r"[ \t]*NVRM version:[ \t]*NVIDIA UNIX .*",
        body=r"[ \t]*GCC version:.*",
        system="linux",
    ),
    Tool(
        title="/etc/nv_tegra_release",
        key="/etc/nv_tegra_release",
        start=r"[ \t]*# R\d+ \(release\), REVISION: .*",
        system="linux",
        body=r"(?!)",
    ),
    Tool(
        title="rocminfo",
        key="rocminfo",
        start=r"[ \t]*ROCk module (?:version \S+ )?is (?:NOT )?loaded.*|[ \t]*HSA (?:System Attributes|Agents)[ \t]*"
        r"|[ \t]*Agent \d+[ \t]*|[ \t]*Name:[ \t]+gfx[0-9a-f]{3,4}[ \t]*",
        proof=(r"^[ \t]*ROCk module|^[ \t]*HSA System Attributes|^[ \t]*Marketing Name:",),
        system="linux",
    ),
    Tool(
        title="rocm-smi",
        key="rocm-smi",
        start=r".*ROCm System Management Interface.*",
        proof=(r"^=.*ROCm System Management Interface.*=|^GPU\[\d+\]|End of ROCm SMI Log",),
        system="linux",
    ),
    Tool(
        title="amd-smi",
        key="amd-smi",
        start=r"[ \t]*(?:\|[ \t]*AMD-SMI[ \t]+\d|AMDSMI Tool:[ \t]).*|GPU: \d+[ \t]*"
        r"|gpu,(?:gfx|power|socket_power|vram|bdf)\w*(?:,\w+)*",
        proof=(r"AMD-SMI[ \t]+\d|AMDSMI (?:Tool|Library version):|^[ \t]+(?:ASIC|BDF|MARKET_NAME|KFD_ID|BUS):|^gpu,",),
    ),
    Tool(
        title="xpu-smi",
        key="xpu-smi discovery",
        start=r"[ \t]*\|[ \t]*Device ID[ \t]*\|[ \t]*Device Information.*",
        body=r"[ \t]*[|+].*",
    ),
    Tool(
        title="sycl-ls",
        key="sycl-ls",
        start=rf"{_SYCL}(?::\d+)?\].*",
        body=r"[ \t]*\[[a-z_]+:[a-z]+.*",
    ),
    Tool(
        title="clinfo",
        key="clinfo",
        start=r"[ \t]*Number of platforms:?[ \t]+\d+[ \t]*",
        proof=(r"^[ \t]*Platform (?:Name|Version|Profile|Vendor)",),
    ),
    Tool(
        title="lspci",
        key="lspci",
        start=rf"[ \t]*{_AT}\"?[A-Z0-9].*[:\"].*",
        body=rf"[ \t]*{_AT}.*|[ \t]+\S.*",
        blanks=1,
        proof=(rf"^[ \t]*{_AT}{_DISPLAY}",),
        system="linux",
    ),
    Tool(
        title="system_profiler",
        key="system_profiler SPHardwareDataType",
        start=r"[ \t]*Hardware Overview:[ \t]*",
        body=rf"[ \t]+\S.*|{_KEY}",
        blanks=2,
        proof=(r"^[ \t]*Model (?:Name|Identifier):",),
        system="macos",
    ),
    Tool(
        title="system_profiler",
        key="system_profiler SPSoftwareDataType",
        start=r"[ \t]*System Software Overview:[ \t]*",
        body=rf"[ \t]+\S.*|{_KEY}",
        blanks=2,
        proof=(r"^[ \t]*System Version: (?:macOS|OS X|Mac OS X) ",),
        system="macos",
    ),
    Tool(
        title="system_profiler",
        key="system_profiler SPDisplaysDataType",
        start=r"[ \t]*Graphics/Displays:[ \t]*|[ \t]*Chipset Model: \S.*",
        body=rf"[ \t]+\S.*|{_KEY}",
        blanks=2,
        proof=(r"^[ \t]*Chipset Model: \S", r"^[ \t]*(?:Vendor|Bus|Type): \S"),
        system="macos",
    ),
    Tool(
        title="sw_vers",
        key="sw_vers",
        start=r"[ \t]*ProductName:[ \t]*(?:macOS|Mac OS X|OS X)[ \t]*",
        body=r"[ \t]*(?:ProductVersion|ProductVersionExtra|BuildVersion):.*",
        proof=(r"^[ \t]*ProductVersion:",),
        system="macos",
    ),
    Tool(
        title="sysctl",
        key="sysctl -a",
        start=r"[ \t]*(?:machdep\.cpu\.\w+|hw\.(?:ncpu|memsize|optional\.arm64|cpufamily))[ \t]*[:=].*",
        body=r"[ \t]*[a-z]\w*(?:\.\w+)+[ \t]*[:=].*",
        system="macos",
    ),
    Tool(
        title="lscpu",
        key="lscpu",
        start=rf"[ \t]*Architecture:[ \t]+{_MACHINES}[ \t]*",
        body=rf"{_KEY}|[ \t]+\S.*",
        proof=(r"^[ \t]*(?:CPU op-mode\(s\)|CPU\(s\)|Byte Order|Model name|Vendor ID):",),
        system="linux",
    ),
    Tool(
        title="/proc/cpuinfo",
        key="/proc/cpuinfo",
        start=r"[ \t]*(?:processor[ \t]*:[ \t]*\d+|vendor_id[ \t]*:[ \t]*IBM/S390|system type[ \t]*:.*"
        r"|Processor[ \t]*:[ \t]*\S.*)[ \t]*",
        body=_KEY,
        blanks=2,
        proof=(
            r"^[ \t]*(?:vendor_id|BogoMIPS|bogomips(?: per cpu)?|Features|flags|cpu|isa|ISA|CPU implementer)[ \t]*:",
        ),
        system="linux",
    ),
    Tool(
        title="/proc/meminfo",
        key="/proc/meminfo",
        start=r"[ \t]*MemTotal:[ \t]+\d+ kB[ \t]*",
        body=r"[ \t]*\w+(?:\(\w+\))?:[ \t]+\d+(?: kB)?[ \t]*",
        system="linux",
    ),
    Tool(
        title="os-release",
        key="/etc/os-release",
        start=r"[ \t]*(?:NAME|PRETTY_NAME|ID|ID_LIKE|VERSION|VERSION_ID|VERSION_CODENAME|BUILD_ID)=.*",
        body=r"[ \t]*[A-Z][A-Z0-9_]*=.*",
        blanks=1,
        proof=(r"^[ \t]*PRETTY_NAME=", r"^[ \t]*(?:ID|NAME)="),
        system="linux",
    ),
    Tool(
        title="lsb_release",
        key="lsb_release -a",
        start=r"[ \t]*Distributor ID:[ \t]*\S.*",
        body=r"[ \t]*(?:Description|Release|Codename):.*",
        proof=(r"^[ \t]*Release:",),
        system="linux",
    ),
    Tool(
        title="uname -a",
        key="uname -a",
        start=rf"[ \t]*\(?Linux (?:\S+ )?\d+\.\d\S* #\d+.*\b{_MACHINES}\b.*",
        body=r"(?!)",
        system="linux",
    ),
    Tool(
        title="uname -a",
        key="uname -a",
        start=r"[ \t]*Darwin \S+ \d+\.\d\S* Darwin Kernel Version .*",
        body=r"(?!)",
        system="macos",
    ),
    Tool(
        title="/proc/version",
        key="/proc/version",
        start=r"Linux version \d+\.\d\S* \(.*",
        body=r"(?!)",
        system="linux",
    ),
    Tool(
        title="ldd --version",
        key="ldd --version",
        start=r"[ \t]*ldd \([^\n]*\)[ \t]+\d+\.\d+[ \t]*|[ \t]*musl libc \([^\n]*\)[ \t]*",
        body=r"[ \t]*(?:Version \d|Dynamic Program Loader).*",
        system="linux",
    ),
    Tool(
        title="systeminfo",
        key="systeminfo",
        start=r"[ \t]*(?:Host Name|OS Name):[ \t]+\S.*",
        body=rf"{_KEY}|[ \t]+\S.*",
        blanks=1,
        proof=(r"^[ \t]*OS Name:[^\n]*Windows", r"^[ \t]*(?:System Type|OS Version):"),
        system="windows",
    ),
    Tool(
        title="dxdiag",
        key="dxdiag /t",
        start=r"[ \t]*(?:System Information|Display Devices)[ \t]*",
        proof=(r"^-{6,}[ \t]*$", r"^[ \t]*(?:Card name|DirectX Version):"),
        system="windows",
    ),
    Tool(
        title="Win32_VideoController",
        key="Get-CimInstance Win32_VideoController",
        start=r"[ \t]*(?:AdapterRAM|AdapterCompatibility|Name|Caption|DriverVersion|PNPDeviceID)[ \t]*[:=].*",
        body=r"[ \t]*\w+[ \t]*[:=].*",
        blanks=2,
        proof=(r"^[ \t]*PNPDeviceID[ \t]*[:=][ \t]*\S", r"^[ \t]*(?:DriverVersion|AdapterRAM)[ \t]*[:=]"),
        system="windows",
    ),
)
"""The formats are the tools' own; tests/system/test_reports.py holds a text of each."""

_ENDS = {"nvidia-smi -q -x": "</nvidia_smi_log>", "rocminfo": "*** Done ***", "rocm-smi": "End of ROCm SMI Log"}
_COMPILED: dict[str, re.Pattern[str]] = {}


def _pattern(source: str) -> re.Pattern[str]:
    """Compile a pattern when it is first used: a recording in JSON needs none of them."""
    found = _COMPILED.get(source)
    if found is None:
        found = _COMPILED[source] = re.compile(source, re.MULTILINE)
    return found


def find(text: str) -> Iterator[tuple[Tool, str]]:
    """Yield the answers that a passage holds, each with the tool that it is of."""
    for tool in TOOLS:
        position = 0
        start = _pattern(rf"^(?:{tool.start})$")
        while (match := start.search(text, position)) is not None:
            end = _end(tool, text, match.start())
            position = max(end, match.end(), match.start() + 1)
            answer = _without_margin(text[_begin(tool, text, match.start()) : end])
            if all(_pattern(proof).search(answer) for proof in tool.proof):
                yield tool, answer


def _end(tool: Tool, text: str, begin: int) -> int:
    """Return where the lines end that belong to the one at which an answer begins."""
    end = text.find(_ENDS[tool.key], begin) if tool.key in _ENDS else -1
    if end >= 0:
        return end + len(_ENDS[tool.key])
    if not tool.body:
        return len(text)
    body = _pattern(rf"(?:{tool.body})$")
    margin = _margin(text, begin)
    last = at = _line_end(text, begin)
    blanks = 0
    while at < len(text):
        line = text[at : _line_end(text, at)]
        at += len(line)
        if line.strip():
            if not body.match(line.rstrip("\n").removeprefix(margin)):
                break
            last, blanks = at, 0
        elif (blanks := blanks + 1) > tool.blanks:
            break
    return last


def _margin(text: str, begin: int) -> str:
    """Return the blanks before the first word of a line: people indent what they paste."""
    match = _pattern(r"[ \t]{0,40}").match(text, begin)
    return match.group() if match else ""


def _without_margin(answer: str) -> str:
    margin = _margin(answer, 0)
    lines = answer.rstrip("\n ").split("\n") if margin else [answer.rstrip("\n ")]
    return "\n".join(line.removeprefix(margin) for line in lines) + "\n"


def _line_end(text: str, begin: int) -> int:
    """Return where the line ends that begins there, its line feed included."""
    found = text.find("\n", begin)
    return len(text) if found < 0 else found + 1


def _begin(tool: Tool, text: str, begin: int) -> int:
    """Return where an answer begins, with the line of stars or dashes above it that some tools begin with."""
    if tool.body or not begin:
        return begin
    above = text.rfind("\n", 0, begin - 1) + 1
    return above if re.fullmatch(r"[ \t]*[*=-]{5,}[ \t]*", text[above : begin - 1]) else begin


_OWN = frozenset(tool.key.split()[0] for tool in TOOLS if not tool.key.startswith("/")) | {
    *(
        "xpumcli",
        "ioreg",
        "wmic",
        "Get-WmiObject",
        "powershell",
        "getconf",
        "kernel",
        "host",
        "pip",
        "pip3",
        "conda",
        "uv",
    ),
    *("python", "python3", "env", "printenv", "environment"),
}
"""Programs whose answers the probes read themselves."""


def is_known(command: str) -> bool:
    """Tell whether the probes read what a command prints by its name."""
    words = command.split()
    return bool(words) and words[0].rsplit("/", 1)[-1].removesuffix(".exe") in _OWN


_HEADING = (
    r"^[ \t]*([a-z]\w*(?:\.\w+)*(?: \[[^\]\n]{1,20}\])?(?:, [a-z]\w*(?:\.\w+)*(?: \[[^\]\n]{1,20}\])?){1,40})[ \t]*\n"
    r"((?:[^\n]*,[^\n]*\n)+)"
)


def queried(text: str) -> Iterator[tuple[str, str]]:
    """Yield answers of `nvidia-smi --query-gpu=... --format=csv`, each with the command line that its heading tells."""
    for match in _pattern(_HEADING).finditer(text):
        fields = [cell.split(" [")[0] for cell in match[1].split(", ")]
        rows = [line for line in match[2].split("\n") if line.count(",") == len(fields) - 1]
        if rows and {"name", "gpu_name"} & set(fields):
            yield f"nvidia-smi --query-gpu={','.join(fields)} --format=csv", "\n".join((match[1], *rows)) + "\n"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An answer that only the command line before it explains."""

    command: str
    """What the command line must be."""
    shape: str
    """What its first line must be."""
    key: str = ""
    """How a recording calls it; empty: by the command line."""


ASKED: tuple[Asked, ...] = (
    Asked(command=r"nvidia-smi .*--query-gpu[= ].*", shape=r"(?=.*\d).+"),
    Asked(command=r"uname -[rm]", shape=r"[\w.+~-]+"),
    Asked(command=r"uname -\w+", shape=r"(?:Linux|Darwin) .*\d.*", key="uname -a"),
    Asked(command=r"lspci\b.*", shape=rf"{_AT}.*"),
    Asked(command=r"sysctl .*", shape=r"[a-z]\w*(?:\.\w+)+[ \t]*[:=].*"),
    Asked(command=r"getconf GNU_LIBC_VERSION", shape=r"glibc \d+\.\d+"),
    Asked(command=r"cat /proc/1/cgroup", shape=r"\d+:[\w,=]*:/.*", key="/proc/1/cgroup"),
    Asked(command=r"cat /proc/sys/kernel/osrelease", shape=r"\d+\.\d\S*", key="/proc/sys/kernel/osrelease"),
    Asked(command=r"cat /opt/rocm\S*/\.info/version", shape=r"\d+\.\d\S*", key="/opt/rocm/.info/version"),
    Asked(command=r"(?:rocm-smi|amd-smi)\b.*", shape=r"(?:GPU|gpu|=|\|).*"),
    Asked(
        command=r"rocminfo\b.*", shape=r"(?:Name|Marketing Name|Agent|Unable to open /dev/kfd|hsa api call failure).*"
    ),
    Asked(command=r"nvidia-smi\b.*", shape=r"No devices were found\b.*|GPU \d+: \S.*"),
)


def asked(command: str, text: str) -> tuple[str, str] | None:
    """Return key and text of an answer that its command line explains; up to the first empty line."""
    answer = text.partition("\n\n")[0].rstrip("\n ") + "\n"
    first = answer.partition("\n")[0].strip()
    for each in ASKED:
        if _pattern(rf"(?:{each.command})\Z").match(command) and _pattern(rf"(?:{each.shape})\Z").match(first):
            return each.key or command, answer
    return None
