"""What will be done, and why not something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dlsetup.values.build import Build, Metadata, Shim
    from dlsetup.values.environment import Interpreter


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One obstacle, for programs (`code`) and for people (`text`)."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """A build that was not chosen, with every reason against it."""

    framework: str
    version: str
    compute: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, kw_only=True)
class Package:
    """One exact pin."""

    name: str
    version: str
    index: str | None = None
    """Where it comes from, without credentials; None: the default index."""
    size_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that will be done: the argv that will run, complete."""

    title: str
    argv: tuple[str, ...]
    """Empty where dlsetup does it itself."""
    shim: Shim | None = None
    """The stand-in that is written then."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The one place that some distributions come from."""

    packages: tuple[str, ...]
    location: str
    """An index's URL, or a find-links folder or page."""
    flat: bool = False
    """True where it is a find-links location."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one environment will get."""

    frameworks: tuple[str, ...]
    accelerator: str
    compute: str
    python: str | None
    """The interpreter's version, "3.11.7", or the wanted one, "3.12"."""
    environment: str | None
    """The folder; None on a foreign target."""
    platform: str | None = None
    """What it is for: "linux-x86_64"; None where that is not known."""
    packages: tuple[Package, ...] = ()
    steps: tuple[Step, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why this and what the user should know, a sentence each."""
    rejected: tuple[Rejection, ...] = ()
    builds: tuple[Build, ...] = ()
    lock: str = ""
    """The resolution in the form of PEP 751."""
    pins: str = ""
    """The same as requirements with hashes."""
    sources: tuple[Source, ...] = ()
    """Where the packages come from besides the default index."""
    build_constraints: tuple[str, ...] = ()
    """What the tools that build its source distributions are held to."""
    variables: tuple[tuple[str, str], ...] = ()
    """Defaults that the environment will set at start-up: KERAS_BACKEND."""
    installed_bytes: int | None = None
    """Disk that it takes, as far as known."""
    asks: str = ""
    """What the user has to agree to first: another interpreter or place than the expected one."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The answer of the planner: one plan for each environment."""

    status: str
    """ok, cpu-only or unsupported."""
    plans: tuple[Plan, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one line of builds stands for one framework: what fits, and what is in the way of the rest."""

    framework: str
    compute: str
    """The compute platform that was asked about, or an accelerator: all of its lines."""
    python: str | None
    """The interpreter's version that it was asked for."""
    fitting: tuple[str, ...] = ()
    """Releases that fit, best first, each with its compute platform: "2.14.1 cu130"."""
    chosen: str | None = None
    """What would be taken if nothing were asked for; None where nothing fits."""
    lines: tuple[str, ...] = ()
    """The compute platforms that the framework is published for at all."""
    rejected: tuple[Rejection, ...] = ()
    """Nearest first."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The interpreter and platform that wheels are resolved for."""

    system: str
    architecture: str
    """The interpreter's."""
    python: str
    """"3.11"."""
    python_path: str | None = None
    """The interpreter to ask; None on a foreign target."""
    free_threaded: bool = False
    glibc: str | None = None
    musl: str | None = None
    macos: str | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a plan may install: an environment, and the interpreter that it has or will get."""

    environment: str | None = None
    """The folder; None on a foreign target."""
    exists: bool = False
    interpreter: Interpreter | None = None
    python: str | None = None
    """The version, where no interpreter stands for it: "3.12"."""
    why: str = ""
    """Why this place, where the user should hear it."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is to be resolved to exact pins."""

    requirements: tuple[str, ...]
    target: Target
    sources: tuple[Source, ...] = ()
    source_only: tuple[str, ...] = ()
    """Distributions that are published in source only; every other one comes as a wheel."""
    metadata: tuple[Metadata, ...] = ()
    """What these require, where that is known."""
    build_constraints: tuple[str, ...] = ()
    """What the tools that build those are held to: "setuptools<81"."""


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """What became of a query."""

    packages: tuple[Package, ...] = ()
    lock: str = ""
    """PEP 751; empty if it failed."""
    pins: str = ""
    """The same as requirements with hashes."""
    sources: tuple[Source, ...] = ()
    """Where the packages come from besides the default index."""
    problem: str | None = None
    """unsatisfiable, unreachable, offline, hash, authentication or other; None if it succeeded."""
    location: str | None = None
    """The URL that the problem is about, without credentials."""
    detail: str = ""
    """The resolver's own words."""
    note: str = ""
    """What the user should know of how it succeeded."""


class Resolver(Protocol):
    """Turns requirements into exact pins."""

    def __call__(self, query: Query) -> Resolution:
        """Resolve a query."""
