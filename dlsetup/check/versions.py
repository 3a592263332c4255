"""Versions and requirements as packaging reads them, without its exceptions."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.version import Version


@lru_cache(maxsize=4096)
def version(text: str | None) -> Version | None:
    """Read a version, None where it is none."""
    from packaging.version import Version

    try:
        return Version(text or "")
    except ValueError:
        # no version, or a number of so many digits that Python refuses it
        return None


@lru_cache(maxsize=4096)
def requirement(text: str) -> Requirement | None:
    """Read a requirement, None where it is none."""
    from packaging.requirements import Requirement

    if len(text) > _LONGEST:
        return None
    try:
        return Requirement(text)
    except ValueError:
        return None


_LONGEST = 4000
"""What is longer is no requirement; packaging reads its version later, where Python refuses more than 4300 digits."""


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """Normalise a distribution's name (PEP 503)."""
    import re

    return re.sub(r"[-_.]+", "-", name).lower()


def older(here: str | None, than: str) -> bool:
    """Tell whether a version is known and older than another."""
    left, right = version(here), version(than)
    return left is not None and right is not None and left < right


def public(text: str | None) -> str | None:
    """Return a version without its local label: "2.14.1"."""
    found = version(text)
    return found.public if found else None


def label(text: str | None) -> str | None:
    """Return a version's local label: "cu126"."""
    found = version(text)
    return found.local if found else None
