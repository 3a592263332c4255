"""Cases of what surrounds a machine's drivers: check, kind, healthy start, change, status, mode."""

from __future__ import annotations

from dataclasses import replace

from dlsetup.values.answered import Answered
from dlsetup.values.environment import LoaderEntry
from dlsetup.values.host import Cpu, Driver, Gpu
from dlsetup.values.machine import Limits, Network
from dlsetup.values.nvidia import GpuHealth, KernelModule, Libcuda, Nvidia
from dlsetup.values.toolchain import Toolchain
from dlsetup.values.windows import WindowsSettings

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


def limits(changes=None, **facts):
    return lambda situation, edit: (changes or same)(machine(situation, limits=Limits(**facts)), edit)


def health(**facts):
    return lambda situation, _: machine(situation, health=(GpuHealth(number=0, **facts),))


def pip_and_wish(version, **facts):
    def change(situation, edit):
        found = edit.add(machine(situation, limits=Limits(**facts)), "pip", version)
        return replace(found, wanted=("pytorch",))

    return change


def settings(changes=None, *, wanted=(), **facts):
    def change(situation, edit):
        found = machine(replace(situation, wanted=wanted), windows=WindowsSettings(**facts))
        return changes(found, edit) if changes else found

    return change


def far_away(situation, edit):
    return edit.interpreter(situation, purelib="C:\\" + "folder\\" * 17 + "Lib\\site-packages")


def from_store(situation, edit):
    return edit.interpreter(
        situation, base_prefix="C:\\Program Files\\WindowsApps\\PythonSoftwareFoundation.Python.3.12_3.12.2800.0_x64"
    )


def torch_2_4_0(situation, edit):
    return edit.change(situation, "torch", version="2.4.0+cu124")


def tensorflow_too(situation, edit):
    return edit.add(edit.remove(situation, "torch"), "tensorflow", "2.10.1")


def only_wanted(situation, edit):
    return replace(edit.remove(situation, "torch", "torchvision"), wanted=("pytorch",))


def conda(situation, edit):
    return edit.environment(situation, kind="conda")


def network(*, gpus=1, memlock=None, **facts):
    """Give the machine a network, GPUs of one kind, a limit, and the variables that are written in capitals."""
    variables = {name: value for name, value in facts.items() if name.isupper()}
    found = {name: value for name, value in facts.items() if not name.isupper()}

    def change(situation, edit):
        changed = edit.host(situation, gpus=situation.host.gpus * gpus)
        limit = Limits(locked_memory_bytes=memlock)
        return edit.variable(machine(changed, network=Network(**found), limits=limit), **variables)

    return change


def tools(*packages, **facts):
    def change(situation, edit):
        found = machine(situation, toolchain=Toolchain(**facts))
        for name in packages:
            found = edit.add(found, name, "1.0")
        return found

    return change


def mac_torch(version, macos):
    def change(situation, edit):
        tags = ("cp312-none-macosx_11_0_arm64",)
        found = edit.add(edit.remove(situation, "tensorflow", "tensorflow-metal"), "torch", version)
        return edit.os(edit.change(found, "torch", tags=tags), version=macos)

    return change


def spark(**variables):
    return lambda situation, edit: edit.variable(edit.add(situation, "pyspark", "4.0.1"), **variables)


def xpu(selector):
    def change(situation, edit):
        gpu = Gpu(vendor="intel", name="Intel Arc A770", architecture="xe-hpg", integrated=False)
        changed = edit.host(situation, gpus=(gpu,), drivers=(Driver(vendor="intel"),))
        torch = replace(situation.environment.torch, version="2.14.1+xpu", xpu="20260000")
        changed = edit.change(edit.environment(changed, torch=torch), "torch", version="2.14.1+xpu")
        return edit.variable(changed, ONEAPI_DEVICE_SELECTOR=selector)

    return change


def cxx(*libraries):
    entry = LoaderEntry(folder="/opt/old/lib", libraries=libraries)
    return lambda situation, edit: edit.session(situation, loader=(entry,))


