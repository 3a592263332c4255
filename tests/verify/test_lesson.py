"""The lesson's own sums, against simpler ones, and the scripts' grammar."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dlsetup.verify import SCRIPTS

FOLDER = Path(SCRIPTS)
PYTHON_2 = ("_lesson", "smoke_chainer", "smoke_cntk", "smoke_mxnet")
SCRIPT_FILES = sorted(FOLDER.glob("*.py"))
OLDEST = {path: "2.7.18" if path.stem in PYTHON_2 else "3.8.18" for path in SCRIPT_FILES}


def interpreter(version):
    python = Path.home() / ".pyenv" / "versions" / version / "bin" / "python"
    if not python.exists():
        pytest.skip(f"Python {version} is not here")
    return python


@pytest.fixture(scope="module")
def lesson():
    spec = importlib.util.spec_from_file_location("_lesson", FOLDER / "_lesson.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_points_are_a_disc_and_a_ring_with_a_gap(lesson):
    places, classes = lesson.points()
    distances = [(x * x + y * y) ** 0.5 for x, y in places]
    assert max(each for each, kind in zip(distances, classes, strict=True) if kind == [0.0]) < 0.9
    assert min(each for each, kind in zip(distances, classes, strict=True) if kind == [1.0]) >= 1.2
    assert classes.count([1.0]) == len(classes) / 2


def test_no_straight_line_splits_the_points(lesson):
    from math import cos, pi, sin

    places, classes = lesson.points()
    best = 0.0
    for turn in range(60):
        along = [x * cos(turn * pi / 30) + y * sin(turn * pi / 30) for x, y in places]
        for border in range(-20, 21):
            best = max(best, lesson.accuracy([float(each > border / 10) for each in along], classes))
    assert best < 0.8


def test_the_shown_points_lie_where_the_surface_shows_them(lesson):
    grid = lesson.grid()
    assert len(grid) == lesson.SIDE**2
    assert grid[0] == [-lesson.REACH, lesson.REACH]
    assert grid[-1] == pytest.approx([lesson.REACH, -lesson.REACH])
    (x, y), kind = (each[0] for each in lesson.points())
    across, down, shown = lesson.shown_points()[0]
    assert (across * 2 - 1) * lesson.REACH == pytest.approx(x, abs=1e-3)
    assert (1 - down * 2) * lesson.REACH == pytest.approx(y, abs=1e-3)
    assert shown == kind[0]


def test_the_wide_layer_is_the_sum_of_products(lesson):
    rows, weights, biases = lesson.wide()
    results = lesson.wide_results()
    for row, unit in ((0, 0), (3, 17), (15, 511)):
        total = biases[unit] + sum(rows[row][each] * weights[each][unit] for each in range(lesson.WIDE_INPUTS))
        assert results[row * lesson.WIDE_UNITS + unit] == pytest.approx(max(0.0, total))
    assert 0.2 < sum(each > 0 for each in results) / len(results) < 0.8


def test_the_slopes_of_the_convolution_are_its_differences(lesson):
    operands = pictures, filters, shares = lesson.convolution()
    results, of_filters, of_pictures = lesson.convolution_results()
    error = sum(map(float.__mul__, results, shares))
    for operand, slopes in ((filters, of_filters), (pictures, of_pictures)):
        for place in (0, 5, len(operand) - 1):
            operand[place] += 1.0
            moved = lesson.convolution_results(operands)[0]
            operand[place] -= 1.0
            # the error is linear in either operand, so a whole step tells the slope
            assert sum(map(float.__mul__, moved, shares)) - error == pytest.approx(slopes[place], abs=1e-9)


def test_the_slopes_of_a_convolution_before_are_those_of_the_pictures_times_the_pictures(lesson):
    pictures, _, _ = lesson.convolution()
    of_pictures = lesson.convolution_results()[2]
    size = lesson.HEIGHT * lesson.HEIGHT
    total = sum(
        pictures[(picture * lesson.CHANNELS + 1) * size + place]
        * of_pictures[(picture * lesson.CHANNELS + 3) * size + place]
        for picture in range(lesson.PICTURES)
        for place in range(size)
    )
    assert lesson.identity_results()[1 * lesson.CHANNELS + 3] == pytest.approx(total / lesson.OUT)


def test_one_result_of_the_convolution_by_hand(lesson):
    pictures, filters, _ = lesson.convolution()
    results = lesson.convolution_results()[0]
    size, kernel, out = lesson.HEIGHT, lesson.KERNEL, lesson.OUT
    picture, unit, row, column = 1, 5, 7, 3
    total = sum(
        pictures[((picture * lesson.CHANNELS + channel) * size + row + y) * size + column + x]
        * filters[((unit * lesson.CHANNELS + channel) * kernel + y) * kernel + x]
        for channel in range(lesson.CHANNELS)
        for y in range(kernel)
        for x in range(kernel)
    )
    assert results[((picture * lesson.FILTERS + unit) * out + row) * out + column] == pytest.approx(total)


def test_turning_the_channels_there_and_back_changes_nothing(lesson):
    pictures, filters, _ = lesson.convolution()
    turned = lesson.channels_last(pictures, lesson.CHANNELS, lesson.HEIGHT)
    assert turned != pictures
    assert turned[1] == pictures[lesson.HEIGHT**2]
    assert lesson.channels_first(turned, lesson.CHANNELS, lesson.HEIGHT) == pictures
    assert lesson.filters_first(lesson.filters_last(filters)) == filters


@pytest.mark.parametrize(
    ("found", "expected", "gap"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        ([], [], 0.0),
        ([1.0], [1.0, 2.0], float("inf")),
        ([float("nan")], [1.0], float("inf")),
        ([float("inf")], [float("inf")], float("inf")),
        ([1.0, float("nan"), 5.0], [1.0, 1.0, 1.0], float("inf")),
    ],
)
def test_what_is_no_number_differs_infinitely(lesson, found, expected, gap):
    assert lesson.difference(found, expected) == gap


def test_one_result_elsewhere_is_enough_to_call_the_device_another(lesson):
    assert lesson.used("cuda", ["cuda", "cuda"]) == "cuda"
    assert lesson.used("cuda", ["cuda", "cpu", "cuda"]) == "cpu"


def test_the_network_is_nothing_but_its_formula(lesson):
    weights = ([[1.0], [2.0]], [0.5], [[3.0]], [-1.0])
    from math import exp, tanh

    assert lesson.network(weights, [[0.1, 0.2]]) == [pytest.approx(1 / (1 + exp(1 - 3 * tanh(0.1 + 0.4 + 0.5))))]


@pytest.mark.parametrize("path", SCRIPT_FILES, ids=lambda path: path.stem)
def test_a_script_keeps_to_the_grammar_of_its_oldest_python(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 4) if path.stem in PYTHON_2 else (3, 8))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) and path.stem in PYTHON_2]


@pytest.mark.parametrize("path", SCRIPT_FILES, ids=lambda path: path.stem)
def test_a_script_is_ascii_and_imports_nothing_of_dlsetup(path):
    text = path.read_bytes().decode("ascii")
    imported = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imported for alias in node.names} | {
        getattr(node, "module", "") for node in imported
    }
    assert not [name for name in names if name and name.startswith("dlsetup")]


@pytest.mark.parametrize(
    ("path", "version"),
    [(path, each) for path in SCRIPT_FILES for each in ("2.7.18", "3.6.15", "3.8.18") if each >= OLDEST[path]],
    ids=lambda each: getattr(each, "stem", each),
)
def test_an_old_interpreter_compiles_the_script(path, version, tmp_path):
    python = interpreter(version)
    target = tmp_path / path.name
    target.write_bytes(path.read_bytes())
    done = subprocess.run([python, "-m", "py_compile", target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("path", "version"),
    [(path, version) for path in SCRIPT_FILES for version in ("this", OLDEST[path]) if path.stem.startswith("smoke_")],
    ids=lambda each: getattr(each, "stem", each),
)
def test_a_script_without_its_framework_says_so_in_one_line_of_json(path, version, tmp_path):
    python = sys.executable if version == "this" else interpreter(version)
    scripts = tmp_path / "scripts"
    shutil.copytree(FOLDER, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    # neither this interpreter's packages nor the user's: no framework is there
    command = [python, "-S", "-s", scripts / path.name, "--device", "auto"]
    quiet = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=quiet)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["error"]["stage"] == "import"
    assert "Error" in told["error"]["type"]
    assert "dlsetup-stage: import" in done.stderr
    assert not list(scripts.glob("**/*.pyc")), "the script left bytecode in the package"
