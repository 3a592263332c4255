"""Chooses builds for a machine and says why, and why not the others."""

from dlsetup.plan.planner import LOCK, Planner

__all__ = ["LOCK", "Planner"]
