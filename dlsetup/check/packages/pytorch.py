"""pkg.torch: are torch and its companions of one release and one build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import dlsetup_install, pip_install, pip_uninstall, untouchable
from dlsetup.check.fit.driver import driver_floor
from dlsetup.check.installed import (
    Installed,
    cuda_of,
    framework_packages,
    installed,
    interpreter_architecture,
    major,
    torch_in,
)
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import Need, needs
from dlsetup.check.versions import label, normal, older, public, requirement, version
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.torch"
COMPANIONS = ("torchvision", "torchaudio")
PAIRS = "https://pytorch.org/get-started/previous-versions/"


def one_release(situation: Situation) -> Finding:
    """Compare torchvision, torchaudio and triton with torch."""
    environment, torch = situation.environment, torch_in(situation)
    if environment is None or torch is None:
        return skip(NAME, "torch is not installed")
    for name in COMPANIONS:
        companion = environment.distribution(name)
        if companion is not None:
            found = _release(situation, environment, companion, torch) or _build(situation, companion, torch)
            if found is not None:
                return found
    found = _triton(situation, torch) or _two_tritons(situation, environment)
    if found is None and _untold(situation, environment):
        return skip(NAME, "which releases belong together is not in the recording")
    return found or _ended_channel(environment, torch) or _well(environment, torch)


def _well(environment: Environment, torch: Distribution) -> Finding:
    own = version(torch.version)
    # vendors number what they built between two releases so: 2.6.0a0+ecf3bae40a.nv25.1
    vendors = own is not None and own.local is not None and ("nv" in own.local or "git" in own.local)
    if own is None or not own.is_prerelease or vendors:
        return ok(NAME, _together(environment, torch))
    return ok(
        NAME,
        f"{_together(environment, torch)}; this torch is a pre-release",
        evidence=(f"torch {torch.version} is installed",),
        mode="prerelease-picked",
    )


_LAST_BY_CONDA = "2.5"
"""The last release on PyTorch's own conda channel: https://github.com/pytorch/pytorch/issues/138506."""


def _ended_channel(environment: Environment, torch: Distribution) -> Finding | None:
    """See the torch of a conda channel that gets no newer ones: only that channel has pytorch-mutex."""
    if not any(name == "pytorch-mutex" for name, _ in environment.conda_packages):
        return None
    if torch.installer in {"pip", "uv"} or "pytorch" not in dict(environment.conda_packages):
        return None
    evidence = (
        "conda-meta has pytorch-mutex, which is on the channel pytorch alone",
        f"torch {torch.version} is there",
    )
    mode = "conda-pytorch-channel-ended"
    if older(torch.version, _LAST_BY_CONDA):
        return ok(NAME, _together(environment, torch), evidence=evidence, mode=mode)
    return warn(
        NAME,
        mode,
        "This torch is the last of conda's channel pytorch, where no newer one will come.",
        evidence=evidence,
        remedy=Remedy(
            text="Where you need a newer one, take it from conda-forge, or let dlsetup install it elsewhere.",
            commands=("conda create -n dl -c conda-forge --override-channels python=3.12 pytorch",),
            links=("https://github.com/pytorch/pytorch/issues/138506",),
        ),
    )


def _untold(situation: Situation, environment: Environment) -> bool:
    """Tell whether a companion is there of which neither its metadata nor the catalog tell what it goes with."""
    if not environment.listed or environment.consistent:
        return False
    there = [each for name in COMPANIONS if (each := environment.distribution(name)) is not None]
    known = {(normal(rule.package), rule.version) for rule in situation.catalog.companions}
    return any((each.name, public(each.version)) not in known for each in there)


def _together(environment: Environment, torch: Distribution) -> str:
    names = [torch, *(each for name in COMPANIONS if (each := environment.distribution(name)) is not None)]
    return ", ".join(f"{each.name} {each.version}" for each in names)


def family_again(situation: Situation, text: str) -> Remedy:
    """Return the remedy that installs the whole family anew, from one index."""
    this = next((each for each in installed(situation) if each.framework == "pytorch"), None)
    # a line that the driver does not serve is not installed once more
    kept = this.compute if this is not None and _driver_serves(situation, this) else None
    options = ("--compute", kept) if kept else ()
    return Remedy(
        text=text,
        commands=(dlsetup_install(situation, "pytorch", *options),),
        automatic=not untouchable(situation),
        links=(PAIRS,),
    )


