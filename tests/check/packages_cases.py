"""Cases of the checks of what is installed."""

from __future__ import annotations

from dataclasses import replace

from dlsetup.catalog import load_catalog
from dlsetup.values.environment import RequirementFile

CU126 = "2.14.1+cu126"


def same(situation, edit):
    del edit
    return situation


def _add(name, version, *requires, **facts):
    return lambda situation, edit: edit.add(situation, name, version, *requires, **facts)


def _remove(*names):
    return lambda situation, edit: edit.remove(situation, *names)


def _change(name, **facts):
    return lambda situation, edit: edit.change(situation, name, **facts)


def _both(*changes):
    def change(situation, edit):
        for each in changes:
            situation = each(situation, edit)
        return situation

    return change


def _twice(name):
    def change(situation, edit):
        again = edit.distribution(name, "2.9.0", folder=f"{name}-2.9.0.dist-info")
        return edit.environment(situation, distributions=(*situation.environment.distributions, again))

    return change


def _torch_file(version):
    return lambda situation, edit: edit.environment(
        situation, torch=replace(situation.environment.torch, version=version)
    )


def _conda(version):
    return lambda situation, edit: edit.environment(situation, kind="conda", conda_packages=(("pytorch", version),))


def _by_conda(**packages):
    pairs = tuple((name.replace("_", "-"), text) for name, text in packages.items())
    return lambda situation, edit: edit.environment(situation, kind="conda", conda_packages=pairs)


def _intel_layer(situation, edit):
    return edit.variable(_by_conda(mkl_service="2.4.1")(situation, edit), MKL_THREADING_LAYER="INTEL")


def _no_cuda_libraries(situation, edit):
    return edit.remove(situation, "nvidia-cudnn-cu12", "nvidia-cublas-cu12")


def _no_libraries_no_driver(situation, edit):
    return edit.driver(_no_cuda_libraries(situation, edit), state="missing")


def _torch_build(version, **build):
    def change(situation, edit):
        torch = replace(situation.environment.torch, version=version, **build)
        return edit.environment(edit.change(situation, "torch", version=version), torch=torch)

    return change


def _numpy_files(*ends):
    names = tuple(f"_multiarray_umath.{end}" for end in ends)
    return lambda situation, edit: edit.environment(edit.add(situation, "numpy", "2.3.5"), contents=(("numpy", names),))


def _bitsandbytes(version, *cudas):
    names = ("libbitsandbytes_cpu.so", *(f"libbitsandbytes_cuda{cuda}.so" for cuda in cudas))
    return lambda situation, edit: edit.environment(
        edit.add(situation, "bitsandbytes", version), contents=(("bitsandbytes", names),)
    )


def _alone(version):
    """Leave torch without companions, of a version that bears its build in the label or not at all."""
    return _both(_remove("torchvision", "torchaudio"), _torch_build(version))


def _conda_torch(version, **packages):
    def change(situation, edit):
        changed = edit.change(_alone(version)(situation, edit), "torch", installer="conda")
        return _by_conda(pytorch=version, **packages)(changed, edit)

    return change


def _on_colab(situation, edit):
    system = edit.interpreter(situation, prefix="/usr", base_prefix="/usr")
    return edit.environment(edit.os(system, service="colab"), kind="system")


def _outside(name, version, *requires, libraries=()):
    """Install what loads CUDA libraries that it does not bring, beside those that the loader finds."""
    return lambda situation, edit: edit.environment(edit.add(situation, name, version, *requires), outside=libraries)


def _torn_cudnn(*libraries):
    def change(situation, edit):
        needs = [
            line.replace("9.19.0.56", "9.20.0.48") for line in situation.environment.distribution("torch").requires
        ]
        changed = edit.change(situation, "torch", requires=tuple(needs))
        changed = edit.add(changed, "nvidia-cudnn-cu13", "9.20.0.48", "nvidia-cublas")
        return edit.environment(changed, outside=libraries)

    return change


def _asks(*lines, indexes=()):
    file = RequirementFile(path="/home/user/code/requirements.txt", requirements=lines, indexes=indexes)
    return lambda situation, edit: edit.session(situation, requirement_files=(file,))


def _lean(situation, edit):
    """Let TensorFlow ask for cuBLAS alone."""
    return edit.change(situation, "tensorflow", requires=('nvidia-cublas-cu12==12.5.3.2; extra == "and-cuda"',))


NO_WINDOWS = "opencv-system-libs-missing"
ORT = "onnxruntime-cuda-libs-missing"
OF_ORT = ('nvidia-cuda-runtime~=13.0; extra == "cuda"', 'nvidia-cudnn-cu13~=9.0; extra == "cudnn"')
NVCC = (
    "jax-cuda12-pjrt==0.10.2",
    'nvidia-cudnn-cu12<10.0,>=9.8; extra == "with-cuda"',
    'nvidia-cuda-nvcc-cu12>=12.6.85; extra == "with-cuda"',
)
PRE = "prerelease-picked"
BITS = "bitsandbytes-cuda-setup"
OTHER_CUDA = "extension-built-for-other-cuda"


