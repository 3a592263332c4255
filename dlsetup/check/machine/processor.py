"""m.cpu: can the processor run the wheels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown
from dlsetup.check.commands import DEEP
from dlsetup.check.installed import frameworks_in_scope, interpreter_architecture
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Build, Framework
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "m.cpu"


def able(situation: Situation) -> Finding:
    """Hold the instructions that builds need against those that the processor offers."""
    cpu = situation.host.cpu
    needed = {each.title: wanted for each in frameworks_in_scope(situation) if (wanted := _needed(situation, each))}
    if not needed:
        return skip(NAME, "no build here needs particular instructions")
    if cpu.features is None:
        gap = situation.host.unknown("cpu.features")
        title, wanted = next(iter(needed.items()))
        return unknown(
            NAME,
            f"Whether the processor has what {title} needs could not be read.",
            evidence=(f"{title} needs {_names(wanted)}", gap.why if gap else "the processor's features are not known"),
            text="Find out by running it.",
            commands=(DEEP,),
        )
    for title, wanted in needed.items():
        missing = tuple(each for each in wanted if each not in cpu.features)
        if missing:
            return _unable(situation, title, missing)
    return ok(NAME, f"{cpu.brand or 'the processor'} has {_names(tuple(sorted(set().union(*needed.values()))))}")


def _needed(situation: Situation, framework: Framework) -> tuple[str, ...]:
    planned = situation.plan.builds if situation.plan else ()
    builds = [each for each in planned if each.framework == framework.name] or list(_here(situation, framework))
    # every build of a framework that exists for this platform must need it, else one of them may be the installed one
    common = set(builds[0].cpu_features) if builds else set()
    for build in builds:
        common &= set(build.cpu_features)
    return tuple(sorted(common))


def _here(situation: Situation, framework: Framework) -> Iterator[Build]:
    host, architecture = situation.host, interpreter_architecture(situation)
    if host.cpu.architecture != architecture:
        return
    for build in situation.catalog.builds_of(framework.name):
        if build.system == host.os.system and build.architecture == architecture:
            yield build


def _names(features: tuple[str, ...]) -> str:
    return ", ".join(each.upper() for each in features)


def _unable(situation: Situation, title: str, missing: tuple[str, ...]) -> Finding:
    cpu = situation.host.cpu
    emulated = f", imitated by {cpu.translated}" if cpu.translated else ""
    text = "Use another machine, or a build from conda-forge or from source for this processor."
    if cpu.translated or situation.host.os.container:
        text = "Use an image for the machine's own architecture, or let the virtual machine show the host's processor."
    return fail(
        NAME,
        "cpu-missing-avx",
        f"This processor lacks instructions that {title} cannot do without.",
        evidence=(
            f"{title}'s wheels need {_names(missing)}",
            f"{cpu.brand or 'the processor'}{emulated} has none of it",
        ),
        remedy=Remedy(
            text=text,
            commands=("dlsetup frameworks",),
            links=("https://www.tensorflow.org/install/pip",),
        ),
    )
