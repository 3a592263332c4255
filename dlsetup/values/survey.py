"""What the catalog says, row by row, and what the live indexes say of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CatalogRow:
    """Builds that differ by release and platform alone."""

    framework: str
    compute: str
    versions: tuple[str, ...]
    """Newest first."""
    platforms: tuple[str, ...]
    pythons: tuple[str, ...]
    requirements: tuple[str, ...]
    """Of the newest release."""
    index: str | None
    """None: the default index."""
    driver: str | None
    """The oldest driver, on the first of the platforms."""
    gpus: tuple[str, ...]
    glibc: str | None
    macos: str | None
    cpu_features: tuple[str, ...]
    needs: tuple[str, ...]
    note: str
    caution: str
    sources: tuple[str, ...]
    """Addresses that it was read from."""
    read: str
    """The day."""


@dataclass(frozen=True, kw_only=True)
class FrameworkRows:
    """All that the catalog knows of one framework."""

    framework: str
    title: str
    state: str
    ended: str | None
    successor: str | None
    source: str
    rows: tuple[CatalogRow, ...]


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One point in which an index says other than the catalog."""

    kind: str
    """gone: a row no longer resolves; newer: a release has no row; python: a row would do for another Python too."""
    framework: str
    version: str
    compute: str
    platform: str
    pythons: tuple[str, ...]
    """Those that it is about."""
    text: str


@dataclass(frozen=True, kw_only=True)
class IndexState:
    """The host of an index that the catalog names."""

    location: str | None
    """None: that of the default index."""
    reached: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What a check of the catalog found."""

    asked: int
    """Questions that were answered."""
    left: int
    """Questions for which there was no time, or whose index could not be reached."""
    disagreements: tuple[Disagreement, ...]
    indexes: tuple[IndexState, ...]
