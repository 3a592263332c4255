"""Changes an environment so that it ends either finished or as it was before."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.errors import BusyError, InstallFailedError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

JOURNAL = "journal.json"
BEFORE = "before"


class Transaction:
    """One change of one environment, used as a context manager.

    Beside the environment a folder holds a journal and, where the environment existed, hard links to all of its files.
    While the journal is there the change is not finished: whoever comes next puts the environment back.
    """

    def __init__(self, environment: str) -> None:
        self.environment = Path(environment).absolute()
        self.safe = self.environment.parent / f".{self.environment.name}.dlsetup"
        self._lock: object = None
        self._kept = False
        self.is_new = True
        """Whether the environment is being made; known once the change has begun."""

    def __enter__(self) -> Self:
        """Lock the environment, put right what an earlier change left unfinished, and remember how it is now.

        Raises BusyError where another dlsetup is at work there, InstallFailedError where nothing can be written.
        """
        self._acquire()
        try:
            recover(str(self.environment))
            existed = self.environment.is_dir()
            self.is_new = not existed
            self.safe.mkdir(parents=True)
            if existed:
                _link_tree(self.environment, self.safe / BEFORE)
            _write(self.safe / JOURNAL, json.dumps({"environment": str(self.environment), "existed": existed}))
        except OSError as problem:
            shutil.rmtree(self.safe, ignore_errors=True)
            self._release()
            raise InstallFailedError(
                f"{self.environment} cannot be prepared for a change",
                seen=f"{problem.strerror or problem} ({problem.filename or self.safe})",
                do="make room or give yourself the right to write there, or name another place with --env",
            ) from None
        return self

    def commit(self) -> None:
        """Keep the environment as it is now."""
        # the journal goes first: without it the rest is litter, with it the change is undone
        (self.safe / JOURNAL).unlink()
        self._kept = True

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the environment back unless it was committed."""
        try:
            if self._kept:
                shutil.rmtree(self.safe, ignore_errors=True)
            else:
                recover(str(self.environment))
        finally:
            self._release()

    def _acquire(self) -> None:
        from filelock import FileLock, Timeout

        lock = FileLock(_lock_path(self.environment), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise BusyError(
                f"another dlsetup is at work in {self.environment}",
                seen="it holds the lock of that environment",
                do="wait until it has finished, or name another environment with --env",
            ) from None
        self._lock = lock

    def _release(self) -> None:
        release = getattr(self._lock, "release", None)
        if release is not None:
            release()


def recover(environment: str) -> bool:
    """Put back an environment whose change was not finished; tell whether there was one."""
    path = Path(environment).absolute()
    safe = path.parent / f".{path.name}.dlsetup"
    if not safe.is_dir():
        return False
    unfinished = _journal(safe / JOURNAL)
    if unfinished is not None:
        _put_back(path, safe, existed=unfinished)
    with contextlib.suppress(FileNotFoundError):
        (safe / JOURNAL).unlink()
    shutil.rmtree(safe, ignore_errors=True)
    return unfinished is not None


def _put_back(environment: Path, safe: Path, *, existed: bool) -> None:
    before = safe / BEFORE
    if not existed:
        shutil.rmtree(environment, ignore_errors=True)
        return
    # a missing `before` means that it was renamed back already, and only the journal was left to take away
    if before.is_dir():
        if environment.exists():
            environment.rename(safe / "after")
        before.rename(environment)


def _journal(path: Path) -> bool | None:
    """Return whether the environment existed before the change; None where no change is unfinished."""
    try:
        return bool(json.loads(path.read_text(encoding="utf-8")).get("existed", True))
    except (OSError, ValueError, AttributeError):
        return None


def _link_tree(source: Path, target: Path) -> None:
    """Rebuild a tree with hard links to its files; where a file system has none, with copies."""
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        shutil.copystat(folder, here)
        for name in [*files, *(each for each in folders if (Path(folder) / each).is_symlink())]:
            _link(Path(folder) / name, here / name)


def _link(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _lock_path(environment: Path) -> Path:
    from platformdirs import user_state_path

    folder = user_state_path("dlsetup", appauthor=False) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(os.path.realpath(environment).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return folder / f"{name}.lock"
