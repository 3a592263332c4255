"""Cases of the checks of fit and of the session."""

from __future__ import annotations

from dataclasses import replace

from dlsetup.values.build import Companion
from dlsetup.values.environment import LoaderEntry, TorchBuild
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


def _service(name):
    return lambda situation, edit: edit.os(situation, service=name)


def _only_ptx(offers):
    """Give the GPU of the next generation to TensorFlow, whose newest code is PTX."""
    needs = ("nvidia-cudnn-cu12==9.3.0.75", "nvidia-cublas-cu12==12.5.3.2", "nvidia-cuda-nvcc-cu12==12.5.82")
    lines = tuple(f'{each}; extra == "and-cuda"' for each in needs)
    return _both(
        BLACKWELL,
        _add("tensorflow", "2.18.1", "keras>=3.5.0", *lines),
        lambda s, e: e.driver(s, supports=f"CUDA {offers}"),
    )


P100 = _both(_nvidia_gpu(name="Tesla P100-PCIE-16GB", architecture="sm_60"), _service("kaggle"))
SPARK = _nvidia_gpu(name="NVIDIA GB10", architecture="sm_121")


def _mac_torch(version):
    return lambda situation, edit: edit.environment(
        edit.add(edit.remove(situation, "tensorflow", "tensorflow-metal", "keras"), "torch", version),
        torch=TorchBuild(version=version),
    )


def _with_directml(situation, edit):
    """Install torch-directml with the torch that it goes with."""
    pair = _both(_torch("2.4.1+cpu"), _remove("torchvision"), _add("torch-directml", "0.2.5.dev240914"))
    rule = Companion(package="torch-directml", version="0.2.5.dev240914", requires="torch==2.4.1")
    changed = pair(situation, edit)
    companions = (*changed.catalog.companions, rule)
    return replace(changed, catalog=replace(changed.catalog, companions=companions))


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
    (
        "fit.accelerator",
        "near",
        "linux_nvidia",
        _both(_service("colab"), lambda s, e: e.host(s, gpus=(), drivers=())),
        "ok",
        "colab-runtime-without-gpu",
    ),
    ("fit.accelerator", "near", "linux_nvidia", _service("colab"), "ok", None),
    ("fit.accelerator", "found", "windows_nvidia", _with_directml, "warn", "directml-or-other-backend"),
    ("fit.accelerator", "near", "windows_nvidia", _both(_with_directml, AMD), "ok", "directml-or-other-backend"),
    (
        "fit.accelerator",
        "found",
        "windows_nvidia",
        _both(_with_directml, _torch("2.14.1+cpu")),
        "fail",
        "directml-or-other-backend",
    ),
    ("fit.accelerator", "near", "mac_metal", _mac_torch("2.14.1"), "ok", None),
    (
        "fit.accelerator",
        "found",
        "mac_metal",
        _both(_mac_torch("2.11.0"), lambda s, e: e.os(s, version="13.6")),
        "fail",
        "mps-unavailable",
    ),
    (
        "fit.accelerator",
        "near",
        "mac_metal",
        _both(_mac_torch("2.4.1"), lambda s, e: e.os(s, version="13.6")),
        "ok",
        None,
    ),
    ("fit.driver", "passes", "linux_nvidia", same, "ok", None),
    ("fit.driver", "near", "linux_tensorflow", _only_ptx("12.8"), "ok", None),
    ("fit.driver", "found", "linux_tensorflow", _only_ptx("12.4"), "fail", "ptx-toolchain-newer-than-driver"),
    ("fit.driver", "near", "linux_nvidia", lambda s, e: e.driver(s, supports="CUDA 12.4"), "ok", None),
    (
        "fit.driver",
        "near",
        "linux_jax",
        _both(_add("nvidia-cuda-nvcc-cu12", "12.9.86"), lambda s, e: e.driver(s, supports="CUDA 12.4")),
        "ok",
        "driver-older-than-ptxas",
    ),
    ("fit.driver", "near", "linux_jax", _add("nvidia-cuda-nvcc-cu12", "12.9.86"), "ok", None),
    ("fit.arch", "found", "linux_nvidia", P100, "fail", "kaggle-p100-unsupported"),
    ("fit.arch", "near", "linux_nvidia", _both(CU126, P100), "ok", None),
    ("fit.arch", "found", "linux_nvidia", _both(P100, _service(None)), "fail", "gpu-arch-dropped"),
    (
        "fit.arch",
        "found",
        "linux_nvidia",
        _both(SPARK, _add("triton", "3.5.1")),
        "warn",
        "triton-ptxas-too-old-for-gpu",
    ),
    ("fit.arch", "near", "linux_nvidia", SPARK, "ok", None),
    ("fit.arch", "near", "linux_nvidia", _both(BLACKWELL, _add("triton", "3.5.1")), "ok", None),
    (
        "fit.arch",
        "near",
        "linux_nvidia",
        _both(SPARK, _add("triton", "3.5.1"), _variable(TRITON_PTXAS_PATH="/usr/local/cuda/bin/ptxas")),
        "ok",
        None,
    ),
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
