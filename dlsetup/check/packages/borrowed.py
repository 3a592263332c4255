"""Packages that load CUDA libraries which they do not bring: do they find them, in the environment or outside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail
from dlsetup.check.commands import dlsetup_install, pip_install
from dlsetup.check.installed import installed, major
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import needs
from dlsetup.check.versions import older, public, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Borrower
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.cuda-libs"

_OUTSIDE = r"(?i)(?:lib)?(cudart|cublas|nvrtc|cudnn)(?:\.so\.|64_)(\d+)"
"""libcudnn.so.9 and cudnn64_9.dll: library and number, behind which Windows may have the minor (nvrtc64_120_0)."""

_WHEEL = r"nvidia-(cublas|cuda-nvrtc|cuda-runtime|cudnn)(?:-cu(\d+))?"
_CONDA = {"cudatoolkit": "cuda", "cuda-cudart": "cuda", "cuda-nvrtc": "cuda", "libcublas": "cuda", "cudnn": "cudnn"}

_CUDNN_9 = "2.4"
"""The first torch with cuDNN 9: https://github.com/pytorch/pytorch/releases/tag/v2.4.0."""


@dataclass(frozen=True, kw_only=True)
class _There:
    """A library that would be found."""

    library: str
    """cuda or cudnn."""
    major: str
    seen: str


def lacking(situation: Situation) -> Finding | None:
    """Look for a package that would not find its libraries, on a machine whose NVIDIA GPU works."""
    environment, driver = situation.environment, situation.host.driver("nvidia")
    if environment is None or not situation.host.gpus_of("nvidia") or driver is None or driver.state != "ok":
        return None
    if environment.outside is None:
        return None
    there = tuple(_there(situation, environment, environment.outside))
    for name in dict.fromkeys(rule.package for rule in situation.catalog.borrowers):
        own = environment.distribution(name)
        rule = _rule(situation, environment, own) if own is not None else None
        if own is None or rule is None:
            continue
        wanted = _wanted(situation, own, rule)
        # cuDNN first: a newer release may do without
        for library, number in sorted(wanted.items(), reverse=True):
            if number and not any((each.library, each.major) == (library, number) for each in there):
                others = [each.seen for each in there if each.library == library]
                return _found(situation, own, rule, f"{_TITLES[library]} {number}", others)
    return None


def _rule(situation: Situation, environment: Environment, own: Distribution) -> Borrower | None:
    """Return the rule of the installed release: the first of those that begin at or before it."""
    if version(own.version) is None:
        return None
    mine = [rule for rule in situation.catalog.borrowers if rule.package == own.name]
    rule = next((rule for rule in mine if not older(public(own.version), rule.from_)), None)
    if rule is None or (rule.beside and not any(environment.distribution(name) for name in rule.beside)):
        return None
    return rule


def borrowed_majors(situation: Situation) -> frozenset[str]:
    """Return the CUDA majors whose libraries installed packages take without requiring them."""
    environment = situation.environment
    found = set()
    for name in dict.fromkeys(rule.package for rule in situation.catalog.borrowers):
        own = environment.distribution(name) if environment else None
        rule = _rule(situation, environment, own) if environment is not None and own is not None else None
        if own is not None and rule is not None:
            found.add(_wanted(situation, own, rule)["cuda"])
    return frozenset(found)


def _wanted(situation: Situation, own: Distribution, rule: Borrower) -> dict[str, str]:
    """Return the majors that a package wants: as its extras say, else as the rule does."""
    wanted = {"cuda": rule.cuda, "cudnn": rule.cudnn}
    for need in needs(situation, own, ("cuda", "cudnn")):
        match = re.fullmatch(_WHEEL, need.name)
        if match and match[1] != "cudnn":
            wanted["cuda"] = match[2] or "13"
        elif match:
            bound = next((version(each.version) for each in need.requirement.specifier), None)
            wanted["cudnn"] = str(bound.major) if bound is not None else wanted["cudnn"]
    return wanted


