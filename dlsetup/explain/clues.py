"""Facts that stand between the lines of a log: paths, wheel names and messages tell of the machine that wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.explain.cleaning import clean, unprefixed

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True)
class Clues:
    """What a text tells by the way; None and empty where it does not."""

    system: str | None = None
    """linux, macos or windows."""
    wsl: bool = False
    container: bool = False
    service: str | None = None
    """colab, kaggle, sagemaker, github-actions."""
    architecture: str | None = None
    python: str | None = None
    """"3.11" or "3.11.7"."""
    frameworks: tuple[str, ...] = ()
    """Catalog names, the most mentioned first."""
    gpus: tuple[str, ...] = ()
    """Names as the text has them."""
    architectures: tuple[str, ...] = ()
    """sm_120, gfx1150: what messages call the GPU."""
    packages: tuple[tuple[str, str], ...] = ()
    driver: str | None = None
    cuda: str | None = None
    """The newest CUDA that the driver supports."""
    cuda_major: str | None = None
    """The major of CUDA that the installed libraries are for."""
    build: str | None = None
    """cuda, rocm or xpu, where a report says what torch was built with."""
    loader_path: bool = False
    """LD_LIBRARY_PATH names a folder of CUDA."""

    @property
    def vendors(self) -> tuple[str, ...]:
        """Return the makers of the GPUs that are named."""
        names = (*self.gpus, *self.architectures)
        return tuple(dict.fromkeys(next((v for sign, v in _MAKERS if sign in name), "nvidia") for name in names))


def read_clues(text: str) -> Clues:
    """Read a text's clues; where two say different things, neither counts."""
    plain = unprefixed(clean(text))
    return Clues(
        system=_only(name for name, pattern in _SYSTEMS if pattern.search(plain)),
        wsl=_WSL.search(plain) is not None,
        container=_CONTAINER.search(plain) is not None,
        service=_only(name for name, pattern in _SERVICES if pattern.search(plain)),
        architecture=_only(name for name, pattern in _ARCHITECTURES if pattern.search(plain)),
        python=_python(plain),
        frameworks=_frameworks(plain),
        gpus=_distinct(_GPU.findall(plain)),
        architectures=_distinct(_TARGET.findall(plain)),
        packages=_packages(plain),
        driver=_only(_DRIVER.findall(plain)),
        cuda=_cuda(plain),
        cuda_major=_only(_LIBRARIES.findall(plain)),
        build=_only(name for name, pattern in _BUILDS if pattern.search(plain)),
        loader_path=_LOADER_PATH.search(plain) is not None,
    )


