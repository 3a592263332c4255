"""What a long command says while it runs: a live line on a terminal, plain lines everywhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.values.report import Silence

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text
    from typing_extensions import Self


class _Closing:
    """A context manager that leaves a whole terminal behind, whatever ends the command."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take away what is not meant to stay."""


class QuietProgress(_Closing, Silence):
    """Says nothing."""


class PlainProgress(_Closing):
    """One plain line for each event, for logs and pipes."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._began: float | None = None

    def step(self, title: str) -> None:
        """Say that a step begins."""
        self._began = self._clock()
        self._say(f"{title} ...")

    def line(self, text: str) -> None:
        """Repeat what the step printed, unless it is blank."""
        if text.strip():
            self._say(f"  {text.strip()}")

    def done(self, text: str, *, ok: bool = True) -> None:
        """Say how the step ended, and after how long."""
        took = "" if self._began is None else f" ({words.duration(self._clock() - self._began)})"
        self._began = None
        self._say(f"{'ok' if ok else 'fail'}: {text}{took}")

    def note(self, text: str) -> None:
        """Say something beside the steps."""
        self._say(text)

    def _say(self, text: str) -> None:
        self._console.print(_plain(self._console, text), soft_wrap=True)


class TerminalProgress(_Closing):
    """A line that lives while a step runs: what it is, for how long, and the last that it printed."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._live: Live | None = None
        self._spinner: Spinner | None = None
        self._title = ""
        self._last = ""
        self._began = 0.0

    def step(self, title: str) -> None:
        """Show what is being done. A step that was still shown gives way without a word."""
        from rich.live import Live
        from rich.spinner import Spinner

        self.close()
        self._title, self._last, self._began = title, "", self._clock()
        self._spinner = Spinner("line" if self._console.options.ascii_only else "dots", style="cyan")
        # stdout belongs to the report, wherever it goes
        self._live = Live(
            get_renderable=self._now,
            console=self._console,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def line(self, text: str) -> None:
        """Show the last line that the step printed."""
        if text.strip():
            self._last = text.strip()

    def done(self, text: str, *, ok: bool = True) -> None:
        """Leave a line behind that says how the step ended, and after how long."""
        from rich.text import Text

        took = "" if self._live is None else f"  {words.duration(self._clock() - self._began)}"
        self.close()
        line = Text.assemble(_mark(self._console, ok=ok), " ", _plain(self._console, text), (took, "dim"))
        self._console.print(line, soft_wrap=True)

    def note(self, text: str) -> None:
        """Say something above the live line."""
        self._console.print(_plain(self._console, text), soft_wrap=True)

    def close(self) -> None:
        """Take the live line away and show the cursor again."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _now(self) -> Spinner | str:
        """Return the live line as it is at this moment, cut to the width of the terminal."""
        if self._spinner is None:
            return ""
        text = _plain(self._console, self._title)
        text.append(f"  {words.duration(self._clock() - self._began)}", "dim")
        if self._last:
            text.append_text(_plain(self._console, f"  {self._last}", "dim"))
        # two columns for the spinner, and the last one stays free: some terminals wrap there
        text.truncate(max(self._console.width - 3, 1))
        self._spinner.text = text
        return self._spinner


def _mark(console: Console, *, ok: bool) -> tuple[str, str]:
    """Return what stands before a step that has ended: a word where a sign would not do."""
    if console.options.ascii_only:
        return ("ok  ", "bold green") if ok else ("fail", "bold red")
    return ("✓", "bold green") if ok else ("✗ fail", "bold red")


def _plain(console: Console, text: str, style: str = "") -> Text:
    from rich.text import Text

    encoding = console.encoding
    return Text(words.clean(text).encode(encoding, "backslashreplace").decode(encoding), style=style)


def make_progress(
    console: Console, quiet: bool = False, interactive: bool | None = None
) -> QuietProgress | PlainProgress | TerminalProgress:
    """Return what fits the console: silence, a live line, or plain lines. Each is a context manager too.

    `interactive` None means: where the console is a terminal that can move its cursor, and CI is not set.
    """
    if quiet:
        return QuietProgress()
    if interactive is None:
        interactive = console.is_interactive and not console.is_dumb_terminal
    return TerminalProgress(console) if interactive and console.is_terminal else PlainProgress(console)
