"""m.nvidia-driver and m.nvidia-visibility: does the driver serve the GPUs, and may this session see them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown
from dlsetup.check.commands import unset
from dlsetup.check.installed import installed
from dlsetup.check.machine import gpu_modes, nvidia_module
from dlsetup.check.versions import version
from dlsetup.values.architecture import compute_capability
from dlsetup.values.finding import Remedy
from dlsetup.values.host import Gpu

if TYPE_CHECKING:
    from dlsetup.values.build import DriverEnd
    from dlsetup.values.environment import Session
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Driver
    from dlsetup.values.situation import Situation

DRIVER = "m.nvidia-driver"
VISIBILITY = "m.nvidia-visibility"

GUIDE = "https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/"
DOWNLOAD = "https://www.nvidia.com/en-us/drivers/"


def driver_serves(situation: Situation) -> Finding:
    """Hold the driver against the NVIDIA GPUs on the bus."""
    host = situation.host
    gpus = host.gpus_of("nvidia")
    driver = host.driver("nvidia")
    if not gpus:
        return _without_gpu(situation, driver)
    if driver is None:
        return _untold(situation, gpus[0])
    if lent(situation):
        return ok(DRIVER, f"{gpus[0].name or 'the NVIDIA GPU'} is lent to a virtual machine ({driver.detail})")
    if driver.state != "ok":
        return nvidia_module.wrong_flavour(situation) or _trouble(situation, gpus[0], driver)
    found = _ended(situation, gpus, driver) or _half(situation)
    if found is not None:
        return found
    supports = f" ({driver.supports})" if driver.supports else ""
    return ok(DRIVER, f"NVIDIA driver {driver.version or 'of unknown version'}{supports}")


def _half(situation: Situation) -> Finding | None:
    """See what keeps CUDA from a driver that works."""
    questions = (
        nvidia_module.wrong_flavour,
        nvidia_module.mixed_library,
        nvidia_module.without_uvm,
        nvidia_module.waiting,
    )
    return next((found for question in questions if (found := question(situation)) is not None), None)


def _untold(situation: Situation, gpu: Gpu) -> Finding:
    """Judge a GPU of whose driver nothing is known."""
    host, environment = situation.host, situation.environment
    if environment is not None and environment.sees_gpu:
        return ok(DRIVER, "the installed framework reported that it sees the GPU")
    gap = host.unknown("driver.nvidia") or host.unknown("drivers.nvidia")
    return unknown(
        DRIVER,
        "Whether the NVIDIA driver is installed could not be read.",
        evidence=(f"{gpu.name or 'an NVIDIA GPU'} is on the bus", gap.why if gap else "nothing was told of a driver"),
        text="Ask the driver itself.",
        commands=("nvidia-smi",),
    )


def _without_gpu(situation: Situation, driver: Driver | None) -> Finding:
    """Judge a driver whose GPUs were not seen: only a mismatch is trouble whatever the bus holds."""
    if situation.host.unknown("gpus") is None or driver is None:
        return _unseen(situation) or skip(DRIVER, "no NVIDIA GPU")
    if driver.state == "mismatch":
        return _trouble(situation, Gpu(vendor="nvidia"), driver)
    if driver.state == "ok" or "No devices were found" in (driver.detail or ""):
        return skip(DRIVER, "no NVIDIA GPU was seen")
    return unknown(
        DRIVER,
        "Whether an NVIDIA GPU waits for its driver is not known.",
        evidence=(driver.detail or f"the driver's state is {driver.state}", "no GPU was seen on the bus"),
        text="Look whether the machine has one.",
        commands=("lspci -d 10de:",) if situation.host.os.system == "linux" else ("nvidia-smi",),
    )


def _unseen(situation: Situation) -> Finding | None:
    """See a report of a CUDA build that finds no GPU on a machine of which neither GPUs nor driver are known."""
    environment = situation.environment
    build = next((each for each in installed(situation) if each.accelerator == "cuda"), None)
    if situation.host.unknown("gpus") is None or environment is None or environment.sees_gpu is not False:
        return None
    if build is None:
        return None
    found = unknown(
        DRIVER,
        f"{build.title} is a CUDA build and found no GPU: there is no NVIDIA GPU, or no driver for it.",
        evidence=(build.seen, "it reported that no GPU is available, and no driver was named"),
        text="Ask the driver itself; where there is no NVIDIA GPU, the build for the processor is far smaller.",
        commands=("nvidia-smi",),
    )
    return replace(found, mode="nvidia-driver-missing")


def lent(situation: Situation) -> bool:
    """Tell whether the NVIDIA GPU is kept from this system, to be handed to a virtual machine."""
    driver = situation.host.driver("nvidia")
    return driver is not None and re.search(r"vfio|pci-stub|pciback", driver.detail or "") is not None


def _trouble(situation: Situation, gpu: Gpu, driver: Driver) -> Finding:
    name = gpu.name or "an NVIDIA GPU"
    detail = driver.detail or f"the driver's state is {driver.state}"
    seen = f"{name} is on the bus" if gpu.name or gpu.pci_id else "an NVIDIA driver answers"
    evidence = (seen, detail)
    words = detail.lower()
    if driver.state == "mismatch":
        return fail(
            DRIVER,
            "nvidia-driver-library-mismatch",
            "The NVIDIA driver was updated, but its old kernel module is still loaded.",
            evidence=evidence,
            remedy=_reboot(situation, "Restart the machine, so that module and libraries are of one version again."),
        )
    if re.search(r"\b(?:nouveau|nova)\b", words):
        return fail(
            DRIVER,
            "nouveau-loaded",
            f"{name} is run by the nouveau driver, which has no CUDA.",
            evidence=evidence,
            remedy=_install_driver(situation),
        )
    if driver.state == "missing":
        return _missing(situation, name, driver, evidence)
    if re.search(r"permission|denied|/dev/nvidia", words):
        return fail(
            DRIVER,
            "nvidia-device-nodes-missing",
            "The NVIDIA driver is loaded, but its device files are missing or closed to you.",
            evidence=evidence,
            remedy=Remedy(
                text="Create the device files.",
                commands=("sudo nvidia-modprobe -c 0 -u",),
                needs_root=True,
                links=(GUIDE,),
            ),
        )
    return nvidia_module.without_room(situation, evidence) or fail(
        DRIVER,
        _mode_of_error(words),
        "The NVIDIA driver does not answer as it should.",
        evidence=evidence,
        remedy=_reboot(situation, "Restart the machine; if it stays, read what the system's log says of the driver."),
    )


def _mode_of_error(words: str) -> str | None:
    if re.search(r"libnvidia-ml|libcuda|nvcuda", words):
        return "libcuda-not-found"
    return "nvidia-rm-init-failed" if "rminitadapter" in words or "no devices" in words else None


def _missing(situation: Situation, name: str, driver: Driver, evidence: tuple[str, ...]) -> Finding:
    found = nvidia_module.not_loaded(situation, evidence)
    if found is not None:
        return found
    if driver.version is not None or re.search(r"module|not loaded|communicate", (driver.detail or "").lower()):
        return fail(
            DRIVER,
            "nvidia-module-not-loaded",
            "The NVIDIA driver is installed, but its kernel module is not loaded.",
            evidence=evidence,
            remedy=Remedy(
                text="Load it; if that fails, rebuild it for the running kernel (dkms status tells) and restart.",
                commands=("sudo modprobe nvidia",),
                needs_root=True,
                links=(GUIDE,),
            ),
        )
    return fail(
        DRIVER,
        "nvidia-driver-missing",
        f"No NVIDIA driver is installed, so {name} cannot be used.",
        evidence=evidence,
        remedy=_install_driver(situation),
    )


def _reboot(situation: Situation, text: str) -> Remedy:
    command = "shutdown /r /t 0" if situation.host.os.system == "windows" else "sudo reboot"
    return Remedy(text=text, commands=(command,), needs_root=True, needs_reboot=True, links=(GUIDE,))


_INSTALL = {
    "ubuntu": "sudo ubuntu-drivers install",
    "debian": "sudo apt install nvidia-driver firmware-misc-nonfree",
    "fedora": "sudo dnf install akmod-nvidia xorg-x11-drv-nvidia-cuda",
    "arch": "sudo pacman -S nvidia-open",
}
"""Sources: https://documentation.ubuntu.com/server/how-to/graphics/install-nvidia-drivers/,
https://wiki.debian.org/NvidiaGraphicsDrivers, https://rpmfusion.org/Howto/NVIDIA, https://wiki.archlinux.org/title/NVIDIA.
"""


def install_driver(situation: Situation) -> tuple[str, ...]:
    """Return the command that installs the driver of the machine's distribution, if there is one."""
    os = situation.host.os
    if os.system != "linux" or os.wsl is not None or os.container is not None:
        return ()
    command = _INSTALL.get(os.distribution or "")
    return (command,) if command else ()


