"""What a replayed report tells in its own words: the values `told.*` that system/reports gathers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dlsetup.probe.instruction_sets import architecture
from dlsetup.probe.sighting import Sighting
from dlsetup.values.host import Cpu, Gap, Gpu

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_DISTRIBUTIONS = (
    ("Ubuntu", "ubuntu"),
    ("Debian GNU/Linux", "debian"),
    ("CentOS", "centos"),
    ("Red Hat Enterprise Linux", "rhel"),
    ("Rocky Linux", "rocky"),
    ("AlmaLinux", "almalinux"),
    ("Oracle Linux", "ol"),
    ("Fedora", "fedora"),
    ("Amazon Linux", "amzn"),
    ("Arch Linux", "arch"),
    ("Manjaro Linux", "manjaro"),
    ("openSUSE Leap", "opensuse-leap"),
    ("openSUSE Tumbleweed", "opensuse-tumbleweed"),
    ("SUSE Linux Enterprise Server", "sles"),
    ("Pop!_OS", "pop"),
    ("Linux Mint", "linuxmint"),
    ("Gentoo", "gentoo"),
    ("NixOS", "nixos"),
    ("Alpine Linux", "alpine"),
)
"""ID of os-release by the beginning of PRETTY_NAME. Source: the distributions' os-release files."""


def parse_pretty_name(text: str) -> tuple[str | None, str | None]:
    """Return ID and VERSION_ID behind a PRETTY_NAME: "Ubuntu 22.04.4 LTS" is ubuntu, 22.04."""
    found = next((each for each in _DISTRIBUTIONS if text.lower().startswith(each[0].lower())), None)
    if found is None:
        return None, None
    match = re.search(r"\b(\d+(?:\.\d+)*)\b", text[len(found[0]) :])
    if match is None:
        return found[1], None
    # Ubuntu names the point release, which VERSION_ID leaves out
    parts = 2 if found[1] in {"ubuntu", "pop"} else 1 if found[1] == "debian" else 4
    return found[1], ".".join(match[1].split(".")[:parts])


def distribution(system: System) -> tuple[str | None, str | None]:
    """Return the distribution and its version, as far as a report tells them."""
    pair = system.value("told.distribution")
    if isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(each, str) for each in pair):  # noqa: PLR2004
        version = ".".join(pair[1].split(".")[:2]) if pair[0] == "ubuntu" else pair[1]
        return pair[0], version
    name = system.value("told.os")
    return parse_pretty_name(name) if isinstance(name, str) else (None, None)


def windows(system: System) -> tuple[str | None, str | None]:
    """Return Windows' product and version, "Windows 11 Pro" and "10.0.22631"."""
    name, version = _text(system.value("told.os")), _text(system.value("told.windows"))
    product = name.removeprefix("Microsoft ") if name and "Windows" in name else None
    return product, version


def processor(system: System) -> Cpu:
    """Return what a report tells of the processor."""
    facts = _mapping(system.value("told.cpu"))
    return Cpu(
        brand=_text(facts.get("brand")),
        vendor=_text(facts.get("vendor")),
        architecture=architecture(_text(facts.get("architecture"))),
    )


def gpus(system: System, vendor: str) -> tuple[Sighting, ...]:
    """Return the GPUs of one vendor that a report names."""
    listed = system.value("told.gpus")
    rows = [_mapping(row) for row in listed] if isinstance(listed, list) else []
    return tuple(_sighting(row) for row in rows if row.get("vendor") == vendor)


def _sighting(row: dict[str, Any]) -> Sighting:
    memory, index = row.get("memory_bytes"), row.get("index")
    return Sighting(
        gpu=Gpu(
            vendor=str(row["vendor"]),
            name=_text(row.get("name")),
            architecture=_text(row.get("architecture")),
            pci_id=_text(row.get("pci_id")),
            memory_bytes=memory if isinstance(memory, int) and memory > 0 else None,
        ),
        index=index if isinstance(index, int) else None,
        # torch answers for the GPU as HSA_OVERRIDE_GFX_VERSION makes it out
        claimed=row["vendor"] == "amd",
    )


def gaps(system: System, vendor: str, sightings: tuple[Sighting, ...]) -> tuple[Gap, ...]:
    """Say that there may be more GPUs, where all that is known comes from a report that names the first alone."""
    if system.value("told.first-gpu-only") != vendor or len(sightings) != 1:
        return ()
    return (Gap(what="gpus", why="the report names the first GPU alone"),)


def driver(system: System, vendor: str) -> dict[str, str]:
    """Return what a report tells of one vendor's driver: version, and what it supports; empty where it names none."""
    listed = system.value("told.drivers")
    told: dict[str, str] = {}
    for row in listed if isinstance(listed, list) else ():
        facts = _mapping(row)
        if facts.get("vendor") == vendor:
            told = {**{key: value for key, value in facts.items() if isinstance(value, str)}, **told}
    return told


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _mapping(value: object) -> dict[str, Any]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}
