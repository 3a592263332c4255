"""Puts what was recognised in order: causes first, then what follows from them, then what is harmless."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.explain.findings import checked, finding_of, following, possible
from dlsetup.explain.matching import Match
from dlsetup.explain.no_distribution import reasons
from dlsetup.explain.ranking import Candidate, candidates
from dlsetup.values.finding import Status
from dlsetup.values.symptom import PlatformRemedy, Symptom

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dlsetup.explain.facts import Facts
    from dlsetup.explain.no_distribution import Reason
    from dlsetup.values.finding import Finding
    from dlsetup.values.symptom import Decision, Explained, FailureMode, Knowledge

HINT = 1
SURE = 2
"""A symptom of less specificity is a hint: facts, or another symptom, have to agree."""

_PIP = re.compile(r"[Nn]o\s+matching\s+distribution|satisfies\s+the\s+requirement|from\s+versions")
_CONFIRMED = 0.75
"""What a failed check adds to the score of the mode that it names, too."""


def explain(
    matches: Iterable[Match],
    knowledge: Knowledge,
    facts: Facts,
    checks: Sequence[Finding] = (),
    *,
    text: str = "",
    several: bool = False,
) -> tuple[Explained, ...]:
    """Return the findings of texts, the likeliest cause first.

    `checks` are the answers of doctor's checks about the facts in the texts, and `text` is what may hold pip's lists.
    """
    failed = [each for each in checks if each.status is Status.FAIL and each.because is None]
    ranked = _with_reasons(candidates(matches), tuple(reasons(text, knowledge, facts)), knowledge)
    ranked = _confirmed(decided(ranked, knowledge, facts), failed)
    above = _causes(ranked, knowledge)
    kept = without_repeats(tuple(sorted(ranked, key=lambda each: each.mode.id in above)))
    told = {each.mode.id: finding_of(each, facts, several=several) for each in kept}
    # what only repeats another's lines is not told, and so no cause of anything
    above = {mode: of for mode, of in above.items() if mode in told and of in told}
    return tuple(_ordered(kept, told, [checked(each) for each in failed], above))


def decided(ranked: tuple[Candidate, ...], knowledge: Knowledge, facts: Facts) -> tuple[Candidate, ...]:
    """Let facts decide between modes that share their texts."""
    modes = {mode.id: mode for mode in knowledge.modes}
    by_id = {each.mode.id: each for each in ranked}
    for candidate in ranked:
        then = _other(candidate, knowledge, facts, modes)
        if then is None or candidate.mode.id not in by_id:
            continue
        del by_id[candidate.mode.id]
        own = by_id[then.id].matches if then.id in by_id else ()
        renamed = Candidate(mode=then, matches=(*own, *(_renamed(each, then) for each in candidate.matches)))
        # what was sure stays sure
        by_id[then.id] = replace(renamed, bonus=max(candidate.score - renamed.score, 0.0))
    return tuple(sorted(by_id.values(), key=lambda each: each.key))


def _renamed(match: Match, mode: FailureMode) -> Match:
    """Return a match as one of another mode, whose own sentence is said then."""
    return replace(match, mode=mode, symptom=replace(match.symptom, summary=None))


def _other(
    candidate: Candidate, knowledge: Knowledge, facts: Facts, modes: dict[str, FailureMode]
) -> FailureMode | None:
    for decision in knowledge.decisions:
        if decision.mode != candidate.mode.id or not facts.allow(decision.when, candidate.best.text):
            continue
        if decision.then is None:
            return _programs(candidate.mode, decision)
        if decision.then in modes:
            return modes[decision.then]
    return None


def _programs(mode: FailureMode, decision: Decision) -> FailureMode:
    """Return what a mode is where the set-up is right: a matter of the program, without the mode's name."""
    return replace(
        mode,
        id="",
        severity="info",
        summary=decision.summary or mode.summary,
        cause="The program asks for what this machine does not have; the installation is right.",
        remedies=(PlatformRemedy(text=decision.text or "Change the program."),),
    )


