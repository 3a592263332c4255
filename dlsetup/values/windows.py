"""What Windows lets programs do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WindowsSettings:
    """What Windows lets programs do."""

    long_paths: bool | None = None
    paging_file: bool | None = None
    """False: it was switched off."""
    missing_libraries: tuple[str, ...] = ()
    """Those of the Visual C++ runtime, and the OpenMP of LLVM, that System32 lacks."""
