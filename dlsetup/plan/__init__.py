"""Chooses builds for a machine and says why, and why not the others."""

from dlsetup.plan.planner import BUILD_CONSTRAINTS, LOCK, Planner

__all__ = ["BUILD_CONSTRAINTS", "LOCK", "Planner"]
