"""This machine: files, commands, environment variables, and the numbers that psutil, py-cpuinfo and NVML measure."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from dlsetup.system.interface import Completed, Text
from dlsetup.system.signals import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TEXT_LIMIT = 16 * 1024 * 1024
"""Bytes of a file, or of a command's output, that are kept."""

_PIECE = 64 * 1024

GRACE_SECONDS = 2.0
"""What a command that was told to stop may take before it is killed."""

_LOOK_SECONDS = 0.05
"""How often it is looked whether a process has ended whose children hold its output open."""

_POSIX_FOLDERS = (
    "/usr/bin",
    "/bin",
    "/usr/sbin",
    "/sbin",
    "/usr/local/bin",
    "/opt/rocm/bin",
    "/usr/lib/wsl/lib",
    "/usr/local/nvidia/bin",
    "/opt/intel/oneapi/compiler/latest/bin",
)
_WINDOWS_FOLDERS = (
    r"System32",
    r"System32\WindowsPowerShell\v1.0",
    r"System32\wbem",
)


class LocalSystem:
    """The machine that dlsetup runs on."""

    replayed = False

    @property
    def platform(self) -> str:
        """Return linux, macos or windows."""
        return {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")

    def read(self, path: str) -> Text:
        """Return a text file, or why there is none."""
        try:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a hot path: pathlib costs more than the reading
                return Text(text=_bounded(file).decode("utf-8", "replace"))
        except (FileNotFoundError, NotADirectoryError):
            return Text(absent=True, why="no such file")
        except (OSError, ValueError) as problem:
            return Text(why=getattr(problem, "strerror", None) or str(problem))

    def listing(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a folder, sorted."""
        try:
            return tuple(sorted(os.listdir(path)))  # noqa: PTH208 - names are all that is asked for
        except (OSError, ValueError):
            return None

    def link(self, path: str) -> str | None:
        """Return the final, absolute path behind a link."""
        try:
            return os.path.realpath(path, strict=True)
        except (OSError, ValueError):
            return None

    def exists(self, path: str) -> bool | None:
        """Tell whether a path exists."""
        try:
            os.stat(path)  # noqa: PTH116 - pathlib hides the errors that matter here
        except (FileNotFoundError, NotADirectoryError):
            return False
        except (OSError, ValueError):
            return None
        return True

    def size(self, path: str) -> int | None:
        """Return a file's size in bytes."""
        try:
            return os.stat(path).st_size  # noqa: PTH116 - a hot path
        except (OSError, ValueError):
            return None

    def variable(self, name: str) -> str | None:
        """Return an environment variable."""
        return os.environ.get(name)

    def variables(self) -> Mapping[str, str]:
        """Return all environment variables."""
        return dict(os.environ)

    def find(self, name: str) -> str | None:
        """Return the absolute path of a tool in the trusted folders."""
        for folder in _trusted_folders():
            for ending in ("", ".exe") if sys.platform == "win32" else ("",):
                path = os.path.join(folder, name + ending)  # noqa: PTH118 - a hot path
                if os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113
                    return path
        return None

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str | None] | None = None,
        cwd: str | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command without a shell and return how it ended."""
        command = tuple(argv)
        program = command[0] if os.path.dirname(command[0]) else self.find(command[0])  # noqa: PTH120
        if program is None:
            return Completed(argv=command, problem="not-found", stderr=f"{command[0]}: not in a trusted folder")
        begin = time.monotonic()
        try:
            process = subprocess.Popen(
                (program, *command[1:]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(env),
                cwd=cwd,
                # nothing is handed on but what was marked for it: the lock of an environment that is being changed
                close_fds=sys.platform == "win32",
                start_new_session=sys.platform != "win32",
            )
        except (OSError, ValueError) as problem:
            kind = "not-found" if isinstance(problem, FileNotFoundError) else "denied"
            return Completed(argv=command, problem=kind, stderr=str(problem))
        return _finish(process, command, begin, timeout, on_line)

    def value(self, name: str) -> Any:  # noqa: ANN401
        """Return a measured value, None where it is not known."""
        from dlsetup.system import measure

        return measure.value(name)


def _bounded(file: IO[bytes]) -> bytes:
    """Read at most TEXT_LIMIT bytes, in pieces: a read of the whole limit would allocate it for the smallest file."""
    pieces = []
    left = TEXT_LIMIT
    while left > 0 and (piece := file.read(min(_PIECE, left))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _trusted_folders() -> tuple[str, ...]:
    if sys.platform != "win32":
        return _POSIX_FOLDERS
    root = os.environ.get("SYSTEMROOT", r"C:\Windows")
    programs = os.environ.get("PROGRAMFILES", r"C:\Program Files")
    nvidia = os.path.join(programs, "NVIDIA Corporation", "NVSMI")  # noqa: PTH118
    return (*(os.path.join(root, folder) for folder in _WINDOWS_FOLDERS), nvidia)  # noqa: PTH118


def _environment(changes: Mapping[str, str | None] | None) -> dict[str, str] | None:
    if not changes:
        return None
    merged = {**os.environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _finish(
    process: subprocess.Popen[bytes],
    command: tuple[str, ...],
    begin: float,
    timeout: float,
    on_line: Callable[[str], None] | None,
) -> Completed:
    """Read both streams side by side until the process ends or its time is over."""
    kept: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
    readers = [
        threading.Thread(target=_drain, args=(stream, kept[name], on_line), daemon=True)
        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr))
    ]
    for reader in readers:
        reader.start()
    problem = None
    try:
        _wait(process, readers, timeout)
    except subprocess.TimeoutExpired:
        problem = "timeout"
        _stop(process)
    except BaseException:
        with undisturbed():
            _stop(process)
        raise
    for reader in readers:
        # a grandchild may hold the pipe open for ever
        reader.join(GRACE_SECONDS)
    return Completed(
        argv=command,
        exit_code=None if problem else process.returncode,
        stdout=kept["stdout"].decode("utf-8", "replace"),
        stderr=kept["stderr"].decode("utf-8", "replace"),
        problem=problem,
        seconds=time.monotonic() - begin,
    )


def _wait(process: subprocess.Popen[bytes], readers: list[threading.Thread], timeout: float) -> None:
    """Wait until the process ends: the end of what it prints is noticed at once, Popen.wait looks every 50 ms only."""
    deadline = time.monotonic() + timeout
    for reader in readers:
        while reader.is_alive() and process.poll() is None and (left := deadline - time.monotonic()) > 0:
            reader.join(min(left, _LOOK_SECONDS))
    process.wait(max(0.0, deadline - time.monotonic()))


def _drain(stream: Any, kept: bytearray, on_line: Callable[[str], None] | None) -> None:  # noqa: ANN401
    with contextlib.suppress(ValueError, OSError):
        for line in stream:
            if len(kept) < TEXT_LIMIT:
                kept.extend(line[: TEXT_LIMIT - len(kept)])
            if on_line is not None:
                on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
    with contextlib.suppress(OSError):
        stream.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the process and its children to end, and kill them if they do not."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                process.terminate()
            else:
                os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
            return
