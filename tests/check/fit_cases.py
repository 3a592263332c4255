"""Cases of the checks of fit and of the session."""

from __future__ import annotations

from dataclasses import replace

from dlsetup.values.environment import LoaderEntry
from dlsetup.values.host import Driver, Gpu


def same(situation, edit):
    del edit
    return situation


def _torch(version, **build):
    def change(situation, edit):
        facts = {"cuda": None, "hip": None, "xpu": None, **build}
        torch = replace(situation.environment.torch, version=version, **facts)
        return edit.environment(edit.change(situation, "torch", version=version), torch=torch)

    return change


def _both(*changes):
    def change(situation, edit):
        for each in changes:
            situation = each(situation, edit)
        return situation

    return change


CPU_TORCH = _torch("2.14.1+cpu")
CU126 = _torch("2.14.1+cu126", cuda="12.6")
CU118 = _torch("2.6.0+cu118", cuda="11.8")


def _gpu(vendor, name, architecture, *, integrated=False):
    gpu = Gpu(vendor=vendor, name=name, architecture=architecture, integrated=integrated)
    return lambda situation, edit: edit.host(situation, gpus=(gpu,), drivers=(Driver(vendor=vendor, version="6.12"),))


AMD = _gpu("amd", "AMD Radeon RX 7900 XTX", "gfx1100")
VEGA = _gpu("amd", "AMD Radeon Vega 8", "gfx902", integrated=True)
ARC = _gpu("intel", "Intel Arc A770", "xe-hpg")
IRIS = _gpu("intel", "Intel Iris Xe", "xe-lp", integrated=True)


def _nvidia(situation, edit):
    driver = Driver(vendor="nvidia", version="580.95.05")
    return edit.host(situation, gpus=(edit.gpus.rtx_4090,), drivers=(driver,))


def _nvidia_gpu(**facts):
    return lambda situation, edit: edit.gpu(situation, **facts)


PASCAL = _nvidia_gpu(name="GeForce GTX 1080", architecture="sm_61")
KEPLER = _nvidia_gpu(name="GeForce GT 710", architecture="sm_35")
BLACKWELL = _nvidia_gpu(name="GeForce RTX 5090", architecture="sm_120")
UNKNOWN = _nvidia_gpu(architecture=None)


def _driver(version):
    return lambda situation, edit: edit.driver(situation, version=version)


def _arm(situation, edit):
    changed = edit.interpreter(edit.cpu(situation, architecture="arm64"), architecture="arm64")
    return edit.gpu(changed, name="NVIDIA GH200", architecture="sm_90")


def _second_gpu(situation, edit):
    old = Gpu(vendor="nvidia", name="GeForce GT 1030", architecture="sm_61", integrated=False)
    return edit.host(situation, gpus=(*situation.host.gpus, old))


def _add(name, version, *requires, **facts):
    return lambda situation, edit: edit.add(situation, name, version, *requires, **facts)


def _remove(*names):
    return lambda situation, edit: edit.remove(situation, *names)


def _loader(folder, *libraries):
    return lambda situation, edit: edit.session(situation, loader=(LoaderEntry(folder=folder, libraries=libraries),))


def _variable(**variables):
    return lambda situation, edit: edit.variable(situation, **variables)


def _amd_gfx(architecture):
    return lambda situation, edit: edit.gpu(situation, architecture=architecture)


WINDOWS_TENSORFLOW = _both(_remove("torch", "torchvision"), _add("tensorflow", "2.18.1"))

