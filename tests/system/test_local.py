"""This machine through the one door, with real files and commands."""

from __future__ import annotations

import sys
import time

import pytest


def test_a_file_is_read_absent_or_unknown(local, tmp_path):
    (tmp_path / "text").write_bytes(b"caf\xc3\xa9 \xff\x00")
    assert local.read(str(tmp_path / "text")).text == "café \ufffd\x00"
    assert local.read(str(tmp_path / "nothing")).absent
    assert local.read(str(tmp_path)).unknown
    assert local.read("bad\0name").unknown


def test_a_folder_is_listed_in_order(local, tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).touch()
    assert local.listing(str(tmp_path)) == ("a", "b")
    assert local.listing(str(tmp_path / "nothing")) is None


def test_links_sizes_and_existence(local, tmp_path):
    (tmp_path / "file").write_text("four")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "broken").symlink_to("gone")
    assert local.link(str(tmp_path / "link")) == str(tmp_path / "file")
    assert local.link(str(tmp_path / "broken")) is None
    assert local.size(str(tmp_path / "file")) == 4
    assert local.size(str(tmp_path / "gone")) is None
    assert local.exists(str(tmp_path / "file")) is True
    assert local.exists(str(tmp_path / "gone")) is False


def test_a_command_that_ends_keeps_both_streams_and_its_code(local):
    script = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    lines = []
    completed = local.run([sys.executable, "-c", script], timeout=20, on_line=lines.append)
    assert (completed.exit_code, completed.stdout, completed.stderr) == (3, "out\n", "err\n")
    assert sorted(lines) == ["err", "out"]
    assert not completed.ok


def test_a_command_that_hangs_costs_its_time_limit_and_its_children_die(local, tmp_path):
    script = f"import subprocess, sys, time; subprocess.Popen(['sleep', '60']); time.sleep(60)  # {tmp_path}"
    begin = time.monotonic()
    completed = local.run([sys.executable, "-c", script], timeout=0.5)
    assert completed.problem == "timeout"
    assert completed.exit_code is None
    assert time.monotonic() - begin < 5


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_command_that_dies_of_a_signal_shows_its_number(local):
    completed = local.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 4)"], timeout=20)
    assert completed.exit_code == -4


def test_a_bare_name_is_never_taken_from_the_working_folder(local, tmp_path, monkeypatch):
    planted = tmp_path / "nvidia-smi-planted"
    planted.write_text("#!/bin/sh\necho planted\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert local.run(["nvidia-smi-planted"], timeout=5).problem == "not-found"
    assert local.find("nvidia-smi-planted") is None


def test_a_missing_program_and_one_that_may_not_run_are_told_apart(local, tmp_path):
    (tmp_path / "plain").write_text("text")
    assert local.run([str(tmp_path / "gone")], timeout=5).problem == "not-found"
    assert local.run([str(tmp_path / "plain")], timeout=5).problem == "denied"


def test_variables_are_added_and_removed(local, monkeypatch):
    monkeypatch.setenv("DLSETUP_TEST_OLD", "1")
    script = "import os; print(os.environ.get('DLSETUP_TEST_OLD'), os.environ.get('DLSETUP_TEST_NEW'))"
    changes = {"DLSETUP_TEST_OLD": None, "DLSETUP_TEST_NEW": "2"}
    assert local.run([sys.executable, "-c", script], timeout=20, env=changes).stdout == "None 2\n"


def test_output_beyond_the_limit_is_cut(local):
    script = "import sys; [sys.stdout.write('x' * 1048575 + '\\n') for _ in range(20)]"
    completed = local.run([sys.executable, "-c", script], timeout=60)
    assert len(completed.stdout) == 16 * 1024 * 1024


@pytest.mark.parametrize("name", ["memory_bytes", "logical_cores", "machine", "kernel", "folder", "home", "temporary"])
def test_the_machine_has_its_numbers(local, name):
    assert local.value(name)


def test_disk_and_rights_belong_to_a_path(local, tmp_path):
    disk = local.value(f"disk:{tmp_path}")
    assert 0 <= disk["free"] <= disk["total"]
    assert local.value(f"writable:{tmp_path}") is True
    assert local.value("disk:/no/such/folder") is None
    assert local.value("no-such-value") is None