def _protobuf(version, requirement):
    return _both(_add("tensorflow", "2.20.0", requirement), _add("protobuf", version))


def _mine(name, version):
    """Put a package into the user's own site folder."""
    return lambda situation, edit: edit.environment(situation, user_distributions=(edit.distribution(name, version),))


def _with_shipped(change):
    """Ask with the catalog that ships, whose tables say more than those of the tests."""
    return lambda situation, edit: replace(change(situation, edit), catalog=load_catalog())


def _python(version):
    return lambda situation, edit: edit.interpreter(situation, version=version)


def _old_torch(*others):
    added = [_add(name, version) for name, version in (("setuptools", "65.5.0"), ("numpy", "1.26.4"), *others)]
    return _both(_add("torch", "1.10.2"), _remove("torchvision"), _python("3.9.18"), *added)


FLASH = "2.8.3+cu13torch2.14cxx11abitrue"
METAL = "tensorflow-metal"
TF_NEEDS = ("numpy<2.1.0,>=1.26.0", "keras>=3.5.0")

CASES = [
    ("pkg.files", "passes", "linux_nvidia", same, "ok", None),
    ("pkg.files", "near", "linux_nvidia", _twice("filelock"), "ok", None),
    ("pkg.files", "found", "linux_nvidia", _twice("torch"), "fail", "duplicate-dist-info"),
    (
        "pkg.files",
        "found",
        "linux_nvidia",
        _change("torchvision", missing_files=("torchvision/_C.so",)),
        "fail",
        "truncated-or-missing-shared-object",
    ),
    (
        "pkg.files",
        "near",
        "linux_tensorflow",
        _both(
            _add("tensorflow-cpu", "2.18.1"), _change("tensorflow", missing_files=("tensorflow/libtensorflow_cc.so.2",))
        ),
        "ok",
        None,
    ),
    ("pkg.files", "near", "linux_nvidia", _torch_file("2.14.1+cu126"), "ok", None),
    ("pkg.files", "near", "linux_nvidia", _torch_file("2.15.0a0+git1234567"), "ok", None),
    ("pkg.files", "found", "linux_nvidia", _torch_file("2.13.0+cu130"), "fail", "mixed-torch-files"),
    (
        "pkg.files",
        "found",
        "linux_nvidia",
        lambda s, e: e.environment(s, leftovers=("~orch",)),
        "warn",
        "leftover-partial-install",
    ),
    ("pkg.files", "found", "windows_nvidia", _change("torch", whole=False), "warn", "leftover-partial-install"),
    ("pkg.files", "near", "linux_nvidia", _change("torch", whole=False, installer="conda"), "ok", None),
    ("pkg.files", "found", "linux_nvidia", _remove("torch"), "warn", "leftover-partial-install"),
    (
        "pkg.files",
        "near",
        "linux_nvidia",
        lambda s, e: e.environment(e.remove(s, "torch"), kind="conda"),
        "ok",
        None,
    ),
    ("pkg.requires", "passes", "linux_tensorflow", same, "ok", None),
    ("pkg.requires", "near", "linux_nvidia", _add("fastai", "2.8", "torch<2.7"), "ok", None),
    ("pkg.requires", "near", "linux_tensorflow", _add("numpy", "1.26.4"), "ok", None),
    (
        "pkg.requires",
        "found",
        "linux_tensorflow",
        _add("numpy", "2.3.5"),
        "fail",
        "dependency-violation-after-install",
    ),
    ("pkg.requires", "found", "linux_nvidia", _remove("filelock"), "fail", "dependency-violation-after-install"),
    (
        "pkg.requires",
        "found",
        "linux_cpu",
        _add("mlx", "0.32.4", "mlx-cpu==0.32.4"),
        "fail",
        "mlx-library-mismatch",
    ),
    ("pkg.conflicts", "passes", "linux_nvidia", same, "ok", None),
    ("pkg.conflicts", "near", "linux_nvidia", _add("opencv-python", "4.12"), "ok", None),
    (
        "pkg.conflicts",
        "near",
        "windows_nvidia",
        _both(_add("tensorflow", "2.18.0", "tensorflow-intel==2.18.0"), _add("tensorflow-intel", "2.18.0")),
        "ok",
        None,
    ),
    (
        "pkg.conflicts",
        "found",
        "linux_tensorflow",
        _add("tensorflow-cpu", "2.18.1"),
        "fail",
        "tf-distribution-collision",
    ),
    ("pkg.conflicts", "found", "mac_metal", _add("tensorflow-macos", "2.12.0"), "warn", "tensorflow-macos-leftover"),
    (
        "pkg.conflicts",
        "found",
        "linux_cpu",
        _both(_add("opencv-python", "4.12"), _add("opencv-python-headless", "4.11")),
        "warn",
        "opencv-variants-installed-together",
    ),
    (
        "pkg.conflicts",
        "found",
        "linux_cpu",
        _both(_add("onnxruntime", "1.23"), _add("onnxruntime-gpu", "1.23")),
        "fail",
        "onnxruntime-variant-collision",
    ),
    (
        "pkg.conflicts",
        "found",
        "linux_cpu",
        _both(_add("cupy-cuda12x", "14.0"), _add("cupy-cuda13x", "14.0")),
        "warn",
        "cupy-variant-collision",
    ),
    ("pkg.conflicts", "near", "linux_nvidia", _conda("2.14.1"), "ok", None),
    ("pkg.conflicts", "found", "linux_nvidia", _conda("2.9.1"), "fail", "conda-pip-mixing"),
    ("pkg.torch", "passes", "linux_nvidia", same, "ok", None),
    ("pkg.torch", "passes", "linux_cpu", same, "ok", None),
    ("pkg.torch", "near", "linux_tensorflow", same, "skip", None),
    ("pkg.torch", "near", "linux_nvidia", _add("torchvision", "0.29.1", "torch>=2.14.0"), "ok", None),
    ("pkg.torch", "near", "linux_nvidia", _remove("torchvision", "torchaudio"), "ok", None),
    (
        "pkg.torch",
        "found",
        "linux_nvidia",
        _add("torchvision", "0.27.0+cu130", "torch==2.12.0"),
        "fail",
        "torch-torchvision-mismatch",
    ),
    ("pkg.torch", "found", "linux_nvidia", _add("torchvision", "0.28.0+cu130"), "fail", "torch-torchvision-mismatch"),
    (
        "pkg.torch",
        "found",
        "linux_nvidia",
        _add("torchaudio", "2.8.0+cu130", "torch==2.8.0"),
        "fail",
        "torch-torchaudio-mismatch",
    ),
    (
        "pkg.torch",
        "found",
        "linux_nvidia",
        _add("torchvision", "0.29.1+cu126", "torch>=2.14.0"),
        "fail",
        "torch-family-cuda-tag-mismatch",
    ),
    (
        "pkg.torch",
        "found",
        "linux_cpu",
        _add("torchvision", "0.29.1", "torch>=2.14.0"),
        "fail",
        "torch-family-cuda-tag-mismatch",
    ),
    ("pkg.torch", "found", "linux_nvidia", _add("triton", "3.5.1"), "fail", "triton-missing-or-mismatched"),
    ("pkg.torch", "found", "linux_nvidia", _remove("triton"), "warn", "triton-missing-or-mismatched"),
    ("pkg.tensorflow", "passes", "linux_tensorflow", same, "ok", None),
    ("pkg.tensorflow", "passes", "mac_metal", same, "ok", None),
    ("pkg.tensorflow", "near", "mac_metal", _add("tensorflow", "2.19.1"), "ok", None),
    ("pkg.tensorflow", "found", "mac_metal", _add("tensorflow", "2.21.0"), "fail", "tensorflow-metal-mismatch"),
    ("pkg.tensorflow", "near", "mac_metal", _both(_add("tensorflow", "2.21.0"), _remove(METAL)), "ok", None),
    ("pkg.tensorflow", "found", "linux_tensorflow", _add("keras", "2.15.0"), "fail", "keras2-keras3-mismatch"),
    (
        "pkg.tensorflow",
        "found",
        "linux_tensorflow",
        _add("tf-keras", "2.15.1", "tensorflow<2.16,>=2.15"),
        "fail",
        "keras2-keras3-mismatch",
    ),
    ("pkg.tensorflow", "near", "linux_tensorflow", _add("tf-keras", "2.18.0", "tensorflow<2.19,>=2.18"), "ok", None),
    (
        "pkg.tensorflow",
        "found",
        "linux_tensorflow",
        _add("tensorflow-text", "2.16.1", "tensorflow<2.17,>=2.16"),
        "fail",
        "tf-addon-abi-mismatch",
    ),
    ("pkg.tensorflow", "found", "linux_tensorflow", _no_cuda_libraries, "fail", "tf-gpu-libs-not-loaded"),
    ("pkg.tensorflow", "near", "linux_tensorflow", _no_libraries_no_driver, "ok", None),
    (
        "pkg.tensorflow",
        "near",
        "linux_tensorflow",
        _both(_no_cuda_libraries, lambda s, e: e.host(s, gpus=(), drivers=())),
        "ok",
        None,
    ),
    ("pkg.jax", "passes", "linux_jax", same, "ok", None),
    ("pkg.jax", "near", "linux_nvidia", same, "skip", None),
    ("pkg.jax", "near", "linux_jax", _remove("jax-cuda12-plugin", "jax-cuda12-pjrt"), "ok", None),
    ("pkg.jax", "found", "linux_jax", _add("jaxlib", "0.9.0"), "fail", "jax-jaxlib-version-skew"),
    (
        "pkg.jax",
        "found",
        "linux_jax",
        _add("jax-cuda12-plugin", "0.9.0", "jax-cuda12-pjrt==0.9.0"),
        "fail",
        "jax-plugin-version-skew",
    ),
    ("pkg.jax", "found", "linux_jax", _add("jax-cuda12-pjrt", "0.9.0"), "fail", "jax-plugin-version-skew"),
    ("pkg.jax", "found", "linux_jax", _add("jax-cuda13-plugin", "0.10.2"), "fail", "jax-plugin-version-skew"),
    (
        "pkg.jax",
        "found",
        "mac_metal",
        _both(_add("jax", "0.10.2"), _add("jaxlib", "0.10.2"), _add("jax-metal", "0.1.1")),
        "fail",
        "jax-metal-incompatible",
    ),
    ("pkg.jax", "near", "mac_metal", _both(_add("jax", "0.5.0"), _add("jax-metal", "0.1.1")), "ok", None),
    ("pkg.cuda-libs", "passes", "linux_nvidia", same, "ok", None),
    ("pkg.cuda-libs", "passes", "linux_jax", same, "ok", None),
    ("pkg.cuda-libs", "near", "linux_cpu", same, "skip", None),
    ("pkg.cuda-libs", "near", "linux_tensorflow", _no_cuda_libraries, "skip", None),
    ("pkg.cuda-libs", "found", "linux_nvidia", _remove("nvidia-cublas"), "fail", "nvidia-lib-missing-from-env"),
    (
        "pkg.cuda-libs",
        "found",
        "linux_tensorflow",
        _remove("nvidia-cublas-cu12"),
        "fail",
        "nvidia-lib-missing-from-env",
    ),
    ("pkg.cuda-libs", "found", "linux_nvidia", _add("nvidia-cudnn-cu13", "9.10.0.1"), "fail", "cudnn-version-mismatch"),
    ("pkg.cuda-libs", "found", "linux_nvidia", _add("nvidia-nccl-cu13", "2.20.1"), "fail", "nccl-lib-symbol-mismatch"),
    (
        "pkg.cuda-libs",
        "found",
        "linux_nvidia",
        _add("nvidia-nccl-cu12", "2.27.5"),
        "warn",
        "cuda-major-mix-in-env",
    ),
    (
        "pkg.cuda-libs",
        "found",
        "linux_nvidia",
        _add("nvidia-cufft-cu12", "11.3.3.83"),
        "warn",
        "cuda-major-mix-in-env",
    ),
    ("pkg.cuda-libs", "near", "linux_jax", _add("nvidia-cufft-cu12", "11.3.3.83"), "ok", None),
    ("pkg.extensions", "passes", "linux_nvidia", _add("xformers", "0.0.35", "torch==2.14.1"), "ok", None),
    ("pkg.extensions", "passes", "linux_nvidia", _add("flash-attn", FLASH), "ok", None),
    ("pkg.extensions", "near", "linux_nvidia", same, "skip", None),
    ("pkg.extensions", "near", "linux_nvidia", _add("flash-attn", "2.8.3"), "unknown", None),
    (
        "pkg.extensions",
        "found",
        "linux_nvidia",
        _add("xformers", "0.0.32", "torch==2.8.0"),
        "fail",
        "xformers-torch-mismatch",
    ),
    (
        "pkg.extensions",
        "found",
        "linux_nvidia",
        _add("vllm", "0.11.0", "torch==2.8.0"),
        "fail",
        "torch-extension-abi-generic",
    ),
    (
        "pkg.extensions",
        "found",
        "linux_nvidia",
        _add("flash-attn", "2.8.3+cu12torch2.14cxx11abitrue"),
        "fail",
        "flash-attn-abi-mismatch",
    ),
    (
        "pkg.extensions",
        "found",
        "linux_nvidia",
        _add("torch-scatter", "2.1.2+pt28cu130"),
        "fail",
        "pyg-extension-abi-mismatch",
    ),
    ("pkg.extensions", "near", "linux_nvidia", _add("torch-scatter", "2.1.2+pt214cu130"), "ok", None),
    (
        "pkg.extensions",
        "found",
        "linux_cpu",
        _add("intel-extension-for-pytorch", "2.8.0"),
        "fail",
        "ipex-torch-mismatch",
    ),
    ("pkg.openmp", "passes", "linux_nvidia", _by_conda(python="3.12"), "ok", None),
    ("pkg.openmp", "near", "linux_nvidia", same, "skip", None),
    ("pkg.openmp", "near", "linux_nvidia", _by_conda(intel_openmp="2025.0"), "ok", None),
    ("pkg.openmp", "found", "windows_nvidia", _by_conda(intel_openmp="2025.0"), "warn", "openmp-runtime-duplicate"),
    ("pkg.openmp", "near", "linux_nvidia", _by_conda(mkl="2025.0", pytorch="2.5.1"), "ok", None),
    ("pkg.openmp", "found", "linux_nvidia", _by_conda(mkl="2025.0", pytorch="2.2.2"), "fail", "mkl-symbol-mismatch"),
    ("pkg.openmp", "found", "linux_nvidia", _intel_layer, "fail", "mkl-threading-layer-conflict"),
    ("pkg.abi", "passes", "linux_nvidia", same, "ok", None),
    ("pkg.abi", "near", "linux_nvidia", _both(_add("torch", "2.2.2"), _add("numpy", "1.26.4")), "ok", None),
    ("pkg.abi", "found", "linux_nvidia", _add("torch", "2.2.2"), "fail", "numpy2-abi-break"),
    ("pkg.abi", "near", "linux_cpu", _both(_add("tensorboard", "2.20.0"), _add("setuptools", "80.9.0")), "ok", None),
    (
        "pkg.abi",
        "found",
        "linux_cpu",
        _both(_add("tensorboard", "2.20.0"), _add("setuptools", "82.0.0")),
        "fail",
        "pkg-resources-removed",
    ),
    ("pkg.abi", "found", "linux_cpu", _add("tensorboard", "2.20.0"), "fail", "pkg-resources-removed"),
    (
        "pkg.abi",
        "found",
        "linux_cpu",
        _both(_add("tensorboard", "2.11.0"), _add("setuptools", "80.9.0"), _add("protobuf", "5.29.0")),
        "fail",
        "protobuf-generated-code-mismatch",
    ),
    ("pkg.abi", "near", "linux_nvidia", _numpy_files("cpython-312-x86_64-linux-gnu.so"), "ok", None),
    (
        "pkg.abi",
        "near",
        "linux_nvidia",
        _numpy_files("cpython-311-x86_64-linux-gnu.so", "cpython-312-x86_64-linux-gnu.so"),
        "ok",
        None,
    ),
    ("pkg.abi", "near", "windows_nvidia", _numpy_files("cp312-win_amd64.pyd"), "ok", None),
    (
        "pkg.abi",
        "found",
        "linux_nvidia",
        _numpy_files("cpython-311-x86_64-linux-gnu.so"),
        "fail",
        "numpy-broken-install",
    ),
    ("pkg.abi", "found", "windows_nvidia", _numpy_files("cp310-win_amd64.pyd"), "fail", "numpy-broken-install"),
    (
        "pkg.abi",
        "found",
        "linux_nvidia",
        _change("numpy", tags=("cp311-cp311-manylinux_2_27_x86_64",)),
        "fail",
        "numpy-broken-install",
    ),
    ("pkg.abi", "near", "linux_nvidia", _change("numpy", tags=("cp312-cp312-manylinux_2_27_x86_64",)), "ok", None),
    # protobuf: older than generated code that a framework or onnx brings; one major newer is allowed, with a warning
    ("pkg.abi", "near", "linux_tensorflow", _protobuf("5.29.5", "protobuf>=5.28.0"), "ok", None),
    (
        "pkg.abi",
        "found",
        "linux_tensorflow",
        _protobuf("4.25.8", "protobuf>=5.28.0"),
        "fail",
        "protobuf-runtime-older-than-gencode",
    ),
    ("pkg.requires", "near", "linux_tensorflow", _protobuf("4.25.8", "protobuf>=5.28.0"), "ok", None),
    (
        "pkg.abi",
        "found",
        "linux_nvidia",
        _both(_add("onnx", "1.19.0", "protobuf>=4.25.1"), _add("protobuf", "3.20.3")),
        "fail",
        "protobuf-runtime-older-than-gencode",
    ),
    (
        "pkg.abi",
        "near",
        "linux_nvidia",
        _both(_add("some-client", "1.0", "protobuf>=4.25.1"), _add("protobuf", "3.20.3")),
        "ok",
        None,
    ),
    ("pkg.abi", "near", "linux_tensorflow", _protobuf("6.33.0", "protobuf>=5.28.0"), "ok", "protobuf-gencode-warning"),
    ("pkg.abi", "near", "linux_tensorflow", _protobuf("5.29.5", "protobuf>=3.20.3,<6"), "ok", None),
    (
        "pkg.requires",
        "found",
        "linux_tensorflow",
        _protobuf("6.33.0", "protobuf>=3.20.3,<6"),
        "fail",
        "dependency-violation-after-install",
    ),
    ("pkg.abi", "found", "linux_nvidia", _add("typing-extensions", "4.5.0"), "fail", "typing-extensions-too-old"),
    ("pkg.requires", "near", "linux_nvidia", _add("typing-extensions", "4.5.0"), "ok", None),
    (
        "pkg.requires",
        "found",
        "linux_nvidia",
        _remove("typing-extensions"),
        "fail",
        "dependency-violation-after-install",
    ),
    ("pkg.abi", "found", "linux_nvidia", _mine("typing-extensions", "4.4.0"), "fail", "typing-extensions-too-old"),
    ("pkg.abi", "near", "linux_nvidia", _mine("typing-extensions", "4.12.0"), "ok", None),
    (
        "pkg.abi",
        "found",
        "linux_nvidia",
        _both(_add("pandas", "3.0.1", "numpy>=1.26.0"), _add("numpy", "1.24.4")),
        "fail",
        "numpy-c-abi-size-changed",
    ),
    ("pkg.abi", "near", "linux_nvidia", _add("pandas", "3.0.1", "numpy>=1.26.0"), "ok", None),
    ("pkg.abi", "found", "linux_nvidia", _with_shipped(_add("pandas", "2.1.4")), "fail", "numpy-c-abi-size-changed"),
    ("pkg.abi", "near", "linux_nvidia", _with_shipped(_add("pandas", "2.2.2")), "ok", None),
    ("pkg.abi", "found", "linux_cpu", _add("pyspark", "3.5.5"), "fail", "distutils-removed"),
    ("pkg.abi", "near", "linux_cpu", _both(_add("pyspark", "3.5.5"), _add("setuptools", "83.0.0")), "ok", None),
    ("pkg.abi", "near", "linux_cpu", _both(_add("pyspark", "3.5.5"), _python("3.11.9")), "ok", None),
    ("pkg.abi", "near", "linux_cpu", _add("pyspark", "4.0.0"), "ok", None),
    ("pkg.abi", "found", "linux_cpu", _old_torch(("tensorboard", "2.21.0")), "fail", "distutils-removed"),
    ("pkg.abi", "near", "linux_cpu", _old_torch(), "ok", None),
    ("pkg.extensions", "near", "linux_nvidia", _bitsandbytes("0.50.2", "130"), "skip", None),
    ("pkg.extensions", "near", "linux_nvidia", _bitsandbytes("0.50.2", "118", "132"), "skip", None),
    ("pkg.extensions", "found", "linux_nvidia", _bitsandbytes("0.45.0", "118", "132"), "fail", BITS),
    ("pkg.extensions", "found", "linux_nvidia", _bitsandbytes("0.50.2", "118", "128"), "fail", BITS),
    ("pkg.extensions", "found", "linux_nvidia", _bitsandbytes("0.46.0"), "fail", BITS),
    ("pkg.extensions", "near", "linux_cpu", _bitsandbytes("0.46.0"), "skip", None),
    ("pkg.extensions", "found", "windows_nvidia", _add("bitsandbytes", "0.42.0"), "fail", BITS),
    (
        "pkg.extensions",
        "found",
        "linux_nvidia",
        _both(_bitsandbytes("0.50.2", "130"), lambda s, e: e.variable(s, BNB_CUDA_VERSION="126")),
        "fail",
        BITS,
    ),
    (
        "pkg.extensions",
        "near",
        "linux_nvidia",
        _both(_bitsandbytes("0.50.2", "130", "126"), lambda s, e: e.variable(s, BNB_CUDA_VERSION="126")),
        "skip",
        None,
    ),
    (
        "pkg.extensions",
        "found",
        "linux_cpu",
        _both(_add("torch", "2.3.1+cpu"), _add("transformers", "5.1.0")),
        "fail",
        "transformers-torch-floor",
    ),
    (
        "pkg.extensions",
        "near",
        "linux_cpu",
        _both(_add("torch", "2.3.1+cpu"), _add("transformers", "4.57.1")),
        "skip",
        None,
    ),
    ("pkg.extensions", "near", "linux_cpu", _add("transformers", "5.24.0"), "skip", None),
    ("pkg.extensions", "found", "linux_nvidia", _add("dgl", "2.4.0+cu121"), "fail", OTHER_CUDA),
    ("pkg.extensions", "near", "linux_nvidia", _add("dgl", "2.4.0+cu131"), "ok", None),
    ("pkg.extensions", "near", "linux_nvidia", _add("some-service", "2.4.0+cu121"), "skip", None),
    ("pkg.extensions", "near", "linux_cpu", _add("dgl", "2.4.0+cu121"), "ok", None),
    (
        "pkg.extensions",
        "found",
        "linux_nvidia",
        _add("natten", "0.21.0+torch280cu128"),
        "fail",
        "torch-extension-abi-generic",
    ),
    ("pkg.extensions", "near", "linux_nvidia", _add("natten", "0.21.6+torch2140cu130"), "ok", None),
    # pkg.torch: who put another torch there, what is a pre-release, and the conda channel that has ended
    (
        "pkg.torch",
        "found",
        "linux_nvidia",
        _both(_add("torchvision", "0.28.0+cu126"), _add("torch", "2.14.1"), _add("vllm", "0.30", "torch==2.14.1")),
        "fail",
        "torch-replaced-by-dependency",
    ),
    (
        "pkg.torch",
        "found",
        "linux_nvidia",
        _both(_add("torchvision", "0.29.1+cu126"), _add("torch", "2.14.1"), _add("vllm", "0.30", "torch==2.14.1")),
        "fail",
        "torch-replaced-by-dependency",
    ),
    (
        "pkg.torch",
        "found",
        "linux_nvidia",
        _both(_add("torchvision", "0.28.0+cu126"), _add("torch", "2.14.1"), _add("fastai", "2.8", "torch>=2.14")),
        "fail",
        "torch-torchvision-mismatch",
    ),
    ("pkg.torch", "near", "linux_nvidia", _alone("2.16.0.dev20261101+cu130"), "ok", "prerelease-picked"),
    ("pkg.torch", "near", "linux_nvidia", _alone("2.14.0a0+ecf3bae40a.nv26.10"), "ok", None),
    (
        "pkg.torch",
        "found",
        "linux_nvidia",
        _conda_torch("2.5.1", pytorch_mutex="1.0"),
        "warn",
        "conda-pytorch-channel-ended",
    ),
    (
        "pkg.torch",
        "near",
        "linux_nvidia",
        _conda_torch("2.3.0", pytorch_mutex="1.0"),
        "ok",
        "conda-pytorch-channel-ended",
    ),
    ("pkg.torch", "near", "linux_nvidia", _conda_torch("2.5.1"), "ok", None),
    ("pkg.tensorflow", "near", "mac_metal", _both(_add("tensorflow", "2.22.0rc0"), _remove(METAL)), "ok", PRE),
    (
        "pkg.tensorflow",
        "near",
        "windows_nvidia",
        _both(_add("tensorflow", "2.13.1"), _python("3.11.9")),
        "ok",
        "resolver-backtracked-to-ancient-version",
    ),
    ("pkg.tensorflow", "near", "windows_nvidia", _add("tensorflow", "2.16.2"), "ok", None),
    (
        "pkg.tensorflow",
        "found",
        "linux_tensorflow",
        _add("tensorflow-addons", "0.23.0", 'tensorflow<2.16.0,>=2.13.0; extra == "tensorflow"'),
        "fail",
        "tf-addon-abi-mismatch",
    ),
    (
        "pkg.tensorflow",
        "near",
        "linux_tensorflow",
        _add("tensorflow-probability", "0.25.0", 'tensorflow>=2.18; extra == "tf"'),
        "ok",
        None,
    ),
    # pkg.requires: two that exclude each other, and a notebook service whose own set was changed
    (
        "pkg.requires",
        "found",
        "linux_tensorflow",
        _both(_add("numpy", "2.3.5"), _add("ancient", "1.0", "numpy>=2.3")),
        "fail",
        "resolver-conflict",
    ),
    (
        "pkg.requires",
        "found",
        "linux_tensorflow",
        _both(_add("numpy", "2.3.5"), _add("modern", "1.0", "numpy>=1.26")),
        "fail",
        "dependency-violation-after-install",
    ),
    (
        "pkg.requires",
        "found",
        "linux_tensorflow",
        _both(_add("numpy", "2.3.5"), _on_colab),
        "fail",
        "colab-preinstalled-conflict",
    ),
    ("pkg.requires", "near", "linux_tensorflow", _on_colab, "ok", None),
    # pkg.cuda-libs: what others load and do not bring
    ("pkg.cuda-libs", "near", "linux_nvidia", _outside("onnxruntime-gpu", "1.31.1", *OF_ORT), "ok", None),
    ("pkg.cuda-libs", "near", "linux_cpu", _outside("onnxruntime-gpu", "1.20.1"), "skip", None),
    ("pkg.cuda-libs", "found", "linux_nvidia", _outside("onnxruntime-gpu", "1.20.1"), "fail", ORT),
    (
        "pkg.cuda-libs",
        "near",
        "linux_nvidia",
        _outside("onnxruntime-gpu", "1.20.1", libraries=("libcublas.so.12", "libcudnn.so.9")),
        "ok",
        None,
    ),
    (
        "pkg.cuda-libs",
        "found",
        "windows_nvidia",
        _outside("onnxruntime-gpu", "1.20.1", libraries=("cublas64_11.dll", "cudnn64_8.dll")),
        "fail",
        ORT,
    ),
    ("pkg.cuda-libs", "near", "windows_nvidia", _outside("onnxruntime-gpu", "1.31.1", *OF_ORT), "skip", None),
    ("pkg.cuda-libs", "near", "linux_nvidia", _outside("onnxruntime-gpu", "1.20.1", libraries=None), "ok", None),
    (
        "pkg.cuda-libs",
        "near",
        "linux_nvidia",
        _both(_outside("onnxruntime-gpu", "1.20.1"), lambda s, e: e.driver(s, state="missing")),
        "ok",
        None,
    ),
    ("pkg.cuda-libs", "found", "linux_nvidia", _outside("cupy-cuda12x", "13.6.0"), "fail", "cupy-cuda-libs-missing"),
    ("pkg.cuda-libs", "near", "linux_nvidia", _outside("cupy-cuda13x", "14.2.0"), "ok", None),
    (
        "pkg.cuda-libs",
        "near",
        "linux_nvidia",
        _outside("cupy-cuda12x", "13.6.0", libraries=("libnvrtc.so.12",)),
        "ok",
        None,
    ),
    (
        "pkg.cuda-libs",
        "found",
        "linux_tensorflow",
        _both(_outside("ctranslate2", "4.4.0"), _add("faster-whisper", "1.0.3")),
        "fail",
        "cudnn-not-on-loader-path",
    ),
    # translation alone does without cuDNN
    ("pkg.cuda-libs", "near", "linux_tensorflow", _outside("ctranslate2", "4.4.0"), "ok", None),
    (
        "pkg.cuda-libs",
        "near",
        "linux_tensorflow",
        _both(_outside("ctranslate2", "4.6.0"), _add("faster-whisper", "1.2.0")),
        "ok",
        None,
    ),
    (
        "pkg.cuda-libs",
        "near",
        "linux_tensorflow",
        _both(_outside("ctranslate2", "4.8.5"), _remove("nvidia-cudnn-cu12"), _add("faster-whisper", "1.2.0"), _lean),
        "ok",
        None,
    ),
    # torch's CUDA 13 does not serve it
    (
        "pkg.cuda-libs",
        "found",
        "linux_nvidia",
        _both(_outside("ctranslate2", "4.8.5"), _add("faster-whisper", "1.2.0")),
        "fail",
        "cudnn-not-on-loader-path",
    ),
    (
        "pkg.cuda-libs",
        "found",
        "linux_nvidia",
        _torn_cudnn("libcudnn_engines_tensor_ir.so.9"),
        "fail",
        "cudnn-sublibrary-mismatch",
    ),
    ("pkg.cuda-libs", "near", "linux_nvidia", _torn_cudnn(), "ok", None),
    ("pkg.cuda-libs", "near", "linux_nvidia", _torn_cudnn("libcudnn.so.9"), "ok", None),
    (
        "pkg.cuda-libs",
        "found",
        "linux_jax",
        _add("jax-cuda12-plugin", "0.10.2", *NVCC),
        "fail",
        "xla-libdevice-not-found",
    ),
    (
        "pkg.cuda-libs",
        "near",
        "linux_jax",
        _both(_add("jax-cuda12-plugin", "0.10.2", *NVCC), _add("nvidia-cuda-nvcc-cu12", "12.9.86")),
        "ok",
        None,
    ),
    # an OpenCV for desktops on a slim image
    ("pkg.conflicts", "found", "linux_cpu", _outside("opencv-python", "4.12.0.88"), "fail", NO_WINDOWS),
    (
        "pkg.conflicts",
        "found",
        "linux_cpu",
        _both(_add("detector", "1.0", "opencv-python>=4.6"), _outside("opencv-python", "4.12.0.88")),
        "fail",
        NO_WINDOWS,
    ),
    (
        "pkg.conflicts",
        "near",
        "linux_cpu",
        _outside("opencv-python", "4.12.0.88", libraries=("libGL.so.1", "libgthread-2.0.so.0")),
        "ok",
        None,
    ),
    ("pkg.conflicts", "near", "linux_cpu", _outside("opencv-python-headless", "4.12.0.88"), "ok", None),
    ("pkg.conflicts", "near", "linux_cpu", _outside("opencv-python", "4.12.0.88", libraries=None), "ok", None),
    ("pkg.torch", "found", "linux_nvidia", _add("triton-rocm", "3.6.0"), "warn", "triton-missing-or-mismatched"),
    # TensorFlow may take its libraries from the machine
    (
        "pkg.tensorflow",
        "near",
        "linux_tensorflow",
        _both(_no_cuda_libraries, lambda s, e: e.environment(s, outside=("libcudnn.so.9", "libcublas.so.12"))),
        "ok",
        None,
    ),
    (
        "pkg.tensorflow",
        "found",
        "linux_tensorflow",
        _both(_no_cuda_libraries, lambda s, e: e.environment(s, outside=("libcudart.so.12",))),
        "fail",
        "tf-gpu-libs-not-loaded",
    ),
    (
        "pkg.abi",
        "found",
        "linux_cpu",
        _both(_add("pytorch-lightning", "2.3.3"), _add("setuptools", "82.0.1")),
        "fail",
        "pkg-resources-removed",
    ),
    (
        "pkg.abi",
        "near",
        "linux_cpu",
        _both(_add("pytorch-lightning", "2.4.0"), _add("lightning-utilities", "0.14.0"), _add("setuptools", "82.0.1")),
        "ok",
        None,
    ),
    # what would be built where there is no torch
    ("pkg.extensions", "found", "linux_nvidia", _asks("flash-attn>=2.8"), "warn", "build-isolation-hides-torch"),
    ("pkg.extensions", "near", "linux_nvidia", _asks("flash-attn @ https://files.invalid/x.whl"), "skip", None),
    (
        "pkg.extensions",
        "near",
        "linux_nvidia",
        _asks("torch-scatter", indexes=("https://files.invalid/",)),
        "skip",
        None,
    ),
    ("pkg.extensions", "near", "linux_nvidia", _both(_asks("flash-attn"), _add("flash-attn", FLASH)), "ok", None),
    ("pkg.extensions", "near", "linux_cpu", _asks("flash-attn"), "skip", None),
    (
        "pkg.cuda-libs",
        "near",
        "linux_nvidia",
        _both(
            _outside("ctranslate2", "4.8.5"), _add("faster-whisper", "1.2.0"), _add("nvidia-cublas-cu12", "12.9.1.4")
        ),
        "ok",
        None,
    ),
    # without its extras in sight a release is judged by the table
    ("pkg.cuda-libs", "near", "linux_nvidia", _outside("onnxruntime-gpu", "1.31.1"), "ok", None),
    ("pkg.abi", "near", "linux_cpu", _with_shipped(_add("jaxlib", "0.4.30")), "ok", None),
    ("pkg.abi", "found", "linux_cpu", _with_shipped(_add("jaxlib", "0.4.25")), "fail", "numpy2-abi-break"),
]
