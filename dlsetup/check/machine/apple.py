"""m.apple: is this Mac's Python native, and its macOS new enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.commands import dlsetup_install
from dlsetup.check.installed import framework_packages, frameworks_in_scope
from dlsetup.check.versions import older
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "m.apple"


def native(situation: Situation) -> Finding:
    """Compare the interpreter with the processor, and macOS with the wheels that are installed."""
    host = situation.host
    if host.os.system != "macos":
        if host.os.container is not None and (host.cpu.vendor or "").lower() == "apple":
            return ok(NAME, "a container on a Mac: no container has Apple's GPU", mode="mps-unavailable")
        return skip(NAME, "not a Mac")
    if _rosetta(situation):
        return _translated(situation)
    found = _too_old(situation) or _without_mps(situation)
    if found is not None:
        return found
    if any(gpu.virtual for gpu in host.gpus_of("apple")):
        return ok(NAME, "a virtual Mac: its GPU is not for training", mode="macos-vm-no-usable-metal")
    return ok(NAME, f"macOS {host.os.version or 'of unknown version'} on {host.cpu.brand or 'this processor'}")


def _rosetta(situation: Situation) -> bool:
    environment = situation.environment
    own = environment.interpreter.architecture if environment else None
    return own == "x86_64" and situation.host.cpu.architecture == "arm64"


def _translated(situation: Situation) -> Finding:
    environment = situation.environment
    path = environment.interpreter.path if environment else "python"
    scope = frameworks_in_scope(situation)
    commands: tuple[str, ...] = ("uv venv --python cpython-3.12-macos-aarch64 .venv-arm64",)
    if scope:
        commands += (f"dlsetup install {' '.join(each.name for each in scope)} --env .venv-arm64",)
    return fail(
        NAME,
        "rosetta-x86-python",
        "This Python is made for Intel Macs, so no framework can use the Apple GPU.",
        evidence=(
            f"{path} is built for x86_64",
            f"this Mac is {situation.host.cpu.architecture} ({situation.host.cpu.brand or 'Apple silicon'})",
        ),
        remedy=Remedy(
            text="Make an environment with a native Python, and install into that.",
            commands=commands,
            links=("https://developer.apple.com/metal/pytorch/",),
        ),
    )


def macos_floor(distribution: Distribution) -> str | None:
    """Return the oldest macOS that a wheel's tags allow."""
    floors = [tuple(map(int, match)) for tag in distribution.tags for match in re.findall(r"macosx_(\d+)_(\d+)_", tag)]
    return ".".join(map(str, min(floors))) if floors else None


_MPS_FLOORS = (("2.10", "14"), ("2.5", "13"), ("1.12", "12.3"))
"""Which macOS torch's MPS needs since which release, whatever the wheel's tag allows.

Sources: https://github.com/pytorch/pytorch/issues/164943 (2.10 on 13.7), https://github.com/pytorch/pytorch/issues/139425
(2.5.1 on 12.7), https://github.com/pytorch/pytorch/pull/133141.
"""


def _without_mps(situation: Situation) -> Finding | None:
    """Hold an installed torch against the macOS from which on it uses the Apple GPU."""
    here, environment = situation.host.os.version, situation.environment
    torch = environment.distribution("torch") if environment else None
    if here is None or here.startswith("10.16") or torch is None or situation.host.cpu.architecture != "arm64":
        return None
    floor = next((macos for release, macos in _MPS_FLOORS if not older(torch.version, release)), None)
    if floor is None or not older(here, floor):
        return None
    return fail(
        NAME,
        "mps-unavailable",
        "The installed torch does not use the GPU on this macOS.",
        evidence=(f"torch {torch.version} uses it from macOS {floor} on", f"this Mac has macOS {here}"),
        remedy=Remedy(
            text="Update macOS; until then training runs on the processor.",
            commands=("softwareupdate --list",),
            links=("https://docs.pytorch.org/docs/stable/notes/mps.html",),
        ),
    )


def _too_old(situation: Situation) -> Finding | None:
    here = situation.host.os.version
    # Python says 10.16 where SYSTEM_VERSION_COMPAT hides the true version
    if here is None or here.startswith("10.16") or situation.environment is None:
        return None
    packages = framework_packages(situation)
    for each in situation.environment.distributions:
        floor = macos_floor(each) if each.name in packages else None
        if floor is not None and older(here, floor):
            scope = frameworks_in_scope(situation)
            name = next((one.name for one in scope if each.name in (one.package, *one.variants)), None)
            return fail(
                NAME,
                "macos-too-old",
                f"The installed {each.name} needs a newer macOS.",
                evidence=(
                    f"{each.name} {each.version} is built for macOS {floor} and newer",
                    f"this Mac has macOS {here}",
                ),
                remedy=Remedy(
                    text="Install the newest release that fits this macOS, or update macOS.",
                    commands=(dlsetup_install(situation, name or each.name),),
                    automatic=name is not None,
                ),
            )
    return None
