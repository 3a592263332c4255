"""Bad input and trouble: one clear message in three parts, the right exit code, nothing left behind or lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from dlsetup import uv

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def at_index(dlsetup, wheel_index, tmp_path):
    """Point dlsetup at an index of tiny wheels, and at nothing else."""
    for name in [each for each in dlsetup.env if each.startswith(("PIP_", "UV_"))]:
        del dlsetup.env[name]
    for name, version in (("numpy", "2.0.0"), ("pip", "26.0")):
        wheel_index.add("/simple", name, version)
    wheel_index.add("/whl/cpu", "torch", "2.14.1+cpu", requires=("numpy",))
    dlsetup.env.update(
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL=wheel_index.url + "/simple",
        DLSETUP_PYTORCH_MIRROR=wheel_index.url + "/whl",
        UV_CACHE_DIR=str(tmp_path / "uv-cache"),
        XDG_CONFIG_HOME=str(tmp_path / "config"),
    )
    return dlsetup


def parts(text: str) -> set[str]:
    """Return which of the three parts an error message has."""
    return {word for line in text.splitlines() for word in ("error", "seen", "do") if line.strip().startswith(word)}


def left(dlsetup) -> list[str]:
    return sorted(path.name for path in dlsetup.folder.iterdir())


def test_an_unknown_framework_is_answered_with_the_nearest_name(dlsetup):
    done = dlsetup("install", "tensorflw")
    assert done.returncode == 2
    assert "did you mean tensorflow?" in done.stderr
    assert parts(done.stderr) == {"error", "seen", "do"}
    assert left(dlsetup) == []


@pytest.mark.parametrize("words", [("pytorch==abc",), (), ("pytorch", "--accelerator", "npu"), ("pytorch", "--bogus")])
def test_bad_usage_is_one_message_and_exit_code_2(dlsetup, words):
    done = dlsetup("install", *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "do" in parts(done.stderr) or "seen" in parts(done.stderr)
    assert left(dlsetup) == []


def test_errors_are_json_where_json_was_asked_for(dlsetup):
    for words in (("install", "tensorflw", "--json"), ("plan", "--bogus", "--json"), ("nonsense", "--json")):
        done = dlsetup(*words)
        answer = json.loads(done.stdout)
        assert answer["schema"] == "dlsetup.error/1"
        assert answer["exit_code"] == done.returncode == 2


def test_a_version_that_does_not_exist_is_exit_code_3(dlsetup):
    done = dlsetup("plan", "pytorch==99")
    assert done.returncode == 3
    assert "there is no release ==99 of PyTorch" in done.stdout


def test_a_target_that_is_a_file_or_holds_something_else_is_refused(dlsetup):
    (dlsetup.folder / "file").write_text("mine")
    (dlsetup.folder / "photos").mkdir()
    (dlsetup.folder / "photos" / "cat.png").write_text("mine")
    for name in ("file", "photos"):
        done = dlsetup("install", "tensorflow", "--env", name)
        assert done.returncode == 2
        assert parts(done.stderr) == {"error", "seen", "do"}
    assert (dlsetup.folder / "file").read_text() == "mine"
    assert (dlsetup.folder / "photos" / "cat.png").read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_place_where_nothing_can_be_made_is_exit_code_5(at_index):
    done = at_index("install", "pytorch", "--env", "/proc/dlsetup-env")
    assert done.returncode in {2, 5}
    assert parts(done.stderr) == {"error", "seen", "do"}


def test_a_broken_interpreter_is_told(dlsetup):
    broken = dlsetup.folder / "python"
    broken.write_text("#!/bin/sh\necho 'cannot start' >&2\nexit 7\n")
    broken.chmod(0o755)
    done = dlsetup("install", "tensorflow", "--python", str(broken))
    assert done.returncode == 2
    assert "cannot start" in done.stderr
    assert left(dlsetup) == ["python"]


def test_an_interpreter_that_vanished_behind_its_environment_is_told(dlsetup):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(dlsetup.folder / ".venv")], check=True)
    for name in ("python", "python3", f"python{MINOR}"):
        (dlsetup.folder / ".venv" / "bin" / name).unlink(missing_ok=True)
    (dlsetup.folder / ".venv" / "bin" / "python").symlink_to("/gone/bin/python3")
    done = dlsetup("install", "tensorflow")
    assert done.returncode == 2
    assert parts(done.stderr) == {"error", "seen", "do"}
    seen = json.loads(dlsetup("doctor", "--json").stdout)
    failed = [finding for finding in seen["findings"] if finding["status"] == "fail"]
    assert [finding["mode"] for finding in failed if finding["because"] is None] == ["venv-broken-by-python-upgrade"]
    assert seen["exit_code"] == 1


def test_an_index_that_is_down_is_named_within_seconds(at_index):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        at_index.env["DLSETUP_PYTORCH_MIRROR"] = f"http://127.0.0.1:{unused.getsockname()[1]}/whl"
    begin = time.monotonic()
    done = at_index("install", "pytorch")
    assert done.returncode == 4
    assert "127.0.0.1 cannot be reached" in done.stderr
    assert "find-links" in done.stderr
    assert time.monotonic() - begin < 10
    assert left(at_index) == []


def test_extra_indexes_stand_in_for_a_default_index_that_is_down_also_while_it_is_installed(at_index, wheel_index):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{unused.getsockname()[1]}/simple"
    done = at_index("install", "pytorch", PIP_INDEX_URL=down, PIP_EXTRA_INDEX_URL=wheel_index.url + "/simple")
    # the wheels are empty, so what is installed does not train: but it is installed
    assert done.returncode == 1, done.stdout + done.stderr
    assert "cannot be reached" in done.stderr
    assert list(at_index.folder.glob(".venv/lib/python*/site-packages/numpy/__init__.py"))


def test_an_index_that_lies_about_a_hash_changes_nothing(at_index, wheel_index):
    folder = wheel_index.folder / "whl" / "cpu" / "torch"
    wheel_index.lies["torch-2.14.1+cpu-py3-none-any.whl"] = "0" * 64
    wheel_index.publish(folder)
    done = at_index("install", "pytorch")
    assert done.returncode == 4
    assert "not the one it announced" in done.stderr
    assert left(at_index) == []


def test_an_existing_environment_is_as_before_after_a_failure(at_index, wheel_index):
    environment = at_index.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    before = sorted(str(path) for path in environment.rglob("*"))
    wheel_index.lies["torch-2.14.1+cpu-py3-none-any.whl"] = "0" * 64
    wheel_index.publish(wheel_index.folder / "whl" / "cpu" / "torch")
    assert at_index("install", "pytorch").returncode == 4
    assert sorted(str(path) for path in environment.rglob("*") if "__pycache__" not in str(path)) == before
    assert left(at_index) == [".venv"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_middle_leaves_nothing_behind(at_index, wheel_index, number):
    wheel_index.pause.set()
    process = at_index.start("install", "pytorch")
    assert wheel_index.asked.wait(60)
    deadline = time.monotonic() + 30
    while not (at_index.folder / ".venv").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "interrupted" in err
    assert "Traceback" not in out + err
    assert left(at_index) == []


@pytest.fixture
def cut_short(at_index, wheel_index):
    """Kill an installation in the middle, and its uv with it."""

    def kill() -> None:
        wheel_index.pause.set()
        process = at_index.start("install", "pytorch")
        assert wheel_index.asked.wait(60)
        wait_until((at_index.folder / "..venv.dlsetup" / "journal.json").exists)
        # uv asks while it resolves, too
        wait_until((at_index.folder / ".venv" / "bin" / "python").exists)
        process.kill()
        process.communicate()
        wheel_index.pause.clear()

    return kill


def wait_until(true, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def until_free(at_index, *words):
    """Run a command again until the uv of the one that was killed has ended."""
    deadline = time.monotonic() + 60
    while (done := at_index(*words)).returncode == 6 and time.monotonic() < deadline:
        time.sleep(0.2)
    return done


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_new_environment_that_was_cut_short_is_made_again(at_index, cut_short):
    cut_short()
    assert left(at_index) == ["..venv.dlsetup", ".venv"]
    done = until_free(at_index, "install", "pytorch")
    assert "an earlier installation was cut short" in done.stderr
    # the wheels are empty, so what is installed does not train: but it is installed
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Not ready" in done.stdout
    assert left(at_index) == [".venv"]
    assert list(at_index.folder.glob(".venv/lib/python*/site-packages/torch/__init__.py"))


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_an_existing_environment_that_was_cut_short_is_as_before_for_the_next(at_index, cut_short):
    environment = at_index.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (environment / "mine.txt").write_text("mine")
    cut_short()
    assert "..venv.dlsetup" in left(at_index)
    done = until_free(at_index, "install", "pytorch==99")
    assert done.returncode == 3
    assert left(at_index) == [".venv"]
    assert (environment / "mine.txt").read_text() == "mine"
    assert not list(environment.glob("lib/python*/site-packages/torch"))


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
@pytest.mark.parametrize(("typed", "code", "said"), [(b"n\n", 0, "Nothing was changed"), (b"\x04", 130, "interrupted")])
def test_who_does_not_agree_changes_nothing(at_index, typed, code, said):
    master, slave = os.openpty()
    base = f"{sys.base_prefix}/bin/python{MINOR}"
    env = {name: value for name, value in at_index.env.items() if name != "CI"}
    process = subprocess.Popen(
        at_index.argv("install", "pytorch", "--python", base),
        cwd=at_index.folder,
        env=env,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
    )
    os.close(slave)
    seen = b""
    while b"Go on?" not in seen:
        seen += os.read(master, 1000)
    os.write(master, typed)
    process.stdout.read()
    assert process.wait(60) == code
    while said.encode() not in seen:
        seen += os.read(master, 1000)
    os.close(master)
    process.stdout.close()
    assert b"Traceback" not in seen
    assert left(at_index) == []


def test_what_dlsetup_itself_keeps_is_put_back_too(at_index, wheel_index):
    environment = at_index.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (environment / ".dlsetup").mkdir()
    kept = environment / ".dlsetup" / "pylock.toml"
    kept.write_text("before")
    wheel_index.lies["torch-2.14.1+cpu-py3-none-any.whl"] = "0" * 64
    wheel_index.publish(wheel_index.folder / "whl" / "cpu" / "torch")
    assert at_index("install", "pytorch").returncode == 4
    assert kept.read_text() == "before"


def test_two_installations_never_meet_in_one_environment(at_index, wheel_index):
    wheel_index.pause.set()
    first = at_index.start("install", "pytorch")
    assert wheel_index.asked.wait(60)
    deadline = time.monotonic() + 30
    while not (at_index.folder / ".venv").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    second = at_index("install", "pytorch", "--env", ".venv")
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=30)
    assert second.returncode == 6, second.stderr
    assert parts(second.stderr) == {"error", "seen", "do"}


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_disk_that_fills_up_is_told_and_nothing_is_left(at_index, wheel_index, tmp_path):
    wheel_index.add("/whl/cpu", "torch", "2.14.1+cpu", requires=("numpy",), payload=8_000_000)
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], check=True)
    try:
        done = at_index("install", "pytorch", "--env", str(small / "env"))
        assert done.returncode == 5, done.stdout + done.stderr
        assert "make room on that disk" in done.stderr
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["/bin/umount", str(small)], check=True)


def test_a_framework_that_does_not_train_is_exit_code_1_and_named(at_index):
    done = at_index("install", "pytorch")
    assert done.returncode == 1
    assert "Not ready" in done.stdout


@pytest.mark.parametrize("text", ["", "no json", '{"format": "dlsetup.recording/9"}'])
def test_a_recording_that_cannot_be_read_is_exit_code_7(dlsetup, text):
    (dlsetup.folder / "host.json").write_text(text)
    for command in (("detect",), ("doctor",), ("plan", "pytorch")):
        done = dlsetup(*command, "--host", "host.json")
        assert done.returncode == 7, done.stderr
        assert parts(done.stderr) == {"error", "seen", "do"}


def test_nothing_is_said_to_a_reader_who_has_left(dlsetup):
    process = dlsetup.start("detect", "-v")
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert err == ""


def test_uv_is_the_one_from_its_distribution():
    assert shutil.which(uv.find_uv()) is not None


def test_what_spoils_an_existing_environment_is_put_back(at_index, tmp_path, make_wheel):
    """A package of the environment that requires another numpy than the one that torch brings."""
    environment = at_index.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    make_wheel(tmp_path / "old", "numpy", "1.26.4")
    make_wheel(tmp_path / "old", "tensorflow", "2.14.0", requires=("numpy<2",))
    place = ("--python", str(environment), "--no-index", "--find-links", str(tmp_path / "old"))
    subprocess.run([uv.find_uv(), "pip", "install", "-q", *place, "tensorflow", "numpy"], check=True)
    done = at_index("install", "pytorch", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert "pkg.requires" in {each["check"] for each in report["findings"] if each["status"] == "fail"}
    kept = {each["name"]: each["version"] for each in report["environments"][0]["distributions"]}
    assert kept == {"numpy": "1.26.4", "tensorflow": "2.14.0"}


def test_the_pip_configuration_of_the_environment_counts_too(at_index):
    environment = at_index.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (environment / "pip.conf").write_text(f"[global]\nindex-url = {at_index.env.pop('PIP_INDEX_URL')}\n")
    del at_index.env["PIP_CONFIG_FILE"]
    plan = json.loads(at_index("plan", "pytorch", "--json").stdout)["plans"][0]
    assert {each["name"]: each["version"] for each in plan["packages"]} == {"numpy": "2.0.0", "torch": "2.14.1+cpu"}
