"""What there is for a machine: framework by accelerator, with the reason for every "no"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlsetup.values.plan import Reason


@dataclass(frozen=True, kw_only=True)
class Availability:
    """How one framework stands on one accelerator."""

    accelerator: str
    """cuda, rocm, xpu, metal, mps or cpu."""
    version: str | None = None
    """The best release that fits; None where none does."""
    compute: str | None = None
    """Its compute platform."""
    python: str | None = None
    """An interpreter that it fits."""
    on: str | None = None
    """The framework below it that brings the accelerator: "tensorflow 2.21.0"."""
    reasons: tuple[Reason, ...] = ()
    """Why not, where nothing fits: what stands against the nearest build."""


@dataclass(frozen=True, kw_only=True)
class FrameworkOverview:
    """One framework on one machine."""

    framework: str
    title: str
    state: str
    """active, maintenance or retired."""
    ended: str | None
    """When it was retired, or had its last release: "2023-09"."""
    successor: str | None
    note: str
    """One sentence on its state; empty for an active one."""
    accelerators: tuple[Availability, ...]
