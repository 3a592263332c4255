"""pkg.openmp: is there one OpenMP runtime, and one MKL that its users know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.versions import normal, older, version
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.openmp"

_MKL = "2024.1"
"""The first MKL without the symbols that torch before 2.4 looks for: https://github.com/pytorch/pytorch/issues/123097."""
_TORCH = "2.4"


def single(situation: Situation) -> Finding:
    """Look for what conda and pip bring twice."""
    environment = situation.environment
    if environment is None or not environment.conda_packages:
        return skip(NAME, "no conda environment")
    by_conda = {normal(name): text for name, text in environment.conda_packages}
    found = _mkl(by_conda) or _twice(situation, environment, by_conda) or _layer(situation, environment, by_conda)
    return found or ok(NAME, "one OpenMP runtime")


def _mkl(by_conda: dict[str, str]) -> Finding | None:
    mkl, torch = version(by_conda.get("mkl")), by_conda.get("pytorch")
    limit = version(_MKL)
    if mkl is None or limit is None or mkl < limit or not older(torch, _TORCH):
        return None
    return fail(
        NAME,
        "mkl-symbol-mismatch",
        "This MKL is too new for conda's PyTorch, so `import torch` fails.",
        evidence=(
            f"conda-meta has mkl {by_conda['mkl']}",
            f"conda-meta has pytorch {torch}, which needs mkl before {_MKL}",
        ),
        remedy=Remedy(
            text="Put MKL back.",
            commands=(f'conda install "mkl<{_MKL}"',),
            links=("https://github.com/pytorch/pytorch/issues/123097",),
        ),
    )


def _twice(situation: Situation, environment: Environment, by_conda: dict[str, str]) -> Finding | None:
    """Two copies of Intel's runtime stop a process on Windows; elsewhere torch brings GNU's, or LLVM's own."""
    torch = environment.distribution("torch")
    if situation.host.os.system != "windows" or torch is None or torch.installer not in {"pip", "uv"}:
        return None
    if "intel-openmp" not in by_conda:
        return None
    return warn(
        NAME,
        "openmp-runtime-duplicate",
        "Two copies of Intel's OpenMP are installed, and the second one to load may end the process.",
        evidence=(
            f"conda-meta has intel-openmp {by_conda['intel-openmp']}",
            f"torch {torch.version}, installed by {torch.installer}, brings libiomp5md.dll",
        ),
        remedy=Remedy(
            text="Let conda install packages that do without MKL, or take everything from one of the two.",
            commands=("conda install nomkl",),
            links=("https://github.com/pytorch/pytorch/issues/37377",),
        ),
    )


def _layer(situation: Situation, environment: Environment, by_conda: dict[str, str]) -> Finding | None:
    session, torch = situation.session, environment.distribution("torch")
    value = session.variable("MKL_THREADING_LAYER") if session else None
    if (value or "").upper() != "INTEL" or "mkl-service" not in by_conda or situation.host.os.system != "linux":
        return None
    if torch is None or torch.installer not in {"pip", "uv"}:
        return None
    return fail(
        NAME,
        "mkl-threading-layer-conflict",
        "MKL is told to use Intel's OpenMP, while torch brings GNU's.",
        evidence=("MKL_THREADING_LAYER is INTEL", f"torch {torch.version} from pip loads libgomp"),
        remedy=Remedy(
            text="Let MKL use GNU's as well.",
            commands=("export MKL_THREADING_LAYER=GNU",),
            links=("https://github.com/pytorch/pytorch/issues/37377",),
        ),
    )
