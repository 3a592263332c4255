"""The machine that a plan is for, where the user states it: --host, --target, --gpu, --driver."""

from __future__ import annotations

import re
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


def stated_hosts(
    system: System, *, host: str | None, targets: tuple[str, ...], gpus: tuple[str, ...], driver: str | None
) -> tuple[Host | None, ...]:
    """Return the machines that the user states, one for each target; of several, each has those GPUs that it can have.

    Raises UsageError and UnreadableError.
    """
    if len(targets) < 2:  # noqa: PLR2004 - one machine has whatever is stated, or it is refused
        target = targets[0] if targets else None
        return (stated_host(system, host=host, target=target, gpus=gpus, driver=driver),)
    known = [_target(each) for each in targets]
    if len({(each.os.system, each.cpu.architecture) for each in known}) < len(known):
        raise UsageError("a target is named twice", seen=", ".join(targets), do="name each once")
    found = {name: find_gpu(name).vendor for name in gpus}
    machines: list[Host | None] = []
    for target, base in zip(targets, known, strict=True):
        own = tuple(name for name, vendor in found.items() if (vendor == "apple") == (base.os.system == "macos"))
        stated = driver if any(found[name] != "apple" for name in own) else None
        machines.append(stated_host(system, host=host, target=target, gpus=own, driver=stated))
    return tuple(machines)


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
    if (base.os.system, base.cpu.architecture) == ("macos", "arm64"):
        return replace(base, gpus=(Gpu(vendor="apple", name="Apple silicon", integrated=True),))
    return base


def _with_gpus(base: Host, names: tuple[str, ...], driver: str | None) -> Host:
    gpus = tuple(find_gpu(name) for name in names) or base.gpus
    vendors = dict.fromkeys(gpu.vendor for gpu in gpus)
    _check_vendors(base, names, gpus)
    if driver is not None and "nvidia" not in vendors and "amd" not in vendors and "intel" not in vendors:
        raise UsageError(
            f"--driver {driver} says nothing here",
            seen="the machine has no GPU that a driver of this kind serves",
            do="name the GPU too: --gpu 'RTX 4090'",
        )
    known = (_driver(vendor, base, driver) for vendor in vendors if vendor != "apple")
    drivers = tuple(each for each in known if each is not None)
    gaps = tuple(gap for gap in base.gaps if not gap.what.startswith(("gpus", "driver")))
    return replace(base, gpus=gpus, drivers=drivers, gaps=gaps)


def _check_vendors(base: Host, names: tuple[str, ...], gpus: tuple[Gpu, ...]) -> None:
    """Refuse Apple's GPUs elsewhere than on its computers, and others there."""
    wrong = [gpu.name or gpu.vendor for gpu in gpus if (gpu.vendor == "apple") != (base.os.system == "macos")]
    if names and wrong and base.os.system is not None:
        raise UsageError(
            f"{', '.join(wrong)} and {base.os.system} exclude each other",
            seen="Apple's GPUs are in its own computers only, and frameworks use no others there",
            do="leave one of --gpu and --target (or --host) out, or name another",
        )


def _driver(vendor: str, base: Host, stated: str | None) -> Driver | None:
    """Return what is known of a vendor's driver; None where it may be of any age."""
    if stated is None:
        return base.driver(vendor)
    if not _DRIVER.fullmatch(stated):
        raise UsageError(
            f"--driver {stated} is no version",
            seen="a driver's version is numbers with dots",
            do="write it as the driver does, such as 570 or 580.95.05",
        )
    return Driver(vendor=vendor, version=stated, state="ok")


_DRIVER = re.compile(r"\d{1,5}(?:\.\d{1,5}){0,3}")

VENDORS = ("nvidia", "amd", "intel")

_APPLE = re.compile(r"(?:apple )?((m\d)(?: (?:pro|max|ultra))?)", re.IGNORECASE)

_ARCHITECTURE = re.compile(r"(?:(sm_\d{2,3})|(gfx[0-9a-f]{3,4})|(xe[a-z0-9+-]*))", re.IGNORECASE)