_SYSTEMS = (
    (
        "windows",
        re.compile(
            r"\bWinError \d|\bDLL load failed|[\\/]Scripts[\\/]|\bwin_(?:amd64|arm64)\b|^[ \t]*File \"[A-Za-z]:\\|"
            r"\bC:\\(?:Users|Program Files|Windows)\\|\.pyd\b|\bPS [A-Z]:\\",
            re.MULTILINE,
        ),
    ),
    ("macos", re.compile(r"(?<![\w.])/Users/[\w.-]+/|\bmacosx_\d|\.dylib\b|\bDarwin Kernel|/opt/homebrew/|\bmacOS-\d")),
    (
        "linux",
        re.compile(
            r"(?<![\w.])/(?:home/[\w.-]+|root|usr/local/lib|usr/lib|opt/conda|content|kaggle|workspace)/|"
            r"\bmanylinux\w*|[\w-]\.so(?:\.\d+)*: |-linux-gnu\b|\[GCC \d+\.\d+\.\d+(?! Compatible)|"
            r"\bapt(?:-get)? install\b|\bLinux-\d+\.\d"
        ),
    ),
)
_WSL = re.compile(r"microsoft-standard-WSL2|/usr/lib/wsl/|(?<![\w.])/mnt/[c-f]/(?:Users|Windows|Program)|\bWSL2\b")
_CONTAINER = re.compile(
    r"\bdocker: Error response|\bOCI runtime|/\.dockerenv|\bnvidia-container-cli\b|"
    r"\bdocker(?: compose)? (?:run|exec|up)\b|\bpodman run\b|"
    r"\bnvcr\.io/|\bkubepods\b|/var/lib/docker/|\bapptainer (?:run|exec|shell)\b|\bsingularity exec\b"
)
_SERVICES = (
    (
        "colab",
        re.compile(r"google\.colab|\bGoogle Colab\b|/usr/local/lib/python3\.\d+/dist-packages/google_?colab|\bCOLAB_"),
    ),
    ("kaggle", re.compile(r"(?<![\w.])/kaggle/(?:working|input)|\bKAGGLE_")),
    ("sagemaker", re.compile(r"/opt/ml/(?:code|input|model)|\bSM_MODEL_DIR\b")),
    ("github-actions", re.compile(r"/__w/|/home/runner/_?work/|##\[(?:group|error)\]|\bGITHUB_WORKSPACE\b")),
)
_ARCHITECTURES = (
    ("arm64", re.compile(r"\baarch64\b|macosx_\d+_\d+_arm64|\bwin_arm64\b|\bDarwin\b.*\barm64\b")),
    ("x86_64", re.compile(r"\bx86_64\b|\bwin_amd64\b|\bAMD64\b")),
)
_PYTHON_EXACT = re.compile(r"(?:^|[^\w.])Python(?: version)?:? (3\.\d{1,2}\.\d{1,2}|2\.7\.\d{1,2})\b")
_PYTHON_PATH = re.compile(
    r"[\\/]lib[\\/]python(3\.\d{1,2}|2\.7)[\\/]|[\\/]Python(3)(\d{1,2})[\\/]|\bcp(3)(\d{1,2})-cp3"
)
_PYTHON_SHORT = re.compile(r"(?:^|[^\w.])Python(?: version)?:? (3\.\d{1,2}|2\.7)(?![\d.]*\d)")

