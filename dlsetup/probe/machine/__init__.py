"""How a machine is set up to run things: limits, kernel modules, loader, network, compilers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.probe.machine import limits, network
from dlsetup.values.machine import Machine, Nvidia, WindowsSettings

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Environment
    from dlsetup.values.host import Host

__all__ = ["for_environment", "probe_machine"]


def probe_machine(system: System, host: Host) -> Machine:
    """Read what the checks need beyond the host; a vendor's things only where the vendor shows."""
    return Machine(
        limits=limits.read(system),
        nvidia=_nvidia(system, host),
        windows=_windows(system),
        network=network.read(system),
        translates_addresses=network.translates_addresses(system) if len(host.gpus) > 1 else None,
        missing_certificates=network.missing_certificates(system),
    )


def for_environment(system: System, machine: Machine, environment: Environment | None) -> Machine:
    """Add what matters only for what is installed: compilers for Triton, TPUs for JAX, AMD's run time in WSL."""
    if environment is None or environment.listed or system.platform != "linux":
        return machine
    from dlsetup.probe.machine import toolchain

    return replace(
        machine,
        toolchain=toolchain.read(system, environment),
        tpus=toolchain.tpus(system, environment),
        dxg_runtime=toolchain.dxg_runtime(system, environment),
    )


def _nvidia(system: System, host: Host) -> Nvidia:
    if system.platform != "linux" or not (host.gpus_of("nvidia") or host.driver("nvidia")):
        return Nvidia()
    from dlsetup.probe.machine import nvidia

    return nvidia.read(system, host)


def _windows(system: System) -> WindowsSettings:
    if system.platform != "windows":
        return WindowsSettings()
    from dlsetup.probe.machine import windows

    return windows.read(system)
