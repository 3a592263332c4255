"""What a comparison measures: each measure with its title, its words and what exactly was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.render import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dlsetup.values.comparison import Comparison, ComparisonRow
    from dlsetup.values.host import Host


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One thing that is measured of every framework."""

    name: str
    """The field of the row, by which gaps tell why it is not known."""
    title: str
    short: str
    """The same at the head of a column."""
    value: Callable[[ComparisonRow], float | None]
    say: Callable[[float], str]
    told: str
    """What exactly is measured, one sentence."""


def seconds(value: float) -> str:
    """Return a short span of time so that two frameworks can be told apart: "0.43 s", "12.4 s"."""
    if value < 9.995:  # noqa: PLR2004 - what would round to 10.00
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 99.95 else words.duration(value)  # noqa: PLR2004


def _size(value: float) -> str:
    return words.size(int(value))


def _import(row: ComparisonRow) -> float | None:
    return None if row.import_time is None else row.import_time.median_seconds


MEASURES = (
    Measure(
        name="download_bytes",
        title="Download",
        short="download",
        value=lambda row: row.download_bytes,
        say=_size,
        told="all wheels that it needs; what several share is counted for each",
    ),
    Measure(
        name="installed_bytes",
        title="On disk",
        short="on disk",
        value=lambda row: row.installed_bytes,
        say=_size,
        told="the same unpacked, by their own lists of files, without bytecode",
    ),
    Measure(
        name="import_time",
        title="Import",
        short="import",
        value=_import,
        say=seconds,
        told="a whole process, less what the bare interpreter takes; the median",
    ),
    Measure(
        name="train_seconds",
        title="Training",
        short="training",
        value=lambda row: row.train_seconds,
        say=seconds,
        told="200 steps of the smoke test, once, with compilation and what is loaded late",
    ),
    Measure(
        name="peak_memory_bytes",
        title="Peak memory",
        short="memory",
        value=lambda row: row.peak_memory_bytes,
        say=_size,
        told="the most main memory that the process of the smoke test held",
    ),
)

CAUTION = (
    "These are figures of one small training on this machine; larger networks, other machines and GPUs may order them "
    "otherwise."
)


def name(row: ComparisonRow) -> str:
    """Return the framework with its release."""
    return words.release(row.framework, row.version)


def state(row: ComparisonRow) -> str:
    """Return the state of the project: "retired 2023-09"."""
    return f"{row.state} {row.ended}" if row.ended and row.state != "active" else row.state


def below(row: ComparisonRow) -> str | None:
    """Return the framework that it runs on, as its makers write it."""
    if not row.backend:
        return None
    known, _, version = row.backend.partition(" ")
    return " ".join(filter(None, [words.title({"torch": "pytorch"}.get(known, known)), version]))


def spread(row: ComparisonRow) -> str:
    """Say how far the imports were apart, and how long the first one takes."""
    took = row.import_time
    if took is None:
        return ""
    least, most = seconds(took.least_seconds), seconds(took.most_seconds)
    # "2.04 to 2.55 s", but "9.90 s to 1 min 3 s"
    least = least.removesuffix(" s") if "min" not in most else least
    return f"{least} to {most}, {seconds(took.first_seconds)} the first time"


def why_not(row: ComparisonRow, measure: Measure) -> str:
    """Say why a measure is not known."""
    return next((gap.why for gap in row.gaps if gap.what == measure.name), "not measured")


def machine(host: Host) -> str:
    """Return the machine in one line: processor, memory, GPUs, system."""
    cpu = host.cpu
    cores = words.counted(cpu.logical_cores, "core") if cpu.logical_cores else None
    memory = f"{words.size(host.memory_bytes)} of memory" if host.memory_bytes else None
    gpus = [gpu.name or words.vendor(gpu.vendor) for gpu in host.gpus]
    unknown = any(gap.what.startswith("gpus") for gap in host.gaps)
    graphics = words.listed(gpus) if gpus else "GPUs not known" if unknown else "no GPU"
    system = words.system(host.os.system) if host.os.system else None
    named = " ".join(filter(None, [host.os.distribution, host.os.version])) or None
    return ", ".join(filter(None, [cpu.brand or cpu.architecture, cores, memory, graphics, system, named]))


def measured(comparison: Comparison) -> bool:
    """Tell whether anything was run: else all figures are known from indexes."""
    return any(row.outcome == "measured" for row in comparison.rows)


def busy(comparison: Comparison) -> str | None:
    """Say that the machine had other work, where it had: then all times are too long."""
    cores = comparison.host.cpu.logical_cores
    if not cores or not measured(comparison):
        return None
    # a framework keeps every core busy, and dlsetup and its installer come on top
    limits = (("began", comparison.load, cores / 2), ("ended", comparison.load_after, cores + 1.5))
    loads = [f"{load:.1f} when this {when}" for when, load, limit in limits if load is not None and load >= limit]
    if not loads:
        return None
    doing = f"processes that wanted to run on {words.counted(cores, 'core')}: {words.listed(loads)}"
    return f"the machine had other work ({doing}); times are longer than on an idle one"


def python_notes(comparison: Comparison) -> Iterator[str]:
    """Yield which Pythons were used."""
    groups: dict[str, list[str]] = {}
    for row in comparison.rows:
        if row.python and row.outcome == "measured":
            groups.setdefault(row.python, []).append(words.title(row.framework))
    if len(groups) == 1:
        yield f"Python {next(iter(groups))}"
    elif groups:
        yield "; ".join(f"Python {python}: {words.listed(names)}" for python, names in groups.items())
