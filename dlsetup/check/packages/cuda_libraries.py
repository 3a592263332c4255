"""pkg.cuda-libs: are the CUDA libraries in the environment those that the frameworks need, and no others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import pip_install, pip_uninstall
from dlsetup.check.installed import distribution_of, installed
from dlsetup.check.packages.borrowed import borrowed_majors, lacking, sublibrary_from_outside
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import Need, closure, needs, required_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding, Remedy
    from dlsetup.values.situation import Situation

NAME = "pkg.cuda-libs"
LIBRARIES = "https://docs.nvidia.com/cuda/cuda-installation-guide-linux/#pip-wheels"

SHARED = ("nvidia-cudnn", "nvidia-nccl", "nvidia-cusparselt", "nvidia-nvshmem")
"""Wheels of which each CUDA major's writes the same folder (nvidia/cudnn, ...), whatever its suffix.

Source: RECORD of the cu12 and cu13 wheels on the default index, compared 2026-11.
"""

_MODES = {"nvidia-cudnn": "cudnn-version-mismatch", "nvidia-nccl": "nccl-lib-symbol-mismatch"}


def right(situation: Situation) -> Finding:
    """Hold the nvidia-* wheels against what the installed frameworks require."""
    environment = situation.environment
    wheels = [each for each in environment.distributions if each.name.startswith("nvidia-")] if environment else []
    needed = [need for need in _needed(situation) if need.name.startswith(("nvidia-", "cuda-"))]
    if environment is None or not (wheels or needed):
        return lacking(situation) or skip(NAME, "no CUDA libraries are installed, and none are required")
    missing = [need for need in needed if not need.there]
    if missing:
        return _missing(situation, missing)
    wrong = [need for need in needed if not need.met]
    if wrong:
        return _wrong(situation, wrong)
    if environment.listed and not environment.consistent:
        return skip(NAME, "what the frameworks require of CUDA libraries is not in the recording")
    found = sublibrary_from_outside(situation) or lacking(situation) or _mixed(situation, environment, wheels)
    libraries = "library" if len(wheels) == 1 else "libraries"
    return found or ok(NAME, f"{len(wheels)} CUDA {libraries}, all as required")


def _needed(situation: Situation) -> Iterator[Need]:
    """Yield what frameworks require; an extra counts where a part of what it brings is installed."""
    for framework in situation.catalog.frameworks:
        distribution = distribution_of(situation, framework)
        if distribution is None:
            continue
        yield from closure(situation, (distribution,))
        if framework.name == "tensorflow" and _has_cuda(situation, "tensorflow"):
            yield from needs(situation, distribution, ("and-cuda",))
    environment = situation.environment
    for each in environment.distributions if environment else ():
        if re.fullmatch(r"jax-cuda\d+-plugin", each.name):
            with_cuda = [need for need in needs(situation, each, ("with-cuda",)) if need.name.startswith("nvidia-")]
            if any(need.there for need in with_cuda):
                yield from with_cuda


def _has_cuda(situation: Situation, framework: str) -> bool:
    return any(each.framework == framework and each.accelerator == "cuda" for each in installed(situation))


def _again(situation: Situation, text: str, needs: list[Need]) -> Remedy:
    wanted = dict.fromkeys(f"{need.name}{need.requirement.specifier}" for need in needs)
    return change_packages(situation, text, pip_install(situation, *wanted), links=(LIBRARIES,))


def _missing(situation: Situation, missing: list[Need]) -> Finding:
    if all(need.name.startswith("nvidia-cuda-nvcc") for need in missing):
        return _without_compiler(situation, missing)
    return fail(
        NAME,
        "nvidia-lib-missing-from-env",
        f"CUDA libraries that {missing[0].by.name} needs are not installed.",
        evidence=tuple(str(need) for need in missing[:4]),
        remedy=_again(situation, "Install what is missing.", missing),
    )


def _without_compiler(situation: Situation, missing: list[Need]) -> Finding:
    return fail(
        NAME,
        "xla-libdevice-not-found",
        f"{missing[0].by.name} lacks the part of CUDA's compiler that XLA translates with.",
        evidence=tuple(str(need) for need in missing[:4]),
        remedy=_again(situation, "Install what is missing: it has libdevice and ptxas.", missing),
    )


def _stem(name: str) -> str:
    return re.sub(r"-cu\d+$", "", name)


def _wrong(situation: Situation, wrong: list[Need]) -> Finding:
    first = wrong[0]
    return fail(
        NAME,
        _MODES.get(_stem(first.name), "dependency-violation-after-install"),
        f"{first.name} is not the version that {first.by.name} was built with.",
        evidence=tuple(str(need) for need in wrong[:4]),
        remedy=_again(situation, "Install the version that is required.", wrong),
    )


def cuda_major(name: str) -> str:
    """Return the CUDA major that a wheel's name tells: since CUDA 13 most have no suffix."""
    match = re.search(r"-cu(\d+)$", name)
    return match.group(1) if match else "13"


def _mixed(situation: Situation, environment: Environment, wheels: list[Distribution]) -> Finding | None:
    for stem in SHARED:
        both = [each for each in wheels if _stem(each.name) == stem]
        if len(both) > 1:
            return _same_folder(situation, environment, stem, both)
    suffixed = [each for each in wheels if re.search(r"-cu\d+$", each.name)]
    if len({cuda_major(each.name) for each in suffixed}) < 2:  # noqa: PLR2004
        return None
    if environment.listed:
        # what nothing requires cannot be told from a list
        return None
    wanted, borrowed = required_names(environment), borrowed_majors(situation)
    orphans = [each for each in suffixed if each.name not in wanted and cuda_major(each.name) not in borrowed]
    return _orphans(situation, orphans) if orphans else None


def _same_folder(situation: Situation, environment: Environment, stem: str, both: list[Distribution]) -> Finding:
    wanted = required_names(environment)
    orphans = [each for each in both if each.name not in wanted and not environment.listed]
    kept = next((each for each in both if each not in orphans), both[-1])
    folder = stem.replace("-", "/", 1)
    commands: tuple[str, ...] = ("dlsetup frameworks",)
    text = "Give each framework an environment of its own."
    if orphans:
        text = "Remove the one that nothing needs, and put back the files that it takes along."
        commands = (
            pip_uninstall(situation, *(each.name for each in orphans)),
            pip_install(situation, "--force-reinstall", "--no-deps", f"{kept.name}=={kept.version}"),
        )
    return warn(
        NAME,
        "cuda-major-mix-in-env",
        "CUDA libraries of two generations overwrite each other in this environment.",
        evidence=(
            " and ".join(f"{each.name} {each.version}" for each in both) + f" both write {folder}",
            f"nothing requires {orphans[0].name}" if orphans else "only one of them can be there whole",
        ),
        remedy=change_packages(situation, text, *commands, automatic=bool(orphans), links=(LIBRARIES,)),
    )


def _orphans(situation: Situation, orphans: list[Distribution]) -> Finding:
    names = [each.name for each in orphans]
    return warn(
        NAME,
        "cuda-major-mix-in-env",
        "CUDA libraries of another generation are left over in this environment.",
        evidence=(f"installed: {', '.join(names)}", "no installed package requires them"),
        remedy=change_packages(
            situation, "Remove what nothing needs.", pip_uninstall(situation, *names), links=(LIBRARIES,)
        ),
    )
