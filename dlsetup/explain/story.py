"""Puts what was recognised in order: causes first, then what follows from them, then what is harmless."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.explain.findings import checked, finding_of, following
from dlsetup.explain.ranking import Candidate, candidates
from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dlsetup.explain.facts import Facts
    from dlsetup.explain.matching import Match
    from dlsetup.values.finding import Finding
    from dlsetup.values.symptom import Explained, FailureMode, Knowledge

_SURE = 2


def explain(
    matches: Iterable[Match],
    knowledge: Knowledge,
    facts: Facts,
    checks: Sequence[Finding] = (),
    *,
    several: bool = False,
) -> tuple[Explained, ...]:
    """Return the findings of a text, the likeliest cause first."""
    ranked = decided(candidates(matches), knowledge, facts)
    failed = [checked(each) for each in checks if each.status is Status.FAIL and each.because is None]
    mine = without_repeats(ranked)
    told = [finding_of(each, facts, several=several) for each in mine]
    return tuple(joined(list(zip(mine, told, strict=True)), failed))


def decided(ranked: tuple[Candidate, ...], knowledge: Knowledge, facts: Facts) -> tuple[Candidate, ...]:
    """Let facts decide between modes that share their texts."""
    modes = {mode.id: mode for mode in knowledge.modes}
    by_id = {each.mode.id: each for each in ranked}
    for candidate in ranked:
        then = _other(candidate.mode, knowledge, facts, modes)
        if then is None:
            continue
        old = by_id.pop(candidate.mode.id)
        known = by_id.get(then.id)
        own = known.matches if known else ()
        by_id[then.id] = Candidate(
            mode=then, matches=(*own, *(replace(each, mode=then) for each in old.matches)), bonus=max(old.bonus, 0.25)
        )
    return tuple(sorted(by_id.values(), key=lambda each: each.key))


def _other(mode: FailureMode, knowledge: Knowledge, facts: Facts, modes: dict[str, FailureMode]) -> FailureMode | None:
    for decision in knowledge.decisions:
        if decision.mode == mode.id and decision.then in modes and facts.allow(decision.when):
            return modes[decision.then]
    return None


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


def joined(told: list[tuple[Candidate, Explained]], failed: list[Explained]) -> list[Explained]:
    """Join symptoms and failed checks: what both say is one finding; a wrapper follows from a cause."""
    merged = [(candidate, _confirmed(finding, failed)) for candidate, finding in told]
    modes = {finding.mode for _, finding in merged}
    others = [each for each in failed if each.mode not in modes]
    causes = [f for c, f in merged if c.mode.role == "cause" and c.best.symptom.specificity >= _SURE]
    causes += others
    causes += [f for c, f in merged if c.mode.role == "cause" and c.best.symptom.specificity < _SURE]
    rest = [(c, f) for c, f in merged if c.mode.role != "cause"]
    wrappers = [f if not causes else following(f, causes[0]) for c, f in rest if c.mode.role == "wrapper"]
    first = causes + wrappers
    background = [f for c, f in rest if c.mode.role == "background"]
    noise = [f for c, f in rest if c.mode.role == "noise"]
    return [*first, *background, *noise]


def _confirmed(finding: Explained, failed: list[Explained]) -> Explained:
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
        alternatives=alternatives,
    )
