"""What env.build asks about compilers: only for packages that compile while they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import ok, warn
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "env.build"

TRITON = "https://github.com/triton-lang/triton/blob/main/python/triton/runtime/build.py"

_ALWAYS = ("vllm", "sglang", "unsloth", "liger-kernel", "flash-linear-attention")
"""Packages whose kernels are written in Triton, which compiles a launcher in C for each before it first runs."""


def compiles(situation: Situation) -> Finding | None:
    """Look for the compiler and headers that Triton needs, and the toolkit that DeepSpeed does; None where all is well.

    Without them PyTorch itself trains all the same, so it is trouble only for packages that always compile.
    """
    return _toolkit(situation) or _triton(situation)


def _triton(situation: Situation) -> Finding | None:
    tools, environment = situation.machine.toolchain, situation.environment
    if tools is None or environment is None or not situation.host.gpus:
        return None
    without_compiler = tools.compiler == ""
    if not without_compiler and tools.headers is not False:
        return None
    mode = "compiler-missing-for-jit" if without_compiler else "python-headers-missing"
    what = "C compiler" if without_compiler else "header files of Python"
    user = next((name for name in _ALWAYS if environment.distribution(name) is not None), None)
    if user is None:
        return ok(NAME, f"there is no {what}, which torch.compile would need", mode=mode)
    minor = environment.interpreter.minor or "3"
    seen = (
        "neither gcc nor clang is on the PATH, and CC is not set"
        if without_compiler
        else f"Python.h of {minor} is not there"
    )
    return warn(
        NAME,
        mode,
        f"There is no {what}, which {user} needs while it runs.",
        evidence=(seen, f"{user} {environment.version(user)} is installed, whose kernels Triton compiles"),
        remedy=Remedy(
            text="Install it." if without_compiler else "Install them, or take a Python that uv manages: it has them.",
            commands=_install(situation, headers=not without_compiler, minor=minor),
            needs_root=True,
            links=(TRITON,),
        ),
    )


def _install(situation: Situation, *, headers: bool, minor: str) -> tuple[str, ...]:
    name = situation.host.os.distribution or ""
    if name in {"debian", "ubuntu"}:
        return (f"sudo apt install python{minor}-dev",) if headers else ("sudo apt install gcc",)
    if name in {"fedora", "rhel", "rocky", "almalinux", "centos"}:
        return ("sudo dnf install python3-devel",) if headers else ("sudo dnf install gcc",)
    return ()


def _toolkit(situation: Situation) -> Finding | None:
    """See a CUDA toolkit of another major version than torch's, where DeepSpeed compiles with it.

    DeepSpeed stops there: assert_no_cuda_mismatch in op_builder/builder.py.
    """
    tools, environment = situation.machine.toolchain, situation.environment
    deepspeed = environment.distribution("deepspeed") if environment else None
    cuda = environment.torch.cuda if environment and environment.torch else None
    if (
        deepspeed is None
        or not cuda
        or tools is None
        or tools.cuda_version is None
        or not situation.host.gpus_of("nvidia")
    ):
        return None
    if tools.cuda_version.split(".")[0] == cuda.split(".")[0]:
        return None
    return warn(
        NAME,
        "cuda-toolkit-torch-mismatch-build",
        "DeepSpeed will refuse to compile: the CUDA toolkit is not of the version that torch was built with.",
        evidence=(f"{tools.cuda_home} has CUDA {tools.cuda_version}", f"torch was built with CUDA {cuda}"),
        remedy=Remedy(
            text=f"Let CUDA_HOME name a toolkit of CUDA {cuda}.",
            commands=(f"export CUDA_HOME=/usr/local/cuda-{cuda}",),
            links=("https://www.deepspeed.ai/tutorials/advanced-install/",),
        ),
    )
