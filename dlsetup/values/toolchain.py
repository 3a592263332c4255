"""What compiles while programs run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """What compiles while programs run."""

    compiler: str | None = None
    """The C compiler that CC or the PATH names; empty: there is none."""
    headers: bool | None = None
    """The interpreter's Python.h is there."""
    cuda_home: str | None = None
    """The folder of the CUDA toolkit that a build would use."""
    cuda_version: str | None = None
