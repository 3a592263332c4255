"""What doctor can be asked: every check, by group."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from dlsetup.render.page import LABEL, Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from dlsetup.values.finding import Question


def print_questions(console: Console, questions: Iterable[Question]) -> None:
    """Write each check with what should be true, below its group."""
    page = Page(console)
    asked = tuple(questions)
    width = max((len(each.check) for each in asked), default=0)
    for group, grouped in groupby(asked, key=lambda each: each.group):
        page.blank()
        members = tuple(grouped)
        deep = all(each.deep for each in members)
        page.line((group, "bold"), (" (with --deep)" if deep else "", LABEL))
        for each in members:
            page.row(each.check, each.title, indent=2, column=2 if page.narrow else width + 4, style="cyan")
    page.blank()
    page.line("A name or a group can be asked for (dlsetup doctor packages) or left out (--skip m.memory).", hang=2)
