"""How a command ends when the terminal, the pipe or the disk does not play along."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

posix = pytest.mark.skipif(sys.platform == "win32", reason="descriptors of POSIX")


def by_shell(dlsetup, line, *words):
    """Run dlsetup with redirections that only a shell can make."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {line}', "sh", *dlsetup.argv(*words)],
        cwd=dlsetup.folder,
        env=dlsetup.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def broken(dlsetup):
    """Make an environment whose Python is gone, so that doctor fails."""
    folder = dlsetup.folder / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /gone/bin\nversion = 3.11.2\n")
    (folder / "bin" / "python").symlink_to("/gone/bin/python3")
    return dlsetup


@posix
@pytest.mark.parametrize("line", ["<&-", "2>&-", "<&- 2>&-"])
@pytest.mark.parametrize("words", [("doctor",), ("plan", "nothing"), ("smoke",)])
def test_closed_streams_are_no_fault(dlsetup, line, words):
    done = by_shell(dlsetup, line, *words)
    assert "itself failed" not in done.stderr
    assert done.returncode == by_shell(dlsetup, "", *words).returncode


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("words", [("detect",), ("detect", "--json"), ("doctor", "--json"), ("--version",), ("-h",)])
def test_a_full_disk_behind_standard_output_is_told(dlsetup, words):
    done = by_shell(dlsetup, ">/dev/full", *words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if "--json" not in words:
        assert "standard output" in done.stderr


@posix
@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_a_reader_who_has_left_does_not_change_the_exit_code(broken, json_too):
    for words, code in ((("doctor",), 1), (("detect",), 0)):
        process = broken.start(*words, *json_too)
        process.stdout.close()
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (code, "")


def test_a_terminal_without_a_width_is_written_to_all_the_same(dlsetup):
    assert "System" in dlsetup("detect", COLUMNS="0").stdout


@pytest.mark.parametrize(
    ("words", "known"),
    [(("--compute", "cu999"), "cu130"), (("--accelerator", "npu"), "rocm"), (("--compute", "cuda12"), "cu130")],
)
def test_a_device_that_is_not_known_is_a_usage_error_with_those_that_are(dlsetup, words, known):
    done = dlsetup("plan", "pytorch", *words, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == answer["exit_code"] == 2
    assert known in answer["seen"]
    assert answer["do"]


@pytest.mark.parametrize("words", [("instal",), ("install", "--bogus"), ("install",), ("record",)])
def test_every_usage_error_has_three_parts(dlsetup, words):
    done = dlsetup(*words, "--json") if words != ("record",) else dlsetup(*words)
    assert done.returncode == 2
    if done.stdout:
        answer = json.loads(done.stdout)
        assert answer["what"]
        assert answer["seen"]
        assert answer["do"]


EARLY = """
import os, signal, sys
import dlsetup.__main__ as command

class Impatient:
    def find_spec(self, name, path=None, target=None):
        if name == "dlsetup.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Impatient())
command.start()
"""


@posix
def test_ctrl_c_while_the_modules_are_loaded_says_nothing():
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGINT
    assert done.stderr == ""
