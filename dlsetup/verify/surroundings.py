"""What the machine tells about the end of a process: its processor, its memory limits, its shared memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.verify.crash import Surroundings

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Version 2 and version 1 of control groups: https://docs.kernel.org/admin-guide/cgroup-v2.html."""

_UNLIMITED = 2**60
"""Version 1 writes a number near 2**63 where there is no limit."""


def oom_kills(system: System) -> int | None:
    """Return how many processes the kernel has killed for want of memory since it started; None if it does not say."""
    return parse_oom_kills(system.read("/proc/vmstat").text or "")


def parse_oom_kills(vmstat: str) -> int | None:
    """Read the counter, which Linux has since 4.13."""
    found = re.search(r"^oom_kill (\d+)$", vmstat, re.MULTILINE)
    return int(found.group(1)) if found else None


def parse_features(cpuinfo: str) -> tuple[str, ...] | None:
    """Return the first processor's flags from /proc/cpuinfo."""
    found = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return tuple(found.group(1).split()) if found else None


def look_around(system: System, kills_before: int | None) -> Surroundings:
    """Read what may explain the end of a process that just died."""
    kills = oom_kills(system)
    limit, source = _limit(system)
    shared = system.value("disk:/dev/shm")
    total = shared.get("total") if isinstance(shared, dict) else None
    return Surroundings(
        cpu_features=parse_features(system.read("/proc/cpuinfo").text or ""),
        memory_limit_bytes=limit,
        memory_limit_source=source,
        killed_for_memory=None if kills is None or kills_before is None else max(0, kills - kills_before),
        shared_memory_bytes=total if isinstance(total, int) else None,
    )


def _limit(system: System) -> tuple[int | None, str]:
    for path in _LIMITS:
        text = (system.read(path).text or "").strip()
        if text.isdigit() and int(text) < _UNLIMITED:
            return int(text), path
    return None, ""
