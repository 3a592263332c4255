"""What frameworks came to on one machine, measured side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Gap, Host


@dataclass(frozen=True, kw_only=True)
class ImportTime:
    """How long an import takes: whole processes, without what the bare interpreter takes to start and end."""

    imported: str
    """What was imported: "torch", "mlx.core"."""
    first_seconds: float
    """With no bytecode at hand, as right after an installation."""
    median_seconds: float
    """Of the runs after that, which find bytecode."""
    least_seconds: float
    most_seconds: float
    runs: int
    start_seconds: float
    """What the bare interpreter took, which is taken off already."""


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One framework on this machine. What is not known is None, and `gaps` says why."""

    framework: str
    title: str
    state: str
    """active, maintenance or retired: that of the project."""
    ended: str | None
    """When it was retired, or had its last release: "2023-09"."""
    successor: str | None
    outcome: str
    """measured; failed (it does not train, or could not be installed); missing (it is not installed)."""
    supported: str | None
    """The best accelerator that there is for it on this machine; None where nothing published fits."""
    obstacles: tuple[str, ...] = ()
    """Why nothing fits."""
    environment: str | None = None
    """Where it was measured, or would be installed."""
    temporary: bool = False
    """Whether that environment was made for this comparison, and removed again."""
    python: str | None = None
    """The interpreter's version."""
    version: str | None = None
    """The one measured; of a missing one the one that would be installed."""
    backend: str | None = None
    """The framework below it: "tensorflow"."""
    accelerator: str | None = None
    """cuda, rocm, xpu, metal, mps or cpu: that which it trained on."""
    device: str | None = None
    """Its name, in the framework's words."""
    download_bytes: int | None = None
    """Its wheels and those of all that it needs, shared ones included."""
    installed_bytes: int | None = None
    """The same once they are unpacked, without bytecode."""
    packages: int | None = None
    """How many distributions that is."""
    import_time: ImportTime | None = None
    train_seconds: float | None = None
    """The smoke test's training, compilation included."""
    accuracy: float | None = None
    """Share of points on the right side, 0 to 1."""
    peak_memory_bytes: int | None = None
    """The most that the process of the smoke test held."""
    findings: tuple[Finding, ...] = ()
    """What failed."""
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that was measured in one run."""

    host: Host
    load: float | None
    """Processes that wanted to run when it began, on average over a minute; None where the system does not count."""
    load_after: float | None = None
    """The same at its end, its own ones among them."""
    rows: tuple[ComparisonRow, ...] = ()
    """In the order in which they were asked for."""
    notes: tuple[str, ...] = ()
    """What has an influence on the figures, a sentence each."""
    exit_code: int = 0
