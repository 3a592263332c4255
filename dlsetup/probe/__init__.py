"""Learns what the machine is."""

from __future__ import annotations

from dlsetup.probe.host import probe_host

__all__ = ["probe_host"]