def _driver_serves(situation: Situation, this: Installed) -> bool:
    """Tell whether nothing is known to stand between an installed build and the driver."""
    driver = situation.host.driver("nvidia") if this.accelerator == "cuda" else None
    here = version(driver.version) if driver is not None else None
    floor = driver_floor(situation, this) if here is not None else None
    return here is None or floor is None or here >= floor


def _release(
    situation: Situation, environment: Environment, companion: Distribution, torch: Distribution
) -> Finding | None:
    wanted = _wanted(situation, companion, torch)
    if wanted is None:
        return None
    evidence = (
        f"{companion.name} {companion.version} goes with {wanted}",
        f"torch {environment.version('torch')} is installed",
    )
    culprit = _culprit(situation, companion, torch)
    if culprit is not None:
        return _replaced(situation, companion, culprit, evidence)
    return fail(
        NAME,
        f"torch-{companion.name}-mismatch",
        f"{companion.name} and torch do not belong together.",
        evidence=evidence,
        remedy=family_again(situation, f"Install torch and {companion.name} anew, as one release from one index."),
    )


def _culprit(situation: Situation, companion: Distribution, torch: Distribution) -> Need | None:
    """Return the requirement of another package that put this torch in the place of the companion's build.

    It did where the companion is of a GPU build by its label, torch has no label, as on the default index, and the
    package requires this very release.
    """
    environment, own = situation.environment, label(companion.version)
    side = situation.catalog.compute(own) if own else None
    if environment is None or side is None or side.accelerator == "cpu" or label(torch.version) is not None:
        return None
    family = framework_packages(situation)
    for each in environment.distributions:
        if each.name in family or not any(line.startswith("torch=") for line in each.requires):
            continue
        for need in needs(situation, each):
            exact = any(one.operator in {"==", "==="} for one in need.requirement.specifier)
            if need.name == "torch" and need.met and exact:
                return need
    return None


def _replaced(situation: Situation, companion: Distribution, culprit: Need, evidence: tuple[str, ...]) -> Finding:
    own = label(companion.version) or ""
    return fail(
        NAME,
        "torch-replaced-by-dependency",
        f"{culprit.by.name} has put another torch in the place of your {own} build.",
        evidence=(*evidence, str(culprit)),
        remedy=Remedy(
            text=f"Install the family again as {own}, and {culprit.by.name} into an environment of its own, or a "
            "release of it that goes with that torch.",
            commands=(
                pip_uninstall(situation, culprit.by.name),
                dlsetup_install(situation, "pytorch", "--compute", own),
            )
            if not untouchable(situation)
            else (dlsetup_install(situation, "pytorch", "--compute", own),),
            links=(PAIRS,),
        ),
    )


def _wanted(situation: Situation, companion: Distribution, torch: Distribution) -> str | None:
    """Return what a companion goes with, if that is not the torch that is installed."""
    for need in needs(situation, companion):
        if need.name == "torch" and not need.met:
            return f"torch{need.requirement.specifier}"
    for rule in situation.catalog.companions:
        if normal(rule.package) == companion.name and rule.version == public(companion.version):
            found = requirement(rule.requires)
            # a rule names releases, and a local label or a nightly's date says nothing against it
            if found is None or normal(found.name) != "torch" or "dev" in (torch.version or ""):
                continue
            if not found.specifier.contains(public(torch.version) or "", prereleases=True):
                return rule.requires
    return _by_number(companion, torch)


_TOGETHER = ((2, 0), (2, 10))
"""Of these releases torchaudio bears torch's own number: https://docs.pytorch.org/audio/stable/installation.html."""


def _by_number(companion: Distribution, torch: Distribution) -> str | None:
    """Return what a torchaudio goes with that no rule names, such as another vendor's build of it."""
    own, other = version(companion.version), version(torch.version)
    # nightlies of the two were numbered apart
    if companion.name != "torchaudio" or own is None or other is None or own.is_devrelease or other.is_devrelease:
        return None
    numbers = (own.major, own.minor)
    if not _TOGETHER[0] <= numbers <= _TOGETHER[1] or numbers == (other.major, other.minor):
        return None
    return f"torch=={own.major}.{own.minor}.*"


