"""How a machine is set up to run things: what only doctor's checks ask, beyond what a Host tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlsetup.values.answered import Answered
    from dlsetup.values.nvidia import GpuHealth, Nvidia
    from dlsetup.values.toolchain import Toolchain
    from dlsetup.values.windows import WindowsSettings


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the system allows one process."""

    open_files: int | None = None
    """None where there is no limit, or it is not known."""
    open_files_most: int | None = None
    """Up to where the user may raise it."""
    locked_memory_bytes: int | None = None
    """None where there is no limit, or it is not known."""
    memory_bytes: int | None = None
    """What the control group of a container or service may take."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """What several processes need of the network."""

    interfaces: tuple[str, ...] | None = None
    rdma: tuple[str, ...] = ()
    """InfiniBand devices, or network cards that do the same."""
    rdma_device_files: bool | None = None
    lowest_port: int | None = None
    """From which port on this user's programs may wait for others; asked only where MASTER_PORT is set."""
    listening: tuple[int, ...] = ()
    """Ports that something on this machine waits at; asked only where MASTER_PORT is set."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """All of this. What nobody asked, or what could not be read, is None or empty."""

    limits: Limits = field(default_factory=Limits)
    nvidia: Nvidia | None = None
    """None where nothing of NVIDIA shows."""
    health: tuple[GpuHealth, ...] | None = None
    """None where nobody asked: it costs as much as all else together."""
    windows: WindowsSettings | None = None
    """None anywhere else."""
    toolchain: Toolchain | None = None
    """None where nothing is installed that compiles."""
    network: Network = field(default_factory=Network)
    translates_addresses: bool | None = None
    """The IOMMU stands between devices, so that GPUs do not reach each other directly."""
    tpus: int = 0
    """Google's accelerators on the bus; counted only where JAX is installed."""
    dxg_runtime: bool | None = None
    """AMD's runtime for WSL is there."""
    indexes: tuple[Answered, ...] | None = None
    """What the package indexes answered; None where nobody asked."""
    missing_certificates: tuple[tuple[str, str], ...] = ()
    """Variables that name a file of certificates which does not exist."""