def _install_driver(situation: Situation) -> Remedy:
    return Remedy(
        text="Install the NVIDIA driver, then restart the machine.",
        commands=install_driver(situation),
        needs_root=True,
        needs_reboot=True,
        links=(DOWNLOAD if situation.host.os.system == "windows" else GUIDE,),
    )


def _ended(situation: Situation, gpus: tuple[Gpu, ...], driver: Driver) -> Finding | None:
    for end in situation.catalog.driver_ends:
        if end.vendor == "nvidia" and _from(driver, end) and all(_before(gpu, end) for gpu in gpus):
            return fail(
                DRIVER,
                end.mode,
                f"This NVIDIA driver no longer serves {gpus[0].name or 'this GPU'}.",
                evidence=(
                    f"driver {driver.version}; from {end.from_} on it serves {end.oldest} and newer",
                    f"{gpus[0].name or 'the GPU'} is {gpus[0].architecture}",
                ),
                remedy=Remedy(
                    text=f"Install a driver of the last branch before {end.from_}, and hold it there.",
                    needs_root=True,
                    needs_reboot=True,
                    links=(end.source,) if end.source else (GUIDE,),
                ),
            )
    return None


def _from(driver: Driver, end: DriverEnd) -> bool:
    here, first = version(driver.version), version(end.from_)
    return here is not None and first is not None and here >= first


