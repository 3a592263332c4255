"""Makes findings of candidates: what to say of each, what follows from what, and the remedy for these facts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.values.finding import Finding, Remedy, Status
from dlsetup.values.symptom import Explained, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.explain.facts import Facts
    from dlsetup.explain.matching import Match
    from dlsetup.explain.ranking import Candidate
    from dlsetup.values.symptom import FailureMode, PlatformRemedy

_STATUS = {"error": Status.FAIL, "warn": Status.WARN, "info": Status.WARN}
_MANY = 400
_SHOWN = 2


def finding_of(candidate: Candidate, facts: Facts, *, several: bool = False, python: str = "python") -> Explained:
    """Return what to say of a recognised mode; `several` where more than one text was read."""
    mode, best = candidate.mode, candidate.best
    words = {"framework": facts.framework or "FRAMEWORK", "python": python}
    first, *others = remedies_of(mode, facts, words)
    return Explained(
        check=f"log.{mode.layer.replace('_', '-')}",
        status=_status(mode),
        summary=filled(best.symptom.summary or mode.summary, {**words, **_written(best.groups)}),
        mode=mode.id or None,
        evidence=tuple(_evidence(candidate.matches, several=several)),
        remedy=first,
        cause=mode.cause,
        role=mode.role,
        times=max(match.times for match in candidate.matches),
        alternatives=tuple(others),
    )


def _written(groups: dict[str, str]) -> dict[str, str]:
    """Return what a pattern found, as people write it: CUDA itself counts 12.4 as 12040."""
    number = groups.get("cuda_number", "")
    if not number.isdigit():
        return groups
    return {**groups, "cuda_number": f"{int(number) // 1000}.{int(number) % 1000 // 10}"}


def checked(finding: Finding) -> Explained:
    """Return what a check found about the facts of a text."""
    return Explained(
        check=finding.check,
        status=finding.status,
        summary=finding.summary,
        mode=finding.mode,
        evidence=finding.evidence,
        remedy=finding.remedy,
        because=finding.because,
    )


def _status(mode: FailureMode) -> Status:
    if mode.role == "noise":
        return Status.OK
    return Status.WARN if mode.role == "background" else _STATUS[mode.severity]


def filled(text: str, words: dict[str, str]) -> str:
    """Put words in the place of their names in braces; braces that name none stay."""
    return re.sub(r"\{(\w+)\}", lambda match: " ".join(words.get(match[1], match[0]).split()), text)


def _evidence(matches: Iterable[Match], *, several: bool) -> Iterable[str]:
    lines: dict[str, None] = {}
    for match in matches:
        source = f"{match.source}, " if several and match.source else ""
        often = f" ({'at least ' if match.times >= _MANY else ''}{match.times} times)" if match.times > 1 else ""
        line = shortened(match.line) or shortened(" ".join(match.text.split()))
        if all(line != each.partition(": ")[2] for each in lines):
            lines[f"{source}line {match.line_number}{often}: {line}"] = None
    return list(lines)[:_SHOWN]


def remedies_of(mode: FailureMode, facts: Facts, words: dict[str, str]) -> tuple[Remedy, ...]:
    """Return a mode's remedies for the platform, the best first; all of them where the platform is not known."""
    platform = facts.platform
    fitting = [each for each in mode.remedies if _fits(each, platform, facts)] or list(mode.remedies)
    found = [
        Remedy(
            text=filled(each.text, words),
            commands=tuple(filled(command, words) for command in each.commands),
            automatic=each.automatic,
            needs_root=each.needs_root,
            needs_reboot=each.needs_reboot,
            links=each.links or mode.sources[:1],
        )
        for each in fitting
    ]
    return tuple(found) or (Remedy(text="See what is known of it.", links=mode.sources),)


def _fits(remedy: PlatformRemedy, platform: str | None, facts: Facts) -> bool:
    if not remedy.platforms or platform is None:
        return not remedy.platforms or facts.system is None or any(p.startswith(facts.system) for p in remedy.platforms)
    return platform in remedy.platforms or (platform == "wsl" and "linux" in remedy.platforms)


def possible(finding: Explained) -> Explained:
    """Return a finding as one that a hint alone speaks for."""
    return replace(finding, status=Status.UNKNOWN)


def following(finding: Explained, cause: Explained) -> Explained:
    """Return a finding as one that follows from another."""
    return replace(finding, because=cause.mode or cause.check)
