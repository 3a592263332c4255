"""dlsetup record: what this machine answers, redacted, in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.commands.existing import existing_environment
from dlsetup.commands.look import PLACE, look
from dlsetup.errors import UsageError
from dlsetup.probe import containers, services
from dlsetup.probe.machine.network import INTERFACES
from dlsetup.probe.session import is_relevant
from dlsetup.system.recording import RecordingSystem
from dlsetup.values.environment import Session

if TYPE_CHECKING:
    from dlsetup.system.interface import System


def record(system: System, output: str, *, environment: str | None = None, python: str | None = None) -> int:
    """Write a recording of the machine and one environment on it to a file, and return its size in bytes.

    Raises UsageError where the file cannot be written.
    """
    text = recorded_text(system, environment=environment, python=python)
    try:
        return Path(output).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(
            f"{output} cannot be written",
            seen=problem.strerror or str(problem),
            do="name another file with -o",
        ) from None


def recorded_text(system: System, *, environment: str | None = None, python: str | None = None) -> str:
    """Return the recording: all that doctor asks for, so that it finds the same when that is replayed."""
    recorder = RecordingSystem(system, keep=is_relevant, marks=services.MARKS | containers.MARKS)
    situation = look(recorder, environment=environment, python=python)
    session = situation.session or Session()
    place = existing_environment(recorder, session, environment, python)
    recorder.note(PLACE, place or "")
    _leave_out_names(recorder, session, situation.machine.network.interfaces or ())
    return recorder.text()


_ADDRESS = re.compile(r"[0-9a-f]{12}$")


def _leave_out_names(recorder: RecordingSystem, session: Session, cards: tuple[str, ...]) -> None:
    """Keep of the user's folders those names alone that matter: the others are nobody's business."""
    separator = "\\" if recorder.platform == "windows" else "/"
    pythonpath = (session.variable("PYTHONPATH") or "").split(";" if recorder.platform == "windows" else ":")
    for folder in (session.folder, *pythonpath):
        if folder:
            inside = tuple(each.rpartition(separator)[2] for each in session.shadows)
            recorder.narrow(folder, inside)
    for entry in session.loader:
        recorder.narrow(entry.folder, entry.libraries)
    # udev names some network cards by their hardware address: enx0a1b2c3d4e5f
    recorder.narrow(INTERFACES, tuple(name for name in cards if not _ADDRESS.search(name)))
