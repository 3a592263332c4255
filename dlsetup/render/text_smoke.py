"""What the smoke tests measured, and a picture of what the network has learned."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import TYPE_CHECKING

from dlsetup.render import chart, words
from dlsetup.render.page import STATUS, Page
from dlsetup.render.story import tell
from dlsetup.render.text_findings import show_finding
from dlsetup.render.verdict import has_trained

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

    from dlsetup.values.finding import Finding
    from dlsetup.values.report import SmokeResult

_CURVE = (30, 9)
_PLANE = (30, 12)
_GAP = 4
_INDENT = 2


def print_smoke(
    console: Console,
    results: Iterable[SmokeResult],
    findings: Iterable[Finding] = (),
    show: bool = False,
    *,
    verbose: bool = False,
    home: str | None = None,
) -> None:
    """Say what each framework's training came to, with `show` in pictures, and what went wrong."""
    page = Page(console, home=home)
    for result in results:
        show_result(page, result)
        if show and has_trained(result):
            _show_pictures(page, result)
    for chapter in tell(findings).chapters:
        page.blank()
        show_finding(page, chapter.cause, chapter.follow, verbose=verbose)


def show_result(page: Page, result: SmokeResult) -> None:
    """Write one line: what trained where, how well and how fast."""
    name = words.release(result.framework, result.version)
    name += f" (on {words.title(result.backend)})" if result.backend else ""
    if not has_trained(result):
        page.line(("fail  ", STATUS["fail"]), f"{name} did not train", hang=6)
        return
    place = " ".join(filter(None, [result.accelerator, _device(result)])) or "a device without a name"
    page.line(("ok    ", STATUS["ok"]), f"{name} trained on {place}: {_measures(page, result)}", hang=6)


def _device(result: SmokeResult) -> str:
    """Return the device in the framework's words where they say more than its kind."""
    device = result.device or ""
    return "" if not device or device.lower() == result.accelerator else f"({device})"


def _measures(page: Page, result: SmokeResult) -> str:
    found = [f"loss {words.loss(result.losses[0])} {page.arrow} {words.loss(result.losses[-1])}"]
    found.append(f"accuracy {result.accuracy:.2f}")
    if result.train_seconds is not None:
        found.append(words.duration(result.train_seconds))
    line = ", ".join(found)
    return f"{line} (import {words.duration(result.import_seconds)})" if result.import_seconds is not None else line


def _show_pictures(page: Page, result: SmokeResult) -> None:
    """Draw the loss and the plane side by side, or one below the other where it is narrow."""
    drawings = [drawing for drawing in (_curve(page, result), _plane(page, result)) if drawing]
    wide = _INDENT + sum(max(line.cell_len for line in drawing) for drawing in drawings) + _GAP
    if len(drawings) > 1 and page.width >= wide:
        drawings = [_beside(*drawings)]
    for drawing in drawings:
        page.blank()
        for line in drawing:
            page.draw(line, indent=_INDENT)


def _beside(left: list[Text], right: list[Text]) -> list[Text]:
    from rich.text import Text

    width = max(line.cell_len for line in left) + _GAP
    lines = []
    for one, other in zip_longest(left, right, fillvalue=Text()):
        padded = one.copy()
        padded.pad_right(width - one.cell_len)
        lines.append(Text.assemble(padded, other))
    return lines


def _curve(page: Page, result: SmokeResult) -> list[Text]:
    from rich.text import Text

    finite = [loss for loss in result.losses if math.isfinite(loss)]
    if len(finite) < 2:  # noqa: PLR2004 - one point is no curve
        return []
    width, height = _CURVE
    labels = {0: words.loss(max(finite)), height - 1: words.loss(min(finite))}
    column = max(map(len, labels.values()))
    wall, floor = ("|", "+" + "-" * width) if page.ascii_only else ("│", "└" + "─" * width)
    lines = [Text("the error", "bold")]
    for number, drawn in enumerate(chart.curve(result.losses, width, height, ascii_only=page.ascii_only)):
        label = labels.get(number, "").rjust(column)
        lines.append(Text.assemble((f"{label} {wall}", "dim"), (drawn, "bold cyan")))
    lines.append(Text(" " * (column + 1) + floor, "dim"))
    last = f"epoch {len(result.losses)}".rjust(width - 1)
    lines.append(Text(" " * (column + 2) + "1" + last, "dim"))
    return lines


def _plane(page: Page, result: SmokeResult) -> list[Text]:
    """Draw the plane with the network's answer everywhere, and the points that it learned from."""
    from rich.text import Text

    if not result.surface or not all(result.surface):
        return []
    width, height = _PLANE
    grid = chart.sample(result.surface, width, height * 2)
    marks = {
        (min(int(x * width), width - 1), min(int(y * height), height - 1)): kind
        for x, y, kind in result.points
        if 0 <= x <= 1 and 0 <= y <= 1
    }
    lines = [Text("two classes, split by the network", "bold")]
    for row in range(height):
        line = Text()
        for column in range(width):
            pair = (grid[2 * row][column], grid[2 * row + 1][column])
            line.append(*_cell(page, pair, marks.get((column, row))))
        lines.append(line)
    return lines


def _cell(page: Page, pair: tuple[float, float], mark: int | None) -> tuple[str, str]:
    """Return one character of the plane and its style: two values, one above the other, and maybe a point."""
    middle = sum(pair) / 2
    if not _shows_color(page.console):
        point = "ox"[mark] if mark in {0, 1} else None
        return point or chart.shade(middle, ascii_only=page.ascii_only), ""
    upper, lower = (chart.color(value) for value in pair)
    if mark in {0, 1}:
        return "ox"[mark], f"bold {('#10335f', '#6b3200')[mark]} on {chart.color(middle)}"
    return (" ", f"on {chart.color(middle)}") if page.ascii_only else ("▀", f"{upper} on {lower}")


def _shows_color(console: Console) -> bool:
    return (console.color_system is not None or console.record) and not console.no_color
