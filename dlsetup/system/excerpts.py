"""What a recording keeps of long answers, so that it stays small and tells no more than it has to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONG = 200
_FIELD = re.compile(
    r"^(?:Name|Version|Requires-Dist|Requires-Python)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.MULTILINE | re.IGNORECASE
)
_BIG = re.compile(r"^.*,\d{7,}\r?$", re.MULTILINE)
_LAUNCHER = re.compile(r"#!\s*\"?[A-Za-z]:\\[^\r\n\"\x00]*?python[\w.]*\.exe\"?", re.IGNORECASE)


def command_line(argv: Sequence[str]) -> str:
    """Return the line by which a recording knows a command: a program handed to an interpreter is no part of it."""
    return " ".join("<program>" if len(word) > _LONG and "\n" in word else word for word in argv)


def excerpt(path: str, text: str) -> str:
    """Return what is kept of a file.

    Of a distribution the header fields and the large files (torch's RECORD has over ten thousand lines), of mounts the
    folders and their kind, of a script the line that names its interpreter, of process 1 the name of its container.
    """
    name = re.split(r"[/\\]", path)[-1]
    if name in {"METADATA", "PKG-INFO"}:
        header = re.split(r"\n\n|\r\n\r\n", text, maxsplit=1)[0]
        return "\n".join(_FIELD.findall(header)) + "\n"
    if name == "RECORD":
        return "".join(line + "\n" for line in _BIG.findall(text)) or "\n"
    if path == "/proc/1/environ":
        # whatever else the first process was given: in a container, its secrets
        return "\n".join(re.findall(r"(?:^|\0)(container=[A-Za-z][\w-]{0,40})(?=\0|$)", text))
    if path == "/proc/mounts":
        return "".join(_mount(line) for line in text.splitlines())
    if re.fullmatch(r"pip[\d.]*(?:\.exe)?", name):
        launcher = _LAUNCHER.search(text) if not text.startswith("#!") else None
        return launcher.group() if launcher else "\n".join(text.split("\n", 3)[:3]) + "\n"
    return text


def _mount(line: str) -> str:
    """Leave out the device, which may be another machine's name, and options that nobody asks for."""
    words = line.split(" ")
    if len(words) < 4:  # noqa: PLR2004 - device, folder, kind, options
        return ""
    options = [word for word in words[3].split(",") if word in {"ro", "rw", "noexec"}]
    return f"- {words[1]} {words[2]} {','.join(options)} 0 0\n"