def answered(*problems):
    answers = tuple(Answered(index="index.invalid", problem=each, detail="as uv says it") for each in problems)
    return lambda situation, _: machine(situation, indexes=answers)


def tpu(situation, edit, *more):
    changed = edit.host(machine(situation, tpus=4), gpus=(), drivers=())
    for name in more:
        changed = edit.add(changed, name, "0.0.30")
    return changed


def without_gpu(situation, edit):
    return edit.host(situation, gpus=(), drivers=())


BUILT = {"built": True, "secure_boot": True, "sources": ("580.95.05",), "headers": True}

DRIVER = "m.nvidia-driver"
CONTAINER = "m.container"
LOADER = "env.loader"
HEALTH = "m.nvidia-health"
FABRIC = "m.nvidia-fabric"
HELD = "m.gpu-memory"
VISIBLE = "m.nvidia-visibility"
WINDOWS = "m.windows"
DIST = "dist.network"
P2P = "dist.p2p"
RDMA = "dist.rdma"
FETCH = "inst.network"
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
    (
        DRIVER,
        "found",
        "linux_nvidia",
        libcuda("570.86.10", "/opt/old/libcuda.so.1", variables={"LD_LIBRARY_PATH": "/opt/old"}),
        "fail",
        MIX,
    ),
    (DRIVER, "near", "linux_nvidia", nvidia(gpus=(replace(PASCAL, architecture=None),), open_module=True), "ok", None),
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
    (
        DRIVER,
        "near",
        "linux_nvidia",
        nvidia(devices=("nvidiactl",), creates_devices=False, gpus=(replace(DATA_CENTRE, integrated=True),)),
        "ok",
        None,
    ),
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
    # memory and limits
    ("m.memory", "found", "linux_nvidia", limits(open_files=256, open_files_most=4096), "warn", "open-files-limit"),
    ("m.memory", "found", "linux_nvidia", limits(open_files=256, open_files_most=256), "warn", "open-files-limit"),
    ("m.memory", "near", "linux_nvidia", limits(open_files=1024), "ok", None),
    ("m.memory", "near", "linux_tensorflow", limits(open_files=256), "ok", None),
    ("m.memory", "found", "linux_cpu", limits(memory_bytes=GIB // 2), "warn", "container-memory-limit"),
    ("m.memory", "near", "linux_cpu", limits(memory_bytes=8 * GIB), "ok", None),
    (
        "m.memory",
        "found",
        "linux_cpu",
        limits(lambda s, e: e.os(s, **DOCKER), memory_bytes=GIB // 2),
        "warn",
        "container-memory-limit",
    ),
    (
        "m.memory",
        "found",
        "linux_cpu",
        limits(lambda s, e: e.variable(s, SLURM_JOB_ID="7"), memory_bytes=GIB // 2),
        "warn",
        "container-memory-limit",
    ),
    (
        "m.memory",
        "found",
        "linux_cpu",
        lambda s, e: e.os(e.host(s, memory_bytes=GIB // 2), wsl=2),
        "warn",
        "wsl-memory-limit",
    ),
    (
        "m.memory",
        "near",
        "linux_cpu",
        lambda s, e: e.os(machine(s, limits=Limits(memory_bytes=GIB // 2)), wsl=2),
        "warn",
        "container-memory-limit",
    ),
    ("m.memory", "near", "linux_cpu", lambda s, e: e.os(s, wsl=2), "ok", None),
    (
        "m.memory",
        "found",
        "linux_cpu",
        pip_and_wish("20.3.4", memory_bytes=GIB + GIB // 2),
        "warn",
        "pip-install-oom-killed",
    ),
    ("m.memory", "near", "linux_cpu", pip_and_wish("23.3", memory_bytes=GIB + GIB // 2), "ok", None),
    ("m.memory", "near", "linux_cpu", pip_and_wish("20.3.4", memory_bytes=4 * GIB), "ok", None),
    (
        "m.storage",
        "near",
        "linux_nvidia",
        lambda s, e: e.storage(s, "cache", total_bytes=100 * GIB),
        "ok",
        "uv-link-mode-warning",
    ),
    (
        "m.storage",
        "near",
        "linux_nvidia",
        lambda s, e: e.variable(e.storage(s, "cache", total_bytes=100 * GIB), UV_LINK_MODE="copy"),
        "ok",
        None,
    ),
    # the state of GPUs
    (HEALTH, "passes", "linux_nvidia", health(uncorrectable_errors=0, persistence=True), "ok", None),
    (HEALTH, "near", "linux_nvidia", same, "skip", None),
    (HEALTH, "near", "linux_cpu", same, "skip", None),
    (HEALTH, "near", "linux_nvidia", health(persistence=False), "ok", "gpu-persistence-mode-off"),
    (HEALTH, "near", "linux_nvidia", health(licence="Unlicensed (Unrestricted)"), "ok", None),
    (HEALTH, "near", "linux_nvidia", health(licence="Licensed (Expiry: Permanent)"), "ok", None),
    (HEALTH, "found", "linux_nvidia", health(licence="Unlicensed (Restricted)"), "warn", "vgpu-unlicensed"),
    (HEALTH, "found", "linux_nvidia", health(uncorrectable_errors=2), "warn", "gpu-ecc-uncorrectable"),
    (HEALTH, "found", "linux_nvidia", health(remapping="pending"), "warn", "gpu-ecc-uncorrectable"),
    (HEALTH, "found", "linux_nvidia", health(remapping="failed"), "fail", "gpu-ecc-uncorrectable"),
    (HEALTH, "found", "linux_nvidia", health(slowed_by=("hw-thermal",)), "warn", "gpu-throttled"),
    (HEALTH, "found", "linux_nvidia", health(slowed_by=("hw-power-brake",)), "warn", "gpu-throttled"),
    (HEALTH, "found", "linux_nvidia", health(lost=True), "fail", "gpu-fallen-off-bus"),
    (
        HEALTH,
        "found",
        "linux_nvidia",
        nvidia(driver={"state": "error", "detail": "Unable to determine the device handle for GPU1: GPU is lost."}),
        "fail",
        "gpu-fallen-off-bus",
    ),
    (HEALTH, "near", "linux_nvidia", nvidia(driver=SILENT), "skip", None),
    (FABRIC, "passes", "linux_nvidia", nvidia(fabric="active"), "ok", None),
    (FABRIC, "near", "linux_nvidia", same, "skip", None),
    (FABRIC, "near", "linux_nvidia", nvidia(fabric="activating"), "ok", None),
    (FABRIC, "near", "linux_nvidia", health(fabric="completed"), "ok", None),
    (FABRIC, "found", "linux_nvidia", nvidia(fabric="inactive"), "fail", "fabric-manager-not-running"),
    (FABRIC, "found", "linux_nvidia", nvidia(fabric="failed"), "fail", "fabric-manager-not-running"),
    (FABRIC, "found", "linux_nvidia", health(fabric="in-progress"), "fail", "fabric-manager-not-running"),
    (HELD, "passes", "linux_nvidia", health(memory_bytes=24 * GIB, used_bytes=2 * GIB), "ok", None),
    (HELD, "near", "linux_nvidia", same, "skip", None),
    (HELD, "near", "linux_nvidia", health(memory_bytes=24 * GIB, used_bytes=21 * GIB), "ok", None),
    (
        HELD,
        "found",
        "linux_nvidia",
        health(memory_bytes=24 * GIB, used_bytes=23 * GIB, processes=((4711, 22 * GIB), (815, None))),
        "warn",
        "gpu-memory-held-by-other-process",
    ),
    (
        HELD,
        "found",
        "linux_nvidia",
        health(memory_bytes=24 * GIB, used_bytes=23 * GIB),
        "warn",
        "gpu-memory-held-by-other-process",
    ),
    # modes that close GPUs to programs
    (VISIBLE, "found", "linux_nvidia", nvidia(unsplit=(0,)), "fail", "mig-instance-visibility"),
    (
        VISIBLE,
        "found",
        "linux_nvidia",
        nvidia(unsplit=(1,), gpus=(DATA_CENTRE,) * 2),
        "warn",
        "mig-instance-visibility",
    ),
    (
        VISIBLE,
        "found",
        "linux_nvidia",
        lambda s, e: e.variable(s, CUDA_VISIBLE_DEVICES="MIG-1b2c,MIG-3d4e"),
        "warn",
        "mig-instance-visibility",
    ),
    (VISIBLE, "near", "linux_nvidia", lambda s, e: e.variable(s, CUDA_VISIBLE_DEVICES="MIG-1b2c"), "ok", None),
    (VISIBLE, "found", "linux_nvidia", health(compute_mode="prohibited"), "fail", "gpu-exclusive-compute-mode"),
    (VISIBLE, "near", "linux_nvidia", health(compute_mode="exclusive-process"), "ok", None),
    (VISIBLE, "near", "linux_nvidia", nvidia(variables={"CUDA_MPS_PIPE_DIRECTORY": "/var/mps"}), "ok", None),
    # WSL, AMD in it, Macs, TPUs
    (
        "m.wsl",
        "found",
        "linux_nvidia",
        nvidia(libcuda=Libcuda(), lent_library=True, os={"wsl": 2}),
        "fail",
        "wsl-libcuda-not-on-path",
    ),
    ("m.wsl", "near", "linux_nvidia", nvidia(libcuda=Libcuda(), lent_library=False, os={"wsl": 2}), "ok", None),
    ("m.wsl", "near", "linux_nvidia", nvidia(lent_library=True, os={"wsl": 2}), "ok", None),
    (
        "m.amd",
        "found",
        "linux_amd",
        lambda s, e: e.os(machine(s, dxg_runtime=False), wsl=2),
        "warn",
        "rocm-on-wsl-or-windows",
    ),
    ("m.amd", "near", "linux_amd", lambda s, e: e.os(machine(s, dxg_runtime=True), wsl=2), "skip", None),
    ("m.apple", "found", "mac_metal", mac_torch("2.14.1", "13.7.4"), "fail", "mps-unavailable"),
    ("m.apple", "found", "mac_metal", mac_torch("2.5.1", "12.7.6"), "fail", "mps-unavailable"),
    ("m.apple", "near", "mac_metal", mac_torch("2.14.1", "14.0"), "ok", None),
    ("m.apple", "near", "mac_metal", mac_torch("2.9.1", "13.7.4"), "ok", None),
    ("m.apple", "near", "mac_metal", mac_torch("2.14.1", "10.16"), "ok", None),
    (
        "m.apple",
        "near",
        "linux_cpu",
        lambda s, e: e.os(e.host(s, cpu=Cpu(architecture="arm64", vendor="Apple")), container="docker"),
        "ok",
        "mps-unavailable",
    ),
    ("m.gpu", "found", "linux_jax", tpu, "warn", "tpu-environment"),
    ("m.gpu", "near", "linux_jax", lambda s, e: tpu(s, e, "libtpu"), "ok", None),
    ("m.gpu", "near", "linux_cpu", tpu, "ok", None),
    ("m.gpu", "near", "linux_tensorflow", without_gpu, "ok", "tf-no-cuda-driver-found"),
    # Windows
    (WINDOWS, "passes", "windows_nvidia", same, "ok", None),
    (WINDOWS, "near", "linux_nvidia", same, "skip", None),
    (
        WINDOWS,
        "found",
        "windows_nvidia",
        settings(missing_libraries=("msvcp140.dll", "msvcp140_1.dll")),
        "fail",
        "windows-dll-load-failed-torch",
    ),
    (
        WINDOWS,
        "found",
        "windows_nvidia",
        settings(tensorflow_too, missing_libraries=("msvcp140_1.dll",)),
        "fail",
        "windows-dll-load-failed-tensorflow",
    ),
    (
        WINDOWS,
        "found",
        "windows_nvidia",
        settings(only_wanted, missing_libraries=("msvcp140.dll",)),
        "fail",
        "windows-vcredist-missing",
    ),
    (WINDOWS, "near", "windows_nvidia", settings(missing_libraries=("msvcp140_1.dll",)), "ok", None),
    (WINDOWS, "near", "windows_nvidia", settings(conda, missing_libraries=("msvcp140.dll",)), "ok", None),
    (
        WINDOWS,
        "found",
        "windows_nvidia",
        settings(torch_2_4_0, missing_libraries=("libomp140.x86_64.dll",)),
        "fail",
        "windows-dll-load-failed-torch",
    ),
    (WINDOWS, "near", "windows_nvidia", settings(missing_libraries=("libomp140.x86_64.dll",)), "ok", None),
    (WINDOWS, "near", "windows_nvidia", settings(torch_2_4_0), "ok", None),
    (
        WINDOWS,
        "found",
        "windows_nvidia",
        settings(far_away, wanted=("pytorch",), long_paths=False),
        "warn",
        "windows-long-paths-disabled",
    ),
    (WINDOWS, "near", "windows_nvidia", settings(far_away, wanted=("pytorch",), long_paths=True), "ok", None),
    (WINDOWS, "near", "windows_nvidia", settings(far_away, long_paths=False), "ok", None),
    (WINDOWS, "near", "windows_nvidia", settings(wanted=("pytorch",), long_paths=False), "ok", None),
    (
        WINDOWS,
        "found",
        "windows_nvidia",
        settings(lambda s, e: e.host(s, memory_bytes=16 * GIB), paging_file=False),
        "warn",
        "windows-paging-file-too-small",
    ),
    (WINDOWS, "near", "windows_nvidia", settings(paging_file=False), "ok", None),
    (
        WINDOWS,
        "near",
        "windows_nvidia",
        settings(lambda s, e: e.host(s, memory_bytes=16 * GIB), paging_file=True),
        "ok",
        None,
    ),
    (WINDOWS, "near", "windows_nvidia", from_store, "ok", "windows-store-python"),
    # several processes
    (DIST, "passes", "linux_nvidia", network(MASTER_PORT="29500", lowest_port=1024), "ok", None),
    (DIST, "near", "linux_nvidia", same, "skip", None),
    (
        DIST,
        "found",
        "linux_nvidia",
        network(NCCL_SOCKET_IFNAME="ib0", interfaces=("eth0", "lo")),
        "fail",
        "nccl-socket-interface",
    ),
    (
        DIST,
        "found",
        "linux_nvidia",
        network(GLOO_SOCKET_IFNAME="eth", interfaces=("eth0", "lo")),
        "fail",
        "nccl-socket-interface",
    ),
    (DIST, "near", "linux_nvidia", network(NCCL_SOCKET_IFNAME="eth", interfaces=("eth0", "lo")), "ok", None),
    (DIST, "near", "linux_nvidia", network(NCCL_SOCKET_IFNAME="^lo,docker", interfaces=("eth0", "lo")), "ok", None),
    (DIST, "near", "linux_nvidia", network(NCCL_SOCKET_IFNAME="=eth0:3", interfaces=("eth0", "lo")), "ok", None),
    (DIST, "near", "linux_nvidia", network(NCCL_SOCKET_IFNAME="ib0"), "ok", None),
    (DIST, "found", "linux_nvidia", network(MASTER_PORT="80", lowest_port=1024), "fail", "master-port-privileged"),
    (DIST, "near", "linux_nvidia", network(MASTER_PORT="80", lowest_port=0), "ok", None),
    (DIST, "near", "linux_nvidia", network(MASTER_PORT="80"), "ok", None),
    (DIST, "found", "linux_nvidia", network(MASTER_PORT="29500", listening=(29500,)), "fail", "master-port-in-use"),
    (DIST, "near", "linux_nvidia", network(MASTER_PORT="29500", RANK="0", listening=(29500,)), "ok", None),
    (DIST, "near", "linux_nvidia", network(MASTER_PORT="29500", listening=(22,)), "ok", None),
    (DIST, "found", "linux_nvidia", network(LOCAL_WORLD_SIZE="2"), "warn", "nccl-duplicate-gpu"),
    (
        DIST,
        "found",
        "linux_nvidia",
        network(gpus=2, LOCAL_WORLD_SIZE="2", CUDA_VISIBLE_DEVICES="0"),
        "warn",
        "nccl-duplicate-gpu",
    ),
    (DIST, "near", "linux_nvidia", network(gpus=2, LOCAL_WORLD_SIZE="2"), "ok", None),
    (P2P, "passes", "linux_nvidia", network(gpus=2), "ok", None),
    (P2P, "near", "linux_nvidia", lambda s, _: machine(s, translates_addresses=True), "skip", None),
    (
        P2P,
        "found",
        "linux_nvidia",
        lambda s, e: e.host(machine(s, translates_addresses=True), gpus=s.host.gpus * 2),
        "ok",
        "gpu-p2p-broken-iommu-acs",
    ),
    (RDMA, "passes", "linux_nvidia", network(rdma=("mlx5_0",), SLURM_NNODES="2"), "ok", None),
    (RDMA, "near", "linux_nvidia", same, "skip", None),
    (RDMA, "near", "linux_nvidia", network(rdma=("mlx5_0",), memlock=2**16), "ok", None),
    (RDMA, "near", "linux_nvidia", network(rdma=("mlx5_0",), memlock=2**16, SLURM_NNODES="1"), "ok", None),
    (
        RDMA,
        "found",
        "linux_nvidia",
        network(rdma=("mlx5_0",), memlock=2**16, SLURM_NNODES="2", SLURM_JOB_ID="7"),
        "fail",
        "rdma-memlock-limit",
    ),
    (
        RDMA,
        "found",
        "linux_nvidia",
        network(rdma=("mlx5_0",), memlock=2**16, WORLD_SIZE="16", LOCAL_WORLD_SIZE="8"),
        "fail",
        "rdma-memlock-limit",
    ),
    (
        RDMA,
        "near",
        "linux_nvidia",
        network(rdma=("mlx5_0",), rdma_device_files=False, SLURM_NNODES="2"),
        "ok",
        "ib-device-not-usable",
    ),
    # variables
    ("env.vars", "found", "linux_cpu", xpu("opencl:gpu"), "warn", "level-zero-env-bad"),
    ("env.vars", "found", "linux_cpu", xpu("*:cpu"), "warn", "level-zero-env-bad"),
    ("env.vars", "found", "linux_cpu", xpu("!level_zero:*"), "warn", "level-zero-env-bad"),
    ("env.vars", "near", "linux_cpu", xpu("opencl:cpu;level_zero:0,1"), "ok", None),
    ("env.vars", "near", "linux_cpu", xpu("*:gpu"), "ok", None),
    ("env.vars", "near", "linux_cpu", xpu("!opencl:*"), "ok", None),
    (
        "env.vars",
        "found",
        "linux_jax",
        lambda s, e: e.variable(s, XLA_PYTHON_CLIENT_MEM_FRACTION="75"),
        "warn",
        "jax-preallocation-oom",
    ),
    ("env.vars", "near", "linux_jax", lambda s, e: e.variable(s, XLA_PYTHON_CLIENT_MEM_FRACTION=".5"), "ok", None),
    (
        "env.vars",
        "near",
        "linux_nvidia",
        lambda s, e: e.variable(s, XLA_PYTHON_CLIENT_MEM_FRACTION="75"),
        "ok",
        None,
    ),
    (
        "env.vars",
        "found",
        "linux_cpu",
        spark(PYSPARK_PYTHON="/usr/bin/python3.9"),
        "fail",
        "spark-python-version-mismatch",
    ),
    (
        "env.vars",
        "found",
        "linux_cpu",
        spark(PYSPARK_PYTHON="python3.11", PYSPARK_DRIVER_PYTHON="python3.12"),
        "fail",
        "spark-python-version-mismatch",
    ),
    ("env.vars", "near", "linux_cpu", spark(PYSPARK_PYTHON="/usr/bin/python3.12"), "ok", None),
    ("env.vars", "near", "linux_cpu", spark(PYSPARK_PYTHON="/opt/env/bin/python"), "ok", None),
    (
        "env.vars",
        "near",
        "linux_cpu",
        lambda s, e: e.variable(s, PYSPARK_PYTHON="/usr/bin/python3.9"),
        "ok",
        None,
    ),
    # compilers
    ("env.build", "near", "linux_nvidia", tools(compiler=""), "ok", "compiler-missing-for-jit"),
    ("env.build", "found", "linux_nvidia", tools("vllm", compiler=""), "warn", "compiler-missing-for-jit"),
    (
        "env.build",
        "found",
        "linux_nvidia",
        lambda s, e: e.os(tools("vllm", compiler="")(s, e), distribution="rocky"),
        "warn",
        "compiler-missing-for-jit",
    ),
    (
        "env.build",
        "found",
        "linux_nvidia",
        lambda s, e: e.os(tools("sglang", compiler="")(s, e), distribution="gentoo"),
        "warn",
        "compiler-missing-for-jit",
    ),
    ("env.build", "near", "linux_nvidia", tools("vllm", compiler="/usr/bin/gcc", headers=True), "skip", None),
    ("env.build", "near", "linux_cpu", tools("vllm", compiler=""), "skip", None),
    (
        "env.build",
        "found",
        "linux_nvidia",
        tools("unsloth", compiler="/usr/bin/gcc", headers=False),
        "warn",
        "python-headers-missing",
    ),
    (
        "env.build",
        "found",
        "linux_nvidia",
        tools("deepspeed", cuda_home="/usr/local/cuda", cuda_version="11.8.0"),
        "warn",
        "cuda-toolkit-torch-mismatch-build",
    ),
    (
        "env.build",
        "near",
        "linux_nvidia",
        tools("deepspeed", cuda_home="/usr/local/cuda", cuda_version="13.1.0"),
        "skip",
        None,
    ),
    ("env.build", "near", "linux_nvidia", tools(cuda_home="/usr/local/cuda", cuda_version="11.8.0"), "skip", None),
    # an old C++ library on the loader's path
    (LOADER, "found", "linux_nvidia", cxx("libstdc++.so.6", "libstdc++.so.6.0.19"), "fail", "libstdcxx-too-old"),
    (LOADER, "near", "linux_nvidia", cxx("libstdc++.so.6", "libstdc++.so.6.0.21"), "ok", None),
    (LOADER, "near", "linux_nvidia", cxx("libstdc++.so.6"), "ok", None),
    (LOADER, "near", "linux_tensorflow", cxx("libstdc++.so.6.0.19"), "ok", None),
    # the network of an installer
    (FETCH, "near", "linux_cpu", lambda s, e: e.variable(s, HF_HUB_OFFLINE="1"), "ok", "hf-cache-or-offline"),
    (FETCH, "near", "linux_cpu", lambda s, e: e.variable(s, HF_HUB_OFFLINE="0"), "skip", None),
    (FETCH, "passes", "linux_nvidia", answered(None, None), "ok", None),
    (FETCH, "near", "linux_nvidia", same, "skip", None),
    (
        FETCH,
        "found",
        "linux_nvidia",
        lambda s, _: machine(s, missing_certificates=(("SSL_CERT_FILE", "/opt/env/ssl/cacert.pem"),)),
        "warn",
        "ssl-interception",
    ),
    *(
        (FETCH, "found", "linux_nvidia", answered(None, mode), status, mode)
        for mode, status in (
            ("index-unreachable-or-proxy", "warn"),
            ("download-timeout", "warn"),
            ("ssl-interception", "fail"),
            ("clock-skew", "fail"),
            ("wheel-hash-mismatch", "fail"),
        )
    ),
]
