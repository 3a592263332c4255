"""pkg.files: are the files of packages whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import dlsetup_install, pip_install, pip_uninstall, remove, system_of
from dlsetup.check.installed import framework_packages, torch_in
from dlsetup.check.remedies import change_packages
from dlsetup.check.versions import label, public

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding, Remedy
    from dlsetup.values.situation import Situation

NAME = "pkg.files"
RECORDS = "https://packaging.python.org/en/latest/specifications/recording-installed-packages/"


def whole(situation: Situation) -> Finding:
    """Look for doubled, cut-off and half-removed packages."""
    environment = situation.environment
    if environment is None or not (environment.distributions or environment.leftovers):
        return skip(NAME, "nothing is installed")
    if environment.listed:
        return skip(NAME, "the files of the packages are not in the recording")
    found = (
        _doubled(situation, environment)
        or _truncated(situation, environment)
        or _mixed(situation, environment)
        or _leftover(situation, environment)
        or _half(situation, environment)
        or _unrecorded(situation, environment)
    )
    return found or ok(NAME, f"{len(environment.distributions)} packages, none broken")


def _again(situation: Situation, distribution: Distribution, text: str) -> Remedy:
    commands = (_away(situation, distribution), _install(situation, distribution))
    return change_packages(situation, text, *commands, links=(RECORDS,))


def _away(situation: Situation, distribution: Distribution) -> str:
    """Return what takes a distribution away; one without a whole record no installer can, so the record goes alone."""
    if distribution.whole:
        return pip_uninstall(situation, distribution.name)
    return remove(situation, _in_site(situation, distribution.folder))


def _in_site(situation: Situation, name: str) -> str:
    environment = situation.environment
    site = (environment.interpreter.purelib or environment.path) if environment else ""
    separator = "\\" if system_of(situation) == "windows" else "/"
    return f"{site}{separator}{name}"


def _install(situation: Situation, distribution: Distribution) -> str:
    """Return what installs a distribution; dlsetup knows the index of a build with a label (+cu126), and what fits."""
    framework, tag = _framework(situation, distribution), label(distribution.version)
    environment = situation.environment
    if distribution.version is None and distribution.name == "torch" and environment and environment.torch:
        tag = label(environment.torch.version)
    if framework is not None and (tag is not None or distribution.version is None):
        options = ("--compute", tag) if tag is not None and situation.catalog.compute(tag) is not None else ()
        return dlsetup_install(situation, framework, *options)
    pinned = f"{distribution.name}=={distribution.version}" if distribution.version else distribution.name
    return pip_install(situation, "--force-reinstall", "--no-deps", pinned)


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
                remedy=change_packages(
                    situation,
                    "Remove it as often as it is there, then install it again.",
                    *_all_away(situation, copies),
                    _install(situation, copies[-1]),
                    links=(RECORDS,),
                ),
            )
    return None


def _all_away(situation: Situation, copies: list[Distribution]) -> tuple[str, ...]:
    """Return what removes a distribution that is there several times over, whatever its records are worth.

    pip stops at a record that is not whole, and leaves one alone whose files another has taken away.
    """
    torn = [remove(situation, _in_site(situation, each.folder)) for each in copies if not each.whole]
    whole = [each for each in copies if each.whole]
    away = [pip_uninstall(situation, each.name) for each in whole]
    rest = [remove(situation, _in_site(situation, each.folder)) for each in whole]
    return (*torn, *away, *rest)


def _truncated(situation: Situation, environment: Environment) -> Finding | None:
    for each in environment.distributions:
        if each.missing_files and not _overwritten(situation, environment, each):
            files = each.missing_files
            what = "file that is" if len(files) == 1 else "files that are"
            return fail(
                NAME,
                "truncated-or-missing-shared-object",
                f"Files of {each.name} are missing or cut off.",
                evidence=(
                    f"{each.folder}/RECORD lists {len(files)} {what} absent or of another size",
                    ", ".join(files[:3]) + (", ..." if len(files) > 3 else ""),  # noqa: PLR2004
                ),
                remedy=_again(situation, each, "Install it again, with enough space on the disk."),
            )
    return None


def _overwritten(situation: Situation, environment: Environment, distribution: Distribution) -> bool:
    """Tell whether another distribution writes the same files, which pkg.conflicts says."""
    groups = [each.packages for each in situation.catalog.exclusive if distribution.name in each.packages]
    return any(environment.distribution(name) for group in groups for name in group if name != distribution.name)


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
    paths = [_in_site(situation, name) for name in environment.leftovers]
    return warn(
        NAME,
        "leftover-partial-install",
        "An interrupted installation left folders behind.",
        evidence=(f"{site} holds {', '.join(environment.leftovers)}", "pip renames packages so before it removes them"),
        remedy=change_packages(situation, "Remove them.", *(remove(situation, path) for path in paths)),
    )


def _unrecorded(situation: Situation, environment: Environment) -> Finding | None:
    """Find a torch whose files are there and whose record is gone: `import torch` works, and every installer denies it.

    Only in virtual environments: elsewhere it may have come by other ways than an installer of Python's.
    """
    build = environment.torch
    if build is None or environment.kind != "venv" or environment.distribution("torch") is not None:
        return None
    tag = label(build.version)
    options = ("--compute", tag) if tag is not None and situation.catalog.compute(tag) is not None else ()
    return warn(
        NAME,
        "leftover-partial-install",
        "The files of torch are here, and no record of them.",
        evidence=(f"torch/version.py says {build.version}", "no torch-*.dist-info stands beside it"),
        remedy=change_packages(
            situation, "Install it again.", dlsetup_install(situation, "pytorch", *options), links=(RECORDS,)
        ),
    )


def _half(situation: Situation, environment: Environment) -> Finding | None:
    """Judge only what pip or uv installed: conda and distributions keep other records."""
    packages = framework_packages(situation)
    for each in environment.distributions:
        ours = each.installer in {"pip", "uv"} and not each.inherited
        if each.name in packages and not each.whole and ours:
            return warn(
                NAME,
                "leftover-partial-install",
                f"The record of {each.name} is incomplete, as after an interrupted installation.",
                evidence=(f"{each.folder} lacks METADATA, WHEEL or RECORD", f"{each.installer} installed it"),
                remedy=_again(situation, each, "Install it again."),
            )
    return None
