"""What is said while a command runs."""

from __future__ import annotations

import io
import itertools
import re

import pytest

from dlsetup.render.as_text import make_console
from dlsetup.render.progress import PlainProgress, QuietProgress, TerminalProgress, make_progress


class Terminal(io.TextIOWrapper):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True

    def written(self) -> str:
        """Return what was written, without the codes for bold and dim."""
        self.flush()
        return re.sub(r"\x1b\[[\d;]*m", "", self.buffer.getvalue().decode(self.encoding))


def terminal(encoding: str = "utf-8") -> Terminal:
    return Terminal(io.BytesIO(), encoding=encoding, newline="\n")


def clock():
    """Return a clock that moves on by half a second whenever it is asked."""
    ticks = itertools.count()
    return lambda: next(ticks) / 2


def play(progress) -> None:
    progress.step("install 2 packages")
    progress.line("Resolved [red]2[/] packages\r\x1b[2K")
    progress.line("  ")
    progress.note("torch comes from another index")
    progress.done("install 2 packages")
    progress.step("train a small network")
    progress.done("it does not train", ok=False)


def test_in_a_log_each_event_is_one_plain_line():
    file = io.StringIO()
    play(PlainProgress(make_console(file=file), clock()))
    assert file.getvalue().splitlines() == [
        "install 2 packages ...",
        "  Resolved [red]2[/] packages \\x1b[2K",
        "torch comes from another index",
        "ok: install 2 packages (0.5 s)",
        "train a small network ...",
        "fail: it does not train (0.5 s)",
    ]


def test_in_a_log_what_ends_without_a_step_took_no_time():
    file = io.StringIO()
    PlainProgress(make_console(file=file), clock()).done("nothing to do")
    assert file.getvalue() == "ok: nothing to do\n"


@pytest.mark.parametrize(
    ("encoding", "good", "bad"), [("utf-8", "✓ ", "✗ fail "), ("ascii", "ok   ", "fail ")], ids=["utf-8", "ascii"]
)
def test_on_a_terminal_a_step_leaves_one_line_behind(encoding, good, bad):
    file = terminal(encoding)
    console = make_console(False, width=60, file=file, variables={"TERM": "xterm"})
    with TerminalProgress(console, clock()) as progress:
        play(progress)
    left = file.written()
    assert f"{good}install 2 packages  " in left
    assert f"{bad}it does not train  " in left
    assert "torch comes from another index\n" in left
    assert left.rindex("\x1b[?25h") > left.rindex("\x1b[?25l")


def test_the_live_line_shows_the_step_its_time_and_the_last_words():
    file = terminal()
    console = make_console(False, width=40, file=file, variables={"TERM": "xterm"})
    with TerminalProgress(console, clock()) as progress:
        progress.step("install")
        progress.line("[red]downloading " + "x" * 100)
        progress.done("install")
    last = re.findall(r"[^\x1b\n] install  \d\.\d s  \[red\]downloading x+", file.written())[-1]
    assert len(last) == 39


def test_a_step_that_raises_leaves_a_whole_terminal():
    file = terminal()
    console = make_console(False, width=60, file=file, variables={"TERM": "xterm"})
    with pytest.raises(KeyboardInterrupt), TerminalProgress(console) as progress:
        progress.step("install")
        raise KeyboardInterrupt
    assert file.written().rindex("\x1b[?25h") > file.written().rindex("\x1b[?25l")


def test_a_new_step_takes_the_place_of_the_one_before():
    file = terminal()
    console = make_console(False, width=60, file=file, variables={"TERM": "xterm"})
    with TerminalProgress(console, clock()) as progress:
        progress.step("one")
        progress.step("two")
        progress.done("two")
        progress.done("three")
    assert "✓ one" not in file.written()
    assert "✓ three\n" in file.written()


def test_before_a_step_there_is_nothing_to_show():
    assert TerminalProgress(make_console(file=io.StringIO()))._now() == ""


@pytest.mark.parametrize(
    ("variables", "quiet", "interactive", "kind"),
    [
        ({"TERM": "xterm"}, False, None, TerminalProgress),
        ({"TERM": "xterm"}, False, False, PlainProgress),
        ({"TERM": "xterm"}, True, True, QuietProgress),
        ({"TERM": "xterm", "CI": "1"}, False, None, PlainProgress),
        ({"TERM": "dumb"}, False, None, PlainProgress),
    ],
)
def test_what_is_said_fits_the_console(variables, quiet, interactive, kind):
    console = make_console(file=terminal(), variables=variables)
    assert type(make_progress(console, quiet, interactive)) is kind


def test_a_file_is_never_animated():
    assert type(make_progress(make_console(file=io.StringIO()), interactive=True)) is PlainProgress


def test_silence_is_silent(capsys):
    with QuietProgress() as progress:
        play(progress)
    assert capsys.readouterr() == ("", "")
