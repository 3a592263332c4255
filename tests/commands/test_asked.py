"""The command line and the project's file together make the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dlsetup.commands.asked import read_names, read_requests
from dlsetup.errors import UsageError
from dlsetup.system.recorded import RecordedSystem

if TYPE_CHECKING:
    from dlsetup.values.request import Wanted

PROJECT = 'frameworks = ["jax"]\npython = "3.12"\nenv = ".venv-lab"\noffline = true\n'


def machine(project: str = "", **variables: str) -> RecordedSystem:
    """Return a machine with such a file in its working folder."""
    return RecordedSystem(
        {
            "format": "dlsetup.recording/1",
            "platform": "linux",
            "files": {"/home/user/code/dlsetup.toml": project},
            "values": {"folder": "/home/user/code"},
            "env": variables,
        }
    )


def nothing() -> tuple[Wanted, ...]:
    """Choose nothing, where nothing should be asked."""
    raise AssertionError("nobody should have been asked")


def test_the_projects_file_fills_in_what_the_command_line_leaves_out():
    (request,) = read_requests(machine(PROJECT), None, nothing, python="3.13", environment=None, offline=False)
    assert [each.framework for each in request.wanted] == ["jax"]
    assert (request.python, request.environment, request.offline) == ("3.13", ".venv-lab", True)


def test_frameworks_on_the_command_line_stand_in_for_those_of_the_file():
    (request,) = read_requests(machine(PROJECT), ["pytorch"], nothing)
    assert [each.framework for each in request.wanted] == ["pytorch"]


def test_who_names_no_framework_is_asked_for_one():
    (request,) = read_requests(machine(), None, lambda: read_names(["mlx"]))
    assert [each.framework for each in request.wanted] == ["mlx"]


def test_there_is_one_request_for_each_target():
    targets = ("linux-x86_64", "macos-arm64")
    requests = read_requests(machine(KERAS_BACKEND="jax"), ["keras"], nothing, targets=targets)
    assert [(each.target, each.host.os.system, each.backend) for each in requests] == [
        ("linux-x86_64", "linux", "jax"),
        ("macos-arm64", "macos", "jax"),
    ]


def test_a_compute_platform_is_one_of_the_frameworks_that_are_wanted():
    with pytest.raises(UsageError, match="--compute cu126 is not known for jax"):
        read_requests(machine(PROJECT), None, nothing, compute="cu126")


def test_no_name_is_no_framework():
    assert read_names(None) == read_names([]) == ()


def test_what_the_file_has_decided_is_said_and_what_the_command_line_has_is_not():
    (request,) = read_requests(machine(PROJECT), None, nothing, python="3.13")
    assert request.told == ("/home/user/code/dlsetup.toml decides env and offline",)
    assert read_requests(machine(), ["jax"], nothing)[0].told == ()
    assert read_requests(machine('frameworks = "jax"'), None, nothing)[0].told == ()
