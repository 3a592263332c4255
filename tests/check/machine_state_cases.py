"""Cases of what surrounds a machine's drivers: check, kind, healthy start, change, status, mode."""

from __future__ import annotations

from dataclasses import replace

from dlsetup.values.host import Gpu
from dlsetup.values.machine import (
    KernelModule,
    Libcuda,
    Nvidia,
)

GIB = 2**30

LIBRARY = "/usr/lib/x86_64-linux-gnu/libcuda.so.1"
COMPAT = "/usr/local/cuda-13.1/compat/libcuda.so.1"
PASCAL = Gpu(vendor="nvidia", name="NVIDIA GeForce GTX 1080", architecture="sm_61")
BLACKWELL = Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 5090", architecture="sm_120")
DATA_CENTRE = Gpu(vendor="nvidia", name="NVIDIA H100 80GB HBM3", architecture="sm_90")


def same(situation, edit):
    del edit
    return situation


def machine(situation, **facts):
    return replace(situation, machine=replace(situation.machine, **facts))


def nvidia(changes=None, *, os=None, gpus=None, driver=None, variables=None, **facts):
    """Give the machine what surrounds NVIDIA's driver, and perhaps another system, GPUs, driver or variables."""

    def change(situation, edit):
        found = machine(situation, nvidia=Nvidia(**facts))
        if driver:
            found = edit.driver(found, **driver)
        if gpus:
            found = edit.host(found, gpus=gpus)
        if os:
            found = edit.os(found, **os)
        if variables:
            found = edit.variable(found, **variables)
        return changes(found, edit) if changes else found

    return change


MISSING = {"state": "missing", "version": None, "supports": None, "detail": "the kernel module is not loaded"}
SILENT = {"state": "error", "detail": "No devices were found by the driver, though the bus shows them"}
DOCKER = {"container": "docker"}


def module(**facts):
    return nvidia(driver=MISSING, module=KernelModule(**facts))


def libcuda(version, path=LIBRARY, **more):
    return nvidia(libcuda=Libcuda(path=path, version=version), **more)


BUILT = {"built": True, "secure_boot": True, "sources": ("580.95.05",), "headers": True}

DRIVER = "m.nvidia-driver"
CONTAINER = "m.container"
LOADER = "env.loader"
FLAVOUR = "nvidia-open-module-required-or-unsupported"
MIX = "cuda-user-kernel-driver-mix-803"
COMPATIBILITY = "cuda-compat-on-unsupported-gpu"
REQUIRES = "cuda>=13.0 brand=unknown,driver>=535,driver<536"

