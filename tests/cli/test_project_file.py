"""What dlsetup.toml gives to the command line, and how a framework is chosen where nothing names one."""

from __future__ import annotations

import json
import os
import sys
import time

import pytest


def write(dlsetup, text):
    (dlsetup.folder / "dlsetup.toml").write_text(text)


def test_without_a_framework_and_a_terminal_it_says_what_to_name(dlsetup):
    done = dlsetup("install")
    assert done.returncode == 2
    assert "no framework is named" in done.stderr
    assert "dlsetup.toml" in done.stderr


def test_the_file_names_the_frameworks_and_the_command_line_overrides_it(dlsetup):
    write(dlsetup, 'frameworks = ["pytorch"]\n')
    # the names are wrong on purpose: the answer comes before anything is resolved
    done = dlsetup("plan", "--compute", "cu999")
    assert done.returncode == 2
    assert "not known for pytorch" in done.stderr
    done = dlsetup("plan", "jax", "--compute", "cu999")
    assert "not known for jax" in done.stderr


def test_a_compute_platform_and_an_accelerator_of_the_file_are_checked_as_options_are(dlsetup):
    write(dlsetup, 'frameworks = "pytorch"\naccelerator = "gpu"\n')
    done = dlsetup("plan")
    assert done.returncode == 2
    assert "--accelerator gpu is not known" in done.stderr


def test_an_index_of_the_file_stands_in_for_pypi(dlsetup, wheel_index, tmp_path):
    for line, number in (("/file", 98), ("/option", 99)):
        wheel_index.add(line, "torch", "2.2.2", tag="cp310-none-macosx_10_9_x86_64", requires=("numpy",))
        wheel_index.add(line, "torchvision", "0.17.2", tag="cp310-cp310-macosx_10_13_x86_64")
        wheel_index.add(line, "numpy", f"1.26.{number}", tag="py3-none-any")
    dlsetup.env.update(PIP_CONFIG_FILE="/dev/null", UV_NO_CONFIG="1", UV_CACHE_DIR=str(tmp_path / "cache"))
    write(dlsetup, f'frameworks = "pytorch"\npython = "3.10"\nindex-url = "{wheel_index.url}/file"\n')

    def numpy(*options):
        done = dlsetup("plan", "--target", "macos-x86_64", "--json", *options)
        assert done.returncode == 0, done.stderr + done.stdout
        packages = {each["name"]: each["version"] for each in json.loads(done.stdout)["plans"][0]["packages"]}
        return packages["numpy"]

    assert numpy() == "1.26.98", "no such release is on PyPI"
    assert numpy("--index-url", f"{wheel_index.url}/option") == "1.26.99", "an option counts more than the file"


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
@pytest.mark.parametrize(("answer", "expected"), [("2", "tensorflow"), ("jax", "jax"), ("torhc", "did you mean")])
def test_at_a_terminal_a_framework_is_chosen_by_number_or_name(dlsetup, answer, expected):
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.chdir(dlsetup.folder)
        environment = {**dlsetup.env, "TERM": "dumb"}
        environment.pop("CI", None)
        argv = dlsetup.argv("install", "--compute", "cu999")
        os.execvpe(argv[0], argv, environment)  # noqa: S606 - a child process of the test
    printed = b""
    deadline = time.monotonic() + 60
    answered = False
    while time.monotonic() < deadline:
        try:
            printed += os.read(terminal, 4096)
        except OSError:  # the process has ended
            break
        if b"Which one" in printed and not answered:
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    os.waitpid(child, 0)
    os.close(terminal)
    told = printed.decode()
    assert "1  PyTorch" in told
    assert "(recommended)" in told.splitlines()[0]
    assert (f"not known for {expected}" if expected != "did you mean" else expected) in " ".join(told.split())
