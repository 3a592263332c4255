"""What installed distributions require of one another, with markers evaluated for the environment's interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.check.versions import normal, requirement, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement

    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.situation import Situation

_SYSTEMS = {
    "linux": ("linux", "Linux", "posix"),
    "macos": ("darwin", "Darwin", "posix"),
    "windows": ("win32", "Windows", "nt"),
}

_MACHINES = {("macos", "arm64"): "arm64", ("windows", "arm64"): "ARM64", ("windows", "x86_64"): "AMD64"}
"""platform.machine() where it is not the kernel's name (which is aarch64 on Linux for arm64)."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One requirement of an installed distribution that applies here."""

    by: Distribution
    requirement: Requirement
    found: str | None
    """The version installed, None if it is missing."""
    there: bool

    @property
    def name(self) -> str:
        """Return the normalised name of what is needed."""
        return normal(self.requirement.name)

    @property
    def met(self) -> bool:
        """Tell whether what is installed will do; a version that cannot be read is not held against it."""
        if not self.there:
            return False
        if version(self.found) is None:
            return True
        return self.requirement.specifier.contains(self.found or "", prereleases=True)

    def __str__(self) -> str:
        """Say it as evidence."""
        wanted = f"{self.name} {self.requirement.specifier}".rstrip()
        have = f"{self.name} {self.found or 'of unknown version'}" if self.there else f"no {self.name}"
        return f"{self.by.name} {self.by.version} requires {wanted}; installed: {have}"


def marker_environment(situation: Situation) -> dict[str, str] | None:
    """Return what markers are evaluated against, None where the interpreter is not known well enough."""
    environment, host = situation.environment, situation.host
    if environment is None or environment.interpreter.version is None or host.os.system not in _SYSTEMS:
        return None
    interpreter = environment.interpreter
    platform, title, name = _SYSTEMS[host.os.system]
    machine = interpreter.architecture or host.cpu.architecture or ""
    if host.os.system == "linux" and machine == "arm64":
        machine = "aarch64"
    full = interpreter.version or ""
    implementation = interpreter.implementation or "cpython"
    return {
        "sys_platform": platform,
        "platform_system": title,
        "os_name": name,
        "platform_machine": _MACHINES.get((host.os.system, machine), machine),
        "python_version": interpreter.minor or "",
        "python_full_version": full,
        "implementation_name": implementation,
        "implementation_version": full,
        "platform_python_implementation": "CPython" if implementation == "cpython" else implementation,
        "platform_release": "",
        "platform_version": "",
    }


def needs(situation: Situation, distribution: Distribution, extras: tuple[str, ...] = ()) -> tuple[Need, ...]:
    """Return the requirements of a distribution that apply here, with those of some extras."""
    markers = marker_environment(situation)
    if markers is None or situation.environment is None:
        return ()
    return tuple(_needs(situation.environment, distribution, extras, markers))


def _needs(
    environment: Environment, distribution: Distribution, extras: tuple[str, ...], markers: dict[str, str]
) -> Iterator[Need]:
    for line in distribution.requires:
        # most of the lines belong to extras: leave those before the costly parsing
        marker = line.partition(";")[2]
        if "extra" in marker and not any(extra in marker for extra in extras):
            continue
        found = requirement(line)
        if found is None or not _applies(found, extras, markers):
            continue
        installed = environment.distribution(normal(found.name))
        yield Need(
            by=distribution,
            requirement=found,
            found=installed.version if installed else None,
            there=installed is not None,
        )


def _applies(found: Requirement, extras: tuple[str, ...], markers: dict[str, str]) -> bool:
    if found.marker is None:
        return True
    return any(found.marker.evaluate({**markers, "extra": extra}) for extra in (*extras, ""))


def closure(situation: Situation, roots: tuple[Distribution, ...]) -> tuple[Need, ...]:
    """Return all that the roots need, directly or through what they need, each once."""
    environment = situation.environment
    if environment is None:
        return ()
    seen: set[tuple[str, tuple[str, ...]]] = set()
    queue: list[tuple[Distribution, tuple[str, ...]]] = [(root, ()) for root in roots]
    found: list[Need] = []
    while queue:
        distribution, extras = queue.pop(0)
        if (distribution.name, extras) in seen:
            continue
        seen.add((distribution.name, extras))
        for need in needs(situation, distribution, extras):
            found.append(need)
            below = environment.distribution(need.name)
            if below is not None:
                queue.append((below, tuple(sorted(need.requirement.extras))))
    return tuple(found)


def required_names(environment: Environment) -> frozenset[str]:
    """Return every name that any installed distribution mentions as a requirement, whatever its marker."""
    import re

    leading = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
    return frozenset(
        normal(match.group())
        for distribution in environment.distributions
        for line in distribution.requires
        if (match := leading.match(line))
    )
