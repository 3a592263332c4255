"""The session: the variables, folders and programs that the shell brings along."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.probe.requirement_files import read_requirement_files
from dlsetup.values.environment import LoaderEntry, Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dlsetup.system.interface import System

RELEVANT = frozenset(
    {
        # which environment is used
        "CONDA_DEFAULT_ENV",
        "CONDA_PREFIX",
        "VIRTUAL_ENV",
        # what Python imports, and from where: leaks between versions
        "PYTHONHOME",
        "PYTHONNOUSERSITE",
        "PYTHONPATH",
        "PYTHONSAFEPATH",
        "PYTHONSTARTUP",
        "PYTHONUSERBASE",
        # what the loader takes before the libraries of the wheels
        "DYLD_FALLBACK_LIBRARY_PATH",
        "DYLD_INSERT_LIBRARIES",
        "DYLD_LIBRARY_PATH",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        # which devices are seen, how they are numbered
        "CUDA_DEVICE_ORDER",
        "CUDA_VISIBLE_DEVICES",
        "GPU_DEVICE_ORDINAL",
        "HIP_VISIBLE_DEVICES",
        "NVIDIA_DRIVER_CAPABILITIES",
        "NVIDIA_VISIBLE_DEVICES",
        "ONEAPI_DEVICE_SELECTOR",
        "ROCR_VISIBLE_DEVICES",
        "SYCL_DEVICE_FILTER",
        "ZE_AFFINITY_MASK",
        "ZE_FLAT_DEVICE_HIERARCHY",
        # what devices claim to be, and how they are run
        "CUDA_LAUNCH_BLOCKING",
        "CUDA_MODULE_LOADING",
        "CUDA_MPS_PIPE_DIRECTORY",
        "HSA_ENABLE_SDMA",
        "HSA_OVERRIDE_GFX_VERSION",
        "NVIDIA_DISABLE_REQUIRE",
        "NVIDIA_REQUIRE_CUDA",
        # which toolkit is found by what compiles or searches
        "BNB_CUDA_VERSION",
        "CC",
        "CUDA_DIR",
        "CUDA_HOME",
        "CUDA_PATH",
        "JAVA_HOME",
        "ROCM_HOME",
        "ROCM_PATH",
        "TORCH_CUDA_ARCH_LIST",
        "TRITON_PTXAS_PATH",
        # what frameworks choose
        "JAX_PLATFORMS",
        "JAX_PLATFORM_NAME",
        "KERAS_BACKEND",
        "PYTORCH_ALLOC_CONF",
        "PYTORCH_CUDA_ALLOC_CONF",
        "PYTORCH_ENABLE_MPS_FALLBACK",
        "PYTORCH_HIP_ALLOC_CONF",
        "PYTORCH_MPS_HIGH_WATERMARK_RATIO",
        "PYTORCH_NVML_BASED_CUDA_CHECK",
        "TF_CPP_MIN_LOG_LEVEL",
        "TF_ENABLE_ONEDNN_OPTS",
        "TF_FORCE_GPU_ALLOW_GROWTH",
        "TF_GPU_ALLOCATOR",
        "TF_USE_LEGACY_KERAS",
        "TF_XLA_FLAGS",
        "XLA_FLAGS",
        "XLA_PYTHON_CLIENT_ALLOCATOR",
        "XLA_PYTHON_CLIENT_MEM_FRACTION",
        "XLA_PYTHON_CLIENT_PREALLOCATE",
        # threads, and two OpenMP runtimes in one process
        "KMP_DUPLICATE_LIB_OK",
        "MKL_SERVICE_FORCE_INTEL",
        "MKL_THREADING_LAYER",
        "OMP_NUM_THREADS",
        # several processes
        "GLOO_SOCKET_IFNAME",
        "LOCAL_RANK",
        "LOCAL_WORLD_SIZE",
        "MASTER_ADDR",
        "MASTER_PORT",
        "NCCL_DEBUG",
        "NCCL_IB_DISABLE",
        "NCCL_P2P_DISABLE",
        "NCCL_SHM_DISABLE",
        "NCCL_SOCKET_IFNAME",
        "RANK",
        "USE_LIBUV",
        "WORLD_SIZE",
        # Spark's interpreters
        "PYSPARK_DRIVER_PYTHON",
        "PYSPARK_PYTHON",
        "SPARK_HOME",
        "SPARK_LOCAL_IP",
        # schedulers, which choose devices too
        "SLURM_GPUS_ON_NODE",
        "SLURM_JOB_GPUS",
        "SLURM_JOB_ID",
        "SLURM_JOB_NUM_NODES",
        "SLURM_NNODES",
        # where installers put things, and what keeps them from it (never what holds addresses: those bear passwords)
        "PIP_CONFIG_FILE",
        "PIP_PRE",
        "PIP_PREFIX",
        "PIP_REQUIRE_VIRTUALENV",
        "PIP_TARGET",
        "PIP_USER",
        "UV_CACHE_DIR",
        "UV_LINK_MODE",
        "UV_OFFLINE",
        "UV_SYSTEM_PYTHON",
        # where files go
        "HF_HOME",
        "HF_HUB_OFFLINE",
        "TMPDIR",
        "TORCHINDUCTOR_CACHE_DIR",
        "TRANSFORMERS_OFFLINE",
        "TORCH_HOME",
        "TRITON_CACHE_DIR",
        "XDG_CACHE_HOME",
        # how the system shows itself
        "CI",
        "CURL_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SUDO_USER",
        "SYSTEM_VERSION_COMPAT",
        "WSL_DISTRO_NAME",
    }
)
"""Variables that steer Python, loaders and frameworks; doctor/failure-modes lists what each can break."""

_FRAMEWORKS = """
torch torchvision torchaudio torchtext functorch triton tensorflow keras tf_keras tensorboard jax jaxlib flax optax mlx
mxnet chainer cntk cupy numpy scipy pandas matplotlib sklearn PIL cv2 transformers tokenizers diffusers accelerate
safetensors huggingface_hub lightning pytorch_lightning xformers onnx onnxruntime pyspark ray packaging
typing_extensions sympy networkx fsspec jinja2 filelock requests tqdm yaml six absl h5py pip setuptools pkg_resources
"""
"""Frameworks and what they import."""

_FIRST = """
abc _abc builtins codecs _collections_abc encodings genericpath io marshal ntpath os posixpath site stat sys
_sitebuiltins zipimport
"""
"""Standard modules that are imported before the working folder is on the path, so that nothing hides them."""

_HARMLESS = """
__future__ __hello__ __phello__ _aix_support _bootsubprocess antigravity binhex bdb cgi cgitb chunk crypt curses dbm
distutils ensurepip idlelib imaplib lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sched sndhdr sunau telnetlib
test this tkinter trace turtle turtledemo uu venv wave wsgiref xdrlib zipapp
"""
"""Standard modules that no framework imports: a folder "test" is no mistake."""

SHADOWED = frozenset(_FRAMEWORKS.split()) | (
    sys.stdlib_module_names - frozenset(sys.builtin_module_names) - frozenset((_FIRST + _HARMLESS).split())
)
"""Modules that a file of their name in the working folder hides, to the harm of a framework."""

_MODULE_FILE = re.compile(r"(\w+)(?:\.py|\.pyc|\.pyw|(?:\.[\w-]+)?\.(?:so|pyd))")

_BUNDLED = re.compile(
    r"(?:lib(?:cudnn|cublas|cusparse|nvjitlink|cudart|cufft|curand|cusolver|cupti|nvrtc|nvshmem|torch|c10|tensorflow)"
    r"[\w-]*(?:\.so|\.dylib|\.\d+\.dylib)|lib(?:stdc\+\+|nccl)\.so)[\d.]*",
    re.IGNORECASE,
)
_STUB = re.compile(r"libcuda\.so[\d.]*")
_SHEBANG = re.compile(r"\A#!\s*(\S+)(?:[ \t]+([^\r\n]*))?")
_EXEC = re.compile(r"\A#!\s*/bin/sh\s*\r?\n'''exec' (?:\"([^\"]+)\"|'([^']+)'|(\S+)) ")
_LAUNCHER = re.compile(r"#!\s*\"?([A-Za-z]:\\[^\r\n\"\x00]*?python[\w.]*\.exe)\"?", re.IGNORECASE)
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*t?(?:\.exe)?", re.IGNORECASE)


def probe_session(system: System) -> Session:
    """Say what the shell brings along: variables, the working folder, and which pip and python come first."""
    folder = system.value("folder")
    folder = folder if isinstance(folder, str) else None
    pip = paths.first_on_path(system, "pip")
    return Session(
        variables=tuple(sorted((name, value) for name, value in system.variables().items() if is_relevant(name))),
        folder=folder,
        shadows=tuple(dict.fromkeys(_shadows(system, folder))),
        requirement_files=read_requirement_files(system, folder),
        loader=tuple(_loader(system)),
        pip=pip,
        pip_interpreter=_interpreter_of(system, pip) if pip else None,
        python=_first_python(system),
        active=_active(system),
    )


def is_relevant(name: str) -> bool:
    """Tell whether a variable steers Python, loaders or frameworks."""
    return name in RELEVANT or name.startswith(("DYLD_", "TF_CPP_", "XLA_PYTHON_"))


def _first_python(system: System) -> str | None:
    """Return the first python on the PATH, or python3 where there is none; Windows' link to the Store is neither."""
    for program in ("python", "python3"):
        path = paths.first_on_path(system, program)
        if path is not None and not (system.platform == "windows" and system.size(path) == 0):
            return path
    return None


