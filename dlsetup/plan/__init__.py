"""Chooses builds for a machine and says why, and why not the others."""

from dlsetup.plan.assumptions import Assumed, assume
from dlsetup.plan.planner import BUILD_CONSTRAINTS, LOCK, PINS, Planner

__all__ = ["BUILD_CONSTRAINTS", "LOCK", "PINS", "Assumed", "Planner", "assume"]
