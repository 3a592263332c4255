"""The file systems that an installation needs: room, rights and kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.values.environment import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System

Mount = tuple[str, str, frozenset[str]]
"""Folder, kind and options."""

_ESCAPE = re.compile(r"\\([0-7]{3})")


def probe_storage(system: System, environment_path: str) -> tuple[Storage, ...]:
    """Say how much room there is for an environment, uv's cache, temporary files and shared memory."""
    mounts = parse_mounts(system.read("/proc/mounts").text or "") if system.platform == "linux" else ()
    return tuple(_storage(system, mounts, purpose, path) for purpose, path in _places(system, environment_path))


def _places(system: System, environment_path: str) -> Iterator[tuple[str, str]]:
    yield "environment", environment_path
    cache = _cache(system)
    if cache is not None:
        yield "cache", cache
    temporary = _temporary(system)
    if temporary is not None:
        yield "temporary", temporary
    if system.platform == "linux" and system.exists("/dev/shm"):  # noqa: S108 - it is looked at, not written to
        yield "shared-memory", "/dev/shm"  # noqa: S108


def _cache(system: System) -> str | None:
    """Return the folder of uv's cache (https://docs.astral.sh/uv/reference/storage/#cache)."""
    chosen = system.variable("UV_CACHE_DIR")
    if chosen:
        return chosen
    if system.platform == "windows":
        local = system.variable("LOCALAPPDATA")
        return paths.join(system, local, "uv", "cache") if local else None
    xdg = system.variable("XDG_CACHE_HOME")
    if xdg and paths.is_absolute(system, xdg):
        return paths.join(system, xdg, "uv")
    home = paths.home(system)
    return paths.join(system, home, ".cache", "uv") if home else None


def _temporary(system: System) -> str | None:
    """Return the folder of temporary files that is asked for, whether or not it exists."""
    variables = ("TMP", "TEMP") if system.platform == "windows" else ("TMPDIR",)
    chosen = next((value for value in map(system.variable, variables) if value), None)
    found = chosen or system.value("temporary")
    return found if isinstance(found, str) and found else None


def _storage(system: System, mounts: tuple[Mount, ...], purpose: str, path: str) -> Storage:
    path = paths.absolute(system, path)
    if purpose == "temporary" and system.exists(path) is False:
        return Storage(path=path, purpose=purpose, writable=False)
    place = paths.nearest_existing(system, path) or path
    disk = system.value(f"disk:{place}")
    disk = disk if isinstance(disk, dict) else {}
    writable = system.value(f"writable:{place}")
    mount = mount_of(system.link(place) or place, mounts)
    return Storage(
        path=place,
        purpose=purpose,
        total_bytes=_count(disk.get("total")),
        free_bytes=_count(disk.get("free")),
        writable=writable if isinstance(writable, bool) else None,
        noexec="noexec" in mount[2] if mount else None,
        filesystem=mount[1] if mount else None,
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """Read /proc/mounts, in which blanks of a path are written as octal numbers (fstab(5))."""
    found: list[Mount] = []
    for line in text.splitlines():
        words = line.split(" ")
        if len(words) >= 4:  # noqa: PLR2004 - device, folder, kind, options
            folder = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), words[1])
            found.append((folder, words[2], frozenset(words[3].split(","))))
    return tuple(found)


def mount_of(path: str, mounts: tuple[Mount, ...]) -> Mount | None:
    """Return the mount that a path lies on: the longest folder above it, of equal ones the last."""
    best: Mount | None = None
    for mount in mounts:
        folder = mount[0].rstrip("/")
        covers = path == mount[0] or path.startswith(folder + "/")
        if covers and (best is None or len(folder) >= len(best[0].rstrip("/"))):
            best = mount
    return best