CASES = [
    # the flavour of the module
    (DRIVER, "found", "linux_nvidia", nvidia(driver=SILENT, gpus=(PASCAL,), open_module=True), "fail", FLAVOUR),
    (DRIVER, "found", "linux_nvidia", nvidia(driver=SILENT, gpus=(BLACKWELL,), open_module=False), "fail", FLAVOUR),
    (DRIVER, "found", "linux_nvidia", nvidia(gpus=(BLACKWELL, PASCAL), open_module=True), "warn", FLAVOUR),
    (DRIVER, "near", "linux_nvidia", nvidia(gpus=(BLACKWELL,), open_module=True), "ok", None),
    (DRIVER, "near", "linux_nvidia", nvidia(gpus=(PASCAL,), open_module=False), "ok", None),
    (DRIVER, "near", "linux_nvidia", nvidia(open_module=False), "ok", None),
    (DRIVER, "near", "linux_nvidia", nvidia(driver=SILENT, open_module=True), "fail", "nvidia-rm-init-failed"),
    # a module that is not loaded
    (
        DRIVER,
        "found",
        "linux_nvidia",
        module(built=False, sources=("550.54.15",), headers=False),
        "fail",
        "nvidia-module-build-failed",
    ),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        module(built=False, sources=("550.54.15",), headers=True),
        "fail",
        "nvidia-module-build-failed",
    ),
    (DRIVER, "near", "linux_nvidia", module(built=False), "fail", "nvidia-module-not-loaded"),
    (DRIVER, "near", "linux_nvidia", module(**{**BUILT, "secure_boot": False}), "fail", "nvidia-module-not-loaded"),
    (
        DRIVER,
        "near",
        "linux_nvidia",
        module(**BUILT, signer="somebody", enrolled=True),
        "fail",
        "nvidia-module-not-loaded",
    ),
    (DRIVER, "near", "linux_nvidia", module(**BUILT, signer="somebody"), "fail", "nvidia-module-not-loaded"),
    (DRIVER, "found", "linux_nvidia", module(**BUILT, signer=""), "fail", "secure-boot-module-rejected"),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        module(**BUILT, signer="somebody", enrolled=False),
        "fail",
        "secure-boot-module-rejected",
    ),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        nvidia(driver=SILENT, module=KernelModule(unplaced=("0000:01:00.0",))),
        "fail",
        "gpu-rebar-or-bar-space",
    ),
    (DRIVER, "near", "linux_nvidia", nvidia(driver=SILENT, module=KernelModule()), "fail", "nvidia-rm-init-failed"),
    # the library that programs load
    (DRIVER, "found", "linux_nvidia", libcuda("570.86.10"), "fail", MIX),
    (DRIVER, "near", "linux_nvidia", libcuda("580.95.05"), "ok", None),
    (DRIVER, "near", "linux_nvidia", libcuda(None), "ok", None),
    (DRIVER, "near", "linux_nvidia", nvidia(libcuda=Libcuda()), "ok", None),
    (DRIVER, "near", "linux_nvidia", libcuda("570.86.10", os={"wsl": 2}), "ok", None),
    (CONTAINER, "found", "linux_nvidia", libcuda("570.86.10", os=DOCKER), "fail", "container-driver-libs-baked-in"),
    (CONTAINER, "near", "linux_nvidia", libcuda("580.95.05", os=DOCKER), "ok", None),
    (CONTAINER, "near", "linux_nvidia", libcuda("590.44.01", COMPAT, os=DOCKER), "ok", None),
    (LOADER, "found", "linux_nvidia", libcuda("590.44.01", COMPAT), "fail", COMPATIBILITY),
    (LOADER, "near", "linux_nvidia", libcuda("590.44.01", COMPAT, gpus=(DATA_CENTRE,)), "skip", None),
    (LOADER, "near", "linux_nvidia", libcuda("580.95.05"), "skip", None),
    (LOADER, "found", "linux_nvidia", libcuda("550.54.15", COMPAT, gpus=(DATA_CENTRE,)), "fail", MIX),
    # device files
    (
        DRIVER,
        "found",
        "linux_nvidia",
        nvidia(devices=("nvidia0", "nvidiactl"), creates_devices=False),
        "fail",
        "nvidia-uvm-broken-after-suspend",
    ),
    (DRIVER, "near", "linux_nvidia", nvidia(devices=("nvidia0", "nvidiactl"), creates_devices=True), "ok", None),
    (DRIVER, "near", "linux_nvidia", nvidia(devices=("nvidia0", "nvidiactl")), "ok", None),
    (
        DRIVER,
        "near",
        "linux_nvidia",
        nvidia(devices=("nvidia0", "nvidiactl", "nvidia-uvm"), creates_devices=False),
        "ok",
        None,
    ),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        nvidia(devices=("nvidia0", "nvidiactl"), creates_devices=True, os=DOCKER),
        "fail",
        "nvidia-device-nodes-missing",
    ),
    (
        DRIVER,
        "near",
        "linux_nvidia",
        nvidia(waiting=("nvidia-driver-590",)),
        "ok",
        "cloud-driver-autoupdate",
    ),
    (DRIVER, "near", "linux_nvidia", nvidia(waiting=("linux-image-6.8.0-90-generic",)), "ok", None),
    # containers, from inside
    (
        CONTAINER,
        "found",
        "linux_nvidia",
        nvidia(devices=("nvidia0", "nvidiactl"), driver={**MISSING, "state": "missing"}, os=DOCKER),
        "fail",
        "container-driver-libs-missing",
    ),
    (
        CONTAINER,
        "found",
        "linux_nvidia",
        nvidia(
            devices=("nvidia0", "nvidiactl"),
            driver=MISSING,
            os=DOCKER,
            variables={"NVIDIA_DRIVER_CAPABILITIES": "video,utility"},
        ),
        "fail",
        "container-driver-libs-missing",
    ),
    (
        CONTAINER,
        "near",
        "linux_nvidia",
        nvidia(devices=(), driver=MISSING, os=DOCKER),
        "fail",
        "container-started-without-gpu",
    ),
    (
        CONTAINER,
        "found",
        "linux_nvidia",
        nvidia(
            driver={"version": "550.54.15", "supports": "CUDA 12.4"},
            os=DOCKER,
            variables={"NVIDIA_REQUIRE_CUDA": REQUIRES},
        ),
        "warn",
        "container-image-needs-newer-driver",
    ),
    (
        CONTAINER,
        "near",
        "linux_nvidia",
        nvidia(
            driver={"version": "535.54.03", "supports": "CUDA 12.2"},
            os=DOCKER,
            variables={"NVIDIA_REQUIRE_CUDA": REQUIRES},
        ),
        "ok",
        None,
    ),
    (
        CONTAINER,
        "near",
        "linux_nvidia",
        nvidia(
            driver={"version": "550.54.15", "supports": "CUDA 12.4"},
            os=DOCKER,
            variables={"NVIDIA_REQUIRE_CUDA": "cuda>=12.8"},
        ),
        "ok",
        None,
    ),
    # containers, from their host
    (
        CONTAINER,
        "found",
        "linux_nvidia",
        nvidia(container_runtime="nvidia-container-runtime"),
        "warn",
        "container-toolkit-missing",
    ),
    (CONTAINER, "near", "linux_nvidia", nvidia(docker_without_toolkit=True), "ok", "container-toolkit-missing"),
    (CONTAINER, "found", "linux_nvidia", nvidia(cdi_version="570.86.10"), "warn", "cdi-spec-missing"),
    (CONTAINER, "near", "linux_nvidia", nvidia(cdi_version="580.95.05"), "skip", None),
    (CONTAINER, "near", "linux_nvidia", nvidia(cdi_version="570.86.10", driver=SILENT), "skip", None),
    # hosted services
    (
        CONTAINER,
        "near",
        "linux_nvidia",
        lambda s, e: e.os(e.host(s, gpus=(), drivers=()), service="colab", container="docker"),
        "ok",
        "colab-runtime-without-gpu",
    ),
    (CONTAINER, "near", "linux_nvidia", lambda s, e: e.os(s, service="colab", container="docker"), "ok", None),
    (
        CONTAINER,
        "near",
        "linux_nvidia",
        lambda s, e: e.os(e.storage(s, "shared-memory", total_bytes=2**26), service="sagemaker", container="docker"),
        "ok",
        "sagemaker-or-batch-limits",
    ),
    (CONTAINER, "near", "linux_nvidia", lambda s, e: e.os(s, service="sagemaker", container="docker"), "ok", None),
]
