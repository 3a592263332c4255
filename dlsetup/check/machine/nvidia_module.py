"""NVIDIA's kernel module: its flavour, why it is not loaded, and what of the driver does not match it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, warn
from dlsetup.check.commands import unset
from dlsetup.check.versions import version
from dlsetup.values.architecture import compute_capability
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Driver, Gpu
    from dlsetup.values.nvidia import KernelModule, Libcuda
    from dlsetup.values.situation import Situation

DRIVER = "m.nvidia-driver"
GUIDE = "https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/"
FLAVOURS = "https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/kernel-modules.html"

_TURING = (7, 5)
_BLACKWELL = (10, 0)
"""The open module serves Turing and newer, the closed one no Blackwell (README of the driver, "Open Linux Kernel
Modules"; https://developer.nvidia.com/blog/nvidia-transitions-fully-towards-open-source-gpu-kernel-modules/)."""


def wrong_flavour(situation: Situation) -> Finding | None:
    """Hold the flavour of the loaded module against the GPUs on the bus."""
    is_open = situation.machine.nvidia.open_module if situation.machine.nvidia else None
    gpus = situation.host.gpus_of("nvidia")
    driver = situation.host.driver("nvidia")
    if is_open is None or driver is None or situation.host.os.wsl is not None:
        return None
    unserved = [gpu for gpu in gpus if _unserved(gpu, is_open=is_open)]
    works = driver.state == "ok"
    if not unserved or (works and len(unserved) == len(gpus)):
        # a driver that works serves one GPU at least
        return None
    flavour, other = ("open", "closed") if is_open else ("closed", "open")
    answer = warn if works else fail
    name = unserved[0].name or f"the GPU ({unserved[0].architecture})"
    return answer(
        DRIVER,
        "nvidia-open-module-required-or-unsupported",
        f"The {flavour} NVIDIA kernel module does not serve {name}.",
        evidence=(
            f"the {flavour} module is loaded (/proc/driver/nvidia/version)",
            f"{name} is {unserved[0].architecture}; "
            + ("the open module serves sm_75 and newer" if is_open else "sm_100 and newer need the open module"),
        ),
        remedy=Remedy(
            text=f"Install the {other} flavour of the same driver, then restart.",
            commands=_flavour_command(situation, driver, want_open=not is_open),
            needs_root=True,
            needs_reboot=True,
            links=(FLAVOURS,),
        ),
    )


def _unserved(gpu: Gpu, *, is_open: bool) -> bool:
    found = compute_capability(gpu.architecture or "")
    if found is None:
        return False
    here = (found.major, found.minor)
    return here < _TURING if is_open else here >= _BLACKWELL


def _flavour_command(situation: Situation, driver: Driver, *, want_open: bool) -> tuple[str, ...]:
    branch = (driver.version or "").split(".")[0]
    if situation.host.os.distribution != "ubuntu" or not branch.isdigit():
        return ()
    return (f"sudo apt install nvidia-driver-{branch}{'-open' if want_open else ''}",)


def _module(situation: Situation) -> KernelModule | None:
    return situation.machine.nvidia.module if situation.machine.nvidia else None


def libcuda(situation: Situation) -> Libcuda | None:
    """Return the CUDA driver library that programs load, if that was asked."""
    return situation.machine.nvidia.libcuda if situation.machine.nvidia else None


def not_loaded(situation: Situation, evidence: tuple[str, ...]) -> Finding | None:
    """Say why a module that is not loaded cannot be: not built, or not let in by Secure Boot."""
    module = _module(situation)
    if module is None:
        return None
    if module.built is False and module.sources:
        return _not_built(situation, evidence)
    if module.built and module.secure_boot and (module.signer == "" or module.enrolled is False):
        return _rejected(situation, evidence)
    return None


def _not_built(situation: Situation, evidence: tuple[str, ...]) -> Finding:
    module = _module(situation)
    kernel = situation.host.os.kernel or ""
    sources = module.sources if module else ()
    without = module is not None and module.headers is False
    apt = situation.host.os.distribution in {"debian", "ubuntu"}
    install = (f"sudo apt install linux-headers-{kernel}",) if apt and without else ()
    return fail(
        DRIVER,
        "nvidia-module-build-failed",
        "The NVIDIA driver is installed, but its kernel module was not built for the running kernel.",
        evidence=(
            *evidence[:1],
            f"DKMS has the sources of {', '.join(sources)}, and /lib/modules/{kernel} has no nvidia module",
            *((f"the headers of {kernel} are not there, without which it cannot be built",) if without else ()),
        ),
        remedy=Remedy(
            text="Build it; where that fails, the driver is too old for this kernel: install a newer one, or start "
            "the kernel from before.",
            commands=(*install, f"sudo dkms autoinstall -k {kernel}", "sudo modprobe nvidia"),
            needs_root=True,
            links=(GUIDE,),
        ),
    )


def _rejected(situation: Situation, evidence: tuple[str, ...]) -> Finding:
    module = _module(situation)
    unsigned = module is not None and module.signer == ""
    again: tuple[str, ...] = ()
    if unsigned and module is not None and module.sources:
        again = (f"sudo dkms install --force -m nvidia -v {module.sources[-1]} -k {situation.host.os.kernel}",)
    enroll = "sudo mokutil --import /var/lib/dkms/mok.pub"
    if situation.host.os.distribution == "ubuntu":
        enroll = "sudo update-secureboot-policy --enroll-key"
    return fail(
        DRIVER,
        "secure-boot-module-rejected",
        "Secure Boot keeps the NVIDIA kernel module out.",
        evidence=(
            *evidence[:1],
            "Secure Boot is on, and the module is not loaded",
            "the module is not signed" if unsigned else "the firmware does not know the key that it is signed with",
        ),
        remedy=Remedy(
            text="Let the firmware accept the machine's own key: choose a password here, restart, and confirm in the "
            "blue screen (Enroll MOK).",
            commands=(enroll, *again),
            needs_root=True,
            needs_reboot=True,
            links=("https://wiki.debian.org/SecureBoot", "https://wiki.ubuntu.com/UEFI/SecureBoot/DKMS"),
        ),
    )


def without_room(situation: Situation, evidence: tuple[str, ...]) -> Finding | None:
    """See a GPU for whose memory the firmware left no addresses."""
    module = _module(situation)
    if module is None or not module.unplaced:
        return None
    return fail(
        DRIVER,
        "gpu-rebar-or-bar-space",
        "The firmware left no addresses for the GPU's memory.",
        evidence=(*evidence[:1], f"/sys/bus/pci/devices/{module.unplaced[0]}/resource has a region without a place"),
        remedy=Remedy(
            text="In the firmware's set-up (UEFI), turn on Above 4G Decoding and Resizable BAR, and turn CSM off.",
            needs_reboot=True,
            links=("https://docs.kernel.org/PCI/index.html",),
        ),
    )


def mixed_library(situation: Situation) -> Finding | None:
    """See a CUDA library of another version than the driver that is loaded."""
    os, driver = situation.host.os, situation.host.driver("nvidia")
    library = libcuda(situation)
    if library is None or library.path is None or driver is None or not differs(library.version, driver.version):
        return None
    if os.wsl is not None or os.container is not None or "/compat" in library.path:
        # env.loader and m.container have their say on these
        return None
    return fail(
        DRIVER,
        "cuda-user-kernel-driver-mix-803",
        "Programs load a CUDA driver library that is not of the driver that runs.",
        evidence=(f"{library.path} is of {library.version}", f"the driver that is loaded is {driver.version}"),
        remedy=_one_library(situation, library.path),
    )


def differs(library: str | None, driver: str | None) -> bool:
    """Tell whether both versions are known and not the same."""
    one, other = version(library), version(driver)
    return one is not None and other is not None and one != other


def _one_library(situation: Situation, path: str) -> Remedy:
    session = situation.session
    stated = session.variable("LD_LIBRARY_PATH") if session else None
    if stated and any(folder and path.startswith(folder.rstrip("/") + "/") for folder in stated.split(":")):
        return Remedy(
            text="Take that folder out of LD_LIBRARY_PATH; if the driver was just updated, restart the machine.",
            commands=(unset(situation, "LD_LIBRARY_PATH"),),
            links=(GUIDE,),
        )
    return Remedy(
        text="If the driver was just updated, restart the machine; else remove the package that this library is of.",
        commands=("sudo reboot",),
        needs_root=True,
        needs_reboot=True,
        links=(GUIDE,),
    )


def without_uvm(situation: Situation) -> Finding | None:
    """See that a device file is missing which no program of this user could make."""
    nvidia, os = situation.machine.nvidia, situation.host.os
    if nvidia is None or nvidia.devices is None or "nvidiactl" not in nvidia.devices or "nvidia-uvm" in nvidia.devices:
        return None
    if os.wsl is not None or any(gpu.integrated for gpu in situation.host.gpus_of("nvidia")):
        return None
    if os.container is not None:
        return fail(
            DRIVER,
            "nvidia-device-nodes-missing",
            "This container was given the GPU, but not the device file that CUDA needs beside it.",
            evidence=("/dev/nvidiactl is there", "/dev/nvidia-uvm is not"),
            remedy=Remedy(
                text="Start the container again with all of the GPU's device files; --gpus all does so.",
                commands=("docker run --gpus all ...",) if os.container in {"docker", "podman"} else (),
                links=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html",),
            ),
        )
    if nvidia.creates_devices is not False:
        return None
    return fail(
        DRIVER,
        "nvidia-uvm-broken-after-suspend",
        "A device file that CUDA needs is missing, and nothing here could create it.",
        evidence=("/dev/nvidiactl is there, /dev/nvidia-uvm is not", "nvidia-modprobe, which creates it, is not there"),
        remedy=Remedy(
            text="Load the module and create the file; the package nvidia-modprobe does so from then on.",
            commands=("sudo modprobe nvidia-uvm", *_modprobe(situation)),
            needs_root=True,
            links=(GUIDE,),
        ),
    )


def _modprobe(situation: Situation) -> tuple[str, ...]:
    apt = situation.host.os.distribution in {"debian", "ubuntu"}
    return ("sudo apt install nvidia-modprobe",) if apt else ()


def waiting(situation: Situation) -> Finding | None:
    """Mention a newer driver that the next restart brings into use: no trouble yet."""
    packages = situation.machine.nvidia.waiting if situation.machine.nvidia else ()
    own = tuple(name for name in packages if "nvidia" in name)
    if not own:
        return None
    return ok(
        DRIVER,
        "the NVIDIA driver works; the machine waits for a restart to take a newer one",
        evidence=(f"/var/run/reboot-required.pkgs names {', '.join(own[:3])}",),
        mode="cloud-driver-autoupdate",
    )
