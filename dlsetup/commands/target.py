"""The machine that a plan is for, where the user states it: --host, --target, --gpu, --driver."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from dlsetup.catalog import load_devices
from dlsetup.errors import UnreadableError, UsageError
from dlsetup.probe import probe_host
from dlsetup.values.host import Cpu, Driver, Gpu, Host, Libc, OperatingSystem
from dlsetup.values.request import StatedHost

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.system.recorded import RecordedSystem
    from dlsetup.values.build import Device

TARGETS: dict[str, Host] = {
    "linux-x86_64": Host(os=OperatingSystem(system="linux"), cpu=Cpu(architecture="x86_64")),
    "linux-arm64": Host(os=OperatingSystem(system="linux"), cpu=Cpu(architecture="arm64")),
    "macos-arm64": Host(os=OperatingSystem(system="macos", version="15.0"), cpu=Cpu(architecture="arm64")),
    "macos-x86_64": Host(os=OperatingSystem(system="macos", version="13.0"), cpu=Cpu(architecture="x86_64")),
    "windows-x86_64": Host(os=OperatingSystem(system="windows"), cpu=Cpu(architecture="x86_64")),
    "windows-arm64": Host(os=OperatingSystem(system="windows"), cpu=Cpu(architecture="arm64")),
}
"""The machines that --target names: nothing but a system and an architecture is known of them."""

TARGET_GLIBC = "2.35"
"""Ubuntu 22.04's, the oldest that a Linux target is taken to have."""


def open_host(system: System, path: str) -> RecordedSystem:
    """Open a recording.

    Whatever tells of a machine will do: dlsetup's recording, a tool's own output, a report that somebody pasted.
    Raises UnreadableError where there is none at that path.
    """
    answer = system.read(path)
    if answer.text is None:
        raise UnreadableError(
            f"{path} cannot be read",
            seen=answer.why,
            do="give the path of a recording or report; dlsetup record -o FILE writes one",
        )
    from dlsetup.system.reports import read_machine

    return read_machine(answer.text, path)


def stated_host(
    system: System, *, host: str | None, target: str | None, gpus: tuple[str, ...], driver: str | None
) -> Host | None:
    """Return the machine that the user states; None where it is the one that dlsetup runs on, unchanged.

    Raises UsageError and UnreadableError.
    """
    if host is not None and target is not None:
        raise UsageError("--host and --target exclude each other", do="name the machine by one of them")
    base: Host | None = None
    if host is not None:
        base = _recorded(open_host(system, host))
    elif target is not None:
        base = _target(target)
    if not gpus and driver is None:
        return base
    return _with_gpus(base or probe_host(system, load_devices), gpus, driver)


def _recorded(system: RecordedSystem) -> StatedHost:
    """Return a recorded machine, with the interpreter of its environment if that is known."""
    from dlsetup.commands.look import recorded_environment

    host = probe_host(system, load_devices)
    environment = recorded_environment(system)
    interpreter = environment.interpreter if environment else None
    if interpreter is None or interpreter.version is None or interpreter.implementation not in {None, "cpython"}:
        interpreter = None
    return StatedHost(
        **{each.name: getattr(host, each.name) for each in fields(host)},
        # its path is on another machine
        interpreter=replace(interpreter, path="") if interpreter else None,
    )


def _target(name: str) -> Host:
    base = TARGETS.get(name.lower().replace("aarch64", "arm64").replace("amd64", "x86_64"))
    if base is None:
        raise UsageError(f"--target {name} is not known", seen=f"known: {', '.join(TARGETS)}", do="name one of these")
    if base.os.system == "linux":
        return replace(base, libc=Libc(family="glibc", version=TARGET_GLIBC))
    if name == "macos-arm64":
        return replace(base, gpus=(Gpu(vendor="apple", name="Apple silicon", integrated=True),))
    return base


def _with_gpus(base: Host, names: tuple[str, ...], driver: str | None) -> Host:
    gpus = tuple(find_gpu(name) for name in names) or base.gpus
    vendors = dict.fromkeys(gpu.vendor for gpu in gpus)
    drivers = tuple(_driver(vendor, base, driver) for vendor in vendors if vendor != "apple")
    gaps = tuple(gap for gap in base.gaps if not gap.what.startswith(("gpus", "driver")))
    return replace(base, gpus=gpus, drivers=drivers, gaps=gaps)


def _driver(vendor: str, base: Host, stated: str | None) -> Driver:
    known = base.driver(vendor)
    if stated is None and known is not None:
        return known
    if stated is None:
        # a stated GPU is meant to be used: without a stated driver only its age stays open
        return Driver(vendor=vendor, state="error", detail="its version is not stated; --driver does")
    return Driver(vendor=vendor, version=stated, state="ok")


def find_gpu(name: str) -> Gpu:
    """Return the GPU of a product name, in any case, with or without its maker's name.

    Raises UsageError where no GPU of that name is known, or the name fits several architectures.
    """
    wanted = _words(name)
    for vendor in ("nvidia", "amd", "intel"):
        devices = load_devices(vendor)
        exact = [device for device in devices if _words(device.name) == wanted]
        found = exact or [device for device in devices if wanted <= _words(device.name)]
        architectures = {device.architecture for device in found if device.architecture}
        if len(architectures) > 1:
            some = ", ".join(sorted({device.name for device in found})[:6])
            raise UsageError(f"--gpu {name} fits several GPUs", seen=some, do="write more of its name")
        if found:
            return _gpu(vendor, found[0])
    raise UsageError(f"--gpu {name} is not known", do="write the product name, such as 'RTX 4090' or 'RX 7900 XTX'")


def _words(name: str) -> frozenset[str]:
    noise = {"nvidia", "amd", "intel", "geforce", "radeon", "graphics", "(tm)", "(r)"}
    return frozenset(word for word in name.lower().split() if word not in noise)


def _gpu(vendor: str, device: Device) -> Gpu:
    return Gpu(
        vendor=vendor,
        name=device.name,
        architecture=device.architecture,
        pci_id=device.pci_id,
        integrated=device.integrated,
    )
