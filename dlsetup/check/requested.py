"""What the requirement files of the working folder ask for, and cannot be had: names, labels and wheels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from dlsetup.check.answers import warn
from dlsetup.check.commands import dlsetup_install, pip_install, system_of
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import marker_environment
from dlsetup.check.versions import label, normal, requirement, version
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement

    from dlsetup.values.build import Fall, Placeholder
    from dlsetup.values.environment import IndexSettings, Interpreter, RequirementFile
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

CONFIG = "inst.config"
VERSION = "py.version"
EXTENSIONS = "pkg.extensions"

FORMAT = "https://pip.pypa.io/en/stable/reference/requirements-file-format/"


def unobtainable(situation: Situation, settings: IndexSettings) -> Finding | None:
    """Look for names behind which there is nothing, and for labels (+cu126) that none of the indexes has."""
    for file, found in _requirements(situation):
        placeholder = _placeholder(situation, found)
        if placeholder is not None:
            return _nothing_behind(situation, file, found, placeholder)
        fall = _fall(situation, found)
        if fall is not None:
            return _goes_back(situation, file, found, fall)
        tag = _label(situation, found)
        if tag is not None and not _names_index(settings, file):
            return _not_there(situation, file, found, tag)
    return _without_platform(situation)


def _without_platform(situation: Situation) -> Finding | None:
    """See a project that takes a package from an index without wheels for Macs, on a Mac."""
    session = situation.session
    if session is None or situation.host.os.system != "macos":
        return None
    for file in session.requirement_files:
        for name, address in file.everywhere:
            compute = situation.catalog.compute(address.rstrip("/").rsplit("/", 1)[-1])
            if compute is not None and compute.accelerator in {"cuda", "rocm", "xpu"}:
                return _on_a_mac(file, name, address)
    return None


def _on_a_mac(file: RequirementFile, name: str, address: str) -> Finding:
    return warn(
        CONFIG,
        "uv-no-wheel-for-platform",
        f"{file.path} takes {name} from an index that has no wheels for Macs.",
        evidence=(f"{file.path} has {name} from {address}", "this is a Mac"),
        remedy=Remedy(
            text=f"Give that source of {name} a marker, so that Macs take the default index: "
            "marker = \"sys_platform != 'darwin'\".",
            commands=(f"${{EDITOR:-nano}} {file.path}",),
            links=("https://docs.astral.sh/uv/guides/integration/pytorch/",),
        ),
    )


def built_in_isolation(situation: Situation) -> Finding | None:
    """Look for extensions that an installer would build where there is no torch, on a machine that can use them."""
    if situation.host.os.system != "linux" or not situation.host.gpus_of("nvidia"):
        return None
    for file, found in _requirements(situation):
        rule = next((each for each in situation.catalog.built if normal(found.name) in each.names), None)
        if rule is None or found.url is not None or file.indexes:
            continue
        return warn(
            EXTENSIONS,
            "build-isolation-hides-torch",
            f"{file.path} asks for {found.name}, which is built from source and does not see your torch while it is.",
            evidence=(
                f"{file.path} has {found}",
                "the default index has it in source only, and its setup imports torch",
            ),
            remedy=change_packages(
                situation,
                "Build it against this torch, once its tools are there; or name its wheel, where its makers have one.",
                pip_install(situation, "setuptools", "wheel", "packaging", "ninja"),
                pip_install(situation, "--no-build-isolation", str(found)),
                automatic=False,
                links=(rule.source,),
            ),
        )
    return None


def _requirements(situation: Situation) -> Iterator[tuple[RequirementFile, Requirement]]:
    """Yield what is asked for here and is not installed already."""
    session, markers = situation.session, marker_environment(situation)
    if session is None or markers is None:
        return
    for file in session.requirement_files:
        for line in file.requirements:
            found = requirement(line)
            if found is None or (found.marker is not None and not found.marker.evaluate(markers)):
                continue
            if not _installed(situation, found):
                yield file, found


def _installed(situation: Situation, found: Requirement) -> bool:
    environment = situation.environment
    own = environment.distribution(normal(found.name)) if environment else None
    if own is None or version(own.version) is None:
        return False
    return found.specifier.contains(own.version or "", prereleases=True)


def _placeholder(situation: Situation, found: Requirement) -> Placeholder | None:
    environment = situation.environment
    if environment is not None and environment.kind == "conda":
        # a file may be conda's, whose names are others: pytorch is the right one there
        return None
    for each in situation.catalog.placeholders:
        if normal(found.name) != each.name:
            continue
        # an older release is one to use
        if not each.from_ or found.specifier.contains(each.from_, prereleases=True):
            return each
    return None


def _nothing_behind(situation: Situation, file: RequirementFile, found: Requirement, what: Placeholder) -> Finding:
    edit = "notepad" if system_of(situation) == "windows" else "${EDITOR:-nano}"
    return warn(
        CONFIG,
        "legacy-placeholder-package",
        f"{file.path} asks for {what.name}, which is an empty name: {what.why}.",
        evidence=(f"{file.path} has {found}",),
        remedy=Remedy(text=f"Write {what.instead} in its place.", commands=(f"{edit} {file.path}",), links=(FORMAT,)),
    )


def _fall(situation: Situation, found: Requirement) -> Fall | None:
    """Return what a resolver goes back to for a requirement, None where it goes nowhere."""
    for each in situation.catalog.falls:
        asked = normal(found.name) == each.package and each.extra in {normal(extra) for extra in found.extras}
        if asked and system_of(situation) in each.systems and found.specifier.contains(each.to):
            return each
    return None


def _goes_back(situation: Situation, file: RequirementFile, found: Requirement, fall: Fall) -> Finding:
    return warn(
        CONFIG,
        "resolver-backtracked-to-ancient-version",
        f"On this system installers take {fall.package} {fall.to} for {found.name}[{fall.extra}], without a word.",
        evidence=(f"{file.path} has {found}", f"what [{fall.extra}] brings has no wheels for {system_of(situation)}"),
        remedy=Remedy(
            text=f"Leave the extra out here, by a marker: {found.name}[{fall.extra}]; sys_platform == 'linux'.",
            commands=(dlsetup_install(situation, fall.package),),
            links=(fall.source,),
        ),
    )


def _label(situation: Situation, found: Requirement) -> str | None:
    """Return the local label that a pin asks for, if it is that of a build."""
    for each in found.specifier:
        tag = label(each.version) if each.operator in {"==", "==="} else None
        if tag is not None and situation.catalog.compute(tag) is not None:
            return tag
    return None


def _names_index(settings: IndexSettings, file: RequirementFile) -> bool:
    """Tell whether any index is named besides the default one: what another one has is not known here."""
    return bool(settings.index_url or settings.extra_index_urls or settings.find_links or file.indexes)


def _not_there(situation: Situation, file: RequirementFile, found: Requirement, tag: str) -> Finding:
    name = normal(found.name)
    owner = next((each for each in situation.catalog.frameworks if name in (each.package, *each.family)), None)
    builds = situation.catalog.builds_of(owner.name) if owner else ()
    index = next((build.index for build in builds if build.compute == tag and build.index), None)
    command = dlsetup_install(situation, owner.name, "--compute", tag) if owner else ""
    return warn(
        CONFIG,
        "local-version-pin-not-on-index",
        f"{file.path} asks for a {tag} build, and no index is named that has it.",
        evidence=(f"{file.path} has {found}", "the default index has no builds with a label, such as +cu126 or +cpu"),
        remedy=Remedy(
            text=f"Name the index in that file (--extra-index-url {index}), or let dlsetup install the build."
            if index
            else "Name the index that has it in that file, or leave the label out.",
            commands=(command,) if command else (),
            links=(FORMAT,),
        ),
    )


_WHEEL = r"([\w.]+)-([\w.!+]+?)(?:-\d[\w.]*)?-([\w.]+)-([\w.]+)-([\w.]+)\.whl\b"

_PLATFORMS = {"linux": ("manylinux", "musllinux", "linux_"), "macos": ("macosx_",), "windows": ("win",)}


def unfitting_wheel(situation: Situation, interpreter: Interpreter) -> Finding | None:
    """Look for a wheel, named by path or address, that is made for another Python or system."""
    session, system = situation.session, situation.host.os.system
    if session is None or situation.environment is None or system not in _PLATFORMS or not interpreter.minor:
        return None
    for file in session.requirement_files:
        for line in file.requirements:
            match = re.search(_WHEEL, unquote(line)) if ".whl" in line and ";" not in line else None
            if match is None or situation.environment.version(normal(match[1])) == match[2]:
                continue
            if not _fits(match[3].split("."), match[4].split("."), interpreter) or not _runs(match[5], system):
                return _unfitting(situation, file, match, interpreter)
    return None


def _fits(pythons: list[str], abis: list[str], interpreter: Interpreter) -> bool:
    """Tell whether any tag of a wheel is one of an interpreter's, as far as its number goes."""
    major, _, minor = (interpreter.minor or "").partition(".")
    own = f"cp{major}{minor}"
    for python in pythons:
        if python in {own, f"py{major}", f"py{major}{minor}"}:
            return own != python or any(
                _is_own(abi, own, free_threaded=bool(interpreter.free_threaded)) for abi in abis
            )
        older = re.fullmatch(rf"cp{major}(\d+)", python)
        if older and "abi3" in abis and int(older[1]) <= int(minor or 0):
            return True
    return False


def _is_own(abi: str, own: str, *, free_threaded: bool) -> bool:
    """Tell whether an ABI is the interpreter's; up to Python 3.7 its tag ends with "m"."""
    return abi in {"abi3", "none"} or abi.rstrip("mu") == own + ("t" if free_threaded else "")


def _runs(platforms: str, system: str) -> bool:
    return any(each == "any" or each.startswith(_PLATFORMS[system]) for each in platforms.split("."))


def _unfitting(situation: Situation, file: RequirementFile, match: re.Match[str], interpreter: Interpreter) -> Finding:
    name = normal(match[1])
    owner = next((each for each in situation.catalog.frameworks if name in (each.package, *each.family)), None)
    return warn(
        VERSION,
        "wheel-file-not-supported",
        f"{file.path} names a wheel that is not for this Python.",
        evidence=(
            f"{file.path} has {match[0].rsplit('/', 1)[-1]}",
            f"the interpreter is Python {interpreter.version} on {situation.host.os.system}",
        ),
        remedy=Remedy(
            text="Name the wheel of this Python, or the package and its version alone.",
            commands=(dlsetup_install(situation, owner.name),) if owner else (),
            links=("https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",),
        ),
    )
