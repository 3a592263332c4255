"""What the locks of several platforms pin together, each file with the platforms that it is for."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlsetup.values.plan import Plan

SYSTEMS = {"linux": "linux", "macos": "darwin", "windows": "win32"}
"""What sys.platform says."""

MACHINES = {
    ("linux", "x86_64"): "x86_64",
    ("linux", "arm64"): "aarch64",
    ("macos", "x86_64"): "x86_64",
    ("macos", "arm64"): "arm64",
    ("windows", "x86_64"): "AMD64",
    ("windows", "arm64"): "ARM64",
}
"""What platform.machine() says. Source: https://packaging.python.org/en/latest/specifications/dependency-specifiers/."""


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One release of one distribution, as one or several platforms have it."""

    name: str
    version: str
    markers: tuple[str, ...] = ()
    """Of the platforms that it is for; empty: of all."""
    files: tuple[dict[str, Any], ...] = ()
    """Its wheels or its source archive, as PEP 751 describes them."""
    own: bool = False
    """True where it comes from its framework's own index, so that its address has to be told."""
    row: dict[str, Any] = field(default_factory=dict)
    """The package's table in the lock that it was first found in."""

    @property
    def marker(self) -> str:
        """Return the condition under which it is wanted; empty: always."""
        return either(self.markers)

    @property
    def digests(self) -> tuple[str, ...]:
        """Return the hashes of its files: "sha256:..."."""
        return tuple(
            dict.fromkeys(f"{name}:{value}" for file in self.files for name, value in file.get("hashes", {}).items())
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return where its files are."""
        return tuple(dict.fromkeys(str(file["url"]) for file in self.files if file.get("url")))


def marker_of(plan: Plan) -> str:
    """Return the condition that holds on a plan's platform only: "sys_platform == 'linux' and ..."."""
    system, _, architecture = (plan.platform or "").partition("-")
    machine = MACHINES.get((system, architecture))
    if machine is None:
        return ""
    return f"sys_platform == '{SYSTEMS[system]}' and platform_machine == '{machine}'"


def minor(plan: Plan) -> str:
    """Return a plan's Python, "3.12"."""
    return ".".join((plan.python or "3").split(".")[:2])


def either(markers: Sequence[str]) -> str:
    """Join conditions of which one has to hold."""
    known = [each for each in dict.fromkeys(markers) if each]
    return " or ".join(f"({each})" if len(known) > 1 else each for each in known)


def merged(plans: Sequence[Plan]) -> list[Pin]:
    """Return what the plans pin, by name and release; a pin that all of them have is wanted everywhere."""
    found: dict[tuple[str, str, bool], list[tuple[Plan, dict[str, Any]]]] = {}
    for plan in plans:
        own = {package.name for package in plan.packages if package.index is not None}
        for row in tomllib.loads(plan.lock).get("packages", []):
            key = (str(row["name"]), str(row.get("version", "")), row["name"] in own)
            found.setdefault(key, []).append((plan, row))
    return [_pin(key, places, len(plans)) for key, places in sorted(found.items())]


def _pin(key: tuple[str, str, bool], places: list[tuple[Plan, dict[str, Any]]], count: int) -> Pin:
    files: list[dict[str, Any]] = []
    for _, row in places:
        files += [file for file in files_of(row) if file not in files]
    name, version, own = key
    everywhere = len(places) == count
    return Pin(
        name=name,
        version=version,
        markers=() if everywhere else tuple(marker_of(plan) for plan, _ in places),
        files=tuple(files),
        own=own,
        row=places[0][1],
    )


def files_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the wheels and the source archive of a package's table."""
    return [*row.get("wheels", []), *([row["sdist"]] if "sdist" in row else [])]


def titles(plans: Sequence[Plan]) -> list[str]:
    """Name what is locked, for a comment: "pytorch 2.14.1 (cu126) for linux-x86_64, Python 3.12"."""
    lines = []
    for plan in plans:
        names = ", ".join(
            f"{build.framework} {build.version}" + ("" if build.compute == "any" else f" ({build.compute})")
            for build in plan.builds
        )
        lines.append(f"# {names} for {plan.platform}, Python {minor(plan)}")
    return lines
