"""Draws a curve and a plane with characters, as lines of cells: a character, and what stands behind it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_RAMP = " .:-=+"
_SHADES = " ░▒▓█"
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of the eight dots of a braille character, row by row (Unicode, block U+2800)."""


def curve(values: Sequence[float], width: int, height: int, *, ascii_only: bool) -> list[str]:
    """Draw values from left to right between their smallest and their largest one."""
    finite = [value if math.isfinite(value) else max(filter(math.isfinite, values), default=0.0) for value in values]
    across, down = (1, 1) if ascii_only else (2, 4)
    columns, rows = width * across, height * down
    heights = _heights(finite, columns, rows)
    cells = [[0] * width for _ in range(height)]
    for column, (top, bottom) in enumerate(_strokes(heights)):
        for row in range(top, bottom + 1):
            dot = 1 if ascii_only else _DOTS[row % down][column % across]
            cells[row // down][column // across] |= dot
    return ["".join(_drawn(cell, ascii_only=ascii_only) for cell in line) for line in cells]


def _drawn(cell: int, *, ascii_only: bool) -> str:
    if not cell:
        return " "
    return "*" if ascii_only else chr(0x2800 + cell)


def _heights(values: Sequence[float], columns: int, rows: int) -> list[int]:
    """Return for each column the row of its value, 0 at the top."""
    low, high = min(values), max(values)
    if not math.isfinite(high - low):
        # a training that ran away; halves have a difference
        return _heights([value / 2 for value in values], columns, rows)
    span = (high - low) or 1.0
    last = len(values) - 1
    picked = [values[round(column * last / max(columns - 1, 1))] for column in range(columns)]
    return [round((high - value) / span * (rows - 1)) for value in picked]


def _strokes(heights: Sequence[int]) -> list[tuple[int, int]]:
    """Return for each column the rows from its value to just before its neighbour's, so that the line has no holes."""
    strokes = []
    for before, here in zip([heights[0], *heights], heights, strict=False):
        start = here if abs(here - before) <= 1 else before + (1 if here > before else -1)
        strokes.append((min(start, here), max(start, here)))
    return strokes


def sample(surface: Sequence[Sequence[float]], width: int, height: int) -> list[list[float]]:
    """Return a grid in another size: for each cell the value that lies at its middle."""
    rows = [surface[int((row + 0.5) * len(surface) / height)] for row in range(height)]
    return [[_sound(row[int((column + 0.5) * len(row) / width)]) for column in range(width)] for row in rows]


def _sound(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.5


def shade(value: float, *, ascii_only: bool) -> str:
    """Return a character that is the fuller the nearer a value from 0 to 1 is to 1."""
    ramp = _RAMP if ascii_only else _SHADES
    return ramp[min(int(value * len(ramp)), len(ramp) - 1)]


def color(value: float) -> str:
    """Return the colour of a probability: blue for one class, orange for the other, paler the less sure it is."""
    low, middle, high = (43, 108, 196), (232, 230, 224), (224, 122, 32)
    one, other, share = (low, middle, value * 2) if value < 0.5 else (middle, high, value * 2 - 1)  # noqa: PLR2004
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"
