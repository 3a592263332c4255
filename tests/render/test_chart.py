"""Curves and planes drawn with characters."""

from __future__ import annotations

import pytest

from dlsetup.render import chart

RUNAWAY = (0.5, 1e308, -1e308, float("nan"), float("inf"))


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_falling_curve_falls(ascii_only):
    lines = chart.curve([1.0, 0.6, 0.3, 0.1, 0.0], 10, 5, ascii_only=ascii_only)
    ends = [max(index for index, cell in enumerate(line) if cell != " ") for line in lines]
    assert [len(line) for line in lines] == [10] * 5
    assert ends == sorted(ends)
    assert lines[0].index(lines[0].strip()[0]) == 0
    assert ends[-1] == 9


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("values", [RUNAWAY, (1.0, 1.0), (float("nan"), float("nan")), (0.0,)])
def test_any_values_can_be_drawn(values, ascii_only):
    lines = chart.curve(values, 12, 4, ascii_only=ascii_only)
    assert [len(line) for line in lines] == [12] * 4
    assert "".join(lines).strip()


def test_a_curve_has_no_holes():
    lines = chart.curve([1.0, 0.0], 4, 8, ascii_only=True)
    assert [line for line in lines if not line.strip()] == []


def test_braille_dots_stand_where_the_values_are():
    assert chart.curve([1.0, 1.0], 1, 1, ascii_only=False) == [chr(0x2800 + 0x01 + 0x08)]


def test_a_surface_is_sampled_at_the_middle_of_its_cells():
    assert chart.sample(((0.0, 1.0), (1.0, 0.0)), 4, 2) == [[0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]]
    assert chart.sample(((7.0, float("nan")),), 2, 1) == [[1.0, 0.5]]


@pytest.mark.parametrize("ascii_only", [True, False])
def test_shades_grow_fuller(ascii_only):
    shades = [chart.shade(value / 100, ascii_only=ascii_only) for value in range(101)]
    assert shades[0] == " "
    assert list(dict.fromkeys(shades)) == list(" .:-=+" if ascii_only else " ░▒▓█")


def test_colours_run_from_blue_over_pale_to_orange():
    assert [chart.color(value) for value in (0.0, 0.5, 1.0)] == ["#2b6cc4", "#e8e6e0", "#e07a20"]
