"""Finds the symptoms of failure modes in texts of any size, in bounded time and memory.

A text is read in pieces that overlap. Literals are looked for first, among the different words of a piece; only
around one that was found are patterns tried, on a window of bounded size, and no longer than a bounded time. What a
log repeats is counted, not read again.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from dlsetup.explain.cleaning import clean, unescaped, unprefixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dlsetup.values.symptom import FailureMode, Symptom

AROUND = 2_000
"""Characters before and after a literal that its pattern sees."""
_LEAST = 1 << 16
"""Pieces are joined until they hold so many characters."""
_ALIKE = 300
"""Two places of a literal are alike where the line, and so much after it, differ in digits alone."""
_PLACES = 400
"""So often one literal is looked at in one piece of text, and so often from its end."""
_LAST = 20
_KNOWN_WORDS = 200_000
_KNOWN_PLACES = 50_000
_LETTERS = 4
"""A literal of fewer letters stands in too many words to be looked for among them."""
_DIGITS = str.maketrans("123456789", "000000000")


@dataclass(frozen=True, kw_only=True)
class _Effort:
    """How much work one piece of text is worth."""

    windows: int
    """In so many places a pattern is tried."""
    seconds: float
    """A pattern takes no longer than this."""


_THOROUGH = _Effort(windows=200, seconds=0.5)
"""Where an error mostly stands: the first piece and the last."""
_BRIEF = _Effort(windows=12, seconds=0.05)


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


@dataclass(kw_only=True, eq=False)
class _Row:
    """A symptom while texts are searched for it."""

    mode: FailureMode
    symptom: Symptom
    found: list[Match] = field(default_factory=list)
    """The first places."""
    times: int = 0


class Table:
    """Symptoms by their literals: made once, searched for in any number of texts."""

    def __init__(self, modes: Iterable[FailureMode]) -> None:
        """Sort the symptoms of these modes."""
        self.symptoms: dict[str, list[tuple[FailureMode, Symptom]]] = defaultdict(list)
        for mode in modes:
            for symptom in mode.symptoms:
                for literal in symptom.literals:
                    self.symptoms[literal].append((mode, symptom))
        self.like: dict[str, list[str]] = defaultdict(list)
        """Literals by what is left of them where all digits are the same."""
        self.short: list[str] = []
        for literal in self.symptoms:
            if sum(not letter.isdigit() for letter in literal) < _LETTERS:
                self.short.append(literal)
            else:
                self.like[literal.translate(_DIGITS)].append(literal)


class Search:
    """Reads texts piece by piece and remembers what was recognised."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.perf_counter) -> None:
        """Search for the symptoms of a table."""
        self._table = table
        self._clock = clock
        self._rows: dict[int, _Row] = {}
        self._known: set[str] = set()
        self._telling: dict[str, tuple[str, ...]] = {}
        self._places: dict[tuple[str, tuple[str, str]], tuple[_Row, ...]] = {}
        self._characters = 0

    def read(self, pieces: Iterable[str], source: str = "") -> None:
        """Read one text."""
        tail, lines, done = "", 1, 0
        for number, (raw, last) in enumerate(_with_last(pieces)):
            piece = clean(tail + raw)
            place = _Place(source, self._characters - len(tail), lines)
            # what is near the end has to wait for what comes next
            ready = len(piece) if last else max(done, len(piece) - AROUND)
            self._search(piece, place, (done, ready), _THOROUGH if last or not number else _BRIEF)
            self._characters += len(piece) - len(tail)
            keep = piece[max(0, ready - AROUND) :]
            lines += piece.count("\n", 0, len(piece) - len(keep))
            done = ready - (len(piece) - len(keep))
            tail = keep
        # what comes next is another text
        self._characters += AROUND

    def matches(self) -> tuple[Match, ...]:
        """Return what was found, in the order of the texts."""
        found = [each for row in self._rows.values() for each in _told(row)]
        return tuple(sorted(found, key=lambda match: match.offset))

    def _search(self, piece: str, place: _Place, part: tuple[int, int], effort: _Effort) -> None:
        """Look at the literals that begin in a part of a piece."""
        if len(self._places) > _KNOWN_PLACES:
            self._places.clear()
        for literal in self._literals(piece):
            tried, began = 0, self._clock()
            for where in _places_of(piece, literal, *part):
                like = (literal, _signature(piece, where))
                rows = self._places.get(like)
                if rows is not None:
                    for row in rows:
                        row.times += 1
                elif tried < effort.windows and self._clock() - began < effort.seconds:
                    tried += 1
                    window = _Window(piece, where, place)
                    self._places[like] = tuple(self._tried(window, literal))

    def _tried(self, window: _Window, literal: str) -> Iterator[_Row]:
        """Try the symptoms of a literal on a window; yield those that stand there."""
        for mode, symptom in self._table.symptoms[literal]:
            row = self._rows.setdefault(id(symptom), _Row(mode=mode, symptom=symptom))
            if _try(row, window, literal):
                yield row

    def _literals(self, piece: str) -> list[str]:
        """Return the literals that the piece holds. A literal has no blank, so it stands inside one word."""
        words = set(piece.translate(_DIGITS).split())
        fresh = words - self._known
        if fresh:
            self._telling.update(_holding("\n".join(fresh), self._table.like))
            if len(self._known) + len(fresh) > _KNOWN_WORDS:
                self._known, self._telling = (
                    set(),
                    {word: likes for word, likes in self._telling.items() if word in words},
                )
            self._known |= fresh
        likes = {like for word in words & self._telling.keys() for like in self._telling[word]}
        found = [literal for like in sorted(likes) for literal in self._table.like[like]]
        return [literal for literal in (*found, *self._table.short) if literal in piece]


