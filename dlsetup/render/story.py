"""Findings as a story: each cause with what follows from it, the worst first, and all that is calm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dlsetup.values.finding import Finding

_WORST_FIRST = (Status.FAIL, Status.UNKNOWN, Status.WARN, Status.SKIP)


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A finding that is not well, and those that only follow from it."""

    cause: Finding
    follow: tuple[Finding, ...] = ()

    @property
    def status(self) -> Status:
        """Return the worst of all that is told here."""
        return min((each.status for each in (self.cause, *self.follow)), key=_WORST_FIRST.index)


@dataclass(frozen=True, kw_only=True)
class Story:
    """All findings of a report, each in one place."""

    chapters: tuple[Chapter, ...] = ()
    calm: tuple[Finding, ...] = ()
    """What is well, and what does not apply."""

    def of(self, status: Status) -> tuple[Chapter, ...]:
        """Return the chapters whose worst finding has that status."""
        return tuple(chapter for chapter in self.chapters if chapter.status is status)


def tell(findings: Iterable[Finding]) -> Story:
    """Put each finding below the cause that it follows from; causes are ordered by severity, else as they came."""
    findings = tuple(findings)
    causes: dict[str, Finding] = {}
    for finding in sorted((each for each in findings if _is_trouble(each)), key=lambda each: each.status != "fail"):
        causes.setdefault(finding.check, finding)
    follow: dict[int, list[Finding]] = {id(each): [] for each in findings if _is_trouble(each)}
    calm = []
    for finding in findings:
        cause = _origin(finding, causes)
        if finding.status is Status.OK or (cause is finding and not _is_trouble(finding)):
            calm.append(finding)
        elif cause is not finding:
            follow[id(cause)].append(finding)
    followers = {id(each) for group in follow.values() for each in group}
    chapters = [
        Chapter(cause=each, follow=tuple(follow[id(each)]))
        for each in findings
        if _is_trouble(each) and id(each) not in followers
    ]
    chapters.sort(key=lambda chapter: _WORST_FIRST.index(chapter.status))
    return Story(chapters=tuple(chapters), calm=tuple(calm))


def _is_trouble(finding: Finding) -> bool:
    return finding.status not in {Status.OK, Status.SKIP}


def _origin(finding: Finding, causes: Mapping[str, Finding]) -> Finding:
    """Return the first cause in the chain; the finding itself where there is none, or where the chain is a ring."""
    seen = {finding.check}
    origin = finding
    while origin.because is not None and origin.because in causes:
        if origin.because in seen:
            return finding
        seen.add(origin.because)
        origin = causes[origin.because]
    return origin
