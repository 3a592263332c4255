"""The operating system: its name and version, its kernel, and what it runs inside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.probe import containers, told
from dlsetup.probe.answers import clean, content, recorded
from dlsetup.values.host import Gap, OperatingSystem

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_UNAME = re.compile(r"^\(?(Linux|Darwin)\s+(?:\S+\s+)??(\d+\.\d[\w.+~-]*)\s+(.*)$", re.MULTILINE)
_PROC_VERSION = re.compile(r"^Linux version (\S+)", re.MULTILINE)
_KERNEL_LINE = re.compile(r"^\s*Kernel:\s*(\d[^\s/]*)/?(\S*)", re.MULTILINE)
_RELEASE = re.compile(r"\d+\.\d[\w.+~-]*")
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
_ESCAPED = re.compile(r"\\([\\\"'$`])")


_MACHINES = (
    ("/proc/version", re.compile(r"\.(x86_64|aarch64|ppc64le|s390x|riscv64) \(")),
    ("/proc/driver/nvidia/version", re.compile(r"NVIDIA UNIX (?:Open Kernel Module for )?(x86_64|aarch64|ppc64le)\b")),
    ("/etc/nv_tegra_release", re.compile(r"EABI: (aarch64)\b")),
)
"""Files that name the machine in passing."""


@dataclass(frozen=True, kw_only=True)
class Uname:
    """What uname tells."""

    system: str | None = None
    kernel: str | None = None
    machine: str | None = None


def parse_os_release(text: str) -> dict[str, str]:
    """Read os-release in all its ways of quoting.

    Source: https://www.freedesktop.org/software/systemd/man/latest/os-release.html, read 2026-11-24: values may stand
    bare, in single or double quotes, with backslash escapes for shell-special characters; "#" begins a comment line.
    """
    found: dict[str, str] = {}
    for line in clean(text).splitlines():
        match = _ASSIGNMENT.match(line)
        if match is None:
            continue
        name, raw = match.group(1), match.group(2).strip()
        if len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "\"'":
            inner = raw[1:-1]
            found[name] = inner if raw[0] == "'" else _ESCAPED.sub(r"\1", inner)
        else:
            found[name] = _ESCAPED.sub(r"\1", raw)
    return found


def parse_uname(text: str) -> Uname:
    """Read `uname -a` or `-srm`, and the same words elsewhere (Go prints them in brackets)."""
    match = _UNAME.search(clean(text))
    if match is None:
        return Uname()
    system, kernel, rest = match.groups()
    machine = re.search(
        r"\b(x86_64|amd64|aarch64|arm64|armv[5-8]\w*|i[3-6]86|ppc64le|ppc64|s390x|riscv64|loongarch64)\b",
        rest.rsplit("/RELEASE_", 1)[-1] if "/RELEASE_" in rest else rest,
    )
    name = "linux" if system == "Linux" else "macos"
    return Uname(system=name, kernel=kernel, machine=machine.group(1) if machine else None)


def parse_kernel_line(text: str) -> Uname:
    """Read "Kernel: 6.6.69-v8/aarch64"."""
    match = _KERNEL_LINE.search(clean(text))
    return Uname(kernel=match.group(1), machine=match.group(2).strip() or None) if match else Uname()


def parse_lsb_release(text: str) -> tuple[str | None, str | None]:
    """Read distribution and version from `lsb_release -a`."""
    fields = dict(re.findall(r"^([A-Z][\w ]+):\s*(\S.*?)\s*$", clean(text), re.MULTILINE))
    name, version = fields.get("Distributor ID"), fields.get("Release")
    if name in {None, "n/a", "N/A"}:
        return None, None
    spelled = {"redhatenterprise": "rhel", "redhatenterpriseserver": "rhel", "amazon": "amzn", "oracleserver": "ol"}
    plain = str(name).lower().replace(" ", "")
    return spelled.get(plain, plain), version if version not in {"n/a", "N/A", "rolling"} else None


def parse_wsl(kernel: str) -> int | None:
    """Tell the version of the Windows Subsystem for Linux by the kernel's release; None for other kernels.

    WSL 1 calls itself "4.4.0-19041-Microsoft", WSL 2 "5.15.167.4-microsoft-standard-WSL2" (early ones without the
    ending). Source: https://github.com/microsoft/WSL/issues/4555, https://github.com/microsoft/WSL2-Linux-Kernel.
    """
    if "microsoft" not in kernel.lower():
        return 2 if kernel.endswith("-WSL2") else None
    return 1 if kernel.endswith("-Microsoft") and "WSL2" not in kernel else 2


def read_uname(system: System) -> Uname:
    """Return what is known of kernel and machine."""
    asked = Uname(kernel=_text(system.value("kernel")), machine=_text(system.value("machine")))
    found = [asked]
    release = content(system, "/proc/sys/kernel/osrelease").strip() if asked.kernel is None else ""
    if _RELEASE.fullmatch(release):
        found.append(Uname(system="linux", kernel=release))
    if system.replayed:
        found.extend(_recorded_uname(system))
    return Uname(
        system=next((each.system for each in found if each.system), None),
        kernel=next((each.kernel for each in found if each.kernel), None),
        machine=next((each.machine for each in found if each.machine), None),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _recorded_uname(system: System) -> list[Uname]:
    found = []
    for line, text in recorded(system, "uname"):
        if line in {"uname -r", "uname -m"}:
            word = clean(text).strip()
            found.append(Uname(kernel=word) if line == "uname -r" else Uname(machine=word))
        else:
            found.append(parse_uname(text))
    version = _PROC_VERSION.search(content(system, "/proc/version"))
    if version:
        found.append(Uname(system="linux", kernel=version.group(1)))
    for path, pattern in _MACHINES:
        found.extend(Uname(machine=word) for word in pattern.findall(content(system, path))[:1])
    found.extend(parse_kernel_line(text) for _, text in recorded(system, "kernel"))
    found.extend(parse_uname(text) for _, text in recorded(system, "host"))
    return found


def read_os(system: System, uname: Uname) -> tuple[OperatingSystem, tuple[Gap, ...]]:
    """Return the operating system of a Linux machine, or of a recording that may be one."""
    kind = system.platform if system.platform != "unknown" else uname.system
    release, why = _os_release(system)
    distribution, version = release.get("ID"), release.get("VERSION_ID")
    if not distribution:
        for _, text in recorded(system, "lsb_release"):
            distribution, version = parse_lsb_release(text)
    if not distribution:
        distribution, version = told.distribution(system)
    if release and kind is None:
        kind = "linux"
    container, container_gaps = containers.read(system)
    gaps = [] if distribution else [Gap(what="os.distribution", why=why)]
    found = OperatingSystem(
        system=kind,
        distribution=distribution or None,
        version=version or None,
        kernel=uname.kernel,
        wsl=_wsl(system, uname.kernel),
        container=container,
    )
    missing = [("os.kernel", uname.kernel), ("os.system", kind)]
    gaps.extend(Gap(what=what, why="no source named it") for what, value in missing if value is None)
    return found, (*gaps, *container_gaps)


def _os_release(system: System) -> tuple[dict[str, str], str]:
    why = ""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        answer = system.read(path)
        if answer.text is not None:
            return parse_os_release(answer.text), f"{path} names no ID"
        why = why or f"{path}: {answer.why}"
    return {}, why


_SMI = re.compile(r"NVIDIA-SMI\s+(\d[\d.]+)[\s/]+(?:Driver|KMD) Version:?\s+(\d[\d.]+)")


def _smi_of_wsl(system: System) -> bool:
    """Tell WSL 2 by nvidia-smi: there it is of another version than the driver, which is the one of Windows.

    Anywhere else the two are equal, or nvidia-smi prints "Driver/library version mismatch" in place of the table. Seen
    with 545.46 over 546.80 (https://github.com/microsoft/WSL/issues/11589) and 535.103 over 537.13 (issue 11277 there).
    """
    heads = (match for _, text in recorded(system, "nvidia-smi") if (match := _SMI.search(clean(text))))
    return any(match[1] != match[2] for match in heads)


def _wsl(system: System, kernel: str | None) -> int | None:
    found = parse_wsl(kernel or "")
    if found is None and kernel is None:
        found = parse_wsl(content(system, "/proc/version").replace(" ", "\n").partition("version\n")[2].split("\n")[0])
    if found is None and kernel is None and _smi_of_wsl(system):
        return 2
    if found is None and (system.variable("WSL_INTEROP") or system.variable("WSL_DISTRO_NAME")):
        return 2  # a kernel of the user's own; WSL 1 cannot have one
    return found
