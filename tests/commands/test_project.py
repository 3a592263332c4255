"""The project's own file gives the command line its defaults, and says what is wrong with it."""

from __future__ import annotations

import pytest

from dlsetup.commands.project import KEYS, parse_project, read_project
from dlsetup.errors import UnreadableError, UsageError
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.project import Project

WHOLE = """\
frameworks = ["pytorch", "keras==3.15.1"]
accelerator = "cuda"
compute = "cu126"
python = "3.12"
env = ".venv-training"
index-url = "https://mirror.example/simple"
pytorch-mirror = "https://mirror.example/torch"
offline = true

[policy]
accelerator = "cuda"
"""


def folder(**files: str) -> RecordedSystem:
    """Return a machine whose working folder has these files."""
    names = {name.replace("_", "."): text for name, text in files.items()}
    return RecordedSystem(
        {
            "format": "dlsetup.recording/1",
            "platform": "linux",
            "files": {f"/home/user/code/{name}": text for name, text in names.items()},
            "values": {"folder": "/home/user/code"},
        }
    )


def test_every_key_is_read():
    found = parse_project(WHOLE, "dlsetup.toml")
    assert found == Project(
        frameworks=("pytorch", "keras==3.15.1"),
        accelerator="cuda",
        compute="cu126",
        python="3.12",
        env=".venv-training",
        index_url="https://mirror.example/simple",
        pytorch_mirror="https://mirror.example/torch",
        offline=True,
        source="dlsetup.toml",
    )
    assert all(f"{key} = " in WHOLE for key in KEYS)


def test_one_framework_needs_no_list():
    assert parse_project('frameworks = "jax"', "dlsetup.toml").frameworks == ("jax",)


def test_pyproject_counts_by_its_table_and_only_without_a_file_of_dlsetups_own():
    pyproject = '[project]\nname = "x"\n[tool.dlsetup]\nframeworks = ["jax"]\n'
    assert read_project(folder(pyproject_toml=pyproject)).frameworks == ("jax",)
    assert read_project(folder(pyproject_toml=pyproject, dlsetup_toml='frameworks = "mlx"')).frameworks == ("mlx",)
    assert read_project(folder(pyproject_toml='[project]\nname = "x"\n')) == Project()
    assert read_project(folder()) == Project()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('acelerator = "cuda"', "did you mean accelerator?"),
        ("zzz = 1", "it may have: frameworks"),
        ("frameworks = []", "a list of names"),
        ("frameworks = [1]", "a list of names"),
        ("python = 3.12", "a text in quotes"),
        ('env = ""', "a text in quotes"),
        ('offline = "yes"', "true or false"),
    ],
)
def test_a_key_or_value_that_cannot_be_is_named_with_what_may_stand_there(text, words):
    with pytest.raises(UsageError) as told:
        parse_project(text, "dlsetup.toml")
    assert words in str(told.value)
    assert "dlsetup.toml" in told.value.what


@pytest.mark.parametrize("text", ["x = [", "[a\n", "a = 1\na = 2", "\x00"])
def test_a_file_that_is_no_toml_is_refused_as_unreadable(text):
    with pytest.raises(UnreadableError, match=r"dlsetup\.toml cannot be read"):
        parse_project(text, "dlsetup.toml")


def test_a_table_that_is_none_is_refused():
    with pytest.raises(UsageError, match="has to be a table"):
        parse_project("[tool]\ndlsetup = 1\n", "pyproject.toml", ("tool", "dlsetup"))
