"""Check: one question about a set-up, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup.check.answers import unknown
from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NOT_WELL = frozenset({Status.FAIL, Status.WARN, Status.UNKNOWN})


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question, with exactly one answer."""

    name: str
    """Public: group and subject, "fit.driver"."""
    title: str
    """What should be true."""
    group: str
    """machine, interpreter, installer, packages, fit or environment."""
    question: Callable[[Situation], Finding]
    follows: tuple[str, ...] = ()
    """Earlier checks whose failure makes trouble found here a consequence."""
    blocks: bool = False
    """True where its failure forbids an installation."""

    def ask(self, situation: Situation) -> Finding:
        """Answer the question; a check that breaks becomes an unknown, so that it never hides the others."""
        try:
            return replace(self.question(situation), check=self.name)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other checks still have their say
            return unknown(
                self.name,
                "This check itself broke, so nothing is known here.",
                evidence=(f"crash: {type(error).__name__}: {error}",),
                text="Please report it, with a recording of this machine.",
                commands=("dlsetup record -o recording.json",),
            )

    def attributed(self, finding: Finding, earlier: Mapping[str, Finding]) -> Finding:
        """Return the finding with the first cause among the earlier ones, if there is one."""
        if finding.status not in NOT_WELL:
            return finding
        for name in self.follows:
            cause = earlier.get(name)
            if cause is not None and cause.status is Status.FAIL:
                return replace(finding, because=cause.because or name)
        return finding
