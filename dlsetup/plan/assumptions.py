"""What a plan for a stated machine takes for granted where a recording or an option says nothing, each of it told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup.values.architecture import INTEGRATED_ONLY, compute_capability
from dlsetup.values.host import Libc

if TYPE_CHECKING:
    from dlsetup.values.build import CLibrary
    from dlsetup.values.host import Driver, Gpu, Host

GLIBC = "2.35"
"""Ubuntu 22.04's: what a Linux is taken to have of which nothing else is known."""

MACOS = "15.0"

_ARM_CAPABILITIES = frozenset({(5, 3), (6, 2), (7, 2), (8, 7), (10, 1), (11, 0), (12, 1)})
"""Tegra boards, Thor and GB10, which sit beside arm64 processors only.

Source: NVIDIA's list of compute capabilities, https://developer.nvidia.com/cuda-gpus.
"""

_ARM_NAMES = ("GH200", "GB10", "GB200", "GB300", "Grace", "Thor", "Orin", "Tegra", "Xavier")


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """A machine whose gaps are filled as far as a plan needs it."""

    host: Host
    told: tuple[str, ...] = ()
    """What was taken for granted, a sentence each."""
    drivers: frozenset[str] = frozenset()
    """Vendors whose driver is taken to be new enough, since nothing is known of its age."""


def assume(host: Host, c_libraries: tuple[CLibrary, ...] = ()) -> Assumed:
    """Fill the gaps of a stated machine: a plan with a condition serves more than none."""
    told: list[str] = []
    if host.os.system is None:
        system = "macos" if host.gpus_of("apple") else "linux"
        host = replace(host, os=replace(host.os, system=system))
        told.append(f"which system it runs is not told: this is for {system}")
    if host.cpu.architecture is None:
        arm = host.os.system == "macos" or any(_is_beside_arm(gpu) for gpu in host.gpus)
        architecture = "arm64" if arm else "x86_64"
        host = replace(host, cpu=replace(host.cpu, architecture=architecture))
        told.append(f"its processor's architecture is not told: this is for {architecture}")
    if host.os.system == "linux" and host.libc.family is None:
        host, said = _with_glibc(host, c_libraries)
        told += said
    if host.os.system == "macos" and host.os.version is None:
        host = replace(host, os=replace(host.os, version=MACOS))
        told.append(f"its version of macOS is not told: this is for {MACOS} or newer")
    vendors = frozenset(gpu.vendor for gpu in host.gpus if _is_open(gpu, host.driver(gpu.vendor)))
    return Assumed(host=host, told=tuple(told), drivers=vendors)


def _is_beside_arm(gpu: Gpu) -> bool:
    capability = compute_capability(gpu.architecture or "")
    if gpu.vendor in {"apple", "arm", "qualcomm"}:
        return True
    if gpu.vendor != "nvidia":
        return False
    known = capability is not None and (capability.major, capability.minor) in _ARM_CAPABILITIES
    return known or any(word in (gpu.name or "") for word in _ARM_NAMES)


def _with_glibc(host: Host, c_libraries: tuple[CLibrary, ...]) -> tuple[Host, list[str]]:
    """Take the distribution's own C library, where it is known; otherwise a current one."""
    version = host.os.version or ""
    if host.os.distribution == "alpine":
        return replace(host, libc=Libc(family="musl", version="1.2")), []
    own = [
        each.glibc
        for each in c_libraries
        if each.distribution == host.os.distribution and f"{version}.".startswith(f"{each.version}.")
    ]
    if own:
        return replace(host, libc=Libc(family="glibc", version=own[0])), []
    told = [f"its C library is not told: this is for glibc {GLIBC} or newer"]
    return replace(host, libc=Libc(family="glibc", version=GLIBC)), told


def _is_open(gpu: Gpu, driver: Driver | None) -> bool:
    """Tell whether a GPU's driver may be of any age: nothing is known of it, or that it is there and no more."""
    capability = compute_capability(gpu.architecture or "")
    if capability is not None and (capability.major, capability.minor) in INTEGRATED_ONLY:
        # a Jetson's driver comes with its JetPack, and most of those in use are old
        return False
    return driver is None or (driver.state == "ok" and driver.version is None)
