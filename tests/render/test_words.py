"""Sizes, spans of time, names, paths and command lines in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlsetup.render import words

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

CATALOG = Path(words.__file__).parents[1] / "catalog" / "frameworks"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (1024**2 - 1, "1 MiB"),
        (24564 * 1024**2, "24 GiB"),
        (150 * 1024**3 + 1, "150 GiB"),
        (2 * 1024**4, "2 TiB"),
        (5000 * 1024**4, "5000 TiB"),
    ],
)
def test_a_size_has_a_unit(count, said):
    assert words.size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (1.31, "1.3 s"), (9.96, "10 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s")]
)
def test_a_span_of_time_has_a_unit(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_a_span_of_time_that_is_no_number_is_not_known(seconds):
    assert words.duration(seconds) == "not known"


def test_counts_and_lists_are_english():
    assert [words.counted(count, "check") for count in (0, 1, 2)] == ["0 checks", "1 check", "2 checks"]
    assert [words.listed(names) for names in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_what_steers_a_terminal_is_written_out():
    assert words.clean("a\tb\nc\x1b[1m\x9b\u202e\u2066\udcff é 日") == r"a b c\x1b[1m\x9b\u202e\u2066\udcff é 日"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/home/anna", "~"),
        ("/home/anna/x", "~/x"),
        ("in /home/anna/x: no", "in ~/x: no"),
        ("file:///home/anna/x", "file://~/x"),
        ("/home/annabel/x", "/home/annabel/x"),
        ("/data/home/anna/x", "/data/home/anna/x"),
        ("/home/anna.old", "/home/anna.old"),
        ("HOME=/home/anna:/bin", "HOME=~:/bin"),
    ],
)
def test_the_home_folder_is_written_as_a_tilde(text, said):
    assert words.without_home(text, "/home/anna") == said
    assert words.without_home(text, "/home/anna/") == said


@pytest.mark.parametrize("home", [None, "", "/", "C:\\"])
def test_without_a_home_nothing_changes(home):
    assert words.without_home("/home/anna/x", home) == "/home/anna/x"


def test_a_path_is_short_from_the_working_folder():
    place = {"home": "/home/anna", "folder": "/home/anna/course"}
    assert words.path("/home/anna/course", **place) == "."
    assert words.path("/home/anna/course/.venv", **place) == "./.venv"
    assert words.path("/home/anna/courses/.venv", **place) == "~/courses/.venv"
    assert words.path("C:\\w\\.venv", folder="C:\\w") == ".\\.venv"
    assert words.path("/x", folder="/") == "/x"
    assert words.without_folder("in /home/anna/course/x, /home/anna/course2/x", place["folder"]) == (
        "in ./x, /home/anna/course2/x"
    )


@pytest.mark.parametrize(
    ("argv", "typed"),
    [
        (("uv", "venv", "/home/anna/.venv"), "uv venv ~/.venv"),
        (("/home/anna/my env/bin/python", "-c", "print(1)"), "~/'my env/bin/python' -c 'print(1)'"),
        (("uv", "--python=/home/anna/py"), "uv --python=$HOME/py"),
        (("a b", "", "$x"), "'a b' '' '$x'"),
        (("C:\\Program Files\\uv.exe", "venv", ".venv"), "'C:\\Program Files\\uv.exe' venv .venv"),
        (("C:\\it's", "x"), "'C:\\it''s' x"),
    ],
)
def test_a_command_line_can_be_typed(argv, typed):
    assert words.command_line(argv, "/home/anna") == typed


@pytest.mark.parametrize("file", sorted(CATALOG.glob("*.toml")), ids=lambda file: file.stem)
def test_a_framework_is_called_as_in_the_catalog(file):
    rows = tomllib.loads(file.read_text("utf-8"))
    framework = rows.get("framework", rows)
    assert words.title(framework["name"]) == framework["title"]


def test_an_unknown_name_is_used_as_it_is():
    assert [words.title("new"), words.vendor("new"), words.system("new")] == ["new", "new", "new"]
