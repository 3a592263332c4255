"""pkg.files: are the files of packages whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import pip_install, pip_uninstall, quoted, system_of, untouchable
from dlsetup.check.installed import framework_packages, torch_in
from dlsetup.check.versions import public
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.files"
RECORDS = "https://packaging.python.org/en/latest/specifications/recording-installed-packages/"


def whole(situation: Situation) -> Finding:
    """Look for doubled, cut-off and half-removed packages."""
    environment = situation.environment
    if environment is None or not (environment.distributions or environment.leftovers):
        return skip(NAME, "nothing is installed")
    found = (
        _doubled(situation, environment)
        or _truncated(situation, environment)
        or _mixed(situation, environment)
        or _leftover(situation, environment)
        or _half(situation, environment)
    )
    return found or ok(NAME, f"{len(environment.distributions)} packages, none broken")


def _again(situation: Situation, distribution: Distribution, text: str) -> Remedy:
    pinned = f"{distribution.name}=={distribution.version}" if distribution.version else distribution.name
    # a build of another index (+cu126) is put back by dlsetup, which knows the index
    command = (
        f"dlsetup install {_framework(situation, distribution)}"
        if distribution.version and "+" in distribution.version and _framework(situation, distribution)
        else pip_install(situation, "--force-reinstall", "--no-deps", pinned)
    )
    return Remedy(
        text=text,
        commands=(pip_uninstall(situation, distribution.name), command),
        automatic=not untouchable(situation),
        links=(RECORDS,),
    )


def _framework(situation: Situation, distribution: Distribution) -> str | None:
    return next(
        (each.name for each in situation.catalog.frameworks if distribution.name in (each.package, *each.family)), None
    )


def _doubled(situation: Situation, environment: Environment) -> Finding | None:
    packages = framework_packages(situation) | {"numpy"}
    folders: dict[str, list[Distribution]] = {}
    for each in environment.distributions:
        if each.name in packages and not each.inherited:
            folders.setdefault(each.name, []).append(each)
    for name, copies in folders.items():
        if len(copies) > 1:
            return fail(
                NAME,
                "duplicate-dist-info",
                f"{name} is installed twice over, so its files are of two versions.",
                evidence=tuple(f"{one.folder} says version {one.version}" for one in copies),
                remedy=Remedy(
                    text="Remove it as often as it is there, then install it again.",
                    commands=(
                        *(pip_uninstall(situation, name) for _ in copies),
                        pip_install(situation, name)
                        if _framework(situation, copies[0]) is None
                        else f"dlsetup install {_framework(situation, copies[0])}",
                    ),
                    automatic=not untouchable(situation),
                    links=(RECORDS,),
                ),
            )
    return None


def _truncated(situation: Situation, environment: Environment) -> Finding | None:
    for each in environment.distributions:
        if each.missing_files:
            files = each.missing_files
            return fail(
                NAME,
                "truncated-or-missing-shared-object",
                f"Files of {each.name} are missing or cut off.",
                evidence=(
                    f"{each.folder}/RECORD lists {len(files)} large files that are absent or of another size",
                    ", ".join(files[:3]) + (", ..." if len(files) > 3 else ""),  # noqa: PLR2004
                ),
                remedy=_again(situation, each, "Install it again, with enough space on the disk."),
            )
    return None


def _mixed(situation: Situation, environment: Environment) -> Finding | None:
    torch, build = torch_in(situation), environment.torch
    if torch is None or build is None or build.version is None or torch.editable:
        return None
    recorded, own = public(torch.version), public(build.version)
    # nightlies and builds from source add a commit to the version of the file
    if recorded is None or own is None or recorded == own or "git" in build.version:
        return None
    return fail(
        NAME,
        "mixed-torch-files",
        "The files of torch are not of the version that is recorded.",
        evidence=(f"{torch.folder} says {torch.version}", f"torch/version.py says {build.version}"),
        remedy=_again(situation, torch, "Remove torch and install it again."),
    )


def _leftover(situation: Situation, environment: Environment) -> Finding | None:
    if not environment.leftovers:
        return None
    site = environment.interpreter.purelib or environment.path
    separator = "\\" if system_of(situation) == "windows" else "/"
    paths = [quoted(f"{site}{separator}{name}", system_of(situation)) for name in environment.leftovers]
    remove = "Remove-Item -Recurse -Force" if system_of(situation) == "windows" else "rm -r"
    return warn(
        NAME,
        "leftover-partial-install",
        "An interrupted installation left folders behind.",
        evidence=(f"{site} holds {', '.join(environment.leftovers)}", "pip renames packages so before it removes them"),
        remedy=Remedy(
            text="Remove them.",
            commands=tuple(f"{remove} {path}" for path in paths),
            automatic=not untouchable(situation),
        ),
    )


def _half(situation: Situation, environment: Environment) -> Finding | None:
    """Judge only what pip or uv installed: conda and distributions keep other records."""
    packages = framework_packages(situation)
    for each in environment.distributions:
        if each.name in packages and not each.whole and each.installer in {"pip", "uv"}:
            return warn(
                NAME,
                "leftover-partial-install",
                f"The record of {each.name} is incomplete, as after an interrupted installation.",
                evidence=(f"{each.folder} lacks METADATA, WHEEL or RECORD", f"{each.installer} installed it"),
                remedy=_again(situation, each, "Install it again."),
            )
    return None
