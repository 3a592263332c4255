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


def test_an_environment_behind_a_link_is_put_back_behind_it(environment, tmp_path):
    link = tmp_path / "elsewhere" / ".venv"
    link.parent.mkdir()
    link.symlink_to(environment)
    before = tree(environment)
    with pytest.raises(RuntimeError), Transaction(str(link)):
        change(environment)
        raise RuntimeError
    assert link.readlink() == environment
    assert tree(environment) == before
    assert [each.name for each in link.parent.iterdir()] == [".venv"]


def test_the_folders_on_the_way_to_a_new_environment_go_with_it(tmp_path):
    (tmp_path / "project").mkdir()
    folder = tmp_path / "project" / "a" / "b" / "env"
    with pytest.raises(RuntimeError), Transaction(str(folder)):
        folder.mkdir()
        raise RuntimeError
    assert list((tmp_path / "project").iterdir()) == []


def test_what_others_put_into_such_a_folder_stays(tmp_path):
    folder = tmp_path / "a" / "b" / "env"
    with pytest.raises(RuntimeError), Transaction(str(folder)):
        (tmp_path / "a" / "mine").write_text("mine")
        raise RuntimeError
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["mine"]


def test_a_state_folder_that_cannot_be_made_is_no_hindrance(environment, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/state")
    monkeypatch.setattr("tempfile.tempdir", str(environment.parent.parent))
    with Transaction(str(environment)) as first:
        with pytest.raises(BusyError), Transaction(str(environment)):
            pass
        first.commit()


def test_what_is_still_going_on_is_not_put_back(environment):
    with Transaction(str(environment)) as going_on:
        change(environment)
        with pytest.raises(BusyError):
            recover(str(environment))
        going_on.commit()
    assert (environment / "lib" / "new.py").exists()


needs_mount = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small file system needs root"
)


@pytest.fixture
def mounted(environment):
    """Mount a file system on the environment's folder, with the same files."""
    before = tree(environment)
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(environment)], check=True)
    (environment / "lib").mkdir()
    (environment / "lib" / "a.py").write_text("before")
    (environment / "lib" / "gone.py").write_text("before")
    (environment / "bin").symlink_to("lib")
    assert tree(environment) == before
    yield environment
    subprocess.run(["/bin/umount", str(environment)], check=True)


@needs_mount
def test_a_mounted_environment_is_put_back_where_it_is(mounted):
    before = tree(mounted)
    with pytest.raises(RuntimeError), Transaction(str(mounted)):
        change(mounted)
        raise RuntimeError
    assert tree(mounted) == before
    assert [each.name for each in mounted.parent.iterdir()] == [".venv"]


@needs_mount
def test_what_could_not_be_put_back_is_kept_and_told(mounted):
    before = tree(mounted)
    with pytest.raises(InstallFailedError) as caught, Transaction(str(mounted)) as transaction:
        change(mounted)
        subprocess.run(["/bin/mount", "-o", "remount,ro", str(mounted)], check=True)
        raise RuntimeError
    assert "could not be put back" in caught.value.what
    with pytest.raises(InstallFailedError), Transaction(str(mounted)):
        pass
    assert tree(transaction.safe / "before") == before
    subprocess.run(["/bin/mount", "-o", "remount,rw", str(mounted)], check=True)
    assert recover(str(mounted))
    assert tree(mounted) == before


OUTLIVED = """
import sys
from dlsetup.install.transaction import Transaction
from dlsetup.system.local import LocalSystem
with Transaction(sys.argv[1]) as transaction, transaction.shared():
    LocalSystem().run(("/bin/sh", "-c", "echo $$ > child; exec sleep 60"), timeout=60, cwd=sys.argv[2])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_an_installer_that_outlives_a_killed_dlsetup_keeps_others_out(environment, tmp_path):
    before = tree(environment)
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", OUTLIVED, str(environment), str(tmp_path)], env={**os.environ, "PYTHONPATH": str(root)}
    )
    child = tmp_path / "child"
    deadline = time.monotonic() + 30
    while not (child.exists() and child.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    with pytest.raises(BusyError):
        recover(str(environment))
    os.kill(int(child.read_text()), signal.SIGKILL)
    while time.monotonic() < deadline:
        try:
            assert recover(str(environment))
            break
        except BusyError:
            time.sleep(0.02)
    assert tree(environment) == before


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
