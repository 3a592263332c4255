"""A machine that writes down what it answers, without what identifies it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from dlsetup.system.excerpts import command_line, excerpt, output
from dlsetup.system.recorded import FORMAT
from dlsetup.system.redaction import redactor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from dlsetup.system.interface import Completed, System, Text

RECORDED_VARIABLES = frozenset(
    {
        "CI",
        "CONDA_PREFIX",
        "CUDA_HOME",
        "CUDA_PATH",
        "CUDA_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "HSA_OVERRIDE_GFX_VERSION",
        "KERAS_BACKEND",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "NVIDIA_VISIBLE_DEVICES",
        "PATH",
        "PYTHONHOME",
        "PYTHONPATH",
        "ROCR_VISIBLE_DEVICES",
        "TF_USE_LEGACY_KERAS",
        "VIRTUAL_ENV",
        "WSL_DISTRO_NAME",
    }
)
"""Variables that a recording keeps; no other leaves the machine."""


class RecordingSystem:
    """Answers as the machine behind it does, and keeps each answer, of long files what matters."""

    def __init__(
        self,
        system: System,
        *,
        keep: Callable[[str], bool] = RECORDED_VARIABLES.__contains__,
        marks: frozenset[str] = frozenset(),
    ) -> None:
        """Wrap a machine.

        `keep` tells which of its variables leave it, beside those that are always kept; of `marks` it is kept only that
        they are set.
        """
        self._system = system
        self._keep = keep
        self._marks = marks
        self._files: dict[str, str | None] = {}
        self._commands: dict[str, Any] = {}
        self._values: dict[str, Any] = {}

    @property
    def platform(self) -> str:
        """Return linux, macos or windows."""
        return self._system.platform

    @property
    def replayed(self) -> bool:
        """Tell whether the machine behind is a recording itself."""
        return self._system.replayed

    def recording(self) -> dict[str, Any]:
        """Return what was answered so far, redacted."""
        variables = self._system.variables()
        kept = {name: "1" for name in self._marks if variables.get(name)}
        kept |= {name: value for name, value in variables.items() if self._is_kept(name)}
        redactor = redactor_of(self._system)
        return {
            "format": FORMAT,
            "platform": self.platform,
            "captured": dt.datetime.now(tz=dt.timezone.utc).date().isoformat(),
            "files": redactor.value(self._files),
            "commands": redactor.value(self._commands),
            "env": redactor.value(kept),
            "values": redactor.value(self._values),
        }

    def _is_kept(self, name: str) -> bool:
        return name in RECORDED_VARIABLES or name.startswith("PIP_") or self._keep(name)

    def note(self, name: str, value: Any) -> None:  # noqa: ANN401
        """Keep a value that was not asked for."""
        self._values[name] = value

    def narrow(self, path: str, names: Collection[str]) -> None:
        """Keep of a folder's listing those names alone."""
        listed = self._values.get("listing:" + path)
        if isinstance(listed, list):
            self._values["listing:" + path] = [name for name in listed if name in names]

    def text(self) -> str:
        """Return the recording as it is written to a file."""
        return json.dumps(self.recording(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def read(self, path: str) -> Text:
        """Return a file's text and keep it."""
        answer = self._system.read(path)
        if not answer.unknown:
            self._files[path] = None if answer.text is None else excerpt(path, answer.text)
        return answer

    def listing(self, path: str) -> tuple[str, ...] | None:
        """Return a folder's names and keep them."""
        answer = self._system.listing(path)
        if answer is not None:
            self._values["listing:" + path] = list(answer)
        return answer

    def link(self, path: str) -> str | None:
        """Return the path behind a link and keep it."""
        answer = self._system.link(path)
        if answer is not None:
            self._values["link:" + path] = answer
        return answer

    def exists(self, path: str) -> bool | None:
        """Tell whether a path exists and keep the answer."""
        answer = self._system.exists(path)
        if answer is not None:
            self._values["exists:" + path] = answer
        return answer

    def size(self, path: str) -> int | None:
        """Return a file's size and keep it."""
        answer = self._system.size(path)
        if answer is not None:
            self._values["size:" + path] = answer
        return answer

    def variable(self, name: str) -> str | None:
        """Return an environment variable."""
        return self._system.variable(name)

    def variables(self) -> Mapping[str, str]:
        """Return all environment variables."""
        return self._system.variables()

    def find(self, name: str) -> str | None:
        """Return the absolute path of a tool."""
        found = self._system.find(name)
        if found is None:
            self._commands.setdefault(name, None)
        return found

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str | None] | None = None,
        cwd: str | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command and keep what it answered."""
        answer = self._system.run(argv, timeout=timeout, env=env, cwd=cwd, on_line=on_line)
        kept = {"stdout": output(argv, answer.stdout), "stderr": answer.stderr, "exit": answer.exit_code}
        self._commands[command_line(argv)] = {**kept, "problem": answer.problem} if answer.problem else kept
        return answer

    def value(self, name: str) -> Any:  # noqa: ANN401
        """Return a measured value and keep it."""
        answer = self._system.value(name)
        if answer is not None and name != "node":
            self._values[name] = answer
        return answer
