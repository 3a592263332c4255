"""What a dlsetup that was killed, or is still at work, left beside an environment."""

from __future__ import annotations

import shutil

import pytest

from dlsetup.check import run_checks
from dlsetup.commands.look import unfinished_change
from dlsetup.install import Transaction, recover
from dlsetup.values.finding import Status
from dlsetup.values.situation import Situation


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Return an environment, with the locks in a folder of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "project" / ".venv"
    folder.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    return folder


def found(change):
    (finding,) = run_checks(Situation(unfinished=change), {"py.env"})
    return finding


def test_a_change_that_goes_on_is_no_fault(local, environment):
    with Transaction(str(environment)) as change:
        seen = unfinished_change(local, str(environment))
        change.commit()
    assert seen == (str(environment), "running")
    assert found(seen).status is Status.WARN
    assert not found(seen).remedy.automatic
    assert unfinished_change(local, str(environment)) is None


def test_a_change_that_was_cut_short_is_found_and_put_back(local, environment, tmp_path):
    with Transaction(str(environment)) as change:
        shutil.copytree(change.safe, tmp_path / "kept")
        change.commit()
    shutil.copytree(tmp_path / "kept", change.safe)
    (environment / "pyvenv.cfg").unlink()
    seen = unfinished_change(local, str(environment))
    assert seen == (str(environment), "cut short")
    assert found(seen).status is Status.FAIL
    assert found(seen).remedy.automatic
    assert recover(str(environment))
    assert (environment / "pyvenv.cfg").exists()
    assert unfinished_change(local, str(environment)) is None


def test_an_environment_that_nobody_changes_says_nothing(local, environment):
    assert unfinished_change(local, str(environment)) is None
