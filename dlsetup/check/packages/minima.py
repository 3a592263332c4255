"""Packages that do without a framework that is too old for them, though nothing requires a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail
from dlsetup.check.commands import dlsetup_install, pip_install, untouchable
from dlsetup.check.installed import interpreter_architecture
from dlsetup.check.remedies import change_packages
from dlsetup.check.versions import older, public
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.build import Minimum
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.extensions"


def new_enough(situation: Situation, environment: Environment, torch: Distribution) -> Finding | None:
    """Hold torch against the oldest that the installed release of a package works with."""
    for package in dict.fromkeys(rule.package for rule in situation.catalog.minima):
        user = environment.distribution(package)
        rule = _rule(situation, user) if user is not None else None
        # an alpha, as vendors' own builds are, counts as older than its release there too
        if user is not None and rule is not None and older(public(torch.version), rule.least):
            return _found(situation, user, torch, rule)
    return None


def _rule(situation: Situation, user: Distribution) -> Minimum | None:
    """Return the rule of the installed release: the first of those that begin at or before it."""
    mine = [rule for rule in situation.catalog.minima if rule.package == user.name and rule.other == "torch"]
    return next((rule for rule in mine if not older(public(user.version), rule.from_)), None) if user.version else None


def _found(situation: Situation, user: Distribution, torch: Distribution, rule: Minimum) -> Finding:
    return fail(
        NAME,
        rule.mode,
        f"{user.name} does not use this torch, which is too old for it.",
        evidence=(
            f"{user.name} {user.version} needs torch {rule.least} or newer",
            f"torch {torch.version} is installed",
        ),
        remedy=_newer(situation, rule) if _published(situation, rule.least) else _older(situation, user, torch, rule),
    )


def _newer(situation: Situation, rule: Minimum) -> Remedy:
    return Remedy(
        text=f"Install a newer torch, at least {rule.least}.",
        commands=(dlsetup_install(situation, "pytorch"),),
        automatic=not untouchable(situation),
        links=(rule.source,) if rule.source.startswith("http") else (),
    )


def _published(situation: Situation, least: str) -> bool:
    """Tell whether this platform has a torch that is new enough: Intel Macs have none since 2.2."""
    system, architecture = situation.host.os.system, interpreter_architecture(situation)
    return any(
        (build.system, build.architecture) == (system, architecture) and not older(str(build.version), least)
        for build in situation.catalog.builds_of("pytorch")
    )


def _older(situation: Situation, user: Distribution, torch: Distribution, rule: Minimum) -> Remedy:
    above = [
        each
        for each in situation.catalog.minima
        if each.package == user.name and older(public(torch.version), each.least)
    ]
    limit = above[-1].from_ if above else rule.from_
    return change_packages(
        situation,
        f"No newer torch is published for this machine: install the last {user.name} that works with this one.",
        pip_install(situation, f"{user.name}<{limit}"),
        links=(rule.source,) if rule.source.startswith("http") else (),
    )
