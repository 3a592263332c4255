"""What the system allows one process: /proc/self/limits and the control group's memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import content
from dlsetup.values.machine import Limits

if TYPE_CHECKING:
    from dlsetup.system.interface import System

LIMITS = "/proc/self/limits"
GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Of control groups 2 and 1, as seen from inside of a container (https://docs.kernel.org/admin-guide/cgroup-v2.html)."""

OWN = "/proc/self/cgroup"

_DEEPEST = 10

_NONE = 2**60
"""Version 1 writes the largest number of pages for "no limit"."""


def read(system: System) -> Limits:
    """Return the limits; nothing is known of them but on Linux."""
    if system.platform != "linux":
        return Limits()
    text = content(system, LIMITS)
    files, most = parse_limit(text, "Max open files")
    return Limits(
        open_files=files,
        open_files_most=most,
        locked_memory_bytes=parse_limit(text, "Max locked memory")[0],
        memory_bytes=min(filter(None, (parse_bytes(content(system, path)) for path in _groups(system))), default=None),
    )


def _groups(system: System) -> tuple[str, ...]:
    """Return the files that may hold a limit: those of a container's top, and in a job of Slurm those of its group."""
    if not system.variable("SLURM_JOB_ID"):
        return GROUPS
    place = next((line[3:] for line in content(system, OWN).splitlines() if line.startswith("0::/")), "")
    parts = [part for part in place.split("/") if part][:_DEEPEST]
    nested = ("/".join(parts[: length + 1]) for length in range(len(parts)))
    return (*GROUPS, *(f"/sys/fs/cgroup/{each}/memory.max" for each in nested))


def parse_limit(text: str, name: str) -> tuple[int | None, int | None]:
    """Read a line's soft and hard limit (proc_pid_limits(5)); None for "unlimited"."""
    match = re.search(rf"^{re.escape(name)}\s+(\d{{1,19}}|unlimited)\s+(\d{{1,19}}|unlimited)\b", text, re.MULTILINE)
    if match is None:
        return None, None
    soft, hard = (int(word) if word.isdigit() else None for word in match.groups())
    return soft, hard


def parse_bytes(text: str) -> int | None:
    """Read a number of bytes; None for "max" and for the largest number."""
    word = text.strip()
    size = int(word) if re.fullmatch(r"\d{1,19}", word) else None
    return size if size is not None and size < _NONE else None
