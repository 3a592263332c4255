"""How a machine is set up to run things: limits, kernel modules, loader, devices, network, compilers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.probe.machine import devices, limits, network
from dlsetup.values.machine import Machine

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Environment
    from dlsetup.values.host import Host
    from dlsetup.values.nvidia import GpuHealth, Nvidia
    from dlsetup.values.windows import WindowsSettings

__all__ = ["for_environment", "probe_health", "probe_machine"]

_JIT = frozenset({"triton", "pytorch-triton-rocm", "pytorch-triton-xpu", "triton-rocm", "triton-xpu"})


def probe_machine(system: System, host: Host) -> Machine:
    """Read what the checks need beyond the host; a vendor's things only where the vendor shows."""
    return Machine(
        limits=limits.read(system),
        nvidia=_nvidia(system, host),
        health=probe_health(system) if system.replayed else None,
        windows=_windows(system),
        network=network.read(system),
        translates_addresses=devices.translates_addresses(system) if len(host.gpus) > 1 else None,
        missing_certificates=network.missing_certificates(system),
    )


def for_environment(system: System, machine: Machine, environment: Environment | None) -> Machine:
    """Add what matters only for what is installed: compilers for Triton, TPUs for JAX, AMD's runtime in WSL."""
    if environment is None or environment.listed or system.platform != "linux":
        return machine
    compiles = any(each.name in _JIT for each in environment.distributions)
    hip = environment.torch is not None and bool(environment.torch.hip)
    if not (compiles or hip or environment.distribution("jax")):
        return machine
    from dlsetup.probe.machine import toolchain

    return replace(
        machine,
        toolchain=toolchain.read(system, environment) if compiles else None,
        tpus=devices.tpus(system, environment),
        dxg_runtime=devices.dxg_runtime(system, environment),
    )


def probe_health(system: System) -> tuple[GpuHealth, ...] | None:
    """Ask NVIDIA's tool for the state of every GPU; of a recording, read what it holds."""
    from dlsetup.probe.machine import health

    return health.read(system)


def _nvidia(system: System, host: Host) -> Nvidia | None:
    if system.platform != "linux" or not (host.gpus_of("nvidia") or host.driver("nvidia")):
        return None
    from dlsetup.probe.machine import nvidia

    return nvidia.read(system, host)


def _windows(system: System) -> WindowsSettings | None:
    if system.platform != "windows":
        return None
    from dlsetup.probe.machine import windows

    return windows.read(system)
