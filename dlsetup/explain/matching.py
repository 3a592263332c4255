"""Finds the symptoms of failure modes in texts of any size, in bounded time and memory.

A text is read in pieces that overlap. Literals are looked for first, among the different words of a piece; only
around one that was found are patterns tried, on a window of bounded size, and no longer than a bounded time. What a
log repeats is counted, not read again.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlsetup.explain.cleaning import clean, unescaped, unprefixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dlsetup.values.symptom import FailureMode, Symptom

AROUND = 2_000
"""Characters before and after a literal that its pattern sees."""
OVERLAP = 2 * AROUND
_WINDOWS = 40
"""In one piece of text, a pattern is tried so often."""
_ENOUGH = 400
"""So often a symptom is found before it is counted no more."""
_SECONDS = 0.4
"""One pattern takes no longer than this in all."""
_KNOWN_WORDS = 200_000
_DIGITS = str.maketrans("123456789", "000000000")


@dataclass(frozen=True, kw_only=True)
class Match:
    """A symptom that was found."""

    mode: FailureMode
    symptom: Symptom
    text: str
    """What the pattern matched."""
    groups: dict[str, str]
    line: str
    """The line that it begins in, without what was put before it."""
    offset: int
    """Where it begins: characters from the beginning of all that was read."""
    line_number: int
    source: str = ""
    """The text that it stands in."""
    times: int = 1


@dataclass(kw_only=True)
class _Row:
    """A symptom while texts are searched for it."""

    mode: FailureMode
    symptom: Symptom
    pattern: re.Pattern[str] | None = None
    seconds: float = 0.0
    first: Match | None = None
    times: int = 0
    others: list[Match] = field(default_factory=list)

    @property
    def spent(self) -> bool:
        return self.seconds > _SECONDS or self.times >= _ENOUGH


class Search:
    """Reads texts piece by piece and remembers what was recognised."""

    def __init__(self, modes: Iterable[FailureMode], clock: Callable[[], float] = time.perf_counter) -> None:
        """Search for the symptoms of these modes."""
        self._clock = clock
        self._rows: dict[str, list[_Row]] = defaultdict(list)
        for mode in modes:
            for symptom in mode.symptoms:
                self._rows[symptom.literal].append(_Row(mode=mode, symptom=symptom))
        self._like: dict[str, list[str]] = defaultdict(list)
        for literal in self._rows:
            self._like[literal.translate(_DIGITS)].append(literal)
        self._known: set[str] = set()
        self._telling: dict[str, tuple[str, ...]] = {}
        self.characters = 0

    def read(self, pieces: Iterable[str], source: str = "") -> None:
        """Read one text."""
        tail, lines = "", 1
        for raw in pieces:
            piece = clean(tail + raw)
            if len(piece) > len(tail):
                self._search(piece, _Place(source, self.characters - len(tail), lines))
            self.characters += max(0, len(piece) - len(tail))
            keep = piece[-OVERLAP:] if len(piece) > OVERLAP else piece
            lines += piece.count("\n", 0, len(piece) - len(keep))
            tail = keep
        # what comes next is another text
        self.characters += OVERLAP

    def matches(self) -> tuple[Match, ...]:
        """Return what was found, in the order of the texts."""
        found = [each for rows in self._rows.values() for row in rows for each in _told(row)]
        return tuple(sorted(found, key=lambda match: match.offset))

    def _search(self, piece: str, place: _Place) -> None:
        for literal in self._literals(piece):
            rows = [row for row in self._rows[literal] if not row.spent]
            if not rows:
                continue
            for start, end in _windows(piece, literal):
                window = _Window(piece[start:end], start, place, piece)
                for row in rows:
                    if not row.spent:
                        self._try(row, window)

    def _literals(self, piece: str) -> list[str]:
        """Return the literals that the piece holds. A literal has no blank, so it stands inside one word."""
        words = set(piece.translate(_DIGITS).split())
        fresh = words - self._known
        if fresh:
            self._telling.update(_holding("\n".join(fresh), self._like))
            if len(self._known) + len(fresh) > _KNOWN_WORDS:
                self._known = set()
            self._known |= fresh
        likes = {like for word in words & self._telling.keys() for like in self._telling[word]}
        return [literal for like in sorted(likes) for literal in self._like[like] if literal in piece]

    def _try(self, row: _Row, window: _Window) -> None:
        began = self._clock()
        if row.pattern is None:
            row.pattern = re.compile(row.symptom.pattern, re.MULTILINE)
        for view in window.views():
            found = False
            for match in row.pattern.finditer(view):
                found = True
                if not match.group():
                    break
                self._keep(row, match, window)
                if row.times >= _ENOUGH or self._clock() - began > _SECONDS:
                    break
            if found:
                break
        row.seconds += self._clock() - began

    def _keep(self, row: _Row, match: re.Match[str], window: _Window) -> None:
        offset = window.offset_of(match, row.symptom.literal)
        known = (row.first, *row.others)
        if any(each is not None and each.offset == offset for each in known):
            return
        row.times += 1
        if row.first is not None and len(row.others) >= _FEW:
            return
        kept = Match(
            mode=row.mode,
            symptom=row.symptom,
            text=match.group(),
            groups={name: value for name, value in match.groupdict().items() if value is not None},
            line=_line_around(match),
            offset=offset,
            line_number=window.line_number(offset),
            source=window.place.source,
        )
        if row.first is None:
            row.first = kept
        else:
            row.others.append(kept)


_FEW = 4
"""So many places of one symptom are remembered beside the first."""


@dataclass(frozen=True)
class _Place:
    source: str
    base: int
    lines: int


class _Window:
    """A part of a piece of text, in the forms in which patterns see it."""

    def __init__(self, text: str, start: int, place: _Place, piece: str) -> None:
        self._text = text
        self._start = start
        self._piece = piece
        self.place = place
        self._views: list[str] | None = None

    def views(self) -> Iterator[str]:
        """Yield the text as it should be read, then other ways in which it may be meant."""
        if self._views is None:
            views = [unprefixed(self._text), self._text]
            if "\\n" in self._text or '\\"' in self._text:
                views.append(unprefixed(unescaped(self._text)))
            self._views = list(dict.fromkeys(views))
        yield from self._views

    def offset_of(self, match: re.Match[str], literal: str) -> int:
        """Return where a match begins, from the beginning of all that was read.

        The view may be shorter than the window: the literals of both are the same, and in the same order.
        """
        view, found = match.string, match.group().find(literal)
        before = view.count(literal, 0, match.start() + max(found, 0))
        where = -1
        for _ in range(before + 1):
            where = self._text.find(literal, where + 1)
            if where < 0:
                break
        return self.place.base + self._start + max(where, 0)

    def line_number(self, offset: int) -> int:
        """Return the number of the line at an offset."""
        return self.place.lines + self._piece.count("\n", 0, max(0, offset - self.place.base))


def _windows(piece: str, literal: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a piece around each place of a literal; neighbours share one."""
    where, done = piece.find(literal), 0
    while where >= 0 and done < _WINDOWS:
        start, end = max(0, where - AROUND), min(len(piece), where + AROUND)
        # no line begins where none does
        begin = piece.find("\n", start, where - AROUND // 2) if start else -1
        yield (begin + 1 if begin >= 0 else start), end
        done += 1
        # a match that begins in this window's second half needs one of its own
        where = piece.find(literal, max(where + 1, min(where + AROUND, end) - AROUND // 2))


def _holding(joined: str, likes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return which words, joined by line ends, hold which of these texts."""
    found: dict[str, tuple[str, ...]] = {}
    for like in likes:
        where = joined.find(like)
        while where >= 0:
            end = joined.find("\n", where)
            end = len(joined) if end < 0 else end
            word = joined[joined.rfind("\n", 0, where) + 1 : end]
            found[word] = (*found.get(word, ()), like)
            where = joined.find(like, end)
    return found


def _line_around(match: re.Match[str]) -> str:
    text, begin = match.string, match.start()
    # blanks before a message may belong to the pattern
    begin += len(match.group()) - len(match.group().lstrip())
    start = text.rfind("\n", 0, begin) + 1
    return text[start:].split("\n", 1)[0].strip()


def _told(row: _Row) -> Iterator[Match]:
    if row.first is None:
        return
    from dataclasses import replace

    yield replace(row.first, times=max(row.times, 1))
    yield from row.others
