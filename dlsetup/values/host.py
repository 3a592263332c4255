"""What a machine is: Host and its parts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A fact that could not be read."""

    what: str
    """The fact: "gpus", "driver.nvidia", "cpu.features"."""
    why: str
    """What stood in the way."""


@dataclass(frozen=True, kw_only=True)
class OperatingSystem:
    """The operating system, as its own files and tools name it."""

    system: str | None = None
    """linux, macos or windows."""
    distribution: str | None = None
    """The ID of os-release ("debian", "ubuntu"); on macOS and Windows the product's name."""
    version: str | None = None
    kernel: str | None = None
    wsl: int | None = None
    """1 or 2 inside the Windows Subsystem for Linux, else None."""
    container: str | None = None
    """docker, podman, kubernetes, lxc, singularity, ...; None outside."""
    service: str | None = None
    """The hosted service that the machine belongs to: colab, kaggle, sagemaker, github-actions, ...; else None."""


@dataclass(frozen=True, kw_only=True)
class Libc:
    """The C library that wheels have to fit."""

    family: str | None = None
    """glibc or musl."""
    version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cpu:
    """The processor."""

    architecture: str | None = None
    """x86_64, arm64, ppc64le, s390x or riscv64: what the kernel runs, on every operating system."""
    vendor: str | None = None
    brand: str | None = None
    microarchitecture: str | None = None
    """The level for x86 ("x86-64-v3"), the core's name elsewhere ("neoverse-n1", "apple-m3")."""
    features: tuple[str, ...] | None = None
    """Lower-case names as Linux prints them ("avx2", "asimd"); None if unknown."""
    physical_cores: int | None = None
    logical_cores: int | None = None
    translated: str | None = None
    """rosetta or qemu where another processor is imitated, else None."""


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One accelerator."""

    vendor: str
    """nvidia, amd, intel, apple, ..."""
    name: str | None = None
    architecture: str | None = None
    """sm_89, gfx1100, xe-hpg, apple-m3."""
    memory_bytes: int | None = None
    pci_id: str | None = None
    """vendor:device in lower-case hexadecimal digits, "10de:2684"."""
    integrated: bool | None = None
    virtual: bool | None = None
    mig: bool | None = None
    """True where an NVIDIA GPU is split into instances."""
    cores: int | None = None
    """GPU cores, where the vendor counts them (Apple)."""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """What serves one vendor's GPUs."""

    vendor: str
    version: str | None = None
    supports: str | None = None
    """The newest run-time interface it offers, "CUDA 12.4"."""
    state: str = "ok"
    """ok, missing, mismatch or error."""
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Host:
    """The machine. An empty `gpus` means none only where no gap is named "gpus"."""

    os: OperatingSystem = OperatingSystem()
    libc: Libc = Libc()
    memory_bytes: int | None = None
    cpu: Cpu = Cpu()
    gpus: tuple[Gpu, ...] = ()
    drivers: tuple[Driver, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def driver(self, vendor: str) -> Driver | None:
        """Return the vendor's driver, if anything is known of it."""
        return next((driver for driver in self.drivers if driver.vendor == vendor), None)

    def gpus_of(self, vendor: str) -> tuple[Gpu, ...]:
        """Return the vendor's GPUs."""
        return tuple(gpu for gpu in self.gpus if gpu.vendor == vendor)

    def unknown(self, what: str) -> Gap | None:
        """Return the gap that covers a fact, itself or what it is part of."""
        return next((gap for gap in self.gaps if what == gap.what or what.startswith(gap.what + ".")), None)
