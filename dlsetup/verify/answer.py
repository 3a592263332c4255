"""What a smoke script printed: one line of JSON, somewhere in the output."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_STAGE = re.compile(r"^dlsetup-stage: (\w+)\s*$", re.MULTILINE)

STAGES = ("import", "device", "train", "compare")
"""In order; the smoke scripts announce each on stderr."""

LONGEST_LINE = 1_000_000
"""An answer has some 12,000 characters; a longer line is none."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """The exception that a script met."""

    stage: str
    kind: str
    """The exception's class."""
    message: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A script's answer. None is what it does not say; a measurement may be infinite or not a number."""

    version: str | None = None
    backend: str | None = None
    device: str | None = None
    accelerator: str | None = None
    losses: tuple[float, ...] = ()
    accuracy: float | None = None
    max_difference: float | None = None
    conv_difference: float | None = None
    import_seconds: float | None = None
    train_seconds: float | None = None
    peak_memory_bytes: int | None = None
    surface: tuple[tuple[float, ...], ...] = ()
    points: tuple[tuple[float, float, int], ...] = ()
    error: Trouble | None = None


def parse_answer(lines: Iterable[str]) -> Answer | None:
    """Return the last line that is an answer, whatever else the software printed; None without one."""
    found = None
    for line in lines:
        found = parse_line(line) or found
    return found


def parse_line(line: str) -> Answer | None:
    """Return the answer that a line is; None for any other line."""
    line = line.strip()
    if not line.startswith("{") or not line.endswith("}") or len(line) > LONGEST_LINE:
        return None
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("framework"), str):
        return None
    return _answer(told) if "error" in told or "losses" in told else None


def last_stage(stderr: str) -> str | None:
    """Return the last stage that a script announced; None if it did not get so far."""
    announced = _STAGE.findall(stderr)
    return announced[-1] if announced else None


def without_stages(stderr: str) -> str:
    """Return what the software printed, without the script's own lines."""
    return _STAGE.sub("", stderr)


def _answer(told: Mapping[str, Any]) -> Answer:
    peak = _number(told.get("peak_memory_bytes"))
    return Answer(
        version=_text(told.get("version")),
        backend=_text(told.get("backend")),
        device=_text(told.get("device")),
        accelerator=_text(told.get("accelerator")),
        losses=_row(told.get("losses")),
        accuracy=_number(told.get("accuracy")),
        max_difference=_number(told.get("max_difference")),
        conv_difference=_number(told.get("conv_difference")),
        import_seconds=_number(told.get("import_seconds")),
        train_seconds=_number(told.get("train_seconds")),
        peak_memory_bytes=int(peak) if peak is not None and math.isfinite(peak) else None,
        surface=_rows(told.get("surface")),
        points=_points(told.get("points")),
        error=_trouble(told.get("error")),
    )


def _trouble(told: object) -> Trouble | None:
    if told is None:
        return None
    error = told if isinstance(told, dict) else {"message": str(told)}
    stage = error.get("stage")
    return Trouble(
        stage=stage if stage in STAGES else "import",
        kind=_text(error.get("type")) or "an exception",
        message=_text(error.get("message")) or "",
    )


def _text(told: object) -> str | None:
    return told if isinstance(told, str) else None


def _number(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    try:
        return float(told)
    except OverflowError:
        return math.inf


def _row(told: object) -> tuple[float, ...]:
    """Return a list's numbers; nothing if one of its members is none."""
    values = [_number(each) for each in told] if isinstance(told, list) else []
    kept = tuple(value for value in values if value is not None)
    return kept if len(kept) == len(values) else ()


def _rows(told: object) -> tuple[tuple[float, ...], ...]:
    """Return the probabilities of a square grid; nothing if it is not one."""
    rows = tuple(_row(each) for each in told) if isinstance(told, list) else ()
    good = all(len(row) == len(rows) and all(0 <= value <= 1 for value in row) for row in rows)
    return rows if good else ()


def _points(told: object) -> tuple[tuple[float, float, int], ...]:
    """Return the points that lie on the surface, with their classes."""
    rows = [_row(each) for each in told] if isinstance(told, list) else []
    good = [row for row in rows if len(row) == _POINT and all(0 <= value <= 1 for value in row)]
    return tuple((x, y, int(kind)) for x, y, kind in good)


_POINT = 3
