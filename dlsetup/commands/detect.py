"""dlsetup detect: what this machine is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dlsetup.catalog import load_devices
from dlsetup.commands.existing import existing_environment
from dlsetup.commands.look import recorded_environment
from dlsetup.commands.named import is_environment
from dlsetup.probe import ask_interpreters, find_interpreters, probe_host, probe_session, probe_storage
from dlsetup.values.report import Inventory

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Interpreter


def detect(system: System, *, environment: str | None = None) -> Inventory:
    """Return the machine's facts, its interpreters and the disks that an installation would use."""
    if system.replayed:
        found = recorded_environment(system)
        told = (found.interpreter,) if found and found.interpreter.version else ()
        return Inventory(host=probe_host(system, load_devices), interpreters=told)
    session = probe_session(system)
    place = existing_environment(system, session, environment, None)
    folder = place if place and is_environment(system, place) else session.folder or "/"
    with ThreadPoolExecutor(max_workers=2) as pool:
        interpreters = pool.submit(_interpreters, system)
        host = probe_host(system, load_devices)
        storage = probe_storage(system, folder)
        return Inventory(host=host, interpreters=interpreters.result(), storage=storage)


def _interpreters(system: System) -> tuple[Interpreter, ...]:
    return ask_interpreters(system, find_interpreters(system))
