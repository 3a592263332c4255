"""An environment ends finished or as it was, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlsetup.errors import BusyError, InstallFailedError
from dlsetup.install.transaction import Transaction, recover


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def environment(tmp_path):
    folder = tmp_path / "project" / ".venv"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "a.py").write_text("before")
    (folder / "lib" / "gone.py").write_text("before")
    (folder / "bin").symlink_to("lib")
    return folder


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def change(folder: Path) -> None:
    """Change an environment the way an installer does: unlink and write anew."""
    (folder / "lib" / "a.py").unlink()
    (folder / "lib" / "a.py").write_text("after")
    (folder / "lib" / "gone.py").unlink()
    (folder / "lib" / "new.py").write_text("after")


def test_a_commit_keeps_the_change_and_leaves_no_litter(environment):
    with Transaction(str(environment)) as transaction:
        change(environment)
        transaction.commit()
    assert (environment / "lib" / "new.py").read_text() == "after"
    assert [each.name for each in environment.parent.iterdir()] == [".venv"]


def test_a_failure_puts_everything_back(environment):
    before = tree(environment)
    with pytest.raises(RuntimeError), Transaction(str(environment)):
        change(environment)
        raise RuntimeError
    assert tree(environment) == before
    assert [each.name for each in environment.parent.iterdir()] == [".venv"]


def test_an_interrupt_puts_everything_back(environment):
    before = tree(environment)
    with pytest.raises(KeyboardInterrupt), Transaction(str(environment)):
        change(environment)
        raise KeyboardInterrupt
    assert tree(environment) == before


def test_a_new_environment_that_fails_is_gone(tmp_path):
    folder = tmp_path / "project" / ".venv"
    folder.parent.mkdir()
    with pytest.raises(RuntimeError), Transaction(str(folder)) as transaction:
        assert transaction.is_new
        (folder / "lib").mkdir(parents=True)
        raise RuntimeError
    assert list(folder.parent.iterdir()) == []


def test_two_changes_never_meet(environment):
    with Transaction(str(environment)) as first:
        with pytest.raises(BusyError) as caught, Transaction(str(environment)):
            pass
        assert caught.value.exit_code == 6
        first.commit()
    with Transaction(str(environment)) as again:
        again.commit()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(InstallFailedError) as caught, Transaction(str(blocker / ".venv")):
        pass
    assert caught.value.seen
    assert blocker.read_text() == ""


WORKER = """
import sys, time
from pathlib import Path
from dlsetup.install.transaction import Transaction
folder = Path(sys.argv[1])
with Transaction(str(folder)) as transaction:
    print("begun", flush=True)
    for number in range(400):
        name = folder / "lib" / f"file{number}.py"
        name.unlink(missing_ok=True)
        name.write_text("after")
    transaction.commit()
print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
@pytest.mark.parametrize("delay", [0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08])
def test_kill_9_at_any_moment_leaves_the_old_or_the_new(environment, delay):
    for number in range(400):
        (environment / "lib" / f"file{number}.py").write_text("before")
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(environment)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    recover(str(environment))
    texts = {(environment / "lib" / f"file{number}.py").read_text() for number in range(400)}
    assert texts in ({"before"}, {"after"})
    assert [each.name for each in environment.parent.iterdir()] == [".venv"]