def _build(situation: Situation, companion: Distribution, torch: Distribution) -> Finding | None:
    this = next((each for each in installed(situation) if each.framework == "pytorch"), None)
    other = this.compute if this is not None else None
    sides = _sides(situation, companion)
    if other is None or not sides or any(_agree(situation, own, other) for own in sides):
        return None
    own = " or ".join(sides)
    evidence = (
        f"{companion.name} {companion.version} is the {own} build",
        f"torch {torch.version} is the {other} build",
    )
    culprit = _culprit(situation, companion, torch)
    if culprit is not None:
        return _replaced(situation, companion, culprit, evidence)
    return fail(
        NAME,
        "torch-family-cuda-tag-mismatch",
        f"{companion.name} and torch are of two different builds.",
        evidence=evidence,
        remedy=family_again(situation, "Install both anew, from one index."),
    )


def _sides(situation: Situation, companion: Distribution) -> tuple[str, ...]:
    """Return the builds that a companion may be: by its label, else those of the default index (torchvision)."""
    own = label(companion.version)
    if own is not None:
        return (own,) if situation.catalog.compute(own) is not None else ()
    if companion.name != "torchvision" or companion.installer not in {"pip", "uv"}:
        return ()
    # the default index's torchvision goes with the default index's torch of its pair
    pair = next(
        (
            rule.requires
            for rule in situation.catalog.companions
            if normal(rule.package) == companion.name and rule.version == public(companion.version)
        ),
        None,
    )
    paired = requirement(pair) if pair else None
    if paired is None:
        return ()
    system, architecture = situation.host.os.system, interpreter_architecture(situation)
    computes = {
        build.compute
        for build in situation.catalog.builds_of("pytorch")
        if build.index is None
        and (build.system, build.architecture) == (system, architecture)
        and paired.specifier.contains(str(build.version), prereleases=True)
    }
    return tuple(sorted(computes))


def _agree(situation: Situation, left: str, right: str) -> bool:
    """Tell whether two builds work together: torchvision compares the majors of CUDA, and no more."""
    if left == right:
        return True
    one, two = situation.catalog.compute(left), situation.catalog.compute(right)
    if one is None or two is None:
        return True
    if one.accelerator != two.accelerator:
        # the default wheels of Macs and of the processor alone are the same code
        return {one.accelerator, two.accelerator} == {"cpu", "mps"}
    return one.accelerator != "cuda" or major(cuda_of(left)) == major(cuda_of(right))


def _triton(situation: Situation, torch: Distribution) -> Finding | None:
    for need in needs(situation, torch):
        if "triton" not in need.name or need.met:
            continue
        if need.there:
            return fail(
                NAME,
                "triton-missing-or-mismatched",
                "triton is not the one that this torch was built with.",
                evidence=(str(need),),
                remedy=_triton_again(situation, need),
            )
        return warn(
            NAME,
            "triton-missing-or-mismatched",
            "triton is missing, so torch.compile does not work.",
            evidence=(str(need),),
            remedy=_triton_again(situation, need),
        )
    return None


_TRITONS = (
    *("triton", "pytorch-triton", "triton-rocm", "pytorch-triton-rocm", "triton-xpu", "pytorch-triton-xpu"),
    "triton-windows",
)
"""Distributions that write the folder triton/."""


def _two_tritons(situation: Situation, environment: Environment) -> Finding | None:
    there = [each for name in _TRITONS if (each := environment.distribution(name)) is not None]
    if len(there) < 2:  # noqa: PLR2004
        return None
    return warn(
        NAME,
        "triton-missing-or-mismatched",
        f"{there[0].name} and {there[1].name} share their files, so torch.compile may find the wrong one.",
        evidence=tuple(f"{each.name} {each.version} writes triton/" for each in there),
        remedy=change_packages(
            situation,
            "Remove all of them, and install torch anew: it brings the right one.",
            pip_uninstall(situation, *(each.name for each in there)),
            *family_again(situation, "").commands,
            links=(PAIRS,),
        ),
    )


def _triton_again(situation: Situation, need: Need) -> Remedy:
    # only `triton` itself is on the default index; its siblings (triton-rocm, triton-xpu) come with the family
    if need.name != "triton" or untouchable(situation):
        return family_again(situation, "Install torch anew; it brings the right one.")
    command = pip_install(situation, f"{need.name}{need.requirement.specifier}")
    return Remedy(text="Install the one that torch requires.", commands=(command,), automatic=True, links=(PAIRS,))
