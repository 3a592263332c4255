"""Cases of the machine's checks: check, kind, healthy start, change, status, mode."""

from __future__ import annotations

from dataclasses import replace

from dlsetup.values.host import Driver, Gap, Gpu, Libc

GIB = 2**30


def same(situation, edit):
    del edit
    return situation


def _gap(situation, edit):
    return edit.host(situation, gpus=(), drivers=(), gaps=(Gap(what="gpus", why="nvidia-smi did not answer"),))


def _no_gpu(situation, edit):
    return edit.host(situation, gpus=(), drivers=())


def _login_node(situation, edit):
    return edit.host(situation, gpus=(), drivers=(), gaps=(Gap(what="gpus", why="No devices were found"),))


def _unseen(state):
    driver = Driver(vendor="nvidia", state=state)
    return lambda situation, edit: edit.host(
        situation, gpus=(), drivers=(driver,), gaps=(Gap(what="gpus", why="the driver could not be asked"),)
    )


def _slurm_login(situation, edit):
    return edit.variable(_no_gpu(situation, edit), SLURM_CONF="/etc/slurm.conf")


def _driver(**facts):
    return lambda situation, edit: edit.driver(situation, **facts)


def _missing_driver(**os):
    return lambda situation, edit: edit.os(
        edit.driver(situation, state="missing", version=None, supports=None, detail=None), **os
    )


def _pascal(version):
    return lambda situation, edit: edit.driver(
        edit.gpu(situation, name="GeForce GTX 1080", architecture="sm_61"), version=version
    )


def _visible(value, **more):
    return lambda situation, edit: edit.variable(situation, CUDA_VISIBLE_DEVICES=value, **more)


def _slurm(**more):
    return lambda situation, edit: edit.variable(
        edit.driver(situation, state="error", detail="No devices were found"), SLURM_JOB_ID="7", **more
    )


def _two_amd(first_integrated, **variables):
    def change(situation, edit):
        card = situation.host.gpus[0]
        inside = Gpu(vendor="amd", name="AMD Radeon 610M", architecture="gfx1036", integrated=True)
        gpus = (inside, card) if first_integrated else (card, inside)
        return edit.variable(edit.host(situation, gpus=gpus), **variables)

    return change


def _intel(state, detail=None, *, installed=True):
    def change(situation, edit):
        gpu = Gpu(vendor="intel", name="Intel Arc A770", architecture="xe-hpg", integrated=False)
        changed = edit.host(situation, gpus=(gpu,), drivers=(Driver(vendor="intel", state=state, detail=detail),))
        if not installed:
            return changed
        changed = edit.environment(
            changed, torch=replace(situation.environment.torch, version="2.14.1+xpu", xpu="20260000")
        )
        return edit.change(changed, "torch", version="2.14.1+xpu")

    return change


def _macos(version):
    return lambda situation, edit: edit.os(situation, version=version)


def _virtual_mac(situation, edit):
    return edit.gpu(situation, virtual=True)


def _rosetta(situation, edit):
    return edit.interpreter(situation, architecture="x86_64")


def _features(features, **cpu):
    return lambda situation, edit: edit.cpu(situation, features=features, **cpu)


def _wants_tensorflow(features):
    return lambda situation, edit: replace(edit.cpu(situation, features=features), wanted=("tensorflow",))


def _glibc(version):
    return lambda situation, edit: edit.host(situation, libc=Libc(family="glibc", version=version))


def _musl(*tags):
    def change(situation, edit):
        changed = edit.host(situation, libc=Libc(family="musl", version="1.2.5"))
        return edit.change(changed, "torch", tags=tags) if tags else changed

    return change


def _shm(size, container):
    return lambda situation, edit: edit.os(
        edit.storage(situation, "shared-memory", total_bytes=size, free_bytes=size), container=container
    )


def _memory(size):
    return lambda situation, edit: edit.host(situation, memory_bytes=size)


def _plan(free, needed):
    return lambda situation, edit: edit.plan(
        edit.storage(situation, "environment", free_bytes=free), installed_bytes=needed
    )


def _closed(planned):
    def change(situation, edit):
        changed = edit.environment(edit.storage(situation, "environment", writable=False), writable=False)
        return edit.plan(changed) if planned else changed

    return change


def _noexec(situation, edit):
    return edit.storage(situation, "temporary", noexec=True)


