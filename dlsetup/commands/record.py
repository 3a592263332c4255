"""dlsetup record: what this machine answers, redacted, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.catalog import load_devices
from dlsetup.errors import UsageError
from dlsetup.probe import probe_host
from dlsetup.system.recording import RecordingSystem

if TYPE_CHECKING:
    from dlsetup.system.interface import System


def record(system: System, output: str) -> int:
    """Write a recording of the machine to a file, and return its size in bytes.

    Raises UsageError where the file cannot be written.
    """
    recorder = RecordingSystem(system)
    probe_host(recorder, load_devices)
    text = recorder.text()
    try:
        return Path(output).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(
            f"{output} cannot be written",
            seen=problem.strerror or str(problem),
            do="name another file with -o",
        ) from None
