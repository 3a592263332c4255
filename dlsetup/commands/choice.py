"""Which checks the user asks for: by name, by group, and for which frameworks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog
from dlsetup.check import questions
from dlsetup.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.values.finding import Finding, Question
    from dlsetup.values.request import Wanted


__all__ = ["EVERYTHING", "Choice", "questions", "read_choice"]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What doctor is to look at."""

    frameworks: tuple[str, ...] = ()
    """Catalog names of the frameworks that are asked about; empty: those that are installed."""
    checks: frozenset[str] | None = None
    """The names of the checks that are asked for; None: every one."""
    deep: bool = False
    """True where a check is named that frameworks have to be run for."""

    @property
    def left_out(self) -> int:
        """Return how many checks are not asked for."""
        return 0 if self.checks is None else len(questions()) - len(self.checks)

    @property
    def trains(self) -> bool:
        """Tell whether any answer that is asked for needs a training."""
        return self.checks is None or any(each.deep and each.check in self.checks for each in questions())

    def of(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return those findings that were asked for."""
        return tuple(each for each in findings if self.checks is None or each.check in self.checks)


EVERYTHING = Choice()


def read_choice(words: tuple[str, ...], only: tuple[str, ...], skip: tuple[str, ...]) -> Choice:
    """Return what is asked for. `words` name checks, groups or frameworks; `only` and `skip` checks or groups.

    Raises UsageError for a word that is none of these (with the nearest one), and where nothing is left to check.
    """
    asked = questions()
    named = set[str]()
    frameworks: list[str] = []
    for word in words:
        checks = _checks(word, asked)
        named |= checks
        if not checks:
            frameworks += [each.framework for each in _wanted(word, asked)]
    for word in only:
        named |= _known(word, asked, "--only")
    everything = {each.check for each in asked}
    chosen = (named or everything).difference(*(_known(word, asked, "--skip") for word in skip))
    if not chosen:
        raise UsageError(
            "nothing is left to check",
            seen="every check that is named is left out by --skip",
            do="name others; dlsetup doctor --list shows all of them",
        )
    return Choice(
        frameworks=tuple(dict.fromkeys(frameworks)),
        checks=None if chosen == everything else frozenset(chosen),
        deep=any(each.deep and each.check in named & chosen for each in asked),
    )


def _checks(word: str, asked: tuple[Question, ...]) -> set[str]:
    """Return the checks that a name, a group or the first part of names means; none where it means none."""
    plain = word.lower()
    return {each.check for each in asked if plain in (each.check, each.group, each.check.partition(".")[0])}


def _known(word: str, asked: tuple[Question, ...], option: str) -> set[str]:
    found = _checks(word, asked)
    if not found:
        raise _unknown(f"{option} {word}: there is no such check or group", word, _names(asked), asked)
    return found


def _wanted(word: str, asked: tuple[Question, ...]) -> Iterable[Wanted]:
    catalog = load_catalog()
    name = re.match(r"[\w.-]*", word)
    if name is None or catalog.framework(name.group()) is None:
        known = {alias: each.name for each in catalog.frameworks for alias in (each.name, *each.aliases)}
        raise _unknown(f"there is no check, group or framework {word!r}", word, {**_names(asked), **known}, asked)
    # it reads versions, which takes time to load
    from dlsetup.commands.wanted import read_wanted

    return read_wanted((word,), catalog)


def _names(asked: tuple[Question, ...]) -> dict[str, str]:
    return {name: name for each in asked for name in (each.check, each.group)}


def _unknown(what: str, word: str, known: dict[str, str], asked: tuple[Question, ...]) -> UsageError:
    import difflib

    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    groups = ", ".join(dict.fromkeys(each.group for each in asked))
    return UsageError(
        what,
        seen=f"the groups are {groups}",
        do=f"did you mean {known[near[0]]}?" if near else "dlsetup doctor --list shows every check",
    )
