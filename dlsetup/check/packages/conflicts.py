"""pkg.conflicts: does no other package own the same files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import dlsetup_install, pip_install, pip_uninstall
from dlsetup.check.packages.opencv import windowless
from dlsetup.check.remedies import change_packages
from dlsetup.check.versions import normal, requirement, version
from dlsetup.values.build import Exclusive
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Framework
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.conflicts"


def none_share_files(situation: Situation) -> Finding:
    """Look for two distributions that write the same folder."""
    environment = situation.environment
    if environment is None or not environment.distributions:
        return skip(NAME, "nothing is installed")
    for group in _groups(situation):
        there = [found for name in group.packages if (found := environment.distribution(name)) is not None]
        rivals = _without_parts(_rivals(there)) if environment.listed else _rivals(there)
        if len(rivals) > 1:
            return _found(situation, group, rivals)
    trouble = _conda(environment) or windowless(situation, environment)
    return trouble or ok(NAME, "no two packages share their files")


def _groups(situation: Situation) -> Iterator[Exclusive]:
    yield from situation.catalog.exclusive
    told = {name for group in situation.catalog.exclusive for name in group.packages}
    for framework in situation.catalog.frameworks:
        if framework.variants and framework.package not in told:
            packages = tuple(dict.fromkeys((framework.package, *framework.variants)))
            yield Exclusive(packages=packages, folder=framework.module, mode="")


def _rivals(there: list[Distribution]) -> list[Distribution]:
    """Leave out what another one of them requires in this very version: a stub and the package behind it."""
    return [each for each in there if not any(_pulls(other, each) for other in there if other is not each)]


_PARTS = frozenset({"tensorflow-intel", "tensorflow-macos"})
"""What the tensorflow of one version requires on some platforms, and brings the files in its place."""


def _without_parts(there: list[Distribution]) -> list[Distribution]:
    """Leave out what the other one of the same version may have brought: a list does not tell requirements."""
    return [
        each
        for each in there
        if not (
            each.name in _PARTS and any(other.name == "tensorflow" and other.version == each.version for other in there)
        )
    ]


def _pulls(stub: Distribution, package: Distribution) -> bool:
    for line in stub.requires:
        found = requirement(line) if package.name in line.lower().replace("_", "-") else None
        if found is not None and normal(found.name) == package.name and "extra" not in str(found.marker or ""):
            return version(package.version) is None or found.specifier.contains(package.version or "", prereleases=True)
    return False


def _found(situation: Situation, group: Exclusive, rivals: list[Distribution]) -> Finding:
    environment = situation.environment
    names = [each.name for each in rivals]
    mode = group.mode or None
    if environment is not None and "tensorflow-macos" in names and situation.host.os.system == "macos":
        mode = "tensorflow-macos-leftover"
    answer = warn if group.harmless or mode == "tensorflow-macos-leftover" else fail
    return answer(
        NAME,
        mode,
        f"{' and '.join(names)} share their files, so one overwrites the other.",
        evidence=tuple(f"{each.name} {each.version} writes {group.folder}/" for each in rivals),
        remedy=_one_of(situation, group, names),
    )


def _one_of(situation: Situation, group: Exclusive, names: list[str]) -> Remedy:
    framework = _framework(situation, group)
    kept = next(name for name in group.packages if name in names)
    again = (
        dlsetup_install(situation, framework.name)
        if framework
        else pip_install(situation, "--force-reinstall", "--no-deps", kept)
    )
    return change_packages(
        situation,
        "Remove all of them, then install the one that you need.",
        pip_uninstall(situation, *names),
        again,
        links=(group.source,) if group.source.startswith("http") else (),
    )


def _framework(situation: Situation, group: Exclusive) -> Framework | None:
    return next((each for each in situation.catalog.frameworks if each.package in group.packages), None)


_CONDA_NAMES = {"pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch"}
"""Where conda's name is another: https://github.com/conda-forge/pytorch-cpu-feedstock."""


def _conda(environment: Environment) -> Finding | None:
    by_conda = {_CONDA_NAMES.get(name, normal(name)): version for name, version in environment.conda_packages}
    for each in environment.distributions:
        other = by_conda.get(each.name)
        if each.name not in {"torch", "tensorflow", "numpy", "jax", "jaxlib", "keras"} or other is None:
            continue
        if each.installer in {"pip", "uv"} and other != (each.version or "").split("+")[0]:
            return fail(
                NAME,
                "conda-pip-mixing",
                f"{each.name} was installed by conda and by {each.installer}, in two versions.",
                evidence=(f"conda-meta has {each.name} {other}", f"{each.folder} was written by {each.installer}"),
                remedy=Remedy(
                    text="Make the environment anew, and let one of the two install the framework.",
                    commands=("conda create -n dl python=3.12",),
                    links=("https://docs.conda.io/projects/conda/en/latest/user-guide/tasks/manage-environments.html",),
                ),
            )
    return None
