"""What an installation that has not ended means for an environment: part of py.env."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, warn
from dlsetup.check.commands import quoted, system_of
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation


def cut_short(situation: Situation, check: str) -> Finding | None:
    """Tell of a change by dlsetup that was cut short, or that is still going on."""
    if situation.unfinished is None:
        return None
    path, state = situation.unfinished
    where = f"--env {quoted(path, system_of(situation))}"
    if state == "running":
        return warn(
            check,
            None,
            "A dlsetup is at work in this environment, so it changes while it is looked at.",
            evidence=(f"the lock of {path} is held", "the journal of the change stands beside the environment"),
            remedy=Remedy(text="Wait until it has finished, then look again.", commands=(f"dlsetup doctor {where}",)),
        )
    return fail(
        check,
        None,
        "An installation into this environment was cut short.",
        evidence=(f"the journal of that change still stands beside {path}", "no dlsetup is at work there"),
        remedy=Remedy(
            text="Let dlsetup put the environment back as it was before, then install again.",
            commands=(f"dlsetup doctor --fix {where}",),
            automatic=True,
        ),
    )