_FRAMEWORKS = {
    "pytorch": re.compile(r"\b(?:torch|pytorch|PyTorch|torchvision|torchaudio|libtorch\w*)\b|\baten::"),
    "tensorflow": re.compile(r"\b(?:tensorflow|TensorFlow|_pywrap_tensorflow\w*|tf\.\w+)\b"),
    "jax": re.compile(r"\b(?:jax|jaxlib|JAX|jax_cuda\d+_p\w+)\b"),
    "keras": re.compile(r"\b(?:keras|Keras|tf_keras)\b"),
    "mlx": re.compile(r"\bmlx\b"),
    "mxnet": re.compile(r"\b(?:mxnet|MXNet|libmxnet)\b"),
    "chainer": re.compile(r"\b(?:chainer|cupy)\b"),
    "cntk": re.compile(r"\b(?:cntk|CNTK|Cntk\.\w+)\b"),
    "spark": re.compile(r"\b(?:pyspark|PySpark|sparkdl|org/apache/spark)\b"),
}
_GPU = re.compile(
    r"\b(?:NVIDIA )?(?:GeForce (?:RTX|GTX|GT|MX)|RTX|GTX|Quadro(?: RTX| [A-Z]{1,2})?|Tesla|TITAN)[ -][A-Z]{0,2}\d{1,4}"
    r"(?:-[A-Z]+-\d+GB)?(?: (?:Ti|SUPER|Super|Laptop GPU|Ada Generation|D))*|"
    r"\bNVIDIA [ABHLTV]\d{1,3}[A-Z]?(?:-[A-Z0-9-]+)?(?: \d+GB[\w ]{0,6})?|"
    r"\b(?:AMD )?Radeon (?:RX|Pro|PRO|VII|AI PRO)[ -]?\w{0,6}(?: (?:XTX|XT|GRE|M))?|\bAMD Instinct MI\d+\w*|"
    r"\bApple M[1-9](?: (?:Pro|Max|Ultra))?\b|\bIntel\(R\) Arc\(TM\) [A-Z]\d{3}\w*"
)
_MAKERS = (("Radeon", "amd"), ("AMD", "amd"), ("gfx", "amd"), ("Intel", "intel"), ("Apple", "apple"))
_TARGET = re.compile(
    r"(?:CUDA capability |compute capability |with capability )(sm_\d{2,3})\b|\b(gfx(?:9[0-9a-f]{2}|1[0-9a-f]{3}))\b"
)
_DRIVER = re.compile(
    r"\b(?:Driver Version|KMD Version|[Dd]river version|NVIDIA driver version|NVRM version|Kernel Module)"
    r"[:\s]{1,4}(?:NVIDIA UNIX \S+ Kernel Module\s+)?(\d{3}\.\d{1,3}(?:\.\d{1,3})?)\b"
)
_CUDA = re.compile(r"\bCUDA (?:UMD )?Version: (\d{1,2}\.\d)\b")
_FOUND = re.compile(r"too\s+old\s+\(found\s+version\s+(\d{4,5})\)")
_TOLD_VERSION = re.compile(
    r"\b(PyTorch|TensorFlow|torch|tensorflow|jax|jaxlib)(?: version|\.__version__)?\s*[:=]\s*['\"]?"
    r"(\d{1,2}\.\d{1,3}\.\d{1,3}(?:\+\w+)?)"
)
_LIBRARIES = re.compile(r"\bnvidia-[a-z-]{2,30}-cu(\d\d)\b|\b(?:2|1)\.\d{1,2}\.\d\+cu(\d\d)\d\b")
_BUILDS = (
    ("cuda", re.compile(r"\bCUDA used to build PyTorch: \d")),
    ("rocm", re.compile(r"\bROCM used to build PyTorch: \d")),
    ("xpu", re.compile(r"\bXPU used to build PyTorch: \d")),
)
_LOADER_PATH = re.compile(r"LD_LIBRARY_PATH\W{1,3}[^\s;]{0,400}(?:/cuda|cudnn)", re.IGNORECASE)
_TOLD_NAMES = {"PyTorch": "torch", "TensorFlow": "tensorflow"}


def _only(found: Iterable[str | tuple[str, ...]]) -> str | None:
    """Return what all agree on."""
    values = {"".join(each) for each in found}
    return values.pop() if len(values) == 1 else None


def _distinct(found: list[str] | list[tuple[str, ...]]) -> tuple[str, ...]:
    words = ("".join(each) if isinstance(each, tuple) else each for each in found)
    return tuple(dict.fromkeys(word.strip() for word in words))[:8]


def _python(text: str) -> str | None:
    exact = _only(_PYTHON_EXACT.findall(text))
    if exact:
        return exact
    paths = {f"{a}" if a else f"{b or d}.{c or e}" for a, b, c, d, e in _PYTHON_PATH.findall(text)}
    short = set(_PYTHON_SHORT.findall(text))
    # a path or a wheel's name says it surely, words may speak of any Python
    return _only(paths) or (_only(short) if not paths else None)


def _frameworks(text: str) -> tuple[str, ...]:
    counts = {name: len(pattern.findall(text)) for name, pattern in _FRAMEWORKS.items()}
    named = [name for name, count in counts.items() if count]
    return tuple(sorted(named, key=lambda name: -counts[name]))


def _packages(text: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, set[str]] = {}
    for name, version in _TOLD_VERSION.findall(text):
        found.setdefault(_TOLD_NAMES.get(name, name), set()).add(version)
    return tuple((name, versions.pop()) for name, versions in found.items() if len(versions) == 1)


def _cuda(text: str) -> str | None:
    told = set(_CUDA.findall(text))
    # cuDriverGetVersion: 1000 for a major, 10 for a minor
    told |= {f"{int(number) // 1000}.{int(number) % 1000 // 10}" for number in _FOUND.findall(text)}
    return _only(told)