def _try(row: _Row, window: _Window, literal: str) -> bool:
    """Tell whether a symptom stands in a window, and remember it."""
    pattern = _compiled(row.symptom.pattern)
    for view in window.views():
        match = window.match(pattern, view, literal)
        if match is None:
            continue
        if any(_before(match.group(), each, literal) for each in row.symptom.literals):
            # it is found by the word that comes first
            return False
        row.times += 1
        if len(row.found) <= _FEW:
            row.found.append(_kept(row, match, window))
        return True
    return False


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern, compiled once (re's own cache holds fewer than there are)."""
    return re.compile(pattern, re.MULTILINE)


def _before(text: str, one: str, other: str) -> bool:
    """Tell whether one word comes before another."""
    return one != other and 0 <= text.find(one) < text.find(other)


_FEW = 4
"""So many places of one symptom are remembered beside the first."""


def _kept(row: _Row, match: re.Match[str], window: _Window) -> Match:
    return Match(
        mode=row.mode,
        symptom=row.symptom,
        text=match.group(),
        groups={name: value for name, value in match.groupdict().items() if value is not None},
        line=_line_around(match),
        offset=window.offset,
        line_number=window.line_number,
        source=window.place.source,
    )


def _with_last(pieces: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield the pieces that hold something, each with whether it is the last one."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        if size >= _LEAST and piece:
            yield "".join(held), False
            held, size = [], 0
        held.append(piece)
        size += len(piece)
    if size:
        yield "".join(held), True


def _places_of(piece: str, literal: str, start: int, end: int) -> Iterator[int]:
    """Yield where a literal begins in a part of a piece; of very many places, the first and the last."""
    last_end = min(len(piece), end + len(literal) - 1)
    where, count = piece.find(literal, start, last_end), 0
    while where >= 0 and count < _PLACES:
        yield where
        count += 1
        where = piece.find(literal, where + len(literal), last_end)
    if where >= 0:
        # what is at the end is what ended the program
        last = piece.rfind(literal, where, last_end)
        for _ in range(_LAST):
            if last < where:
                break
            yield last
            last = piece.rfind(literal, where, last)


def _signature(piece: str, where: int) -> tuple[str, str]:
    """Return what stands before a place in its line, and after it."""
    start = piece.rfind("\n", max(0, where - _ALIKE), where) + 1
    before = piece[start or max(0, where - _ALIKE) : where]
    return before.translate(_DIGITS), piece[where : where + _ALIKE].translate(_DIGITS)


@dataclass(frozen=True)
class _Place:
    source: str
    base: int
    lines: int


class _Window:
    """The text around one place of a literal, in the forms in which patterns see it."""

    def __init__(self, piece: str, where: int, place: _Place) -> None:
        start, end = max(0, where - AROUND), min(len(piece), where + AROUND)
        # no line begins where none does
        begin = piece.find("\n", start, where - AROUND // 2) if start else -1
        self._start = begin + 1 if begin >= 0 else start
        self._text = piece[self._start : end]
        self._where = where - self._start
        self._views: list[str] | None = None
        self.place = place
        self.offset = place.base + where
        self.line_number = place.lines + piece.count("\n", 0, where)

    def views(self) -> Iterator[str]:
        """Yield the text as it should be read, then other ways in which it may be meant."""
        if self._views is None:
            views = [unprefixed(self._text), self._text]
            if "\\n" in self._text or '\\"' in self._text:
                views.append(unprefixed(unescaped(self._text)))
            self._views = list(dict.fromkeys(views))
        yield from self._views

    def match(self, pattern: re.Pattern[str], view: str, literal: str) -> re.Match[str] | None:
        """Return the match that holds the literal at this window's place.

        A view is shorter than the text, but has the same literals in the same order.
        """
        number = self._text.count(literal, 0, self._where)
        for match in pattern.finditer(view):
            first = view.count(literal, 0, match.start())
            if first <= number < first + match.group().count(literal):
                return match
            if first > number or not match.group():
                return None
        return None


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
    for number, match in enumerate(row.found):
        yield match if number else replace(match, times=row.times)
