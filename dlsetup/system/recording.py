"""A machine that writes down what it answers, without what identifies it."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

from dlsetup.system.excerpts import command_line, excerpt
from dlsetup.system.recorded import FORMAT

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

_REDACTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+@"), r"\1"),
    (re.compile(r"(?i)\b(?:GPU|MIG|uuid)?-?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b"), "00:00:00:00:00:00"),
    (
        re.compile(
            # not a version: nvidia_cublas_cu12-12.4.5.8.dist-info, nvidia-cublas-cu12==12.4.5.8, Version: 12.4.5.8
            r"(?<![\d.\w-])(?<![=<>~!]=)(?<![Vv]ersion: )(?!127\.0\.0\.1\b)"
            r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"
        ),
        "0.0.0.0",  # noqa: S104 - a neutral address, nothing listens
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "user@example"),
    (
        re.compile(r"(?im)^(\s*\"?[\w .()/-]*(?:serial|asset tag|board[ _]?id)[\w .()/-]*\"?\s*[:=]\s*)\S.*$"),
        r"\1redacted",
    ),
    (re.compile(r"(?i)(<(?:serial|uuid|board_serial)[^>]*>)[^<]*"), r"\1redacted"),
    # tokenizers==0.22 is a requirement
    (re.compile(r"(?i)((?:token|password|passwd|secret|api[_-]?key)\w*\s*[=:](?!=)\s*)\S+"), r"\1redacted"),
)


def redact(text: str, *, home: str | None = None, names: tuple[str, ...] = ()) -> str:
    """Take out user and host names, home folders, serials, UUIDs, MAC and IP addresses, credentials and e-mails."""
    if home and len(home) > 1:
        text = text.replace(home, "/home/user")
    text = re.sub(r"(/home/|/Users/|[A-Za-z]:\\Users\\)(?!user\b|Shared\b|Public\b)[^/\\\s:\"']+", r"\1user", text)
    for pattern, neutral in _REDACTIONS:
        text = pattern.sub(neutral, text)
    for name in names:
        if len(name) > 2:  # noqa: PLR2004 - shorter names stand in too many words
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "host", text)
    return text


class RecordingSystem:
    """Answers as the machine behind it does, and keeps each answer, of long files what matters."""

    def __init__(self, system: System, *, keep: Callable[[str], bool] = RECORDED_VARIABLES.__contains__) -> None:
        """Wrap a machine; `keep` tells which of its variables leave it, beside those that are always kept."""
        self._system = system
        self._keep = keep
        self._files: dict[str, str | None] = {}
        self._commands: dict[str, Any] = {}
        self._values: dict[str, Any] = {}
        home = system.value("home")
        self._home = home if isinstance(home, str) and home != "/root" else None
        self._names = _names(system)

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
        kept = {name: value for name, value in self._system.variables().items() if self._is_kept(name)}
        return {
            "format": FORMAT,
            "platform": self.platform,
            "captured": dt.datetime.now(tz=dt.timezone.utc).date().isoformat(),
            "files": self._clean(self._files),
            "commands": self._clean(self._commands),
            "env": self._clean(kept),
            "values": self._clean(self._values),
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

    def _clean(self, part: Any) -> Any:  # noqa: ANN401
        if isinstance(part, str):
            return redact(part, home=self._home, names=self._names)
        if isinstance(part, dict):
            return {self._clean(str(key)): self._clean(item) for key, item in part.items()}
        if isinstance(part, (list, tuple)):
            return [self._clean(item) for item in part]
        return part

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
        kept = {"stdout": answer.stdout, "stderr": answer.stderr, "exit": answer.exit_code}
        self._commands[command_line(argv)] = {**kept, "problem": answer.problem} if answer.problem else kept
        return answer

    def value(self, name: str) -> Any:  # noqa: ANN401
        """Return a measured value and keep it."""
        answer = self._system.value(name)
        if answer is not None:
            self._values[name] = answer
        return answer


def _names(system: System) -> tuple[str, ...]:
    """Return the words that name this host and its user."""
    found = {system.variable(name) for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER", "HOSTNAME", "COMPUTERNAME")}
    host = system.read("/etc/hostname").text if system.platform == "linux" else None
    found.add(host.strip() if host else None)
    ordinary = {"root", "user", "host", "localhost", "vm", "linux"}
    return tuple(sorted(name for name in found if name and name.lower() not in ordinary))
