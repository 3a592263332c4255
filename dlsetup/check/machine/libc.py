"""m.libc: does the C library carry the wheels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.commands import dlsetup_install, untouchable
from dlsetup.check.installed import distribution_of, framework_packages, frameworks_in_scope
from dlsetup.check.versions import older
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.build import Framework
    from dlsetup.values.environment import Distribution
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "m.libc"

_OLD_TAGS = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
"""Source: https://peps.python.org/pep-0600/ ("Legacy manylinux tags")."""


def carries(situation: Situation) -> Finding:
    """Compare the machine's C library with what the installed wheels were built for."""
    host = situation.host
    if host.os.system != "linux":
        return skip(NAME, "not Linux")
    if host.libc.family == "musl":
        return _musl(situation)
    if host.libc.version is None or host.libc.family is None:
        return skip(NAME, "the C library's version is not known, and the installed wheels were taken for it")
    lacking = _lacking(situation)
    if lacking is not None:
        return lacking
    packages = framework_packages(situation)
    for each in situation.environment.distributions if situation.environment else ():
        floor = glibc_floor(each) if each.name in packages else None
        if floor is not None and older(host.libc.version, floor):
            return _too_old(situation, each, floor)
    return ok(NAME, f"{host.libc.family} {host.libc.version}")


def _lacking(situation: Situation) -> Finding | None:
    """See an old framework whose libraries nobody has put beside it; an installation puts them there."""
    environment = situation.environment
    if environment is None or environment.libraries is None or situation.plan is not None:
        return None
    for framework in situation.catalog.frameworks:
        distribution = distribution_of(situation, framework)
        if distribution is None:
            continue
        for build in situation.catalog.builds_of(framework.name):
            wanted = [library.soname for shim in build.shims for library in shim.libraries]
            wanted += [need for need in build.needs if ".so" in need]
            missing = [name for name in wanted if name not in environment.libraries]
            if missing:
                return _without(situation, framework, distribution, missing)
    return None


def _without(situation: Situation, framework: Framework, distribution: Distribution, missing: list[str]) -> Finding:
    return fail(
        NAME,
        "cntk-mpi-missing",
        f"{framework.title} lacks libraries that this machine does not have.",
        evidence=(
            f"{distribution.name} {distribution.version} was linked against {' and '.join(missing)}",
            "neither stands beside its own libraries, nor does the loader find it elsewhere",
        ),
        remedy=Remedy(
            text="Let dlsetup set it up: it writes stand-ins for training in one process into this environment.",
            commands=(dlsetup_install(situation, framework.name),),
            automatic=not untouchable(situation),
            links=("https://github.com/microsoft/CNTK/issues/3775",),
        ),
    )


def glibc_floor(distribution: Distribution) -> str | None:
    """Return the oldest glibc that a wheel's tags allow."""
    floors = [
        tuple(map(int, match)) for tag in distribution.tags for match in re.findall(r"manylinux_(\d+)_(\d+)_", tag)
    ]
    floors += [floor for tag in distribution.tags for name, floor in _OLD_TAGS.items() if f"{name}_" in tag]
    return ".".join(map(str, min(floors))) if floors else None


def _musl(situation: Situation) -> Finding:
    scope = frameworks_in_scope(situation)
    found = [each for one in scope if (each := distribution_of(situation, one)) is not None]
    if situation.plan is None and found and not any("manylinux" in tag for each in found for tag in each.tags):
        return ok(NAME, "musl, and the installed frameworks were built for it")
    version = situation.host.libc.version
    return fail(
        NAME,
        "musl-libc-no-wheels",
        "This Linux uses musl, and frameworks are published for glibc only.",
        evidence=(
            f"the C library is musl{f' {version}' if version else ''}",
            "wheels are tagged manylinux, not musllinux",
        ),
        remedy=Remedy(
            text="Use an image with glibc, such as python:3.12-slim in place of python:3.12-alpine.",
            commands=("docker run -it python:3.12-slim bash",),
            links=("https://peps.python.org/pep-0656/",),
        ),
    )


def _too_old(situation: Situation, distribution: Distribution, floor: str) -> Finding:
    scope = frameworks_in_scope(situation)
    owner = next((one.name for one in scope if distribution.name in (one.package, *one.variants, *one.family)), None)
    return fail(
        NAME,
        "glibc-too-old",
        f"The installed {distribution.name} needs a newer C library than this Linux has.",
        evidence=(
            f"{distribution.name} {distribution.version} is built for glibc {floor} and newer",
            f"this Linux has glibc {situation.host.libc.version}",
        ),
        remedy=Remedy(
            text="Install the newest release that fits this Linux; a newer Linux, or a container, takes the newest.",
            commands=(dlsetup_install(situation, owner or distribution.name),),
            automatic=owner is not None,
            links=("https://peps.python.org/pep-0600/",),
        ),
    )
