"""The machine in a few lines: what `dlsetup detect` shows."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from dlsetup.values.environment import Interpreter, Storage
    from dlsetup.values.host import Cpu, Driver, Gpu, Host
    from dlsetup.values.report import Inventory

_COLUMN = 11
_TROUBLE = "yellow"
_UNKNOWN = (words.NOT_KNOWN, "magenta")

_TRANSLATORS = {"rosetta": "translated by Rosetta", "qemu": "imitated by QEMU"}


def print_inventory(
    console: Console, inventory: Inventory, verbose: bool = False, *, home: str | None = None, folder: str | None = None
) -> None:
    """Show the machine, its disks, its interpreters, and what could not be found out."""
    page = Page(console, home=home, folder=folder)
    host = inventory.host
    page.row("System", *_known(os_words(host, verbose=verbose)), column=_COLUMN)
    page.row("CPU", *_known(cpu_words(host.cpu)), column=_COLUMN)
    if verbose and host.cpu.features:
        page.row("", (" ".join(host.cpu.features), "dim"), column=_COLUMN)
    page.row("Memory", *_known([words.size(host.memory_bytes)] if host.memory_bytes else []), column=_COLUMN)
    _print_gpus(page, host, verbose=verbose)
    for driver in host.drivers:
        page.row("Driver", *_driver_parts(driver), column=_COLUMN)
    _print_storage(page, inventory.storage)
    _print_interpreters(page, inventory, verbose=verbose)
    for label, gap in zip(_once("Not known"), host.gaps, strict=False):
        page.row(label, f"{gap.what}, because {gap.why}", column=_COLUMN, style="magenta")


def _once(label: str) -> Iterator[str]:
    """Yield a label, and then blanks: it stands for all rows below it."""
    yield label
    while True:
        yield ""


def _known(parts: list[str]) -> list[str | tuple[str, str]]:
    return [", ".join(parts)] if parts else [_UNKNOWN]


def os_words(host: Host, *, verbose: bool = False) -> list[str]:
    """Return the operating system, its C library and what it runs in."""
    os = host.os
    name = " ".join(filter(None, [_distribution(os.distribution, os.system), os.version]))
    found = [name] if name else []
    if os.kernel and (verbose or os.system == "linux"):
        found.append(f"kernel {os.kernel}")
    if host.libc.family:
        found.append(" ".join(filter(None, [host.libc.family, host.libc.version])))
    if os.wsl:
        found.append(f"in WSL {os.wsl}")
    if os.container:
        found.append(f"in a container ({os.container})")
    if os.service:
        found.append(f"on {words.service(os.service)}")
    return found


def _distribution(distribution: str | None, system: str | None) -> str | None:
    """Return the distribution as its makers write it, as far as a capital letter does."""
    if distribution is None:
        return words.system(system) if system else None
    known = {"rhel": "RHEL", "centos": "CentOS", "opensuse-leap": "openSUSE Leap", "sles": "SLES", "nixos": "NixOS"}
    return known.get(distribution, distribution[:1].upper() + distribution[1:] if system == "linux" else distribution)


def cpu_words(cpu: Cpu) -> list[str]:
    """Return the processor: brand, architecture with its level, cores, and who imitates it."""
    found = [cpu.brand] if cpu.brand else []
    if cpu.architecture:
        level = f" ({cpu.microarchitecture})" if cpu.microarchitecture else ""
        found.append(cpu.architecture + level)
    if cpu.physical_cores:
        found.append(words.counted(cpu.physical_cores, "core"))
    if cpu.logical_cores and cpu.logical_cores != cpu.physical_cores:
        found.append(words.counted(cpu.logical_cores, "thread"))
    if cpu.translated:
        found.append(_TRANSLATORS.get(cpu.translated, f"imitated by {cpu.translated}"))
    return found


def gpu_words(gpu: Gpu, *, verbose: bool = False) -> list[str]:
    """Return a GPU: name, architecture, memory, and what is special about it."""
    found = [gpu.name or f"a GPU of {words.vendor(gpu.vendor)}"]
    found.append(gpu.architecture or "architecture not known")
    if gpu.memory_bytes:
        found.append(words.size(gpu.memory_bytes))
    if gpu.cores:
        found.append(words.counted(gpu.cores, "core"))
    for holds, word in ((gpu.integrated, "integrated"), (gpu.virtual, "virtual"), (gpu.mig, "split by MIG")):
        found += [word] if holds else []
    return [*found, f"PCI {gpu.pci_id}"] if verbose and gpu.pci_id else found


def gpus_words(host: Host, *, verbose: bool = False) -> list[str]:
    """Return every kind of GPU in words, equal ones together; "none" is only said where it is known."""
    if not host.gpus:
        return [f"GPU {words.NOT_KNOWN}" if host.unknown("gpus") else "no GPU"]
    found = []
    for gpu, equal in groupby(host.gpus, key=lambda gpu: gpu if verbose else replace(gpu, pci_id=None)):
        count = len(list(equal))
        many = f"{count} x " if count > 1 else ""
        found.append(many + ", ".join(gpu_words(gpu, verbose=verbose)))
    return found


def _print_gpus(page: Page, host: Host, *, verbose: bool) -> None:
    if not host.gpus:
        page.row("GPU", _UNKNOWN if host.unknown("gpus") else "none", column=_COLUMN)
        return
    for label, gpu in zip(_once("GPU"), gpus_words(host, verbose=verbose), strict=False):
        page.row(label, gpu, column=_COLUMN)


def _driver_parts(driver: Driver) -> list[str | tuple[str, str]]:
    name = " ".join(filter(None, [words.vendor(driver.vendor), driver.version]))
    if driver.state == "ok":
        return [f"{name}, supports {driver.supports}" if driver.supports else name]
    states = {"missing": "not installed", "mismatch": "its parts do not match", "error": "does not work"}
    state = states.get(driver.state, driver.state)
    return [f"{name}: ", (f"{state}, {driver.detail}" if driver.detail else state, _TROUBLE)]


def _print_storage(page: Page, storage: tuple[Storage, ...]) -> None:
    for label, disk in zip(_once("Disk"), storage, strict=False):
        if disk.free_bytes is None:
            room: str | tuple[str, str] = ("free space not known", "magenta")
        else:
            whole = f" of {words.size(disk.total_bytes)}" if disk.total_bytes else ""
            room = f"{words.size(disk.free_bytes)} free{whole}"
        place = f"{page.path(disk.path)} ({disk.purpose}): "
        against = ((disk.writable is False, "read-only"), (disk.noexec, "mounted noexec"))
        trouble = [(f", {word}", _TROUBLE) for holds, word in against if holds]
        page.row(label, place, room, *trouble, column=_COLUMN)


def _print_interpreters(page: Page, inventory: Inventory, *, verbose: bool) -> None:
    machine = inventory.host.cpu.architecture
    for label, interpreter in zip(_once("Python"), inventory.interpreters, strict=False):
        version = (interpreter.version or "?").ljust(7)
        notes = _interpreter_notes(interpreter, machine, verbose=verbose)
        page.row(label, f"{version} {page.path(interpreter.path)}", *notes, column=_COLUMN)


def _interpreter_notes(interpreter: Interpreter, machine: str | None, *, verbose: bool) -> list[tuple[str, str]]:
    if interpreter.problem:
        return [(f", does not start: {interpreter.problem}", _TROUBLE)]
    notes = []
    if interpreter.implementation not in {None, "cpython"}:
        notes.append(str(interpreter.implementation))
    if interpreter.bits == 32:  # noqa: PLR2004
        notes.append("32 bits")
    if interpreter.free_threaded:
        notes.append("free-threaded")
    if interpreter.architecture and machine and interpreter.architecture != machine:
        notes.append(f"built for {interpreter.architecture}")
    if interpreter.missing_modules:
        notes.append(f"built without {words.listed(interpreter.missing_modules)}")
    if verbose and interpreter.externally_managed:
        notes.append("managed by the system")
    return [(f", {note}", "dim") for note in notes]
