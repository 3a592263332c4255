"""The answer to one question about a set-up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(str, Enum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    """Works, but know this."""
    FAIL = "fail"
    """Will not work until mended."""
    SKIP = "skip"
    """Does not apply here."""
    UNKNOWN = "unknown"
    """Could not be found out, or the check itself crashed."""


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """What mends it."""

    text: str
    commands: tuple[str, ...] = ()
    """Complete command lines, for this platform, in order."""
    automatic: bool = False
    """dlsetup may do it itself: packages of one environment only, and it can be put back."""
    needs_root: bool = False
    needs_reboot: bool = False
    links: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer to one check."""

    check: str
    """A public name: "fit.driver"."""
    status: Status
    summary: str
    """One sentence in the user's words."""
    mode: str | None = None
    """The failure mode recognised: "nvidia-driver-too-old"."""
    evidence: tuple[str, ...] = ()
    """What was seen, each with where it was seen."""
    remedy: Remedy | None = None
    because: str | None = None
    """The check of the earlier failure that this one follows from."""
    environment: str | None = None
    """The environment that it is about, where several were looked at."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a check asks."""

    check: str
    """A public name: "fit.driver"."""
    group: str
    """machine, interpreter, installer, packages, fit, environment or run."""
    title: str
    """What should be true."""
    deep: bool = False
    """True where a framework has to be run for the answer."""
