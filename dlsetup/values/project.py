"""What a project's own file says of how it is set up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Project:
    """The defaults that dlsetup.toml, or [tool.dlsetup] in pyproject.toml, gives to the command line."""

    frameworks: tuple[str, ...] = ()
    """As they are typed: "pytorch", "tensorflow==2.21.0"."""
    accelerator: str | None = None
    compute: str | None = None
    python: str | None = None
    env: str | None = None
    """The environment's folder, below the project's where it is relative."""
    index_url: str | None = None
    """A mirror of PyPI."""
    pytorch_mirror: str | None = None
    """A mirror of https://download.pytorch.org/whl."""
    offline: bool = False
    source: str | None = None
    """The file; None where there is none."""
