"""Writes lines to a console, one kind of line each: nothing here knows what they are about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.render import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

Part = "str | tuple[str, str]"
"""Words, or words and a style. All of it is data: nothing in it is ever read as markup."""

WIDEST = 100
"""Longer lines are hard to read, however wide the terminal is."""

LABEL = "dim"
STATUS = {
    "ok": "bold green",
    "warn": "bold yellow",
    "fail": "bold red",
    "unknown": "bold magenta",
    "skip": "dim",
    "plan": "bold",
}


class Page:
    """What one command says: wraps words at blanks, hangs what goes on below its beginning, and shortens paths.

    A word that is wider than the page (a path, an address) is left whole, so that it can be copied.
    """

    def __init__(self, console: Console, *, home: str | None = None, folder: str | None = None) -> None:
        self.console = console
        self.home = home
        self.folder = folder
        self.width = min(console.width, WIDEST)
        self._gap = False
        self._empty = True

    @property
    def ascii_only(self) -> bool:
        """Tell whether the console cannot show more than ASCII, by its encoding."""
        return self.console.options.ascii_only

    @property
    def narrow(self) -> bool:
        """Tell whether there is no room for columns."""
        return self.width < 60  # noqa: PLR2004

    @property
    def arrow(self) -> str:
        """Return what stands between a value and the one that it became."""
        return "->" if self.ascii_only else "→"

    def path(self, path: str) -> str:
        """Return a path as short as it can be."""
        return words.path(path, home=self.home, folder=self.folder)

    def blank(self) -> None:
        """Write an empty line before the next one, if there is something before and after it."""
        self._gap = not self._empty

    def line(self, *parts: str | tuple[str, str], indent: int = 0, hang: int = 0) -> None:
        """Write words from column `indent` on; what does not fit goes on below, `hang` columns further right."""
        body = self._text(parts)
        offsets = _breaks(body.plain, self.width - indent, self.width - indent - hang)
        for number, line in enumerate(body.divide(offsets)):
            self._write(line, indent + hang if number else indent)

    def row(self, label: str, *parts: str | tuple[str, str], column: int, indent: int = 0, style: str = LABEL) -> None:
        """Write a label and, from column `column` on, words that hang below their beginning."""
        gap = max(column - indent - len(label), 1)
        self.line((label, style), " " * gap, *parts, indent=indent, hang=column - indent)

    def command(self, command: str, *, indent: int) -> None:
        """Write a command line, which is never wrapped, so that it can be copied."""
        self._write(self._text([(words.typed(command, self.home), "cyan")]), indent)

    def before_command(self, *parts: str | tuple[str, str], command: str, after: str = "") -> None:
        """Write words with a command line after them, on a line of its own if there is no room for it."""
        whole = self._text([*parts, words.typed(command, self.home), f" {after}"])
        if whole.cell_len <= self.width:
            self.line(*parts, (words.typed(command, self.home), "cyan"), f" {after}")
            return
        self.line(*parts, hang=2)
        self.command(command, indent=2)
        if after:
            self.line(after, indent=2)

    def draw(self, line: Text, *, indent: int = 0) -> None:
        """Write a line of a drawing as it is."""
        self._write(line, indent)

    def _text(self, parts: Iterable[str | tuple[str, str]]) -> Text:
        from rich.text import Text

        text = Text()
        for part in parts:
            content, style = (part, "") if isinstance(part, str) else part
            short = words.without_home(words.without_folder(content, self.folder), self.home)
            text.append(self._encodable(words.clean(short)), style)
        return text

    def _encodable(self, content: str) -> str:
        encoding = self.console.encoding
        return content.encode(encoding, "backslashreplace").decode(encoding)

    def _write(self, line: Text, indent: int) -> None:
        if self._gap:
            self.console.print()
        self._gap = self._empty = False
        line.rstrip()
        if indent and line.plain:
            line.pad_left(indent)
        self.console.print(line, soft_wrap=True)


def _breaks(text: str, first: int, others: int) -> list[int]:
    """Return where a text is to be divided so that its lines fit, the first one into a width of its own."""
    from rich.cells import cell_len

    breaks: list[int] = []
    room = first
    for match in re.finditer(r" *[^ ]+", text):
        word = match.group()
        blanks = len(word) - len(word.lstrip(" "))
        needed = cell_len(word)
        if needed > room and match.start():
            breaks.append(match.start() + blanks)
            room, needed = others, needed - blanks
        room -= needed
    return breaks
