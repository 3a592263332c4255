"""Lists of installed packages, and the line by which an interpreter names itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.reports.gathered import Gathered
    from dlsetup.system.reports.pasted import Passage

_PIN = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?==[\w.!+-]+")
_LINK = re.compile(r"[A-Za-z0-9][\w.-]* @ \S+|-e \S+|# Editable .*")
_TABLE = re.compile(
    r"^[ \t]*Package[ \t]+Version(?:[ \t]+(?:Editable project location|Location|Installer).*)?[ \t]*\n", re.MULTILINE
)
_CONDA = re.compile(r"^[ \t]*# packages in environment at \S[^\n]*:[ \t]*\n", re.MULTILINE)
_BANNER = re.compile(
    r"^[ \t]*(Python \d{1,3}\.\d{1,3}\.\d{1,3}\S* "
    r"(?:experimental free-threading build |free-threading build )?(?:\||\()[^\n]*"
    r"\[(?:GCC|Clang|MSC|PyPy|GraalVM)[^\n]*(?:\n\[PyPy[^\n]*)?)$",
    re.MULTILINE,
)
_VERSION = re.compile(r"[ \t]*Python (\d{1,3}\.\d{1,3}(?:\.\d{1,3})?\S*)[ \t]*")
_ENOUGH = 3
"""So many pins in a row, with nothing else between them, are a list; fewer may be what somebody wants to install."""


def read(passage: Passage, into: Gathered, *, alone: bool) -> None:
    """Take in the lists of a passage; `alone` where the passage is the whole text, so that less is proof enough."""
    for title, key, answer in _found(passage, alone=alone):
        into.answer(title, key, answer)


def _found(passage: Passage, *, alone: bool) -> Iterator[tuple[str, str, str]]:
    text, asked = passage.text, passage.command
    for match in _TABLE.finditer(text):
        yield "pip list", "pip list", match.group() + _rows(text[match.end() :])
    for match in _CONDA.finditer(text):
        yield "conda list", "conda list", match.group() + _rows(text[match.end() :])
    pins = _pins(text)
    told = alone or re.match(r"(?:\S*python\S* -m )?(?:uv )?pip3? (?:freeze|list)\b", asked)
    if len(pins) >= _ENOUGH or (pins and told):
        yield "pip freeze", "pip freeze", "\n".join(pins) + "\n"
    if re.match(r"(?:\S*python\S* -m )?(?:uv )?pip3? check\b", asked):
        yield "pip check", "pip check", text
    for match in _BANNER.finditer(text):
        yield "python -VV", "python -VV", match[1] + "\n"
    first = _VERSION.fullmatch(text.split("\n", 1)[0])
    if first and (alone or re.match(r"\S*python[\d.]* (?:-V+|--version)\b", asked)):
        yield "python --version", "python --version", f"Python {first[1]}\n"


def _rows(text: str) -> str:
    """Return a table's rows: a name, a version, and what may follow."""
    kept = []
    for line in text.split("\n"):
        if not re.match(r"[ \t]*(?:[-=]+[ \t]+[-=]+|#.*|[\w.-]+[ \t]+\d\S*|[\w.-]+[ \t]+\S+[ \t]+\S+)", line):
            break
        kept.append(line.strip())
    return "\n".join(kept) + "\n"


def _pins(text: str) -> list[str]:
    """Return the longest run of pins. A file of requirements gives itself away by hashes, comments and other bounds."""
    best: list[str] = []
    run: list[str] = []
    for line in (raw.strip() for raw in text.split("\n")):
        if _PIN.fullmatch(line) or (_LINK.fullmatch(line) and not line.startswith("# via")):
            run.append(line)
            continue
        if re.search(r"--hash=|# via|^--|[<>~!]=", line):
            return []
        if len(run) > len(best):
            best = run
        run = []
    return max(best, run, key=len)
