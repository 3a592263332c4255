"""The folder of environments that are measured and removed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlsetup.errors import BusyError
from dlsetup.install.passing import passing_folder, passing_path


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def filled(folder):
    Path(folder, "jax", "bin").mkdir(parents=True)
    Path(folder, "jax", "bin", "python").write_text("")


@pytest.mark.parametrize("ending", [KeyboardInterrupt, ValueError])
def test_whatever_ends_the_work_nothing_is_left(ending):
    def work():
        with passing_folder() as folder:
            filled(folder)
            raise ending

    with pytest.raises(ending):
        work()
    assert not Path(passing_path()).parent.exists()


def test_what_a_killed_run_left_is_removed_first():
    filled(passing_path())
    with passing_folder() as folder:
        assert not Path(folder, "jax").exists()


def test_two_comparisons_do_not_meet():
    with passing_folder(), pytest.raises(BusyError, match="another comparison"), passing_folder():
        pass
