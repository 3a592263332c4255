"""doctor --all: every environment of the machine, one line each, and what is wrong with those that are unwell."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="environments laid out as on POSIX")


def make(folder, *, broken: bool = False):
    """Make an environment; a broken one has lost its base interpreter."""
    if not broken:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        return folder
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /gone/bin\nversion = 3.11.2\n")
    (folder / "bin" / "python").symlink_to("/gone/bin/python3")
    return folder


@pytest.fixture
def machine(dlsetup, tmp_path):
    """Return dlsetup on a machine with environments in all kinds of places."""
    home = tmp_path / "home"
    listed = make(tmp_path / "listed")
    (home / ".conda").mkdir(parents=True)
    (home / ".conda" / "environments.txt").write_text(f"{listed}\n/gone/for/good\n")
    for name in ("PYENV_ROOT", "UV_TOOL_DIR", "PIPX_HOME", "WORKON_HOME", "XDG_DATA_HOME", "CONDA_EXE"):
        dlsetup.env.pop(name, None)
    dlsetup.env.update(HOME=str(home), PATH="/usr/bin:/bin")
    dlsetup.places = {
        make(dlsetup.folder / ".venv"),
        make(dlsetup.folder / "course" / ".venv", broken=True),
        listed,
        make(home / ".local" / "share" / "uv" / "tools" / "ruff"),
        make(home / ".local" / "share" / "pipx" / "venvs" / "black"),
        make(home / ".pyenv" / "versions" / "old", broken=True),
    }
    return dlsetup


def test_every_environment_is_found_and_what_is_wrong_is_told_with_its_place(machine):
    (machine.folder / "again").symlink_to(machine.folder / "course" / ".venv")
    done = machine("doctor", "--all", "--json")
    report = json.loads(done.stdout)
    paths = [each["path"] for each in report["environments"]]
    home = machine.env["HOME"]
    places = {str(each).replace(home, "~") for each in machine.places}
    assert places <= {each.replace(home, "~") for each in paths}
    assert len(paths) == len(set(paths))
    assert not [each for each in paths if each.endswith("again")]
    failed = {each["environment"].replace(home, "~") for each in report["findings"] if each["status"] == "fail"}
    assert failed == {str(machine.folder / "course" / ".venv"), "~/.pyenv/versions/old"}
    assert done.returncode == report["exit_code"] == 1


def test_the_verdict_counts_and_each_environment_has_a_line(machine):
    done = machine("doctor", "--all")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Not ready: trouble in 2 of ")
    assert len([line for line in lines if line.startswith("fail  ./course/.venv")]) == 1
    assert any(line.startswith("ok    ./.venv") for line in lines)
    assert lines[-1] == "Next: dlsetup doctor --env ./course/.venv tells more of the first one"


def test_what_is_true_of_the_machine_is_told_once(machine):
    report = json.loads(machine("doctor", "--all", "--json").stdout)
    told = [(each["check"], each["summary"]) for each in report["findings"] if each["environment"] is None]
    others = {(each["check"], each["summary"]) for each in report["findings"] if each["environment"] is not None}
    assert "m.gpu" in {check for check, _ in told}
    assert "m.gpu" not in {check for check, _ in others}


def test_an_environment_without_a_framework_is_not_measured_against_one(machine):
    report = json.loads(machine("doctor", "--all", "--json").stdout)
    mine = [each["check"] for each in report["findings"] if (each["environment"] or "").endswith("/tools/ruff")]
    assert mine == ["py.env"]


@pytest.mark.parametrize("other", [("--fix",), ("--env", ".venv"), ("--python", "3.11")])
def test_it_goes_with_nothing_that_names_one_environment(dlsetup, other):
    done = dlsetup("doctor", "--all", *other)
    assert done.returncode == 2
    assert "--all goes without" in done.stderr
