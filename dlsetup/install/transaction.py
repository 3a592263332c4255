"""Changes an environment so that it ends either finished or as it was before."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlsetup.errors import BusyError, InstallFailedError
from dlsetup.system.signals import undisturbed
from dlsetup.values.environment import change_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from filelock import BaseFileLock
    from typing_extensions import Self

INSIDE = "DLSETUP_INSIDE"
"""The variable by which a dlsetup tells one that it starts which environment it is changing."""

JOURNAL = "journal.json"
BEFORE = "before"
AFTER = "after"


class Transaction:
    """One change of one environment, used as a context manager.

    Beside the environment a folder holds a journal and, where the environment existed, hard links to all of its files.
    While the journal is there the change is not finished: whoever comes next puts the environment back.

    `inside` names the environment that whoever started this dlsetup is changing already: that one keeps and puts back.
    """

    def __init__(self, environment: str, *, inside: str | None = None) -> None:
        self.environment = _real(environment)
        self._inside = inside is not None and _real(inside) == self.environment
        self.safe = _safe(self.environment)
        self._lock: BaseFileLock | None = None
        self._kept = False
        self.is_new = True
        """Whether the environment is being made; known once the change has begun."""

    def __enter__(self) -> Self:
        """Lock the environment, put right what an earlier change left unfinished, and remember how it is now.

        Raises BusyError where another dlsetup is at work there, InstallFailedError where nothing can be written.
        """
        if self._inside:
            self.is_new = not self.environment.is_dir()
            return self
        self._lock = acquire(self.environment)
        try:
            _put_right(self.environment)
            self._begin()
        except BaseException:
            self._lock.release()
            raise
        return self

    def _begin(self) -> None:
        made = None
        try:
            existed = self.environment.is_dir()
            self.is_new = not existed
            made = _missing(self.environment.parent)
            journal = {"environment": str(self.environment), "existed": existed, "made": made}
            self.safe.mkdir(parents=True)
            if existed:
                _link_tree(self.environment, self.safe / BEFORE)
            write_whole(self.safe / JOURNAL, json.dumps(journal))
        except BaseException as problem:
            with undisturbed():
                shutil.rmtree(self.safe, ignore_errors=True)
                _remove_empty(self.environment.parent, made)
            if not isinstance(problem, OSError):
                raise
            raise InstallFailedError(
                f"{self.environment} cannot be prepared for a change",
                seen=f"{problem.strerror or problem} ({problem.filename or self.safe})",
                do="make room or give yourself the right to write there, or name another place with --env",
            ) from None

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Let the programs that are started meanwhile hold the lock as well.

        An installer outlives a dlsetup that is killed, and goes on changing the environment: until it has ended, no
        other dlsetup is let in.
        """
        # no public name in filelock; without it (Windows) a killed dlsetup's installer is not waited for
        descriptor = getattr(getattr(self._lock, "_context", None), "lock_file_fd", None)
        if os.name != "posix" or not isinstance(descriptor, int):
            yield
            return
        os.set_inheritable(descriptor, True)
        try:
            yield
        finally:
            os.set_inheritable(descriptor, False)

    def commit(self) -> None:
        """Keep the environment as it is now."""
        if self._inside:
            return
        # the journal goes first: without it the rest is litter, with it the change is undone
        (self.safe / JOURNAL).unlink()
        self._kept = True

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the environment back unless it was committed."""
        if self._inside:
            return
        with undisturbed():
            try:
                if self._kept:
                    shutil.rmtree(self.safe, ignore_errors=True)
                else:
                    _put_right(self.environment)
            finally:
                if self._lock is not None:
                    self._lock.release()


def recover(environment: str) -> bool:
    """Put back an environment whose change was cut short; tell whether there was one.

    Raises BusyError where that change is still going on.
    """
    path = _real(environment)
    if not _safe(path).is_dir():
        return False
    lock = acquire(path)
    try:
        with undisturbed():
            return _put_right(path)
    finally:
        lock.release()


def unfinished(environment: str) -> str | None:
    """Tell of a change that has not ended: "running" where a dlsetup is at work, "cut short" where none is any more."""
    path = _real(environment)
    if not (_safe(path) / JOURNAL).is_file():
        return None
    try:
        # whoever began the change has made the file of its lock
        if _lock_path(path).exists():
            acquire(path).release()
    except BusyError:
        return "running"
    except InstallFailedError:
        return "cut short"
    return "cut short"


def _real(environment: str) -> Path:
    """Return the folder itself: an environment that is reached by a link is changed behind it, and the link stays."""
    return Path(os.path.realpath(environment))


def _safe(environment: Path) -> Path:
    return Path(change_folder(str(environment)))


def acquire(environment: Path) -> BaseFileLock:
    """Lock a folder, whether or not it exists, against every other dlsetup.

    Raises BusyError where another one holds it, InstallFailedError where no lock can be written.
    """
    from filelock import FileLock, Timeout

    try:
        lock = FileLock(_lock_path(environment), timeout=0)
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"another dlsetup is at work in {environment}",
            seen="it, or the installer that it started, holds the lock of that environment",
            do="wait until it has finished, or name another environment with --env",
        ) from None
    except OSError as problem:
        raise InstallFailedError(
            f"{environment} cannot be locked against another dlsetup",
            seen=f"{problem.strerror or problem} ({problem.filename or 'the lock file'})",
            do="name a folder of your own for such files: XDG_STATE_HOME=FOLDER",
        ) from None
    return lock


def _lock_path(environment: Path) -> Path:
    """Return the lock's path: in the state folder or, where that cannot be made, among the temporary files."""
    from platformdirs import user_state_path

    name = hashlib.sha256(str(environment).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder = user_state_path("dlsetup", appauthor=False) / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    return folder / f"{name}.lock" if usable else Path(tempfile.gettempdir()) / f"dlsetup-{name}.lock"


def _put_right(environment: Path) -> bool:
    """Put back an environment whose change was not finished; tell whether there was one. The lock is held."""
    safe = _safe(environment)
    if not safe.is_dir():
        return False
    journal = _journal(safe / JOURNAL)
    try:
        if journal is not None:
            _put_back(environment, safe, existed=bool(journal.get("existed", True)))
        with contextlib.suppress(FileNotFoundError):
            (safe / JOURNAL).unlink()
    except OSError as problem:
        raise InstallFailedError(
            f"{environment} could not be put back",
            seen=f"{problem.strerror or problem} ({problem.filename or environment})",
            do=f"what it was before lies in {safe / BEFORE}; the next dlsetup install there tries again",
        ) from None
    shutil.rmtree(safe, ignore_errors=True)
    if journal is not None:
        _remove_empty(environment.parent, journal.get("made"))
    return journal is not None


def _put_back(environment: Path, safe: Path, *, existed: bool) -> None:
    before = safe / BEFORE
    if not existed:
        shutil.rmtree(environment, ignore_errors=True)
        return
    # a missing `before` means that it was renamed back already, and only the journal was left to take away
    if not before.is_dir():
        return
    try:
        if environment.exists():
            environment.rename(safe / AFTER)
        before.rename(environment)
    except OSError:
        # a folder that something is mounted on keeps its place
        _empty(environment)
        _link_tree(before, environment)


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _journal(path: Path) -> dict[str, Any] | None:
    """Return what stood before the change; None where no change is unfinished."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _missing(folder: Path) -> str | None:
    """Return the highest of the folders that have to be made for this one; None where it exists."""
    missing = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    return str(missing[-1]) if missing else None


def _remove_empty(folder: Path, last: str | None) -> None:
    """Remove the folders that were made on the way to an environment, up to the last, as far as they are empty."""
    if last is None:
        return
    for each in (folder, *folder.parents):
        try:
            each.rmdir()
        except OSError:
            return
        if str(each) == last:
            return


def _link_tree(source: Path, target: Path) -> None:
    """Rebuild a tree with hard links to its files; where a file system has none, with copies."""
    # from below: a folder that must not be written gets its rights once it is filled
    for folder, folders, files in os.walk(source, topdown=False, onerror=_stop):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        for name in [*files, *(each for each in folders if (Path(folder) / each).is_symlink())]:
            _link(Path(folder) / name, here / name)
        shutil.copystat(folder, here)


def _stop(problem: OSError) -> None:
    """End the walk: a folder that cannot be listed would be missing from what is put back."""
    raise problem


def _link(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
