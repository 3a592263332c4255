"""Names what ended a smoke test, by the exception's message or by what was printed beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.explain.findings import finding_of
from dlsetup.explain.matching import Search, Table
from dlsetup.explain.ranking import candidates
from dlsetup.explain.story import HINT, SURE, decided
from dlsetup.values.finding import Remedy
from dlsetup.values.symptom import Recognised, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dlsetup.explain.facts import Facts
    from dlsetup.explain.ranking import Candidate
    from dlsetup.values.symptom import FailureMode, Knowledge, Subject


def recognised(
    knowledge: Knowledge, message: str, stderr: str, *, check: str, subject: Subject, facts: Facts
) -> Recognised | None:
    """Return the cause that an exception's message names, else the one that stderr names for the check that failed."""
    # an exception's own message speaks of nothing else, so that a hint is enough there
    best = _best(message, knowledge.modes, knowledge, facts, HINT) or _best(
        stderr, tuple(_for_stderr(knowledge.modes, check)), knowledge, facts, SURE
    )
    if best is None:
        return None
    finding = finding_of(best, replace(facts, framework=subject.framework), python=subject.quoted_python)
    return Recognised(
        mode=best.mode.id,
        summary=finding.summary,
        remedy=finding.remedy or Remedy(text=finding.summary),
        line=shortened(best.best.line),
    )


def _for_stderr(modes: Iterable[FailureMode], check: str) -> Iterator[FailureMode]:
    """Yield the modes with those symptoms alone that are no everyday line of stderr."""
    for mode in modes:
        symptoms = tuple(symptom for symptom in mode.symptoms if check in symptom.stderr)
        if symptoms:
            yield replace(mode, symptoms=symptoms)


def _best(text: str, modes: Iterable[FailureMode], knowledge: Knowledge, facts: Facts, least: int) -> Candidate | None:
    search = Search(Table(modes))
    search.read([text])
    ranked = decided(candidates(search.matches()), knowledge, facts)
    sure = (
        each for each in ranked if each.mode.role in ("cause", "wrapper") and each.best.symptom.specificity >= least
    )
    return next(sure, None)
