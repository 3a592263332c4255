"""Text as people paste it: quoted, fenced, coloured, behind a prompt, in any encoding of line ends."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.system.blanks import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\n]*(?:\x07|\x1b\\))")
_QUOTE = re.compile(r"^ {0,3}>(?!>>)(?: |\t|$|(?=[^\s>]))")
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})[ \t]*([\w+.-]*)[ \t]*$")
_GLUED = re.compile(r"^(\s*)`{3,}(?=\S*[ :])|`{3,}\s*$")
_TAGS = re.compile(r"</?(?:details|summary|pre|code|br|div|p|samp|kbd)\b[^>\n]*>", re.IGNORECASE)
_PROMPTS = (
    # $ nvidia-smi, (base) user@host:~/folder$ nvidia-smi, [root@host ~]# nvidia-smi, user@Mac ~ % sw_vers
    re.compile(r"^\s*(?:\([\w.-]+\)\s*)*\$\s+(\S.*)$"),
    re.compile(r"^\s*(?:\([\w.-]+\)\s*)*\[?[\w.-]+@[\w.-]+[\]:\s][^$#%\n]{0,200}?[$#%]\s*(\S.*)$"),
    # PS C:\Users\me> nvidia-smi, C:\>nvidia-smi
    re.compile(r"^\s*(?:\([\w.-]+\)\s*)*(?:PS )?[A-Za-z]:\\[^>\n]{0,200}>\s*(\S.*)$"),
    # a cell of a notebook: In [3]: !nvidia-smi
    re.compile(r"^\s*(?:In \[\d+\]:\s*)?[!%](?:\s?)([a-z]\S.*)$"),
)
_PYTHON = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d+\]:|Out\[\d+\]:)(?:\s|$)")
_SUDO = re.compile(r"^(?:sudo(?: -\w+)* |time |env |[A-Z_][A-Z0-9_]*=\S* )+")
_WIDE = 4
"""UTF-16 read as UTF-8 has a NUL beside every letter, so more than one character in so many is one."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Lines that belong together: between two fences, prompts or changes of quoting."""

    text: str
    command: str = ""
    """The command line before it, where a prompt shows one."""


def plain(text: str) -> str:
    """Return a text without byte-order marks, NULs, carriage returns, terminal colours and long runs of blanks."""
    if text.count("\0") * _WIDE > len(text):
        text = text.replace("\0", "")
    text = text.lstrip("\ufeff\ufffd").replace("\ufeff", "").replace("\0", "\n")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return bounded(_ANSI.sub("", text) if "\x1b" in text else text)


def passages(text: str) -> Iterator[Passage]:
    """Yield the passages of a plain text, without quote marks, fences and common indentation."""
    lines: list[str] = []
    command, depth = "", 0
    for raw in text.split("\n"):
        deeper, line = _unquoted(raw)
        line = _TAGS.sub("", line)
        asked = _prompted(line)
        between = asked or _FENCE.match(line) or _PYTHON.match(line)
        if between or deeper != depth:
            yield from _passage(lines, command)
            lines, command, depth = [], asked, deeper
        if not between:
            lines.append(_GLUED.sub(r"\1", line))
    yield from _passage(lines, command)


def _passage(lines: list[str], command: str) -> Iterator[Passage]:
    text = textwrap.dedent("\n".join(lines)).strip("\n")
    if text.strip():
        yield Passage(text=text + "\n", command=command)


def _unquoted(line: str) -> tuple[int, str]:
    depth = 0
    while (match := _QUOTE.match(line)) is not None:
        line = line[match.end() :]
        depth += 1
    return depth, line


def _prompted(line: str) -> str:
    """Return the command line behind a prompt, as a program would be asked: without sudo and folders."""
    match = next((found for pattern in _PROMPTS if (found := pattern.match(line))), None)
    if match is None:
        return ""
    words = _SUDO.sub("", match[1].strip()).split()
    if not words:
        return ""
    words[0] = re.split(r"[/\\]", words[0].strip("\"'"))[-1].removesuffix(".exe")
    return " ".join(words)