def _active(system: System) -> str | None:
    """Return the activated environment; of two, the one whose programs come first on the PATH."""
    venv, conda = system.variable("VIRTUAL_ENV") or None, system.variable("CONDA_PREFIX") or None
    if venv is None or conda is None:
        return venv or conda
    for folder in paths.folders_of(system, "PATH"):
        for candidate in (venv, conda):
            if paths.inside(system, folder, candidate):
                return candidate
    return venv


def _shadows(system: System, folder: str | None) -> Iterator[str]:
    """Yield the files and folders of the working folder and of PYTHONPATH that hide a module."""
    entries = [folder or "", *paths.folders_of(system, "PYTHONPATH")]
    for entry in dict.fromkeys(paths.absolute(system, each) if each else (folder or "") for each in entries):
        names = system.listing(entry) if entry else None
        for name in shadowing(names or ()):
            path = paths.join(system, entry, name)
            if "." in name or system.exists(paths.join(system, path, "__init__.py")):
                yield path


def shadowing(names: Iterable[str]) -> tuple[str, ...]:
    """Return those names that are files of a module of importance, or may be folders of one."""
    found = []
    for name in names:
        match = _MODULE_FILE.fullmatch(name)
        if (match[1] if match else name) in SHADOWED:
            found.append(name)
    return tuple(found)


