"""Checks of the interpreter: does it suit the frameworks, and is its environment sound."""

from __future__ import annotations

from dlsetup.check.python.environment import sound
from dlsetup.check.python.modules import complete, unshadowed
from dlsetup.check.python.version import suits

__all__ = ["complete", "sound", "suits", "unshadowed"]
