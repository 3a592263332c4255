"""m.container and m.wsl: does what wraps this Linux pass the GPU on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.machine import container_driver
from dlsetup.check.machine.amd import uses
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

CONTAINER = "m.container"
WSL = "m.wsl"

TOOLKIT = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html"
WSL_GUIDE = "https://docs.nvidia.com/cuda/wsl-user-guide/"

_AGAIN = {
    "docker": "docker run --gpus all ...",
    "podman": "podman run --device nvidia.com/gpu=all ...",
    "singularity": "singularity exec --nv ...",
    "apptainer": "apptainer exec --nv ...",
}


def container_passes_gpu(situation: Situation) -> Finding:
    """Hold the GPUs that the container sees on the bus against the driver that it was given."""
    host = situation.host
    kind = host.os.container
    if kind is None:
        found = None if host.os.wsl else container_driver.host_side(situation)
        return found or container_driver.service_notes(situation) or skip(CONTAINER, "not in a container")
    nvidia, driver = host.gpus_of("nvidia"), host.driver("nvidia")
    if nvidia and driver is not None and driver.state != "ok":
        name = nvidia[0].name or "an NVIDIA GPU"
        evidence = (f"{name} is on the bus of the host", driver.detail or f"the driver's state here is {driver.state}")
        if driver.state == "error" and re.search(r"eperm|not permitted|denied|unknown error", evidence[1].lower()):
            return _lost(evidence)
        if driver.state == "missing" or "libnvidia-ml" in evidence[1]:
            return container_driver.without_libraries(situation, kind, evidence) or _without(kind, evidence)
    questions = (
        _without_amd,
        container_driver.baked_in,
        container_driver.newer_image,
        container_driver.service_notes,
    )
    found = next((found for question in questions if (found := question(situation)) is not None), None)
    return found or ok(CONTAINER, f"{kind} container" + (" with its GPU" if host.gpus else ""))


def _without(kind: str, evidence: tuple[str, ...]) -> Finding:
    command = _AGAIN.get(kind)
    text = "Start the container again with the GPU passed to it."
    if kind == "kubernetes":
        text = "Ask for the GPU in the pod's limits (nvidia.com/gpu: 1)."
    return fail(
        CONTAINER,
        "container-started-without-gpu",
        "This container was started without access to the GPU.",
        evidence=evidence,
        remedy=Remedy(text=text, commands=(command,) if command else (), links=(TOOLKIT,)),
    )


def _lost(evidence: tuple[str, ...]) -> Finding:
    return fail(
        CONTAINER,
        "container-gpu-lost-cgroup",
        "This container has lost its right to use the GPU.",
        evidence=evidence,
        remedy=Remedy(
            text="Restart the container, on its host.", commands=("docker restart CONTAINER",), links=(TOOLKIT,)
        ),
    )


def _without_amd(situation: Situation) -> Finding | None:
    driver = situation.host.driver("amd")
    gpus = situation.host.gpus_of("amd")
    if not gpus or driver is None or driver.state == "ok" or not uses(situation, "rocm"):
        return None
    if driver.state == "error" and "not there" not in (driver.detail or ""):
        return None
    return fail(
        CONTAINER,
        "rocm-container-devices-missing",
        "This container was started without access to the AMD GPU.",
        evidence=(
            f"{gpus[0].name or 'an AMD GPU'} is on the bus of the host",
            driver.detail or "/dev/kfd is not there",
        ),
        remedy=Remedy(
            text="Start the container again with the GPU's device files.",
            commands=("docker run --device /dev/kfd --device /dev/dri --group-add video ...",),
            links=("https://rocm.docs.amd.com/projects/install-on-linux/en/latest/how-to/docker.html",),
        ),
    )


def wsl_passes_gpu(situation: Situation) -> Finding:
    """Hold what WSL is against what it needs for a GPU."""
    host = situation.host
    if host.os.wsl is None:
        return skip(WSL, "not in the Windows Subsystem for Linux")
    if host.os.wsl == 1:
        return fail(
            WSL,
            "wsl1-no-gpu",
            "This distribution runs under WSL 1, which has no GPU.",
            evidence=(f"kernel {host.os.kernel}", "a GPU needs WSL 2"),
            remedy=Remedy(
                text="Change the distribution to WSL 2, in a terminal of Windows.",
                commands=("wsl --set-version DISTRO 2",),
                links=("https://learn.microsoft.com/windows/wsl/install",),
            ),
        )
    driver = host.driver("nvidia")
    if host.gpus_of("nvidia") and driver is not None and driver.state != "ok":
        return _wsl_trouble(driver.state, driver.detail or f"the driver's state is {driver.state}")
    return _off_the_path(situation) or ok(WSL, "WSL 2" + (" with its GPU" if host.gpus else ""))


def _off_the_path(situation: Situation) -> Finding | None:
    """See that the loader does not find the driver's library which Windows lends."""
    nvidia = situation.machine.nvidia
    if nvidia is None or nvidia.lent_library is not True or nvidia.libcuda is None or nvidia.libcuda.path is not None:
        return None
    return fail(
        WSL,
        "wsl-libcuda-not-on-path",
        "The NVIDIA driver's library is here, but programs do not find it.",
        evidence=("/usr/lib/wsl/lib/libcuda.so.1 is there", "neither ldconfig's cache nor LD_LIBRARY_PATH leads to it"),
        remedy=Remedy(
            text="Tell the loader of that folder.",
            commands=("echo /usr/lib/wsl/lib | sudo tee /etc/ld.so.conf.d/ld.wsl.conf", "sudo ldconfig"),
            needs_root=True,
            links=(WSL_GUIDE,),
        ),
    )


def _wsl_trouble(state: str, detail: str) -> Finding:
    evidence = ("WSL 2 takes the driver from Windows (/usr/lib/wsl/lib)", detail)
    if state == "mismatch":
        return fail(
            WSL,
            "wsl-linux-nvidia-driver-installed",
            "A Linux NVIDIA driver is installed inside WSL and hides the one of Windows.",
            evidence=evidence,
            remedy=Remedy(
                text="Remove the Linux driver; WSL needs none.",
                commands=("sudo apt purge 'libnvidia-*' 'nvidia-driver-*'", "sudo ldconfig"),
                needs_root=True,
                links=(WSL_GUIDE,),
            ),
        )
    return fail(
        WSL,
        "wsl-kernel-or-windows-driver-old",
        "WSL does not pass the GPU on.",
        evidence=evidence,
        remedy=Remedy(
            text="Update WSL and the NVIDIA driver of Windows, in a terminal of Windows.",
            commands=("wsl --update", "wsl --shutdown"),
            links=(WSL_GUIDE,),
        ),
    )