def _loader(system: System) -> Iterator[LoaderEntry]:
    """Yield the loader's extra folders that hold libraries which wheels bring themselves."""
    variables = {"linux": ("LD_LIBRARY_PATH",), "macos": ("DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")}
    folders = (
        folder for variable in variables.get(system.platform, ()) for folder in paths.folders_of(system, variable)
    )
    for folder in dict.fromkeys(paths.absolute(system, each) for each in folders if each):
        found = bundled_libraries(paths.name(system, folder), system.listing(folder) or ())
        if found:
            yield LoaderEntry(folder=folder, libraries=found)


def bundled_libraries(folder: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return those file names that wheels bring too; libcuda counts in a folder of stubs only, where it is none."""
    stubs = folder == "stubs"
    return tuple(name for name in names if _BUNDLED.fullmatch(name) or (stubs and _STUB.fullmatch(name)))


def _interpreter_of(system: System, pip: str) -> str | None:
    """Return the interpreter that a pip script names, None where it names none (the shims of pyenv are such)."""
    text = system.read(pip).text or ""
    found = parse_shebang(text)
    if found is None or paths.is_absolute(system, found):
        return found
    return paths.first_on_path(system, found)


def parse_shebang(text: str) -> str | None:
    """Return the interpreter that a script (or Windows launcher) of Python names: a path, or a bare name after env."""
    launcher = _LAUNCHER.search(text) if not text.startswith("#!") else None
    if launcher is not None:
        return launcher[1]
    wrapped = _EXEC.match(text)
    if wrapped is not None:
        # pip and uv write this where the path is too long, or has a blank, for a first line
        return wrapped[1] or wrapped[2] or wrapped[3]
    match = _SHEBANG.match(text)
    if match is None:
        return None
    program, rest = match[1].strip('"'), (match[2] or "").split()
    if program.endswith("/env"):
        program = next((word for word in rest if not word.startswith("-") and "=" not in word), "")
    return program if _PYTHON.fullmatch(re.split(r"[/\\]", program)[-1]) else None
