"""How single facts are put into words: names, sizes, counts, paths and command lines."""

from __future__ import annotations

import math
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_KNOWN = "not known"

_TITLES = {
    "chainer": "Chainer",
    "cntk": "Microsoft Cognitive Toolkit",
    "jax": "JAX",
    "keras": "Keras",
    "mlx": "MLX",
    "mxnet": "Apache MXNet",
    "pytorch": "PyTorch",
    "spark": "Deep learning on Apache Spark",
    "tensorflow": "TensorFlow",
}
"""As their makers write them; a framework that is not here goes by its catalog name."""

_SUBJECTS = {
    "py.env": "environment",
    "py.shadow": "no file hides a package",
    "py.stdlib": "standard library",
    "inst.config": "indexes",
    "inst.tool": "pip",
    "pkg.requires": "requirements",
    "pkg.conflicts": "no conflicts",
    "pkg.torch": "PyTorch's family",
    "pkg.tensorflow": "TensorFlow's family",
    "pkg.jax": "JAX's family",
    "pkg.cuda-libs": "CUDA libraries",
    "pkg.abi": "made for each other",
    "pkg.openmp": "OpenMP",
    "fit.arch": "code for the GPU",
    "env.loader": "library paths",
    "env.build": "build tools",
    "env.vars": "variables",
    "dist.p2p": "GPU to GPU",
    "dist.rdma": "InfiniBand",
}
"""What a check that is well is called in a line with others, where its name says too little."""

_VENDORS = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "apple": "Apple"}

_SERVICES = {
    "azureml": "Azure Machine Learning",
    "codespaces": "GitHub Codespaces",
    "colab": "Google Colab",
    "databricks": "Databricks",
    "github-actions": "a GitHub Actions runner",
    "gitlab-ci": "a GitLab runner",
    "kaggle": "Kaggle",
    "sagemaker": "Amazon SageMaker",
}

_SYSTEMS = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}

# C0, C1 and DEL move the cursor and colour the screen; the directional marks of Unicode reorder what is read
# (https://trojansource.codes); lone surrogates, which stand for bytes of a file name, cannot be written at all
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_BLANKS = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")


def clean(text: str) -> str:
    """Return text on one line, with everything that would steer a terminal written out: ESC becomes its number."""
    return _UNPRINTABLE.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    character = match.group()
    if character in _BLANKS:
        return " "
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"  # noqa: PLR2004


def title(framework: str) -> str:
    """Return a framework's name as its makers write it."""
    return _TITLES.get(framework, framework)


def release(framework: str, version: str | None) -> str:
    """Return a framework with its version, if that is known."""
    return f"{title(framework)} {version}" if version else title(framework)


def subject(check: str) -> str:
    """Return what a check is about, in a word or two."""
    return _SUBJECTS.get(check) or check.partition(".")[2] or check


def vendor(name: str) -> str:
    """Return a vendor's name as it writes it."""
    return _VENDORS.get(name, name)


def system(name: str) -> str:
    """Return an operating system's name as it is written."""
    return _SYSTEMS.get(name, name)


def service(name: str) -> str:
    """Return a hosted service's name as it writes it."""
    return _SERVICES.get(name, name)


def size(count: int) -> str:
    """Return a number of bytes with a unit of 1,024s: "24 GiB", "1.8 TiB", "512 MiB"."""
    amount, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1023.5:  # noqa: PLR2004 - what would round to 1024 is one of the next unit
            break
        amount, unit = amount / 1024, larger
    rounded = round(amount, 1)
    return f"{rounded:.0f} {unit}" if rounded.is_integer() or rounded >= 100 else f"{rounded:.1f} {unit}"  # noqa: PLR2004


def duration(seconds: float) -> str:
    """Return a span of time: "0.4 s", "12 s", "3 min 5 s"."""
    if not math.isfinite(seconds):
        return NOT_KNOWN
    if seconds < 9.95:  # noqa: PLR2004 - what would round to 10.0 needs no tenths
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def loss(value: float) -> str:
    """Return an error of a network: "0.69", or "1.2e+30" where it ran away."""
    return f"{value:.2f}" if abs(value) < 1000 else f"{value:.1e}"  # noqa: PLR2004


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: "1 problem", "3 problems"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "a, b and c"."""
    if len(names) < 2:  # noqa: PLR2004
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def without_home(text: str, home: str | None) -> str:
    """Write the home folder in a text as `~`, so that no user name is shown."""
    pattern = _home_pattern(home)
    return text if pattern is None else re.sub(pattern, "~", text)


def without_folder(text: str, folder: str | None) -> str:
    """Write paths below the working folder in a text from there on: "./.venv"."""
    here = (folder or "").rstrip("/\\")
    return re.sub(rf"(?<![\w.~-]){re.escape(here)}(?=[/\\])", ".", text) if here else text


def typed(command: str, home: str | None) -> str:
    """Write the home folder in a command line so that no user name is shown and a shell still understands it."""
    pattern = _home_pattern(home)
    if pattern is None:
        return command
    # shells expand ~ at the beginning of a word and outside quotes only
    command = re.sub(rf"(^|\s)(['\"]){pattern}([/\\])", r"\1~\3\2", command)
    command = re.sub(rf"(^|\s){pattern}", r"\1~", command)
    return re.sub(pattern, "$HOME", command)


def _home_pattern(home: str | None) -> str | None:
    folder = (home or "").rstrip("/\\")
    return rf"(?<![\w.~-]){re.escape(folder)}(?![\w.-])" if folder else None


def path(text: str, *, home: str | None = None, folder: str | None = None) -> str:
    """Return a path as short as it can be: from the working folder, else from the home folder."""
    here = (folder or "").rstrip("/\\")
    if here and text == here:
        return "."
    return without_home(without_folder(text, folder), home)


def command_line(argv: Sequence[str], home: str | None = None) -> str:
    """Return an argv as it would be typed: for a POSIX shell, or for PowerShell where its paths are Windows'."""
    quote = quoted_for_windows if any(re.match(r"[A-Za-z]:\\", word) for word in argv) else shlex.quote
    return typed(" ".join(quote(word) for word in argv), home)


def quoted_for_windows(word: str) -> str:
    """Return a word as PowerShell takes it whole."""
    return word if re.fullmatch(r"[\w@%+=:,./\\~-]+", word) else "'" + word.replace("'", "''") + "'"
