"""What `platform.platform()` and `sys.version` tell, which every report of Python's world prints."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINUX = re.compile(
    r"Linux-(?P<kernel>\d+\.\d[\w.+~-]*?)-(?P<machine>x86_64|aarch64|arm64|armv\w+|i[3-6]86|ppc64le|s390x|riscv64)"
    r"(?:-\w+)?-with-?(?P<rest>[\w.+-]*)"
)
_MAC = re.compile(r"macOS-(?P<version>\d+(?:\.\d+)*)-(?P<machine>arm64|x86_64)\b")
_DARWIN = re.compile(r"Darwin-(?P<kernel>\d+\.\d[\w.]*)-(?P<machine>arm64|x86_64)\b")
_WINDOWS = re.compile(r"Windows-(?P<name>[\w.]+)-(?P<version>\d+\.\d+\.\d+)")
_BANNER = re.compile(
    r"(?:Python )?(?P<version>\d+\.\d+(?:\.\d+)?(?:(?:a|b|rc)\d+)?\+?)"
    r"(?P<rest>(?:[ \t]|\Z)[^\n]*(?:\n\[(?:PyPy|GraalVM)[^\n]*)?)"
)
_LIBC_PYTHON = (3, 9)
"""Before, platform.platform() took the C library from the interpreter's symbols, which name the oldest that would do.

Source: Lib/platform.py of CPython, `libc_ver(sys.executable)` in older releases and `libc_ver()` since 3.9.
"""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What one platform string tells."""

    system: str = ""
    kernel: str | None = None
    machine: str | None = None
    version: str | None = None
    """Of macOS or Windows."""
    libc: tuple[str, str] | None = None


def parse_platform(text: str, python: str | None = None) -> Platform:
    """Read platform.platform() as that version of Python prints it."""
    linux = _LINUX.match(text)
    if linux is not None:
        libc = re.match(r"(glibc|musl)(\d+\.\d+)", linux["rest"])
        trusted = libc is not None and (libc[1] == "musl" or minor_of(python) >= _LIBC_PYTHON)
        return Platform(
            system="linux",
            kernel=linux["kernel"],
            machine=linux["machine"],
            libc=(libc[1], libc[2]) if libc is not None and trusted else None,
        )
    mac = _MAC.match(text)
    if mac is not None:
        # 10.16 is what older programs are told in place of 11 and newer
        version = None if mac["version"].startswith("10.16") else mac["version"]
        return Platform(system="macos", version=version, machine=mac["machine"])
    darwin = _DARWIN.match(text)
    if darwin is not None:
        return Platform(system="macos", kernel=darwin["kernel"], machine=darwin["machine"])
    windows = _WINDOWS.match(text)
    return Platform(system="windows", version=windows["version"]) if windows is not None else Platform()


def minor_of(version: str | None) -> tuple[int, int]:
    """Return a Python version's first two parts, (0, 0) where they are not known."""
    match = re.match(r"(\d{1,2})\.(\d{1,3})", version or "")
    return (int(match[1]), int(match[2])) if match else (0, 0)


def parse_banner(text: str) -> dict[str, object]:
    """Read `python -VV`, sys.version or `python --version`: the facts of an interpreter that it tells.

    "3.11.7 (main, Dec 4 2023, 18:10:11) [GCC 12.2.0]", "... [MSC v.1941 64 bit (AMD64)] on win32", "(64-bit runtime)".
    """
    match = _BANNER.match(text.strip())
    if match is None:
        return {}
    rest = match["rest"]
    facts: dict[str, object] = {"version": match["version"].rstrip("+")}
    bits = re.search(r"\b(32|64)[ -]bit\b", rest)
    built = re.search(r"\[(GCC|Clang|MSC|PyPy|GraalVM)\b", rest)
    machine = re.search(r"\b64 bit \((AMD64|ARM64)\)", rest)
    if bits:
        facts["bits"] = int(bits[1])
    if machine:
        facts["machine"] = {"AMD64": "x86_64", "ARM64": "arm64"}[machine[1]]
    if built:
        facts["implementation"] = {"PyPy": "pypy", "GraalVM": "graalpy"}.get(built[1], "cpython")
        facts["free_threaded"] = "free-threading" in rest
    if re.search(r"Anaconda|packaged by conda-forge|Continuum Analytics", rest):
        facts["conda"] = True
    if built and built[1] == "MSC":
        facts["system"] = "windows"
    return facts
