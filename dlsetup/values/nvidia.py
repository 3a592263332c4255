"""What surrounds NVIDIA's driver, and the state that its GPUs are in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Libcuda:
    """The CUDA driver library that a program would load."""

    path: str | None = None
    """None: the loader finds none."""
    version: str | None = None
    """The driver version in its file name; None where the name has none (WSL, Tegra)."""


@dataclass(frozen=True, kw_only=True)
class KernelModule:
    """NVIDIA's module for the running kernel, looked for where the driver does not work."""

    built: bool | None = None
    """There is a module file for the running kernel."""
    sources: tuple[str, ...] = ()
    """Driver versions whose sources DKMS holds, to build the module from."""
    headers: bool | None = None
    """The headers that a build needs are there."""
    signer: str | None = None
    """Who signed the module file; empty: nobody."""
    enrolled: bool | None = None
    """The firmware accepts the machine's own key, which DKMS signs with."""
    secure_boot: bool | None = None
    unplaced: tuple[str, ...] = ()
    """Addresses of GPUs for whose memory the firmware left no room."""


@dataclass(frozen=True, kw_only=True)
class Nvidia:
    """What surrounds NVIDIA's driver."""

    open_module: bool | None = None
    """Which of the two flavours of the kernel module is loaded."""
    libcuda: Libcuda | None = None
    """None where the loader could not be asked."""
    lent_library: bool | None = None
    """In WSL: the library that Windows lends is there, whether or not the loader finds it."""
    devices: tuple[str, ...] | None = None
    """The device files: nvidia0, nvidiactl, nvidia-uvm, ..."""
    creates_devices: bool | None = None
    """Programs of this user can create the device files that are missing."""
    module: KernelModule | None = None
    """Looked for only where the driver does not work."""
    waiting: tuple[str, ...] = ()
    """Packages of a newer driver or kernel that the next restart brings into use."""
    unsplit: tuple[int, ...] = ()
    """Numbers of the GPUs that are to be split (MIG) and have no instance."""
    fabric: str | None = None
    """What systemd says of the service that sets up the switches between GPUs; None where there are no switches."""
    container_runtime: str | None = None
    """The program that Docker is told to start containers with a GPU by, if that is not there."""
    docker_without_toolkit: bool = False
    """Docker is here, and nothing of NVIDIA's container toolkit."""
    cdi_version: str | None = None
    """The driver version that the description of devices for containers (CDI) was made for."""


@dataclass(frozen=True, kw_only=True)
class GpuHealth:
    """What `nvidia-smi -q -x` says of one GPU beyond what it is."""

    number: int
    lost: bool = False
    uncorrectable_errors: int | None = None
    remapping: str | None = None
    """pending or failed where rows of its memory wait to be replaced, or can no longer be."""
    slowed_by: tuple[str, ...] = ()
    """hw-thermal, hw-power-brake: the hardware itself slowed the GPU down."""
    licence: str | None = None
    persistence: bool | None = None
    compute_mode: str | None = None
    """default, exclusive-process or prohibited."""
    fabric: str | None = None
    """The state of its links to other GPUs: completed, in-progress, not-started."""
    memory_bytes: int | None = None
    used_bytes: int | None = None
    processes: tuple[tuple[int, int | None], ...] = ()
    """Numbers of the processes on it, with the bytes that each holds."""
