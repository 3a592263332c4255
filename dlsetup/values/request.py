"""What the user asked for and has decided already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from dlsetup.values.host import Host

if TYPE_CHECKING:
    from dlsetup.values.environment import Interpreter


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One framework that was asked for."""

    framework: str
    """A catalog name: pytorch, tensorflow, keras."""
    versions: SpecifierSet = field(default_factory=SpecifierSet)
    typed: str = ""
    """The word that was typed for it: "sparkdl"."""


@dataclass(frozen=True, kw_only=True)
class StatedHost(Host):
    """A machine that the user states, with the interpreter that its recording or report names."""

    interpreter: Interpreter | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to set up, where, and what the user states against what is probed."""

    wanted: tuple[Wanted, ...] = ()
    accelerator: str | None = None
    """cuda, rocm, xpu, metal, mps or cpu; None: the best that fits."""
    compute: str | None = None
    """One compute platform, such as cu126."""
    python: str | None = None
    """A version ("3.12") or a path."""
    environment: str | None = None
    """The environment's folder."""
    host: Host | None = None
    """The machine that it is for, where it is not this one (a recording, --target, --gpu, --driver)."""
    target: str | None = None
    """The name by which --target states that machine, of which nothing else is known then."""
    told: tuple[str, ...] = ()
    """What the plan has to say of the request itself, a sentence each."""
    backend: str | None = None
    """KERAS_BACKEND, where the user has set it."""
    index_url: str | None = None
    """URL of the index that stands in for PyPI; None: the one of pip's configuration, else uv's default."""
    pytorch_mirror: str | None = None
    """URL of a mirror of https://download.pytorch.org/whl with the same lines below it."""
    offline: bool = False
    yes: bool = False
    dry_run: bool = False
