"""Which of the recognised modes is the cause: role and specificity first, then how much of the text it explains."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.explain.matching import Match
    from dlsetup.values.symptom import FailureMode

_ROLE = {"cause": 0.0, "wrapper": -0.5, "background": -1.5, "noise": -3.0}
_LONGEST = 400


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A failure mode that a text shows."""

    mode: FailureMode
    matches: tuple[Match, ...]
    """The best first."""
    bonus: float = 0.0
    """What facts add."""

    @property
    def best(self) -> Match:
        """Return the match that tells most."""
        return self.matches[0]

    @property
    def score(self) -> float:
        """Return how surely this is the cause."""
        return self.best.symptom.specificity + _ROLE[self.mode.role] + self.bonus

    @property
    def key(self) -> tuple[float, ...]:
        """Return what candidates are sorted by, the best first."""
        return (-self.score, -min(len(self.best.text), _LONGEST), -self.mode.weight, self.best.offset)


def candidates(matches: Iterable[Match]) -> tuple[Candidate, ...]:
    """Return the modes that the matches show, the likeliest cause first."""
    by_mode: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        by_mode[match.mode.id].append(match)
    found = [Candidate(mode=each[0].mode, matches=tuple(sorted(each, key=_telling))) for each in by_mode.values()]
    return tuple(sorted(found, key=lambda candidate: candidate.key))


def _telling(match: Match) -> tuple[float, ...]:
    return (-match.symptom.specificity, -min(len(match.text), _LONGEST), match.offset)
