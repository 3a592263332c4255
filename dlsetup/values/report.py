"""What a command learned and did, and what it says meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dlsetup.values.environment import Environment, Interpreter, Session, Storage
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Host
    from dlsetup.values.plan import Proposal


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one step of an installation ended."""

    title: str
    exit_code: int | None
    """None where it did not start or was stopped."""
    seconds: float
    tail: tuple[str, ...] = ()
    """The last lines that it printed."""


@dataclass(frozen=True, kw_only=True)
class SmokeResult:
    """What a smoke test measured in the target environment."""

    framework: str
    version: str | None = None
    backend: str | None = None
    """For Keras: the framework below it."""
    planned: str | None = None
    """The accelerator that the plan chose; None where nothing was planned."""
    device: str | None = None
    """The device that the training ran on, in the framework's words."""
    accelerator: str | None = None
    """cuda, rocm, xpu, metal, mps or cpu: that device's kind."""
    losses: tuple[float, ...] = ()
    """The mean error after each epoch."""
    accuracy: float | None = None
    """Share of points on the right side, 0 to 1."""
    max_difference: float | None = None
    """Largest absolute difference between the device's results and the processor's."""
    import_seconds: float | None = None
    train_seconds: float | None = None
    peak_memory_bytes: int | None = None
    surface: tuple[tuple[float, ...], ...] = ()
    """The network's probability (0 to 1) on a square grid over the plane, row by row from the top."""
    points: tuple[tuple[float, float, int], ...] = ()
    """Some of the data: how far from the left and from the top of that grid (0 to 1 each), and the class (0 or 1)."""


@dataclass(frozen=True, kw_only=True)
class Repair:
    """An automatic remedy, and what came of it."""

    check: str
    """The check that found what it mends."""
    summary: str
    """What was found."""
    status: str
    """planned (nothing is done yet), mended, failed (a command ended badly) or returned (found again afterwards)."""
    mode: str | None = None
    commands: tuple[str, ...] = ()
    """The command lines that run, in order."""
    detail: str = ""
    """Why it failed, or what brought the trouble back."""
    exit_code: int = 0
    """What the command ends with because of it."""


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """What `detect` shows: the machine, its interpreters and its disks."""

    host: Host
    interpreters: tuple[Interpreter, ...] = ()
    storage: tuple[Storage, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that a command learned and did."""

    command: str
    host: Host
    environments: tuple[Environment, ...] = ()
    session: Session | None = None
    storage: tuple[Storage, ...] = ()
    proposal: Proposal | None = None
    findings: tuple[Finding, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    smoke: tuple[SmokeResult, ...] = ()
    deep: bool = False
    """True where frameworks were run as well."""
    frameworks: tuple[tuple[str, str | None], ...] | None = None
    """Catalog name and version of each framework in the environment; None where nobody looked."""
    exit_code: int = 0
    repairs: tuple[Repair, ...] | None = None
    """What --fix did, or would do; None where nobody asked for it."""
    left_out: int = 0
    """Checks that the user did not ask for."""
    frameworks_of: tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...] | None = None
    """Where every environment of the machine was looked at: each one's path, and its frameworks with their versions."""


class Progress(Protocol):
    """What a long command says while it runs."""

    def step(self, title: str) -> None:
        """Begin a step."""

    def line(self, text: str) -> None:
        """Tell what a running step just printed."""

    def done(self, text: str, *, ok: bool = True) -> None:
        """End the step, with what came of it; the seconds that it took are added where they are shown."""

    def note(self, text: str) -> None:
        """Say something that the user should know now."""


class Silence:
    """A Progress that says nothing."""

    def step(self, title: str) -> None:
        """Say nothing."""

    def line(self, text: str) -> None:
        """Say nothing."""

    def done(self, text: str, *, ok: bool = True) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
