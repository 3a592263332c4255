"""A machine's answers, replayed from a recording."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from dlsetup.errors import UnreadableError
from dlsetup.system.excerpts import command_line
from dlsetup.system.interface import NOT_RECORDED, Completed, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FORMAT = "dlsetup.recording/1"
"""The format's name; another major version is another format."""

_IS_PATH = re.compile(r"/|[A-Za-z]:[\\/]")
_LABEL = re.compile(r"\s+\([^()]*\)\s*$")
_PLATFORMS = {"darwin": "macos", "win32": "windows"}


class RecordedSystem:
    """What a machine answered. What the recording lacks is unknown."""

    replayed = True

    def __init__(self, recording: Mapping[str, Any]) -> None:
        files = _mapping(recording.get("files"))
        self._files = _unlabelled({key: text for key, text in files.items() if _IS_PATH.match(key)})
        self._commands = _unlabelled({key: text for key, text in files.items() if not _IS_PATH.match(key)})
        self._commands.update(_mapping(recording.get("commands")))
        self._env = {name: str(value) for name, value in _mapping(recording.get("env")).items()}
        self._values = _mapping(recording.get("values"))
        self._folders = _folders(self._files)
        platform = str(recording.get("platform") or "").lower()
        self._platform = _PLATFORMS.get(platform, platform)

    @property
    def platform(self) -> str:
        """Return linux, macos or windows; "unknown" where the recording does not say."""
        return self._platform if self._platform in {"linux", "macos", "windows"} else "unknown"

    @property
    def commands(self) -> tuple[str, ...]:
        """Return the recorded command lines."""
        return tuple(self._commands)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the recorded paths."""
        return tuple(self._files)

    def read(self, path: str) -> Text:
        """Return a recorded file. A recorded null is a file that was not there."""
        if path not in self._files:
            return Text(why=NOT_RECORDED)
        text = self._files[path]
        return Text(absent=True, why="no such file") if text is None else Text(text=str(text))

    def listing(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a recorded folder, or those that recorded files show to be there."""
        recorded = self._values.get("listing:" + path)
        if isinstance(recorded, list):
            return tuple(sorted(str(name) for name in recorded))
        names = self._folders.get(path.rstrip("/\\"))
        return tuple(sorted(names)) if names else None

    def link(self, path: str) -> str | None:
        """Return the recorded path behind a link."""
        target = self._values.get("link:" + path)
        return target if isinstance(target, str) else None

    def exists(self, path: str) -> bool | None:
        """Tell whether a path was there; None where the recording does not tell."""
        if path in self._files:
            return self._files[path] is not None
        if path.rstrip("/\\") in self._folders or ("listing:" + path) in self._values:
            return True
        recorded = self._values.get("exists:" + path)
        return recorded if isinstance(recorded, bool) else None

    def size(self, path: str) -> int | None:
        """Return a recorded size."""
        recorded = self._values.get("size:" + path)
        return recorded if isinstance(recorded, int) else None

    def variable(self, name: str) -> str | None:
        """Return a recorded environment variable."""
        return self._env.get(name)

    def variables(self) -> Mapping[str, str]:
        """Return the recorded environment variables."""
        return dict(self._env)

    def find(self, name: str) -> str | None:
        """Return the tool's name if any of its answers was recorded."""
        known = any(command == name or command.startswith(name + " ") for command in self._commands)
        return name if known else None

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,  # noqa: ARG002 - a recording answers at once
        env: Mapping[str, str | None] | None = None,  # noqa: ARG002
        cwd: str | None = None,  # noqa: ARG002
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Return a recorded answer."""
        command = tuple(argv)
        answer = self._commands.get(" ".join(command), self)
        if answer is self:
            answer = self._commands.get(command_line(command), self)
        if answer is self:
            return Completed(argv=command, problem="unknown", stderr=NOT_RECORDED)
        completed = _completed(command, answer)
        if on_line is not None:
            for line in completed.stdout.splitlines():
                on_line(line)
        return completed

    def value(self, name: str) -> Any:  # noqa: ANN401
        """Return a recorded value."""
        return self._values.get(name)


def read_recording(text: str, where: str) -> RecordedSystem:
    """Turn a recording's text into a machine.

    Raises UnreadableError where the text is no recording.
    """
    try:
        recording = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise UnreadableError(
            f"{where} is not a recording",
            seen=f"its text is not JSON: {problem}",
            do="write one with: dlsetup record -o FILE",
        ) from None
    if not isinstance(recording, dict) or not isinstance(recording.get("files", {}), dict):
        raise UnreadableError(
            f"{where} is not a recording",
            seen='a recording is one JSON object with "files" and "commands"',
            do="write one with: dlsetup record -o FILE",
        )
    named = recording.get("format", FORMAT)
    if named != FORMAT:
        raise UnreadableError(
            f"{where} has a format that this dlsetup does not know",
            seen=f"format {named!r}; known is {FORMAT!r}",
            do="update dlsetup, or record the machine again",
        )
    return RecordedSystem(recording)


def _mapping(part: object) -> dict[str, Any]:
    return {str(key): item for key, item in part.items()} if isinstance(part, dict) else {}


def _unlabelled(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Drop labels in brackets from the keys; excerpts of one answer ("dxdiag /t (Display Devices)") are joined."""
    joined: dict[str, Any] = {}
    for key, text in answers.items():
        name = _LABEL.sub("", key)
        before = joined.get(name)
        joined[name] = f"{before}\n{text}" if isinstance(before, str) and isinstance(text, str) else text
    return joined


def _folders(files: Mapping[str, Any]) -> dict[str, set[str]]:
    """Derive which folders exist, and what is in them, from the paths of recorded files."""
    folders: dict[str, set[str]] = {}
    for path, text in files.items():
        if text is None:
            continue
        child = path.replace("\\", "/")
        while True:
            parent, name = posixpath.split(child)
            if not name or parent == child:
                break
            folders.setdefault(parent, set()).add(name)
            child = parent
    return folders


def _completed(argv: tuple[str, ...], answer: object) -> Completed:
    if answer is None:
        return Completed(argv=argv, problem="not-found", stderr=f"{argv[0]}: not found")
    if not isinstance(answer, dict):
        return Completed(argv=argv, exit_code=0, stdout=str(answer))
    exit_code = answer.get("exit", 0)
    problem = answer.get("problem")
    seconds = answer.get("seconds")
    return Completed(
        argv=argv,
        exit_code=exit_code if isinstance(exit_code, int) else None,
        stdout=str(answer.get("stdout") or ""),
        stderr=str(answer.get("stderr") or ""),
        problem=problem if isinstance(problem, str) else None,
        seconds=seconds if isinstance(seconds, int | float) else 0.0,
    )
