"""The numbers of this machine, by name: what psutil, py-cpuinfo, the C library and NVML answer."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def value(name: str) -> Any:  # noqa: ANN401
    """Return a measured value, None where it is not known."""
    kind, _, rest = name.partition(":")
    question = _QUESTIONS.get(kind)
    if question is None:
        return None
    try:
        return question(rest)
    except Exception:  # noqa: BLE001 - a library that fails leaves the value unknown, whatever its reason
        return None


def _memory_bytes(_: str) -> int | None:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    import psutil

    return int(psutil.virtual_memory().total)


def _physical_cores(_: str) -> int | None:
    import psutil

    return psutil.cpu_count(logical=False)


def _logical_cores(_: str) -> int | None:
    return os.cpu_count()


def _machine(_: str) -> str | None:
    if hasattr(os, "uname"):
        return os.uname().machine
    return os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE")


def _node(_: str) -> str | None:
    """Return the machine's own name, so that it can be taken out of what is written down."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME")


def _kernel(_: str) -> str | None:
    if hasattr(os, "uname"):
        return os.uname().release
    version = sys.getwindowsversion()  # type: ignore[attr-defined,unused-ignore]
    return f"{version.major}.{version.minor}.{version.build}"


def _libc(_: str) -> list[str | None] | None:
    """Ask the C library that this process runs on: ["glibc", "2.36"]."""
    try:
        answer = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return None
    family, _, version = (answer or "").partition(" ")
    return [family, version] if family and version else None


def _process(_: str) -> str:
    """Return the name of the program that the kernel runs this process with.

    qemu-user puts the imitated program in its own place in /proc/self, but not in /proc/thread-self (is_proc_myself in
    linux-user/syscall.c; seen with QEMU 7.2): "qemu-aarch64-static" where Python believes to be "python3.11".
    """
    return os.path.basename(os.readlink("/proc/thread-self/exe"))  # noqa: PTH115, PTH119 - a hot path


def _macos(_: str) -> str | None:
    if sys.platform != "darwin":
        return None
    import platform

    return platform.mac_ver()[0] or None


def _disk(path: str) -> dict[str, int]:
    import shutil

    usage = shutil.disk_usage(path)
    return {"total": usage.total, "free": usage.free}


def _writable(path: str) -> bool:
    return os.access(path, os.W_OK)


def _cpuinfo(_: str) -> dict[str, Any]:
    import cpuinfo

    return dict(cpuinfo.get_cpu_info())


def _folder(_: str) -> str:
    return os.getcwd()  # noqa: PTH109


def _home(_: str) -> str:
    return os.path.expanduser("~")  # noqa: PTH111


def _temporary(_: str) -> str:
    return tempfile.gettempdir()


def _load(_: str) -> float | None:
    """Return how many processes wanted to run, on average over the last minute; Windows does not count them."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _nvml(_: str) -> dict[str, Any] | None:
    from dlsetup.system import nvml

    return nvml.ask()


_QUESTIONS: dict[str, Callable[[str], Any]] = {
    "memory_bytes": _memory_bytes,
    "physical_cores": _physical_cores,
    "logical_cores": _logical_cores,
    "machine": _machine,
    "kernel": _kernel,
    "node": _node,
    "libc": _libc,
    "macos": _macos,
    "process": _process,
    "disk": _disk,
    "writable": _writable,
    "cpuinfo": _cpuinfo,
    "folder": _folder,
    "home": _home,
    "temporary": _temporary,
    "load": _load,
    "nvml": _nvml,
}
