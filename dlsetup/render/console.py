"""The console that text is written to, and the picture of one."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from rich.console import Console


def make_console(
    color: bool | None = None,
    stderr: bool = False,
    width: int | None = None,
    record: bool = False,
    *,
    variables: Mapping[str, str] | None = None,
    file: IO[str] | None = None,
) -> Console:
    """Return a console; `color` None means: where a terminal shows it and NO_COLOR does not forbid it.

    `variables` are the environment's, of which NO_COLOR, CI, TERM, COLUMNS and their like are read; the console never
    animates with CI set. No data that is printed is taken for markup, an emoji or a value to highlight.
    """
    from rich.console import Console

    class Patient(Console):
        """A console whose reader may leave early (`| head`): how the command ends does not hang on that."""

        def on_broken_pipe(self) -> None:
            with suppress(SystemExit):
                super().on_broken_pipe()

    known = dict(variables or {})
    # no width at all is what some shells say where there is no terminal
    if not known.get("COLUMNS", "").strip("0 "):
        known.pop("COLUMNS", None)
    # https://no-color.org: present and not empty, whatever the value
    forbidden = bool(known.get("NO_COLOR")) and color is None
    system: Literal["auto", "standard"] = "standard" if color and known.get("TERM") == "dumb" else "auto"
    return Patient(
        file=file,
        stderr=stderr,
        width=width,
        record=record,
        force_terminal=True if color else None,
        force_interactive=False if known.get("CI") else None,
        no_color=color is False or forbidden,
        color_system=system,
        markup=False,
        emoji=False,
        highlight=False,
        _environ=known,
    )


def export_svg(console: Console, title: str) -> str:
    """Return an SVG picture of what a recording console has shown. It loads nothing from the network."""
    from rich._export_format import CONSOLE_SVG_FORMAT

    local = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    # without xml:space some viewers drop the blanks that columns are made of
    shape = local.replace("Fira Code,", "").replace("<svg ", '<svg xml:space="preserve" ', 1)
    return console.export_svg(title=title, code_format=shape)
