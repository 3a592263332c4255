"""m.container in detail: what a container got of the driver, and what this host would give to one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, warn
from dlsetup.check.installed import installed
from dlsetup.check.machine.nvidia_module import differs, libcuda
from dlsetup.check.versions import version
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

CONTAINER = "m.container"
TOOLKIT = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
CDI = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html"
IMAGES = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html"

_NOTEBOOKS = {
    "colab": "choose a GPU under Runtime, Change runtime type",
    "kaggle": "choose one under Settings, Accelerator",
}
_MANAGED = {"sagemaker": "SageMaker", "azureml": "Azure Machine Learning"}


def host_side(situation: Situation) -> Finding | None:
    """Look at what Docker and Podman on this host would pass on; a host without containers is not asked."""
    nvidia = situation.machine.nvidia
    if nvidia is None:
        return None
    driver = situation.host.driver("nvidia")
    if nvidia.container_runtime is not None:
        return warn(
            CONTAINER,
            "container-toolkit-missing",
            "Docker is set up for NVIDIA GPUs, but NVIDIA's container toolkit is not installed.",
            evidence=(
                f"/etc/docker/daemon.json names the runtime {nvidia.container_runtime}",
                "that program is not there",
            ),
            remedy=Remedy(
                text="Install the toolkit, and let Docker know of it.",
                commands=(
                    *_install_toolkit(situation),
                    "sudo nvidia-ctk runtime configure --runtime=docker",
                    "sudo systemctl restart docker",
                ),
                needs_root=True,
                links=(TOOLKIT,),
            ),
        )
    if driver is not None and driver.state == "ok" and differs(nvidia.cdi_version, driver.version):
        return warn(
            CONTAINER,
            "cdi-spec-missing",
            "What this machine tells containers of its GPU (CDI) was written for another driver.",
            evidence=(f"nvidia.yaml lists the libraries of {nvidia.cdi_version}", f"the driver is {driver.version}"),
            remedy=Remedy(
                text="Write it again.",
                commands=("sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",),
                needs_root=True,
                links=(CDI,),
            ),
        )
    if nvidia.docker_without_toolkit:
        return ok(
            CONTAINER,
            "not in a container; Docker here has no NVIDIA toolkit, so containers get no GPU",
            mode="container-toolkit-missing",
        )
    return None


def _install_toolkit(situation: Situation) -> tuple[str, ...]:
    apt = situation.host.os.distribution in {"debian", "ubuntu"}
    return ("sudo apt install nvidia-container-toolkit",) if apt else ()


def without_libraries(situation: Situation, kind: str, evidence: tuple[str, ...]) -> Finding | None:
    """See a container that has the GPU's device files and not the driver's libraries."""
    nvidia, session = situation.machine.nvidia, situation.session
    if nvidia is None or "nvidiactl" not in (nvidia.devices or ()):
        return None
    capabilities = session.variable("NVIDIA_DRIVER_CAPABILITIES") if session else None
    words = set((capabilities or "").split(","))
    narrowed = bool(capabilities) and not words & {"all", "compute"}
    if narrowed:
        seen = f"NVIDIA_DRIVER_CAPABILITIES is {capabilities}"
        text = "Start the container again with the capabilities that computing needs."
        command = "docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility ..."
    else:
        seen = "/dev/nvidiactl is there"
        text = "Start it through NVIDIA's toolkit (--gpus all), which brings the libraries of the host's driver."
        command = "docker run --gpus all ..."
    return fail(
        CONTAINER,
        "container-driver-libs-missing",
        "This container was given the GPU's device files, but not the libraries of the driver.",
        evidence=(seen, *evidence[1:]),
        remedy=Remedy(text=text, commands=(command,) if kind in {"docker", "podman"} else (), links=(IMAGES,)),
    )


def baked_in(situation: Situation) -> Finding | None:
    """See a driver library that is part of the image and comes before the one of the host."""
    library, driver = libcuda(situation), situation.host.driver("nvidia")
    if library is None or library.path is None or driver is None or not differs(library.version, driver.version):
        return None
    if "/compat" in library.path or situation.host.os.wsl is not None:
        return None
    return fail(
        CONTAINER,
        "container-driver-libs-baked-in",
        "This image has an NVIDIA driver of its own, which does not fit the one of the host.",
        evidence=(f"{library.path} is of {library.version}", f"the host's driver is {driver.version}"),
        remedy=Remedy(
            text="Build the image without a driver: of CUDA's packages take cuda-toolkit, never cuda or nvidia-driver.",
            commands=("sudo apt purge 'nvidia-driver-*' 'libnvidia-*'",)
            if situation.host.os.distribution in {"debian", "ubuntu"}
            else (),
            needs_root=True,
            links=(IMAGES,),
        ),
    )


def newer_image(situation: Situation) -> Finding | None:
    """Hold what the image says that it needs (NVIDIA_REQUIRE_CUDA) against the driver.

    Alternatives are parted by blanks, conditions of one by commas. Within a major version CUDA runs on older drivers.
    """
    session, driver = situation.session, situation.host.driver("nvidia")
    wanted = session.variable("NVIDIA_REQUIRE_CUDA") if session else None
    supports = version((driver.supports or "").removeprefix("CUDA ")) if driver and driver.state == "ok" else None
    if not wanted or driver is None or supports is None:
        return None
    if any(_holds(alternative, supports.major, driver.version) for alternative in wanted.split()):
        return None
    first = next(iter(re.findall(r"cuda>=([\d.]+)", wanted)), "another version")
    return warn(
        CONTAINER,
        "container-image-needs-newer-driver",
        f"This image was made for CUDA {first}, which the host's driver does not support.",
        evidence=(f"NVIDIA_REQUIRE_CUDA is {wanted[:100]}", f"the driver is {driver.version} ({driver.supports})"),
        remedy=Remedy(
            text=f"Take the image's tag for CUDA {supports.major}, or install a newer driver on the host.",
            links=(IMAGES,),
        ),
    )


def _holds(alternative: str, major: int, driver: str | None) -> bool:
    """Tell whether one alternative may hold; what is not known of it (the board's brand) speaks for it."""
    return all(_condition(each, major, driver) for each in alternative.split(","))


def _condition(text: str, major: int, driver: str | None) -> bool:
    match = re.fullmatch(r"(cuda|driver)(>=|>|<=|<|=)([\d.]+)", text)
    if match is None:
        return True
    name, sign, wanted = match.groups()
    there, here = version(wanted), version(driver)
    if name == "cuda":
        return there is None or sign not in {">=", ">"} or major >= there.major
    if there is None or here is None:
        return True
    if sign == "=":
        return here.major == there.major
    return {">=": here >= there, ">": here > there, "<=": here <= there, "<": here < there}[sign]


def service_notes(situation: Situation) -> Finding | None:
    """Mention what a hosted service decides for its users: no trouble by itself."""
    return next(_notes(situation), None)


def _notes(situation: Situation) -> Iterator[Finding]:
    host = situation.host
    service = host.os.service or ""
    without = not host.gpus and host.unknown("gpus") is None
    if service in _NOTEBOOKS and without and any(each.accelerator == "cuda" for each in installed(situation)):
        yield ok(
            CONTAINER,
            f"this notebook was started without a GPU; {_NOTEBOOKS[service]}",
            mode="colab-runtime-without-gpu",
        )
    shared = next((each for each in situation.storage if each.purpose == "shared-memory"), None)
    if service in _MANAGED and shared is not None and (shared.total_bytes or 2**40) < 2**30:
        yield ok(
            CONTAINER,
            f"{_MANAGED[service]} chose this container's limits; its shared memory is small",
            mode="sagemaker-or-batch-limits",
        )