def _before(gpu: Gpu, end: DriverEnd) -> bool:
    here, oldest = compute_capability(gpu.architecture or ""), compute_capability(end.oldest)
    return here is not None and oldest is not None and (here.major, here.minor) < (oldest.major, oldest.minor)


def visible(situation: Situation) -> Finding:
    """Look for what keeps this session's programs from GPUs that the driver serves."""
    gpus, session = situation.host.gpus_of("nvidia"), situation.session
    if not gpus:
        return skip(VISIBILITY, "no NVIDIA GPU")
    if session is None:
        return skip(VISIBILITY, "the session's variables are not known")
    return gpu_modes.closed(situation) or _chosen(situation, gpus, session)


def _chosen(situation: Situation, gpus: tuple[Gpu, ...], session: Session) -> Finding:
    """Read CUDA_VISIBLE_DEVICES as CUDA does: what comes after the first entry that does not exist is hidden."""
    value = session.variable("CUDA_VISIBLE_DEVICES")
    if value is None:
        return _unset(situation, partial=session.partial)
    if any(name.startswith("RAY_") for name, _ in session.variables) and not value.strip():
        return ok(VISIBILITY, "Ray hides the GPUs from a task that asked for none", mode="ray-or-launcher-hides-gpus")
    if not hides_all(value, len(gpus), split=any(gpu.mig for gpu in gpus)):
        return ok(VISIBILITY, f"CUDA_VISIBLE_DEVICES={value}")
    return fail(
        VISIBILITY,
        "cuda-visible-devices-hides-gpus",
        "CUDA_VISIBLE_DEVICES hides every NVIDIA GPU.",
        evidence=(f'CUDA_VISIBLE_DEVICES is "{value}"', f"the machine has {_counted(len(gpus))}"),
        remedy=Remedy(
            text="Remove the variable, or set it to the number of a GPU that exists.",
            commands=(unset(situation, "CUDA_VISIBLE_DEVICES"),),
            links=("https://docs.nvidia.com/cuda/cuda-c-programming-guide/#cuda-environment-variables",),
        ),
    )


def _unset(situation: Situation, *, partial: bool) -> Finding:
    if partial:
        return skip(VISIBILITY, "only some of the session's variables are known")
    return _scheduler(situation) or ok(VISIBILITY, "no variable hides a GPU")


def hides_all(value: str, count: int, *, split: bool = False) -> bool:
    """Tell whether a list of devices leaves none; names (GPU-..., MIG-...) and split GPUs are not judged."""
    first = value.split(",", 1)[0].strip()
    if not first:
        return True
    if re.fullmatch(r"-?[0-9]{1,9}", first):
        return int(first) < 0 or (int(first) >= count and not split)
    return first[0] in "\"'" or first.lower() in {"nodevfiles", "void", "none"}


def _counted(count: int) -> str:
    return "one NVIDIA GPU, number 0" if count == 1 else f"{count} NVIDIA GPUs, numbers 0 to {count - 1}"


def _scheduler(situation: Situation) -> Finding | None:
    session, driver = situation.session, situation.host.driver("nvidia")
    if session is None or session.variable("SLURM_JOB_ID") is None or driver is None or driver.state == "ok":
        return None
    given = ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "SLURM_GPUS_ON_NODE", "SLURM_GPUS", "SLURM_JOB_GRES")
    if any(session.variable(name) for name in given):
        return None
    return fail(
        VISIBILITY,
        "slurm-job-without-gres",
        "This Slurm job was given no GPU.",
        evidence=(f"SLURM_JOB_ID is {session.variable('SLURM_JOB_ID')}", "no SLURM_JOB_GPUS or SLURM_GPUS_ON_NODE"),
        remedy=Remedy(
            text="Ask for a GPU when you start the job.",
            commands=("srun --gpus=1 --pty bash",),
            links=("https://slurm.schedmd.com/gres.html",),
        ),
    )
