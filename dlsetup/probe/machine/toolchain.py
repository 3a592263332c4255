"""What compiles while programs run: a C compiler, Python's headers, a CUDA toolkit."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.values.toolchain import Toolchain

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Environment

COMPILERS = ("gcc", "clang")
"""What Triton looks for where CC is not set (python/triton/runtime/build.py)."""

CUDA = "/usr/local/cuda"


def read(system: System, environment: Environment) -> Toolchain:
    """Return what is there; asked only where Triton is installed."""
    home = _cuda_home(system)
    return Toolchain(
        compiler=_compiler(system),
        headers=_headers(system, environment),
        cuda_home=home,
        cuda_version=_cuda_version(system, home) if home else None,
    )


def _compiler(system: System) -> str | None:
    named = system.variable("CC")
    if named:
        return named
    if system.variable("PATH") is None:
        return None
    return next((found for name in COMPILERS if (found := paths.first_on_path(system, name))), "")


def _headers(system: System, environment: Environment) -> bool | None:
    here = environment.interpreter
    if here.base_prefix is None or here.minor is None:
        return None
    threads = "t" if here.free_threaded else ""
    return system.exists(f"{here.base_prefix}/include/python{here.minor}{threads}/Python.h")


def _cuda_home(system: System) -> str | None:
    """Return what torch.utils.cpp_extension would take: the variables, nvcc on the PATH, the usual folder."""
    named = system.variable("CUDA_HOME") or system.variable("CUDA_PATH")
    if named:
        return named
    compiler = paths.first_on_path(system, "nvcc")
    if compiler:
        return paths.parent(system, paths.parent(system, compiler))
    return CUDA if system.exists(CUDA) else None


def _cuda_version(system: System, home: str) -> str | None:
    return parse_version(system.read(paths.join(system, home, "version.json")).text or "")


def parse_version(text: str) -> str | None:
    """Read the toolkit's version from its version.json: {"cuda": {"version": "12.6.2"}, ...}."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    cuda = answer.get("cuda") if isinstance(answer, dict) else None
    version = cuda.get("version") if isinstance(cuda, dict) else None
    return version if isinstance(version, str) and re.fullmatch(r"\d{1,3}\.\d{1,3}[\d.]{0,20}", version) else None
