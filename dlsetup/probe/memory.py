"""The machine's memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import clean, content, recorded
from dlsetup.values.host import Gap

if TYPE_CHECKING:
    from dlsetup.system.interface import System


def parse_meminfo(text: str) -> int | None:
    """Read MemTotal from /proc/meminfo; its "kB" are 1024 bytes (proc_meminfo(5))."""
    match = re.search(r"^MemTotal:\s*(\d{1,15})\s*kB", clean(text), re.MULTILINE)
    return int(match.group(1)) * 1024 if match else None


def parse_sysctl(text: str) -> int | None:
    """Read hw.memsize."""
    match = re.search(r"^hw\.memsize\s*[:=]\s*(\d{6,15})\s*$", clean(text), re.MULTILINE)
    return int(match.group(1)) if match else None


def read(system: System) -> tuple[int | None, tuple[Gap, ...]]:
    """Return the memory in bytes, or a gap."""
    asked = system.value("memory_bytes")
    if isinstance(asked, int) and asked > 0:
        return asked, ()
    found = parse_meminfo(content(system, "/proc/meminfo"))
    if found is None:
        found = next((size for size in (parse_sysctl(text) for _, text in recorded(system, "sysctl")) if size), None)
    asked = system.value("told.memory") if found is None else None
    found = asked if isinstance(asked, int) and asked > 0 else found
    return found, () if found else (Gap(what="memory_bytes", why="/proc/meminfo: not known"),)