def _with_reasons(
    ranked: tuple[Candidate, ...], found: tuple[Reason, ...], knowledge: Knowledge
) -> tuple[Candidate, ...]:
    """Put the reason why pip found nothing in the place of what its sentence alone may mean."""
    modes = {mode.id: mode for mode in knowledge.modes}
    known = [each for each in found if each.mode in modes]
    if not known:
        return ranked
    kept = []
    where: dict[str, Match] = {}
    for candidate in ranked:
        rest = []
        for match in candidate.matches:
            if _PIP.search(match.text):
                where.setdefault("", match)
            else:
                rest.append(match)
        if rest:
            kept.append(replace(candidate, matches=tuple(rest)))
    own = [_reasoned(each, modes[each.mode], where.get("")) for each in known]
    # the same cause may be named by a symptom, too
    names = {each.mode.id for each in own}
    return tuple(sorted([*own, *(each for each in kept if each.mode.id not in names)], key=lambda each: each.key))


def _reasoned(reason: Reason, mode: FailureMode, like: Match | None) -> Candidate:
    mode = replace(mode, role="cause", severity="error")
    if reason.text is not None:
        mode = replace(mode, remedies=(PlatformRemedy(text=reason.text, commands=reason.commands),))
    symptom = Symptom(pattern="", literals=(), specificity=3, example="", summary=reason.summary)
    match = Match(
        mode=mode,
        symptom=symptom,
        text=reason.line,
        groups={},
        line=reason.line,
        offset=like.offset if like else 0,
        line_number=like.line_number if like else 0,
        source=like.source if like else "",
    )
    return Candidate(mode=mode, matches=(match,))


def _confirmed(ranked: tuple[Candidate, ...], failed: list[Finding]) -> tuple[Candidate, ...]:
    """Let a check that finds the same in the facts add to a symptom's weight."""
    modes = {each.mode for each in failed}
    weighed = [replace(each, bonus=each.bonus + _CONFIRMED) if each.mode.id in modes else each for each in ranked]
    return tuple(sorted(weighed, key=lambda each: each.key))


def without_repeats(ranked: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Leave out what only reads the same lines in a less certain way."""
    kept: list[Candidate] = []
    taken: set[tuple[str, int]] = set()
    for candidate in ranked:
        lines = {(match.source, match.line_number) for match in candidate.matches}
        if kept and lines <= taken:
            continue
        taken |= lines
        kept.append(candidate)
    return tuple(kept)


def _ordered(
    kept: tuple[Candidate, ...], told: dict[str, Explained], failed: list[Explained], above: dict[str, str]
) -> Iterable[Explained]:
    """Yield causes, then what follows from them, then what is there beside them."""
    merged = {mode: _joined(finding, failed) for mode, finding in told.items()}
    known = {finding.mode for finding in merged.values()}
    others = [each for each in failed if each.mode is None or each.mode not in known]
    role = {each.mode.id: each.mode.role for each in kept}
    sure = {each.mode.id for each in kept if each.score >= SURE}
    causes = [
        finding for mode, finding in merged.items() if role[mode] == "cause" and mode in sure and mode not in above
    ]
    first = [*causes, *others]
    wrappers = [finding for mode, finding in merged.items() if role[mode] == "wrapper" and mode not in above]
    hints = [
        finding for mode, finding in merged.items() if role[mode] == "cause" and mode not in sure and mode not in above
    ]
    yield from first
    if first:
        yield from (following(finding, first[0]) for finding in wrappers)
    elif wrappers or hints:
        yield from wrappers
        yield from (possible(each) for each in (hints if not wrappers else ()))
    yield from (following(merged[mode], merged[of]) for mode, of in above.items())
    for kind in ("background", "noise"):
        yield from (finding for mode, finding in merged.items() if role[mode] == kind and mode not in above)


def _causes(ranked: tuple[Candidate, ...], knowledge: Knowledge) -> dict[str, str]:
    """Return which of the modes that were found follow from which other, that is sure."""
    found = {each.mode.id for each in ranked}
    sure = {each.mode.id for each in ranked if each.best.symptom.specificity >= SURE}
    follow = {mode: each.of for each in knowledge.consequences if each.of in sure for mode in each.modes}
    return {mode: of for mode, of in follow.items() if mode in found and follow.get(of) != mode}


def _joined(finding: Explained, failed: list[Explained]) -> Explained:
    """Join a symptom with the check that finds the same: its remedy is made for the facts."""
    same = next((each for each in failed if each.mode is not None and each.mode == finding.mode), None)
    if same is None:
        return finding
    alternatives = (finding.remedy, *finding.alternatives) if finding.remedy else finding.alternatives
    return replace(
        finding,
        check=same.check,
        summary=same.summary,
        evidence=(*finding.evidence, *same.evidence),
        remedy=same.remedy or finding.remedy,
        alternatives=alternatives if same.remedy else finding.alternatives,
    )
