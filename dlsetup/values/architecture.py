"""GPU architectures: which compiled code runs on which device."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_SM = re.compile(r"(?:sm|compute)_(\d+?)(\d)([af]?)")


@dataclass(frozen=True, kw_only=True, order=True)
class ComputeCapability:
    """An NVIDIA architecture, "sm_89" or the PTX "compute_90"."""

    major: int
    minor: int
    suffix: str = ""
    """"a" for code that runs on this very architecture only, "f" for its family (CUDA 12.9)."""
    ptx: bool = False


@cache
def compute_capability(text: str) -> ComputeCapability | None:
    """Read "sm_89", "sm_90a" or "compute_90"; None for anything else."""
    match = _SM.fullmatch(text)
    if match is None:
        return None
    major, minor, suffix = match.groups()
    return ComputeCapability(major=int(major), minor=int(minor), suffix=suffix, ptx=text.startswith("compute"))


INTEGRATED_ONLY = frozenset({(5, 3), (6, 2), (7, 2), (8, 7)})
"""Tegra devices, which desktop code of the same major does not run on.

Source: NVIDIA CUDA C++ Programming Guide, "Compute Capabilities" and "Binary Compatibility" ("binary code ... Tegra"),
https://docs.nvidia.com/cuda/cuda-c-programming-guide/, read 2026-11-22.
"""


@cache
def runs_on(code: str, device: str) -> bool:
    """Tell whether compiled code (`sm_80`, `compute_90`, `gfx1100`) runs on a device (`sm_89`, `gfx1100`).

    Binaries run on the same major architecture and the same or a newer minor; PTX on the same or any newer one;
    suffixed and `gfx` targets on exactly the device they name. Source: CUDA C++ Programming Guide, "Binary
    Compatibility" and "PTX Compatibility", https://docs.nvidia.com/cuda/cuda-c-programming-guide/.
    """
    built, target = compute_capability(code), compute_capability(device)
    if built is None or target is None:
        return code == device
    here, there = (target.major, target.minor), (built.major, built.minor)
    if built.ptx:
        return here >= there
    if built.suffix == "a" or here in INTEGRATED_ONLY or there in INTEGRATED_ONLY:
        return here == there
    return here[0] == there[0] and here >= there


def only_by_ptx(codes: tuple[str, ...], device: str) -> bool:
    """Tell whether the device is served, but by PTX alone, which the driver must compile at the first start."""
    served = [code for code in codes if runs_on(code, device)]
    return bool(served) and all(code.startswith("compute") for code in served)
