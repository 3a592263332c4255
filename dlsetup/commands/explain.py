"""dlsetup explain: what a log, a traceback or a pasted report says is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.catalog.symptoms import load_knowledge
from dlsetup.check import run_checks
from dlsetup.errors import UnreadableError
from dlsetup.explain import Clues, Search, clean, decoded, facts_of, read_clues
from dlsetup.explain import explain as explain_matches
from dlsetup.values.finding import Status
from dlsetup.values.symptom import Explanation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from dlsetup.values.situation import Situation
    from dlsetup.values.symptom import Knowledge

HEAD = 512 * 1024
"""So much of a text's beginning, and of its end, is read for reports: facts stand there, not among a million steps."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A text to explain."""

    name: str
    """Its path as it was given; "-" for standard input."""
    open: Callable[[], BinaryIO]


def file_source(path: str) -> Source:
    """Return a file as a text to explain."""
    return Source(name=path, open=lambda: Path(path).open("rb"))


def explain(sources: Iterable[Source], knowledge: Knowledge | None = None) -> Explanation:
    """Read texts and say what they tell. Raises UnreadableError."""
    known = knowledge or load_knowledge()
    search = Search(known.modes)
    kept: list[_Excerpt] = []
    for source in sources:
        excerpt = _Excerpt(source.name)
        _read(source, search, excerpt)
        kept.append(excerpt)
    text = "\n".join(excerpt.text for excerpt in kept)
    clues = read_clues(text)
    situation = _situation(text, clues)
    facts = facts_of(situation, clues)
    checks = run_checks(situation) if situation is not None else ()
    findings = explain_matches(search.matches(), known, facts, checks, several=len(kept) > 1)
    failed = any(finding.status is Status.FAIL for finding in findings)
    return Explanation(
        findings=findings,
        names=tuple(excerpt.name for excerpt in kept),
        size=sum(excerpt.size for excerpt in kept),
        exit_code=int(failed),
    )


def _read(source: Source, search: Search, excerpt: _Excerpt) -> None:
    try:
        with source.open() as stream:
            search.read(excerpt.keeping(decoded(stream)), source.name)
    except OSError as error:
        raise UnreadableError(
            f"{source.name} cannot be read",
            seen=error.strerror or str(error),
            do="give the path of a log, or send one to standard input: dlsetup explain < train.log",
        ) from error


class _Excerpt:
    """The beginning and the end of a text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self._head = ""
        self._tail = ""

    def keeping(self, pieces: Iterable[str]) -> Iterator[str]:
        """Yield the pieces of a text and keep what is needed."""
        for piece in pieces:
            self.size += len(piece)
            room = HEAD - len(self._head)
            if room > 0:
                self._head += piece[:room]
            self._tail = (self._tail + piece[max(room, 0) :])[-HEAD:]
            yield piece

    @property
    def text(self) -> str:
        """Return what was kept."""
        return clean(self._head + self._tail)


def _situation(text: str, clues: Clues) -> Situation | None:
    """Return the machine and environment that a text tells of; None where it tells of none."""
    from dlsetup.commands.look import look
    from dlsetup.system.recorded import RecordedSystem
    from dlsetup.system.reports import read_reports

    gathered = read_reports(text)
    if clues.system and not gathered.systems:
        gathered.system(clues.system, 3)
    if clues.python:
        gathered.facts("told.python", {"version": clues.python})
    for name, version in clues.packages:
        gathered.package(name, version)
    if not gathered.titles and not gathered.values:
        return None
    return look(RecordedSystem(gathered.recording()))
