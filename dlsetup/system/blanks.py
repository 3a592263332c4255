r"""Bounds runs of blanks, so that no pattern with `\s*` in it takes hours over a text that is nothing else."""

from __future__ import annotations

import re

_FEW = 4096
"""A text so short costs little whatever it is, and most are."""

_RUN = re.compile(r"\s{256,}")
_KEPT = 100
"""Blanks at either end of a run that stay: columns and indentation are narrower."""


def bounded(text: str) -> str:
    """Return a text in which no run of blanks is long; lines stay apart."""
    return text if len(text) <= _FEW else _RUN.sub(_shortened, text)


def _shortened(match: re.Match[str]) -> str:
    run = match.group()
    between = "\n" if "\n" in run else " "
    return run[:_KEPT] + between + run[-_KEPT:]
