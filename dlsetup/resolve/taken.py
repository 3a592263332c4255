"""Which of the wheels that a lock names for one release an installer takes."""

from __future__ import annotations

import re

_OLD_NAMES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
"""The glibc that the first names of manylinux stand for (PEP 600)."""

_PLATFORM = re.compile(r"(manylinux|musllinux|macosx)_(\d+)_(\d+)_|(manylinux\d+)_")

Key = tuple[bool, int, tuple[int, ...], tuple[int, int]]


def taken(names: list[str]) -> str | None:
    """Return the most specific of wheels that all fit, as installers order them (PEP 425); None without any.

    One for this platform comes before one for any; one for this interpreter before one for the stable ABI, and that
    before one for none; then the one that needs the newest Python and the newest system.
    """
    wheels = [each for each in names if each.endswith(".whl") and each.count("-") > 3]  # noqa: PLR2004 - name, version, tags
    return max(wheels, key=_key, default=None)


def _key(name: str) -> Key:
    python, abi, platform = name.removesuffix(".whl").split("-")[-3:]
    binary = {"none": 0, "abi3": 1}.get(abi, 2)
    return platform != "any", binary, _numbers(python), max(map(_system, platform.split(".")))


def _numbers(python: str) -> tuple[int, ...]:
    """Return (3, 11) of "cp311", (3,) of "py2.py3"."""
    digits = max(re.findall(r"\d+", python), default="0")
    return tuple(int(each) for each in (digits[:1], digits[1:]) if each)


def _system(platform: str) -> tuple[int, int]:
    found = _PLATFORM.match(platform)
    if found is None:
        return (0, 0)
    return _OLD_NAMES.get(found[4], (0, 0)) if found[4] else (int(found[2]), int(found[3]))
