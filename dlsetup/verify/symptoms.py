"""Texts by which software tells why it does not run: symptoms.toml, and how it is searched."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dlsetup.values.finding import Remedy

TABLE = Path(__file__).with_name("symptoms.toml")

CHECKS = ("run.import", "run.device", "run.compute")


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """One row of the table."""

    mode: str
    pattern: re.Pattern[str]
    summary: str
    remedy: str
    commands: tuple[str, ...] = ()
    needs_root: bool = False
    stderr: tuple[str, ...] = CHECKS
    """The checks for which a match in stderr counts."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What was run, to be named in sentences and commands."""

    framework: str
    title: str
    python: str

    @property
    def quoted_python(self) -> str:
        """Return the interpreter as a shell takes it."""
        return self.python if re.fullmatch(r"[\w@%+=:,./\\-]+", self.python) else f'"{self.python}"'


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """A symptom that was found: what to say, and the line that says so."""

    mode: str
    summary: str
    remedy: Remedy
    line: str


@lru_cache(maxsize=1)
def symptoms() -> tuple[Symptom, ...]:
    """Read the table, once."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["symptom"]
    return tuple(
        Symptom(
            mode=row["mode"],
            # messages are wrapped by whatever printed them
            pattern=re.compile(row["pattern"].replace(" ", r"\s+")),
            summary=row["summary"],
            remedy=row["remedy"],
            commands=tuple(row.get("commands", ())),
            needs_root=row.get("needs_root", False),
            stderr=tuple(row.get("stderr", CHECKS)),
            source=row["source"],
        )
        for row in rows
    )


def recognise(message: str, stderr: str, *, check: str, subject: Subject) -> Recognised | None:
    """Return the first symptom in an exception's message, else the first in what was printed to stderr."""
    for symptom in symptoms():
        match = symptom.pattern.search(message)
        if match:
            return _told(symptom, match, subject)
    for symptom in symptoms():
        match = symptom.pattern.search(stderr) if check in symptom.stderr else None
        if match:
            return _told(symptom, match, subject)
    return None


def _told(symptom: Symptom, match: re.Match[str], subject: Subject) -> Recognised:
    what = (match.groupdict().get("what") or "").strip()
    words = {"title": subject.title, "framework": subject.framework, "python": subject.quoted_python, "what": what}
    return Recognised(
        mode=symptom.mode,
        summary=symptom.summary.format_map(words),
        remedy=Remedy(
            text=symptom.remedy.format_map(words),
            commands=tuple(command.format_map(words) for command in symptom.commands),
            needs_root=symptom.needs_root,
            links=(symptom.source,),
        ),
        line=line_around(match),
    )


def line_around(match: re.Match[str]) -> str:
    """Return the line that a match begins in, trimmed."""
    text, begin = match.string, match.start()
    return trimmed(text[text.rfind("\n", 0, begin) + 1 :].split("\n", 1)[0])


def trimmed(line: str) -> str:
    """Shorten a line of output: folders before site-packages say who the user is, not what is wrong."""
    line = re.sub(r"[^\s\"'(]*[\\/](site|dist)-packages[\\/]", "", line.strip())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


_LONGEST = 300
