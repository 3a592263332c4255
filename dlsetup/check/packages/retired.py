"""What is known of retired frameworks that still work: companions they were not made for, and holes in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import warn
from dlsetup.check.commands import pip_install
from dlsetup.check.installed import distribution_of
from dlsetup.check.remedies import change_packages
from dlsetup.check.versions import older, public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Vulnerability
    from dlsetup.values.environment import Distribution
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.abi"

_END_OF_CHAINER = "chainer-end-of-life"


def trouble(situation: Situation) -> Finding | None:
    """Return what should be mended in a retired framework that works."""
    mendable = next((pair for pair in known_holes(situation) if pair[1].below), None)
    if mendable is not None:
        return _hole(situation, *mendable)
    return _newer_cupy(situation)


def known_holes(situation: Situation) -> Iterator[tuple[Distribution, Vulnerability]]:
    """Yield the published holes that the installed releases have."""
    for hole in situation.catalog.vulnerabilities:
        framework = situation.catalog.framework(hole.framework)
        found = distribution_of(situation, framework) if framework else None
        if found is not None and (not hole.below or older(public(found.version), hole.below)):
            yield found, hole


def told(pair: tuple[Distribution, Vulnerability]) -> str:
    """Say what a hole is, in one sentence."""
    found, hole = pair
    mended = f"{hole.below} has it mended" if hole.below else "no release will mend it"
    return f"{found.name} {found.version}: {hole.identifier}, {hole.text}; {mended}"


def _hole(situation: Situation, found: Distribution, hole: Vulnerability) -> Finding:
    return warn(
        NAME,
        hole.mode or None,
        f"{found.name} {found.version} has a hole that a later release mends: {hole.identifier}.",
        evidence=(told((found, hole)),),
        remedy=change_packages(
            situation,
            f"Install {found.name} {hole.below}, the release that has it mended.",
            pip_install(situation, f"{found.name}>={hole.below}"),
            links=(hole.source,) if hole.source.startswith("http") else (),
        ),
    )


def _newer_cupy(situation: Situation) -> Finding | None:
    """See a CuPy that Chainer was not made for: it warns of every one but 7."""
    environment = situation.environment
    chainer = environment.distribution("chainer") if environment else None
    if environment is None or chainer is None:
        return None
    cupy = next(
        (each for each in environment.distributions if each.name == "cupy" or each.name.startswith("cupy-")), None
    )
    if cupy is None or cupy.version is None or cupy.version.split(".")[0] == "7":
        return None
    return warn(
        NAME,
        _END_OF_CHAINER,
        f"Chainer {chainer.version} was made for CuPy 7, and {cupy.name} {cupy.version} is installed.",
        evidence=(f"{cupy.name} {cupy.version} is installed", "chainer/_version.py names the CuPy that it is made for"),
        remedy=change_packages(
            situation,
            "Install CuPy 7 for CUDA 10.2, which has wheels up to Python 3.8; or hide the warning by the variable "
            "CHAINER_WARN_VERSION_MISMATCH=0, if your program is right with this CuPy.",
            pip_install(situation, "cupy-cuda102==7.8.0"),
            automatic=False,
            links=("https://github.com/chainer/chainer/releases",),
        ),
    )