def _there(situation: Situation, environment: Environment, outside: tuple[str, ...]) -> Iterator[_There]:
    for name in outside:
        match = re.match(_OUTSIDE, name)
        if match:
            library = "cudnn" if match[1].lower() == "cudnn" else "cuda"
            number = match[2] if library == "cudnn" else match[2][:2]
            yield _There(library=library, major=number, seen=name)
    for each in environment.distributions:
        match = re.fullmatch(_WHEEL, each.name)
        own = version(each.version)
        if match and own is not None:
            library = "cudnn" if match[1] == "cudnn" else "cuda"
            number = str(own.major) if library == "cudnn" else match[2] or "13"
            yield _There(library=library, major=number, seen=f"{each.name} {each.version}")
    for name, text in environment.conda_packages:
        if name in _CONDA:
            yield _There(library=_CONDA[name], major=text.split(".")[0], seen=f"conda's {name} {text}")
    yield from _of_torch(situation)


def _of_torch(situation: Situation) -> Iterator[_There]:
    """Yield what torch's wheels for Windows have inside."""
    this = next((each for each in installed(situation) if each.framework == "pytorch"), None)
    own = major(this.cuda) if this is not None and this.cuda else None
    if this is None or own is None or situation.host.os.system != "windows":
        return
    yield _There(library="cuda", major=own, seen=this.seen)
    yield _There(library="cudnn", major="8" if older(this.version, _CUDNN_9) else "9", seen=this.seen)


_TITLES = {"cuda": "CUDA", "cudnn": "cuDNN"}


def _found(situation: Situation, own: Distribution, rule: Borrower, wanted: str, others: list[str]) -> Finding:
    return fail(
        NAME,
        rule.mode,
        f"{own.name} does not find the {wanted} that it loads, so it cannot use the GPU.",
        evidence=(
            f"{own.name} {own.version} is made for {wanted}",
            f"there is {', '.join(others[:3])}" if others else "neither the environment nor the loader has one",
        ),
        remedy=change_packages(
            situation,
            rule.text,
            pip_install(situation, _remedy(own, rule)),
            automatic=rule.automatic,
            links=(rule.source,) if rule.source.startswith("http") else (),
        ),
    )


def _remedy(own: Distribution, rule: Borrower) -> str:
    """Return what to install: this very release with its libraries, if it knows them as extras."""
    extras = re.search(r"\[([\w,]+)\]", rule.remedy)
    if extras and all(
        re.search(rf"extra == [\"']{each}[\"']", " ".join(own.requires)) for each in extras[1].split(",")
    ):
        return f"{own.name}[{extras[1]}]=={own.version}"
    return rule.remedy


_TORN = "9.20"
_LEFT_OUT = "libcudnn_engines_tensor_ir.so.9"
"""A part of cuDNN that the wheels of one release leave out, and that a copy outside then stands in for.

Source: https://github.com/pytorch/pytorch/issues/188892.
"""


def sublibrary_from_outside(situation: Situation) -> Finding | None:
    """See a cuDNN whose missing part the loader takes from another release, so that convolutions fail."""
    environment = situation.environment
    own = environment.distribution("nvidia-cudnn-cu13") if environment else None
    if environment is None or own is None or not (own.version or "").startswith(f"{_TORN}."):
        return None
    if _LEFT_OUT not in (environment.outside or ()) or not situation.host.gpus_of("nvidia"):
        return None
    return fail(
        NAME,
        "cudnn-sublibrary-mismatch",
        "cuDNN takes a part of itself from another release on this machine, so convolutions fail.",
        evidence=(
            f"{own.name} {own.version} leaves {_LEFT_OUT} out",
            f"the loader finds a {_LEFT_OUT} outside of the environment",
        ),
        remedy=change_packages(
            situation,
            "Install a newer torch, whose cuDNN is whole; or remove the machine's own cuDNN.",
            dlsetup_install(situation, "pytorch"),
            links=("https://github.com/pytorch/pytorch/issues/188892",),
        ),
    )
