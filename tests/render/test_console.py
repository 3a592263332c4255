"""Consoles: when they colour, and the picture of one."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest

from dlsetup.render.as_text import export_svg, make_console, print_inventory, print_smoke


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def painted(color=None, *, terminal=True, **variables) -> str:
    file = Terminal() if terminal else io.StringIO()
    console = make_console(color, file=file, variables={"TERM": "xterm-256color", **variables})
    console.print("x", style="red", end="")
    return file.getvalue()


def test_a_terminal_is_coloured_and_a_file_is_not():
    assert painted() == "\x1b[31mx\x1b[0m"
    assert painted(terminal=False) == "x"


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_forbidden(variables):
    assert painted(**variables) == "x"


def test_an_empty_no_color_forbids_nothing():
    assert painted(NO_COLOR="") == "\x1b[31mx\x1b[0m"


def test_what_is_said_on_the_command_line_comes_first():
    assert painted(color=False) == "x"
    assert painted(color=True, NO_COLOR="1", terminal=False) == "\x1b[31mx\x1b[0m"
    assert painted(color=True, TERM="dumb", terminal=False) == "\x1b[31mx\x1b[0m"


def test_ci_is_not_animated():
    assert make_console(file=Terminal(), variables={"TERM": "xterm"}).is_interactive
    assert not make_console(file=Terminal(), variables={"TERM": "xterm", "CI": "true"}).is_interactive


def test_the_width_is_stated_or_that_of_the_terminal():
    assert make_console(file=io.StringIO(), width=33).width == 33
    assert make_console(file=io.StringIO(), variables={"COLUMNS": "77"}).width == 77
    assert make_console(file=io.StringIO()).width == 80


@pytest.mark.parametrize("stderr", [True, False])
def test_a_console_writes_where_it_should(stderr, capsys):
    make_console(stderr=stderr, variables={}).print("x")
    assert capsys.readouterr() == (("", "x\n") if stderr else ("x\n", ""))


def test_a_picture_is_xml_and_loads_nothing(samples):
    console = make_console(color=True, width=80, record=True, file=io.StringIO(), variables={"TERM": "xterm"})
    print_inventory(console, samples.inventory, home=samples.home)
    picture = export_svg(console, "dlsetup detect & more")
    assert "@font-face" not in picture
    assert "cdnjs" not in picture
    text = "".join(ET.fromstring(picture).itertext()).replace("\xa0", " ")  # noqa: S314 - it was written above
    assert "dlsetup detect & more" in text
    assert "NVIDIA GeForce RTX 4090" in text


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_coloured_plane_is_painted_with_its_points(encoding, samples):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    console = make_console(
        color=True, width=80, file=file, variables={"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    )
    print_smoke(console, (samples.trained,), show=True)
    file.flush()
    drawn = file.buffer.getvalue().decode(encoding)
    assert ("▀" in drawn) == (encoding == "utf-8")
    assert {"38;2;16;51;95", "38;2;107;50;0"} <= {part.partition(";48")[0].removeprefix("1;") for part in codes(drawn)}


def codes(drawn: str) -> list[str]:
    return [part.partition("m")[0] for part in drawn.split("\x1b[")[1:]]


def test_without_colour_the_plane_is_shaded(samples):
    file = Terminal()
    console = make_console(color=False, width=80, file=file, variables={"TERM": "xterm-256color"})
    print_smoke(console, (samples.trained,), show=True)
    assert "▓" in file.getvalue()
    assert "38;2" not in file.getvalue()
