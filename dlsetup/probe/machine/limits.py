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
        memory_bytes=next((size for path in GROUPS if (size := parse_bytes(content(system, path)))), None),
    )


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
