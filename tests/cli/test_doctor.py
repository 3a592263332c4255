"""Which checks doctor is asked: by name, group and framework."""

from __future__ import annotations

import json

import pytest


def asked(dlsetup, *words) -> set[str]:
    """Return the names of the checks that were answered."""
    done = dlsetup("doctor", "--json", *words)
    report = json.loads(done.stdout)
    assert done.returncode == report["exit_code"]
    return {each["check"] for each in report["findings"]}


@pytest.fixture(scope="module")
def every() -> list[dict]:
    """Return all that can be asked, as the program lists it."""
    import subprocess
    import sys

    argv = [sys.executable, "-m", "dlsetup", "doctor", "--list", "--json"]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(listed.stdout)["checks"]


def names(every, group) -> set[str]:
    return {each["check"] for each in every if each["group"] == group}


def test_the_list_is_what_a_static_doctor_asks_and_what_takes_a_training(dlsetup, every):
    assert {each["check"] for each in every if not each["deep"]} == asked(dlsetup)
    assert {each["check"] for each in every if each["deep"]} == {"run.import", "run.device", "run.compute"}
    text = dlsetup("doctor", "--list").stdout
    assert all(each["check"] in text and each["title"] in text for each in every)


def test_checks_and_groups_are_asked_alone(dlsetup, every):
    assert asked(dlsetup, "fit.driver") == {"fit.driver"}
    assert asked(dlsetup, "packages", "m.gpu") == {*names(every, "packages"), "m.gpu"}
    assert asked(dlsetup, "--only", "pkg", "--only", "m.gpu") == {*names(every, "packages"), "m.gpu"}
    assert asked(dlsetup, "pytorch", "fit") == names(every, "fit")
    assert len(asked(dlsetup, "pytorch")) > len(names(every, "machine"))


def test_what_is_left_out_does_not_appear(dlsetup, every):
    left = asked(dlsetup, "--skip", "machine", "--skip", "env.vars")
    assert not left & {*names(every, "machine"), "env.vars"}
    assert "py.env" in left


def test_it_is_said_that_not_everything_was_asked(dlsetup):
    done = dlsetup("doctor", "m.gpu", "m.storage")
    assert "2 checks passed of those that were asked for" in done.stdout
    assert "that you did not ask for" in done.stdout


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("fit.drivr",), "fit.driver"),
        (("pakages",), "packages"),
        (("pytorhc",), "pytorch"),
        (("--only", "m.memry"), "m.memory"),
        (("--skip", "instaler"), "installer"),
    ],
)
def test_an_unknown_word_is_answered_with_the_nearest(dlsetup, words, near):
    done = dlsetup("doctor", *words, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == answer["exit_code"] == 2
    assert near in answer["do"]


@pytest.mark.parametrize("words", [("fit.driver", "--skip", "fit"), ("--dry-run",)])
def test_what_cannot_be_asked_is_a_usage_error(dlsetup, words):
    assert dlsetup("doctor", *words).returncode == 2


@pytest.fixture
def broken(dlsetup):
    """Make an environment whose Python is gone, with an old pip in it."""
    folder = dlsetup.folder / ".venv"
    site = folder / "lib" / "python3.11" / "site-packages" / "pip-9.0.dist-info"
    (folder / "bin").mkdir(parents=True)
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: pip\nVersion: 9.0\n")
    (folder / "pyvenv.cfg").write_text("home = /gone/bin\nversion = 3.11.2\n")
    (folder / "bin" / "python").symlink_to("/gone/bin/python3")
    return dlsetup


def test_the_exit_code_follows_what_was_asked(broken):
    assert broken("doctor").returncode == 1
    assert broken("doctor", "machine").returncode == 0
    assert broken("doctor", "--skip", "py.env").returncode == 0


def test_a_consequence_stands_for_itself_where_its_cause_is_left_out(broken):
    report = json.loads(broken("doctor", "--skip", "py.env", "--json").stdout)
    assert not [each for each in report["findings"] if each["because"] == "py.env"]
