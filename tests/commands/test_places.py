"""Which environment a command is about: design section 3, on real folders and real interpreters."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from dlsetup.commands.existing import existing_environment
from dlsetup.commands.places import foreign_places, places_to_install
from dlsetup.errors import UsageError
from dlsetup.probe import probe_session
from dlsetup.values.environment import Session
from dlsetup.values.request import Request, Wanted

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def session(local, folder):
    """Return a session in an empty folder, without an active environment."""
    return replace(probe_session(local), folder=str(folder), active=None)


def make(folder):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return str(folder)


def first(local, session, **request):
    wanted = (Wanted(framework="pytorch"),)
    return next(iter(places_to_install(local, session, Request(wanted=wanted, **request))))


def test_doctor_takes_the_named_then_the_active_then_the_folders_then_the_paths(local, session, folder):
    named, active = make(folder / "named"), make(folder / "active")
    assert existing_environment(local, session, None, None) == session.python
    here = make(folder / ".venv")
    assert existing_environment(local, session, None, None) == here
    assert existing_environment(local, replace(session, active=active), None, None) == active
    assert existing_environment(local, replace(session, active=active), named, None) == named
    assert existing_environment(local, session, None, sys.executable) == sys.executable


def test_a_named_environment_that_is_not_there_is_a_usage_error(local, session):
    for options in (("/no/such/env", None), (None, "/no/such/python")):
        with pytest.raises(UsageError) as caught:
            existing_environment(local, session, *options)
        assert caught.value.do


def test_install_makes_a_new_environment_in_an_empty_folder(local, session, folder):
    place = first(local, session)
    assert (place.environment, place.exists, place.why) == (str(folder / ".venv"), False, "")
    assert place.interpreter is not None
    assert "shims" not in place.interpreter.path


def test_install_uses_the_environment_that_is_there(local, session, folder):
    here = make(folder / ".venv")
    place = first(local, session)
    assert (place.environment, place.exists) == (here, True)
    assert place.interpreter.minor == MINOR


def test_install_prefers_the_active_environment(local, session, folder):
    make(folder / ".venv")
    active = make(folder / "active")
    assert first(local, replace(session, active=active)).environment == active


def test_a_relative_name_belongs_to_the_working_folder(local, session, folder):
    assert first(local, session, environment="mine").environment == str(folder / "mine")


def test_a_system_interpreter_is_never_changed_but_made_an_environment_from(local, session, folder):
    interpreter = sys.base_prefix + f"/bin/python{MINOR}"
    place = first(local, session, python=interpreter)
    assert (place.environment, place.exists) == (str(folder / ".venv"), False)
    assert place.interpreter.path == interpreter
    assert "never changed" in place.why


def test_an_environments_own_interpreter_means_that_environment(local, session, folder):
    there = make(folder / "there")
    place = first(local, session, python=there + "/bin/python")
    assert (place.environment, place.exists) == (there, True)


def test_another_version_than_the_environments_is_a_usage_error(local, session, folder):
    make(folder / ".venv")
    with pytest.raises(UsageError) as caught:
        first(local, session, python="3.6")
    assert "--env .venv-3.6" in caught.value.do


def test_a_version_is_looked_for_on_the_machine(local, session):
    place = first(local, session, python=MINOR)
    assert place.interpreter.minor == MINOR


def test_further_places_say_why_they_are_taken(local, session):
    places = places_to_install(local, session, Request(wanted=(Wanted(framework="pytorch"),)))
    next(places)
    others = list(places)
    assert all(place.why for place in others)
    assert len({place.interpreter.minor if place.interpreter else place.python for place in others}) == len(others)


@pytest.mark.parametrize("kind", ["file", "full"])
def test_a_target_that_is_something_else_is_refused(local, session, folder, kind):
    if kind == "file":
        (folder / "target").write_text("mine")
    else:
        (folder / "target").mkdir()
        (folder / "target" / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError) as caught:
        first(local, session, environment="target")
    assert caught.value.seen
    assert caught.value.do


def test_nothing_at_all_is_no_environment(local, folder):
    assert existing_environment(local, Session(folder=str(folder)), None, None) is None


def test_a_tilde_is_the_home_folder_also_where_the_shell_left_it(local, session, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    there = make(tmp_path / "mine")
    assert first(local, session, environment="~/new").environment == str(tmp_path / "new")
    assert existing_environment(local, session, "~/mine", None) == there


@pytest.mark.parametrize("options", [("", None), (None, ""), (" ", None)])
def test_an_option_without_a_value_is_a_usage_error(local, session, options):
    environment, python = options
    with pytest.raises(UsageError) as caught:
        existing_environment(local, session, environment, python)
    assert caught.value.seen == "its value is empty"
    with pytest.raises(UsageError):
        first(local, session, environment=environment, python=python)


@pytest.mark.parametrize("option", ["--env", "--python"])
def test_a_folder_without_a_python_is_no_environment(local, session, folder, option):
    (folder / "photos").mkdir()
    with pytest.raises(UsageError) as caught:
        existing_environment(local, session, *(("photos", None) if option == "--env" else (None, "photos")))
    assert "is not an environment" in caught.value.what


def test_an_interpreter_may_be_named_by_its_folder(local, session, folder):
    there = make(folder / "there")
    assert existing_environment(local, session, None, there) == there + "/bin/python"
    assert first(local, session, python=there).environment == there
    place = first(local, session, python=sys.base_prefix)
    assert (place.environment, place.exists) == (str(folder / ".venv"), False)
    assert place.interpreter.minor == MINOR


@pytest.mark.parametrize("python", ["3", "python3.12", "three"])
def test_what_is_neither_a_version_nor_a_path_is_told_so(local, session, python):
    with pytest.raises(UsageError) as caught:
        first(local, session, python=python)
    assert "neither a version nor an interpreter" in caught.value.what


def test_doctor_looks_for_the_version_that_is_asked_for(local, session, folder):
    here = make(folder / ".venv")
    assert existing_environment(local, session, None, MINOR) == here
    with pytest.raises(UsageError) as caught:
        existing_environment(local, session, None, "3.99")
    assert "found: " in caught.value.seen


def test_an_ordinary_interpreter_is_no_free_threaded_one(local, session, folder):
    make(folder / ".venv")
    with pytest.raises(UsageError) as caught:
        first(local, session, python=f"{MINOR}t")
    assert f"not {MINOR}t" in caught.value.what


def test_a_free_threaded_python_that_is_not_here_is_told_before_anything_is_resolved(local, session):
    with pytest.raises(UsageError) as caught:
        list(places_to_install(local, session, Request(wanted=(Wanted(framework="pytorch"),), python="3.19t")))
    assert "uv python install 3.19t" in caught.value.do
    with pytest.raises(UsageError):
        list(foreign_places(Request(wanted=(Wanted(framework="pytorch"),), python="3.13t")))


def test_the_interpreter_that_an_environment_was_made_from_is_its_own(local, session, folder):
    there = make(folder / "there")
    base = sys.base_prefix + f"/bin/python{MINOR}"
    assert first(local, session, environment=there, python=base).environment == there


def test_a_link_that_leads_nowhere_is_refused(local, session, folder):
    (folder / ".venv").symlink_to("/no/such/folder")
    with pytest.raises(UsageError) as caught:
        first(local, session)
    assert "leads nowhere" in caught.value.what


def test_a_conda_environment_is_one_wherever_it_is_named(local, session, folder):
    there = make(folder / ".venv")
    (folder / ".venv" / "pyvenv.cfg").rename(folder / ".venv" / "conda-meta")
    (folder / ".venv" / "bin" / "python").unlink()
    answer = {"version": "3.12.4", "implementation": "cpython", "prefix": there, "base_prefix": there}
    (folder / ".venv" / "bin" / "python").write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    (folder / ".venv" / "bin" / "python").chmod(0o755)
    assert existing_environment(local, session, None, None) == there
    place = first(local, session, python=there + "/bin/python")
    assert (place.environment, place.exists) == (there, True)
