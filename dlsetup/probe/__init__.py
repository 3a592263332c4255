"""Learns what the machine is, what Python sees on it, and where its packages come from."""

from __future__ import annotations

from dlsetup.probe.host import probe_host
from dlsetup.probe.java import probe_java
from dlsetup.probe.machine import for_environment, probe_health, probe_machine
from dlsetup.probe.pip_configuration import read_pip_configuration
from dlsetup.probe.python import ask_interpreter, ask_interpreters, find_interpreters, probe_environment
from dlsetup.probe.session import probe_session
from dlsetup.probe.storage import probe_storage

__all__ = [
    "ask_interpreter",
    "ask_interpreters",
    "find_interpreters",
    "for_environment",
    "probe_environment",
    "probe_health",
    "probe_host",
    "probe_java",
    "probe_machine",
    "probe_session",
    "probe_storage",
    "read_pip_configuration",
]
