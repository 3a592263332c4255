"""How a machine is set up to run things: what only doctor's checks ask, beyond what a Host tells."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    dead_mps: str | None = None
    """The folder of a multi-process service that has ended without cleaning up."""
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
class WindowsSettings:
    """What Windows lets programs do."""

    long_paths: bool | None = None
    paging_file: bool | None = None
    """False: it was switched off."""
    missing_libraries: tuple[str, ...] = ()
    """Those of the Visual C++ run time, and the OpenMP of LLVM, that System32 lacks."""


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """What compiles while programs run."""

    compiler: str | None = None
    """The C compiler that CC or the PATH names; empty: there is none."""
    headers: bool | None = None
    """The interpreter's Python.h is there."""
    cuda_home: str | None = None
    """The folder of the CUDA toolkit that a build would use."""
    cuda_version: str | None = None


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


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came of asking one package index."""

    index: str
    """Its host."""
    problem: str | None = None
    """The failure mode that the answer shows: "ssl-interception"; None where all was well."""
    detail: str = ""
    """What was said, in one line."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """All of this. What nobody asked, or what could not be read, is None or empty."""

    limits: Limits = field(default_factory=Limits)
    nvidia: Nvidia = field(default_factory=Nvidia)
    health: tuple[GpuHealth, ...] | None = None
    """None where nobody asked: it costs as much as all else together."""
    windows: WindowsSettings = field(default_factory=WindowsSettings)
    toolchain: Toolchain = field(default_factory=Toolchain)
    network: Network = field(default_factory=Network)
    translates_addresses: bool | None = None
    """The IOMMU stands between devices, so that GPUs do not reach each other directly."""
    tpus: int = 0
    """Google's accelerators on the bus; counted only where JAX is installed."""
    dxg_runtime: bool | None = None
    """AMD's run time for WSL is there."""
    indexes: tuple[Answered, ...] | None = None
    """What the package indexes answered; None where nobody asked."""
    missing_certificates: tuple[tuple[str, str], ...] = ()
    """Variables that name a file of certificates which does not exist."""