def find_gpu(name: str) -> Gpu:
    """Return the GPU of a product name, in any case, with or without its maker's name, or of an architecture.

    Raises UsageError where no GPU of that name is known (with those that are written alike), or the name fits several
    architectures.
    """
    apple = _APPLE.fullmatch(name.strip())
    if apple is not None:
        words = f"Apple {apple[1]}".title()
        return Gpu(vendor="apple", name=words, architecture=f"apple-{apple[2].lower()}", integrated=True)
    architecture = _ARCHITECTURE.fullmatch(name.strip())
    if architecture is not None:
        vendor = next(each for each, group in zip(VENDORS, architecture.groups(), strict=True) if group)
        return _of_architecture(vendor, name.strip().lower())
    wanted = _words(name)
    devices = [(vendor, device) for vendor in _makers(name) for device in load_devices(vendor)] if wanted else []
    exact = [(vendor, device) for vendor, device in devices if wanted == _words(device.name)]
    found = exact or [(vendor, device) for vendor, device in devices if wanted <= _words(device.name)]
    if len({device.architecture for _, device in found if device.architecture}) > 1:
        some = ", ".join(sorted({f"{device.name} ({device.architecture})" for _, device in found})[:6])
        raise UsageError(
            f"--gpu {name} fits several GPUs", seen=some, do="write more of its name, or the architecture in its place"
        )
    if not found:
        raise _unknown_gpu(name)
    # a row may stand for several models: then the one that was named is told
    return _gpu(*found[0]) if exact else replace(_gpu(*found[0]), name=name.strip(), pci_id=None)


_BRANDS = {
    "nvidia": frozenset(["nvidia", "geforce", "quadro", "tesla", "rtx", "gtx", "gt", "titan", "nvs", "grid", "jetson"]),
    "amd": frozenset(["amd", "ati", "radeon", "instinct", "firepro", "rx", "vega"]),
    "intel": frozenset(["intel", "arc", "iris", "uhd", "xe", "flex"]),
}
"""Words by which a name tells its maker: a Radeon 780M is no GeForce GTX 780M."""


def _makers(name: str) -> tuple[str, ...]:
    """Return the vendors that a name may be of: those whose brands it bears, else all."""
    said = frozenset(re.findall(r"[a-z]+", name.lower()))
    return tuple(vendor for vendor in VENDORS if said & _BRANDS[vendor]) or VENDORS


def _of_architecture(vendor: str, architecture: str) -> Gpu:
    if any(device.architecture == architecture for device in load_devices(vendor)):
        return Gpu(vendor=vendor, name=architecture, architecture=architecture)
    known = sorted({device.architecture for device in load_devices(vendor) if device.architecture})
    raise UsageError(f"--gpu {architecture} is not known", seen=f"known: {', '.join(known)}", do="name one of these")


def _unknown_gpu(name: str) -> UsageError:
    import difflib

    names = {" ".join(_ordered(device.name)): device.name for vendor in VENDORS for device in load_devices(vendor)}
    plain = " ".join(_ordered(name))
    near = difflib.get_close_matches(plain, names, n=3, cutoff=0.6) if plain else []
    like = " or ".join(names[each] for each in near)
    return UsageError(
        f"--gpu {name} is not known",
        seen=f"{len(names)} names are",
        do=f"did you mean {like}?" if like else "write the product name, such as 'RTX 4090' or 'RX 7900 XTX'",
    )


_NOISE = frozenset({"nvidia", "amd", "ati", "intel", "geforce", "radeon", "graphics", "tm", "r", "gpu"})


def _ordered(name: str) -> list[str]:
    """Return the words of a name that tell it apart, a series and its number as two: "RTX4090" is "rtx 4090"."""
    plain = re.sub(r"\((?:tm|r|c)\)", " ", name.lower())
    parted = re.sub(r"\b(rtx|gtx|rx|arc|quadro|tesla)(\d)", r"\1 \2", plain.replace("-", " "))
    parted = re.sub(r"(\d)(ti|super|xtx|xt)\b", r"\1 \2", parted)
    return [word for word in re.findall(r"[a-z0-9+]+", parted) if word not in _NOISE]


def _words(name: str) -> frozenset[str]:
    return frozenset(_ordered(name))


def _gpu(vendor: str, device: Device) -> Gpu:
    return Gpu(
        vendor=vendor,
        name=device.name,
        architecture=device.architecture,
        pci_id=device.pci_id,
        integrated=device.integrated,
    )
