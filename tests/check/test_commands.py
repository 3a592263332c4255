"""The commands of remedies."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from dlsetup.check import run_checks
from dlsetup.check.commands import dlsetup_install, export, pip_install, pip_uninstall, quoted, unset
from dlsetup.values.host import Driver


def test_pip_is_called_only_where_it_is_installed(healthy, edit):
    situation = healthy("linux_nvidia")
    assert pip_install(situation, "numpy<2") == 'uv pip install --python /home/user/code/.venv/bin/python "numpy<2"'
    with_pip = edit.add(situation, "pip", "25.3")
    assert pip_install(with_pip, "numpy<2") == '/home/user/code/.venv/bin/python -m pip install "numpy<2"'
    assert pip_uninstall(with_pip, "torch") == "/home/user/code/.venv/bin/python -m pip uninstall -y torch"
    assert pip_uninstall(situation, "torch") == "uv pip uninstall --python /home/user/code/.venv/bin/python torch"


def test_a_path_in_quotes_is_never_the_command_on_windows(healthy, edit):
    situation = edit.add(healthy("windows_nvidia"), "pip", "25.3")
    assert pip_install(situation, "six") == "C:\\code\\.venv\\Scripts\\python.exe -m pip install six"
    spaced = edit.interpreter(situation, path="C:\\my work\\.venv\\Scripts\\python.exe")
    assert pip_install(spaced, "six") == 'uv pip install --python "C:\\my work\\.venv\\Scripts\\python.exe" six'


def test_dlsetup_names_an_environment_that_is_not_active(healthy, edit):
    situation = healthy("linux_nvidia")
    assert dlsetup_install(situation, "pytorch") == "dlsetup install pytorch"
    elsewhere = edit.session(situation, active=None)
    assert dlsetup_install(elsewhere, "pytorch") == "dlsetup install pytorch --env /home/user/code/.venv"


def test_the_systems_python_is_never_changed(healthy, edit):
    situation = edit.environment(healthy("linux_nvidia"), kind="system")
    assert dlsetup_install(situation, "pytorch", "--compute", "cu126").endswith("--compute cu126 --env .venv")


@pytest.mark.parametrize(
    "word", ["plain", "two words", "$HOME/x", "it's", "numpy<2", "a`b", "back\\slash", 'say "hi"', "a!b"]
)
def test_what_is_quoted_is_one_word_to_a_shell(word):
    assert shlex.split(quoted(word, "linux")) == [word]


def test_variables_are_set_in_the_words_of_the_systems_shell(healthy):
    assert unset(healthy("linux_cpu"), "A", "B") == "unset A B"
    assert unset(healthy("windows_nvidia"), "A", "B") == "Remove-Item Env:A; Remove-Item Env:B"
    assert export(healthy("linux_cpu"), "A", "x y") == 'export A="x y"'
    assert export(healthy("windows_nvidia"), "A", "x") == '$env:A = "x"'


@pytest.mark.parametrize(("driver", "compute"), [("580.65", True), ("550.120", False)])
def test_a_line_that_the_driver_does_not_serve_is_not_installed_once_more(driver, compute, healthy, edit):
    mixed = edit.add(healthy("linux_nvidia"), "torchvision", "0.28.0+cu130")
    known = Driver(vendor="nvidia", version=driver, supports="CUDA 13.0")
    mixed = replace(mixed, host=replace(mixed.host, drivers=(known,)))
    found = next(each for each in run_checks(mixed) if each.check == "pkg.torch")
    assert found.mode == "torch-torchvision-mismatch"
    assert ("--compute cu130" in found.remedy.commands[0]) is compute