CASES = [
    ("fit.accelerator", "passes", "linux_nvidia", same, "ok", None),
    ("fit.accelerator", "passes", "mac_metal", same, "ok", None),
    ("fit.accelerator", "passes", "linux_amd", same, "ok", None),
    ("fit.accelerator", "near", "linux_cpu", same, "ok", None),
    (
        "fit.accelerator",
        "near",
        "linux_nvidia",
        lambda s, e: e.host(s, gpus=(), drivers=()),
        "ok",
        "cuda-wheels-on-cpu-only-host",
    ),
    ("fit.accelerator", "near", "linux_cpu", _both(_nvidia, KEPLER), "ok", None),
    ("fit.accelerator", "near", "linux_cpu", _both(_nvidia, UNKNOWN), "unknown", None),
    (
        "fit.accelerator",
        "near",
        "linux_cpu",
        _both(_nvidia, lambda s, e: e.driver(s, state="missing", detail="bound to vfio-pci")),
        "ok",
        None,
    ),
    ("fit.accelerator", "near", "linux_cpu", VEGA, "ok", None),
    ("fit.accelerator", "near", "linux_nvidia", VEGA, "ok", None),
    ("fit.accelerator", "near", "linux_cpu", IRIS, "ok", None),
    ("fit.accelerator", "found", "linux_nvidia", CPU_TORCH, "fail", "torch-cpu-build-on-gpu-machine"),
    ("fit.accelerator", "found", "windows_nvidia", CPU_TORCH, "fail", "torch-cpu-build-on-gpu-machine"),
    ("fit.accelerator", "found", "linux_cpu", AMD, "fail", "torch-cpu-build-on-gpu-machine"),
    ("fit.accelerator", "found", "linux_nvidia", AMD, "fail", "cuda-wheel-on-amd"),
    ("fit.accelerator", "found", "linux_cpu", ARC, "warn", "xpu-wheel-missing-on-intel-gpu"),
    ("fit.accelerator", "found", "linux_nvidia", _both(_arm, CPU_TORCH), "fail", "aarch64-default-is-cpu"),
    (
        "fit.accelerator",
        "found",
        "linux_nvidia",
        _both(CPU_TORCH, lambda s, e: e.change(s, "torch", installer="conda")),
        "fail",
        "conda-cpuonly-pinned",
    ),
    (
        "fit.accelerator",
        "found",
        "linux_jax",
        _remove("jax-cuda12-plugin", "jax-cuda12-pjrt"),
        "fail",
        "jax-cpu-only-on-gpu-machine",
    ),
    ("fit.accelerator", "found", "windows_nvidia", WINDOWS_TENSORFLOW, "warn", "tensorflow-windows-native-no-gpu"),
    ("fit.driver", "passes", "linux_nvidia", same, "ok", None),
    ("fit.driver", "passes", "linux_jax", same, "ok", None),
    ("fit.driver", "passes", "linux_tensorflow", same, "ok", None),
    ("fit.driver", "near", "linux_nvidia", _both(CU126, _driver("535.183.01")), "ok", None),
    ("fit.driver", "near", "linux_nvidia", _both(CU118, _driver("470.82")), "ok", None),
    ("fit.driver", "near", "linux_nvidia", _both(CPU_TORCH, _driver("470.82")), "skip", None),
    ("fit.driver", "near", "linux_nvidia", _driver(None), "unknown", None),
    (
        "fit.driver",
        "near",
        "linux_nvidia",
        lambda s, e: e.driver(s, version=None, detail="Linux for Tegra R36.4"),
        "skip",
        None,
    ),
    ("fit.driver", "found", "linux_nvidia", _driver("535.183.01"), "fail", "nvidia-driver-too-old"),
    ("fit.driver", "found", "windows_nvidia", _driver("566.03"), "fail", "nvidia-driver-too-old"),
    ("fit.driver", "found", "linux_jax", _driver("470.82"), "fail", "nvidia-driver-too-old"),
    ("fit.driver", "found", "linux_tensorflow", _driver("470.82"), "fail", "nvidia-driver-too-old"),
    ("fit.arch", "passes", "linux_nvidia", same, "ok", None),
    ("fit.arch", "passes", "linux_amd", same, "ok", None),
    ("fit.arch", "near", "linux_nvidia", _both(CU126, PASCAL), "ok", None),
    ("fit.arch", "near", "linux_nvidia", _second_gpu, "ok", None),
    ("fit.arch", "near", "linux_nvidia", UNKNOWN, "unknown", None),
    ("fit.arch", "near", "linux_nvidia", CU118, "unknown", None),
    (
        "fit.arch",
        "near",
        "linux_amd",
        _both(_amd_gfx("gfx1031"), _variable(HSA_OVERRIDE_GFX_VERSION="10.3.0")),
        "ok",
        None,
    ),
    ("fit.arch", "found", "linux_nvidia", PASCAL, "fail", "gpu-arch-dropped"),
    ("fit.arch", "found", "linux_nvidia", _both(CU126, BLACKWELL), "fail", "gpu-arch-too-new"),
    ("fit.arch", "found", "linux_amd", _amd_gfx("gfx1031"), "fail", "rocm-gfx-not-in-wheel"),
    ("fit.arch", "found", "linux_tensorflow", BLACKWELL, "warn", None),
    ("env.loader", "passes", "linux_nvidia", _loader("/usr/local/cuda/lib64", "libcudart.so.12"), "ok", None),
    ("env.loader", "near", "linux_nvidia", _loader("/usr/local/cuda/lib64", "libcudnn.so.8"), "ok", None),
    (
        "env.loader",
        "near",
        "linux_nvidia",
        _loader("/home/user/code/.venv/lib/python3.12/site-packages/nvidia/cudnn/lib", "libcudnn.so.9"),
        "ok",
        None,
    ),
    (
        "env.loader",
        "found",
        "linux_nvidia",
        _loader("/usr/lib", "libcudnn.so.9.1.0"),
        "warn",
        "nvidia-libs-shadowed-by-ld-library-path",
    ),
    (
        "env.loader",
        "found",
        "linux_nvidia",
        _loader("/usr/local/cuda/lib64/stubs", "libcuda.so"),
        "fail",
        "cuda-stub-lib-loaded",
    ),
    ("env.vars", "passes", "linux_nvidia", same, "ok", None),
    ("env.vars", "found", "linux_nvidia", _variable(PYTHONHOME="/opt/python"), "fail", "pythonpath-leak"),
    (
        "env.vars",
        "found",
        "linux_nvidia",
        _variable(PYTHONPATH="/opt/ros/lib/python3.10/site-packages"),
        "warn",
        "pythonpath-leak",
    ),
    (
        "env.vars",
        "near",
        "linux_nvidia",
        _variable(PYTHONPATH="/opt/ros/lib/python3.12/site-packages:/src"),
        "ok",
        None,
    ),
    ("env.vars", "found", "linux_tensorflow", _variable(KERAS_BACKEND="torch"), "fail", "keras-backend-unset"),
    ("env.vars", "near", "linux_tensorflow", _variable(KERAS_BACKEND="tensorflow"), "ok", None),
    ("env.vars", "near", "linux_nvidia", _variable(KERAS_BACKEND="jax"), "ok", None),
    ("env.vars", "found", "linux_tensorflow", _variable(TF_USE_LEGACY_KERAS="1"), "fail", "tf-legacy-keras-missing"),
    (
        "env.vars",
        "near",
        "linux_tensorflow",
        _both(_variable(TF_USE_LEGACY_KERAS="1"), _add("tf-keras", "2.18.0")),
        "ok",
        None,
    ),
    ("env.vars", "near", "linux_tensorflow", _variable(TF_USE_LEGACY_KERAS="0"), "ok", None),
    ("env.vars", "near", "linux_jax", _variable(JAX_PLATFORMS="cuda,cpu"), "ok", None),
    ("env.vars", "found", "linux_jax", _variable(JAX_PLATFORMS="rocm"), "warn", "env-var-wrong-type"),
    (
        "env.vars",
        "found",
        "linux_amd",
        _variable(HIP_VISIBLE_DEVICES="1"),
        "fail",
        "cuda-visible-devices-hides-gpus",
    ),
    (
        "env.vars",
        "found",
        "linux_amd",
        _variable(ROCR_VISIBLE_DEVICES="0", HIP_VISIBLE_DEVICES="1"),
        "fail",
        "rocm-visible-devices-conflict",
    ),
    ("env.vars", "near", "linux_amd", _variable(HIP_VISIBLE_DEVICES="0"), "ok", None),
    ("env.vars", "near", "linux_amd", _variable(HSA_OVERRIDE_GFX_VERSION="11.0.0"), "ok", None),
    (
        "env.vars",
        "found",
        "linux_amd",
        _variable(HSA_OVERRIDE_GFX_VERSION="10.3.0"),
        "warn",
        "rocm-gfx-override-misuse",
    ),
]
