"""A folder for environments that are made to be measured, and removed after that."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.errors import BusyError
from dlsetup.install.transaction import acquire
from dlsetup.system.signals import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator


def passing_path() -> str:
    """Return where such environments are made: in the user's cache, where uv's own is, so that files can be linked."""
    from platformdirs import user_cache_path

    return str(user_cache_path("dlsetup", appauthor=False) / "compare")


@contextmanager
def passing_folder() -> Iterator[str]:
    """Give the folder, empty; it is removed with all that is in it, whatever ends the work.

    What an earlier run left there that was killed is removed first.
    Raises BusyError where another run has it: two that measure at once would disturb each other anyway.
    """
    folder = Path(passing_path())
    try:
        lock = acquire(folder)
    except BusyError as problem:
        raise BusyError(
            "another comparison is at work on this machine",
            seen=problem.seen,
            do="wait until it has finished: times that are measured meanwhile would be too long",
        ) from None
    try:
        remove(str(folder))
        yield str(folder)
    finally:
        remove(str(folder))
        with suppress(OSError):
            # unless something else is kept there
            folder.parent.rmdir()
        lock.release()


def remove(folder: str) -> None:
    """Remove a folder with all that is in it, without being cut short."""
    with undisturbed():
        shutil.rmtree(folder, ignore_errors=True)