def _noexec_without_torch(situation, edit):
    return edit.remove(_noexec(situation, edit), "torch", "triton")


def _cache(situation, edit):
    return edit.storage(situation, "cache", writable=False)


def _network(situation, edit):
    return edit.storage(situation, "environment", filesystem="nfs4")


DRIVER = "m.nvidia-driver"
VISIBLE = "m.nvidia-visibility"

CASES = [
    ("m.gpu", "passes", "linux_nvidia", same, "ok", None),
    ("m.gpu", "passes", "linux_cpu", same, "ok", None),
    ("m.gpu", "near", "linux_cpu", _gap, "unknown", None),
    ("m.gpu", "near", "linux_nvidia", _login_node, "ok", "no-gpu-on-this-node"),
    ("m.gpu", "near", "linux_nvidia", _slurm_login, "ok", "no-gpu-on-this-node"),
    (DRIVER, "passes", "linux_nvidia", same, "ok", None),
    (DRIVER, "passes", "windows_nvidia", same, "ok", None),
    (DRIVER, "near", "linux_cpu", same, "skip", None),
    (DRIVER, "near", "linux_nvidia", _login_node, "skip", None),
    (DRIVER, "near", "linux_nvidia", _unseen("missing"), "unknown", None),
    (DRIVER, "found", "linux_nvidia", _unseen("mismatch"), "fail", "nvidia-driver-library-mismatch"),
    (DRIVER, "near", "linux_nvidia", lambda s, e: e.host(s, drivers=()), "unknown", None),
    (DRIVER, "found", "linux_nvidia", _missing_driver(), "fail", "nvidia-driver-missing"),
    (DRIVER, "found", "windows_nvidia", _missing_driver(), "fail", "nvidia-driver-missing"),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        _driver(state="missing", version="580.95.05", detail="the kernel module is not loaded"),
        "fail",
        "nvidia-module-not-loaded",
    ),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        _driver(state="mismatch", detail="Failed to initialize NVML: Driver/library version mismatch"),
        "fail",
        "nvidia-driver-library-mismatch",
    ),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        _driver(state="missing", version=None, detail="0000:01:00.0 is bound to nouveau"),
        "fail",
        "nouveau-loaded",
    ),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        _driver(state="error", detail="Insufficient Permissions: /dev/nvidiactl"),
        "fail",
        "nvidia-device-nodes-missing",
    ),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        _driver(state="error", detail="couldn't find libnvidia-ml.so"),
        "fail",
        "libcuda-not-found",
    ),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        _driver(state="error", detail="No devices were found"),
        "fail",
        "nvidia-rm-init-failed",
    ),
    (DRIVER, "found", "linux_nvidia", _driver(state="error", detail="GPU is lost"), "fail", None),
    (DRIVER, "near", "linux_nvidia", _driver(state="missing", version=None, detail="bound to vfio-pci"), "ok", None),
    (
        DRIVER,
        "found",
        "linux_nvidia",
        _driver(state="missing", version=None, detail="NVIDIA-SMI couldn't communicate with the NVIDIA driver"),
        "fail",
        "nvidia-module-not-loaded",
    ),
    (DRIVER, "found", "linux_nvidia", _pascal("590.44"), "fail", "nvidia-driver-branch-dropped-gpu"),
    (DRIVER, "near", "linux_nvidia", _pascal("580.95.05"), "ok", None),
    (VISIBLE, "passes", "linux_nvidia", same, "ok", None),
    (VISIBLE, "near", "linux_nvidia", _visible("0"), "ok", None),
    (VISIBLE, "near", "linux_nvidia", _visible("GPU-5ebe9f43"), "ok", None),
    (VISIBLE, "near", "linux_cpu", _visible(""), "skip", None),
    (VISIBLE, "near", "linux_nvidia", _visible("", RAY_JOB_ID="1"), "ok", "ray-or-launcher-hides-gpus"),
    (VISIBLE, "found", "linux_nvidia", _visible(""), "fail", "cuda-visible-devices-hides-gpus"),
    (VISIBLE, "found", "linux_nvidia", _visible("-1"), "fail", "cuda-visible-devices-hides-gpus"),
    (VISIBLE, "found", "linux_nvidia", _visible("1"), "fail", "cuda-visible-devices-hides-gpus"),
    (VISIBLE, "found", "windows_nvidia", _visible('"0"'), "fail", "cuda-visible-devices-hides-gpus"),
    (VISIBLE, "found", "linux_nvidia", _slurm(), "fail", "slurm-job-without-gres"),
    (VISIBLE, "near", "linux_nvidia", _slurm(SLURM_JOB_GPUS="0"), "ok", None),
    ("m.amd", "passes", "linux_amd", same, "ok", None),
    ("m.amd", "near", "linux_cpu", same, "skip", None),
    ("m.amd", "near", "linux_amd", _two_amd(first_integrated=False), "ok", None),
    ("m.amd", "near", "linux_amd", _two_amd(first_integrated=True, HIP_VISIBLE_DEVICES="1"), "ok", None),
    ("m.amd", "found", "linux_amd", _two_amd(first_integrated=True), "warn", "rocm-igpu-selected"),
    (
        "m.amd",
        "found",
        "linux_amd",
        _driver(state="missing", detail="/dev/kfd is absent"),
        "fail",
        "rocm-driver-not-loaded",
    ),
    (
        "m.amd",
        "found",
        "linux_amd",
        _driver(state="error", detail="no permission to open /dev/kfd"),
        "fail",
        "rocm-user-not-in-render-group",
    ),
    (
        "m.amd",
        "found",
        "linux_amd",
        _driver(state="error", detail="Unable to open /dev/kfd read-write: Cannot allocate memory"),
        "fail",
        "rocm-kfd-unsupported-gpu",
    ),
    (
        "m.amd",
        "found",
        "linux_cpu",
        lambda s, e: e.host(
            s,
            drivers=(
                Driver(vendor="amd", state="error", detail="Unable to open /dev/kfd read-write: Permission denied"),
            ),
        ),
        "fail",
        "rocm-user-not-in-render-group",
    ),
    (
        "m.amd",
        "near",
        "linux_cpu",
        lambda s, e: e.host(s, drivers=(Driver(vendor="amd", state="error"),)),
        "skip",
        None,
    ),
    ("m.intel", "passes", "linux_cpu", _intel("ok"), "ok", None),
    ("m.intel", "near", "linux_cpu", _intel("missing", installed=False), "ok", None),
    ("m.intel", "found", "linux_cpu", _intel("missing", "libze_loader.so.1 is absent"), "fail", "xpu-no-devices"),
    (
        "m.intel",
        "found",
        "linux_cpu",
        _intel("error", "/dev/dri/renderD128 may not be opened by this user"),
        "fail",
        "intel-render-group",
    ),
    ("m.container", "passes", "linux_nvidia", lambda s, e: e.os(s, container="docker"), "ok", None),
    ("m.container", "near", "linux_nvidia", _missing_driver(), "skip", None),
    ("m.container", "near", "linux_cpu", lambda s, e: e.os(s, container="docker"), "ok", None),
    (
        "m.container",
        "found",
        "linux_nvidia",
        _missing_driver(container="docker"),
        "fail",
        "container-started-without-gpu",
    ),
    (
        "m.container",
        "found",
        "linux_nvidia",
        _missing_driver(container="kubernetes"),
        "fail",
        "container-started-without-gpu",
    ),
    (
        "m.container",
        "found",
        "linux_nvidia",
        lambda s, e: e.os(
            e.driver(s, state="error", detail="Failed to initialize NVML: Unknown Error"), container="docker"
        ),
        "fail",
        "container-gpu-lost-cgroup",
    ),
    (
        "m.container",
        "found",
        "linux_amd",
        lambda s, e: e.os(e.driver(s, state="missing"), container="docker"),
        "fail",
        "rocm-container-devices-missing",
    ),
    (
        "m.container",
        "found",
        "linux_nvidia",
        lambda s, e: e.os(
            e.driver(
                s, state="error", detail="the driver is loaded, but neither libnvidia-ml.so.1 nor nvidia-smi is here"
            ),
            container="docker",
        ),
        "fail",
        "container-started-without-gpu",
    ),
    (
        "m.container",
        "found",
        "linux_amd",
        lambda s, e: e.os(e.driver(s, state="error", detail="/dev/kfd is not there"), container="docker"),
        "fail",
        "rocm-container-devices-missing",
    ),
    (
        "m.container",
        "near",
        "linux_amd",
        lambda s, e: e.os(e.driver(s, state="error", detail="/dev/kfd may not be opened"), container="docker"),
        "ok",
        None,
    ),
    ("m.wsl", "passes", "linux_nvidia", lambda s, e: e.os(s, wsl=2), "ok", None),
    ("m.wsl", "near", "linux_nvidia", same, "skip", None),
    ("m.wsl", "found", "linux_cpu", lambda s, e: e.os(s, wsl=1), "fail", "wsl1-no-gpu"),
    ("m.wsl", "found", "linux_nvidia", _missing_driver(wsl=2), "fail", "wsl-kernel-or-windows-driver-old"),
    (
        "m.wsl",
        "found",
        "linux_nvidia",
        lambda s, e: e.os(e.driver(s, state="mismatch"), wsl=2),
        "fail",
        "wsl-linux-nvidia-driver-installed",
    ),
    ("m.apple", "passes", "mac_metal", same, "ok", None),
    ("m.apple", "near", "mac_metal", _macos("12.7"), "ok", None),
    ("m.apple", "near", "mac_metal", _macos("10.16"), "ok", None),
    ("m.apple", "near", "mac_metal", _virtual_mac, "ok", "macos-vm-no-usable-metal"),
    ("m.apple", "found", "mac_metal", _macos("11.7"), "fail", "macos-too-old"),
    ("m.apple", "found", "mac_metal", _rosetta, "fail", "rosetta-x86-python"),
    ("m.cpu", "passes", "linux_tensorflow", same, "ok", None),
    ("m.cpu", "near", "linux_nvidia", _features(("sse4_2",)), "skip", None),
    ("m.cpu", "near", "linux_nvidia", _features(None), "skip", None),
    ("m.cpu", "near", "linux_tensorflow", _features(None), "unknown", None),
    ("m.cpu", "found", "linux_tensorflow", _features(("sse4_2",)), "fail", "cpu-missing-avx"),
    ("m.cpu", "found", "linux_tensorflow", _features(("sse4_2",), translated="qemu"), "fail", "cpu-missing-avx"),
    ("m.cpu", "found", "linux_cpu", _wants_tensorflow(("sse4_2",)), "fail", "cpu-missing-avx"),
    ("m.libc", "passes", "linux_nvidia", same, "ok", None),
    ("m.libc", "near", "linux_nvidia", _glibc("2.28"), "ok", None),
    ("m.libc", "found", "linux_nvidia", _glibc("2.17"), "fail", "glibc-too-old"),
    ("m.libc", "found", "linux_nvidia", _musl(), "fail", "musl-libc-no-wheels"),
    ("m.libc", "near", "linux_cpu", _musl("cp312-cp312-linux_x86_64"), "ok", None),
    ("m.memory", "passes", "linux_nvidia", same, "ok", None),
    ("m.memory", "near", "linux_nvidia", _shm(64 * 2**20, None), "ok", None),
    ("m.memory", "near", "linux_nvidia", _shm(2 * GIB, "docker"), "ok", None),
    ("m.memory", "near", "linux_tensorflow", _shm(64 * 2**20, "docker"), "ok", None),
    ("m.memory", "found", "linux_nvidia", _shm(64 * 2**20, "docker"), "warn", "shm-too-small"),
    ("m.memory", "found", "linux_nvidia", _shm(64 * 2**20, "kubernetes"), "warn", "shm-too-small"),
    ("m.memory", "found", "linux_cpu", _memory(GIB // 2), "warn", "host-memory-exhausted"),
    ("m.storage", "passes", "linux_nvidia", same, "ok", None),
    ("m.storage", "near", "linux_nvidia", _plan(5 * GIB, 4 * GIB), "ok", None),
    ("m.storage", "near", "linux_nvidia", _closed(planned=False), "ok", None),
    ("m.storage", "near", "linux_tensorflow", _noexec, "ok", None),
    ("m.storage", "near", "linux_nvidia", _network, "ok", "network-home-slow-or-locking"),
    ("m.storage", "near", "linux_nvidia", _noexec_without_torch, "ok", None),
    ("m.storage", "found", "linux_nvidia", _plan(3 * GIB, 4 * GIB), "fail", "disk-full"),
    ("m.storage", "found", "linux_nvidia", _closed(planned=True), "fail", "permission-denied-site-packages"),
    ("m.storage", "found", "linux_nvidia", _noexec, "warn", "noexec-or-readonly-dir"),
    ("m.storage", "found", "linux_nvidia", _cache, "warn", "cache-dir-not-writable"),
]
