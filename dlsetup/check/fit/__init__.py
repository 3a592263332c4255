"""Checks of fit: is the installed build the one for this machine's GPU, its driver and its architecture."""

from __future__ import annotations

from dlsetup.check.fit.accelerator import uses_accelerator
from dlsetup.check.fit.architecture import architecture_inside
from dlsetup.check.fit.driver import driver_suffices

__all__ = ["architecture_inside", "driver_suffices", "uses_accelerator"]
