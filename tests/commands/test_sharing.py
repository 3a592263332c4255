"""A retired framework shares its environment with none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.existing import existing_environment
from dlsetup.commands.places import places_to_install
from dlsetup.errors import UsageError
from dlsetup.values.environment import Session
from dlsetup.values.request import Request, Wanted


@pytest.fixture
def session(tmp_path):
    return Session(folder=str(tmp_path))


@pytest.fixture
def make(tmp_path):
    """Return what makes an environment that holds some distributions; its interpreter is the tests' own."""
    import subprocess
    import sys

    def make(name, *distributions):
        folder = tmp_path / name
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        site = next(folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages")
        for each in distributions:
            (site / f"{each}.dist-info").mkdir()
        return str(folder)

    return make


def first(local, session, *frameworks, **request):
    wanted = tuple(Wanted(framework=name) for name in frameworks)
    return next(iter(places_to_install(local, session, Request(wanted=wanted, **request), load_catalog())))


def test_a_retired_framework_gets_an_environment_of_its_name(local, session, tmp_path):
    place = first(local, session, "mxnet")
    assert (place.environment, place.exists, place.why) == (str(tmp_path / ".venv-mxnet"), False, "")


def test_one_that_is_there_is_used_again(local, session, make):
    make(".venv", "torch-2.13.0")
    own = make(".venv-mxnet", "mxnet-1.9.1")
    place = first(local, session, "mxnet")
    assert (place.environment, place.exists) == (own, True)


@pytest.mark.parametrize("installed", ["torch-2.13.0", "tensorflow_cpu-2.21.0", "Chainer-7.8.1"])
def test_the_folders_environment_is_left_alone_where_it_holds_another(local, session, make, tmp_path, installed):
    make(".venv", installed)
    place = first(local, session, "mxnet")
    assert (place.environment, place.exists) == (str(tmp_path / ".venv-mxnet"), False)
    assert "shares no environment" in place.why


def test_so_is_the_active_one(local, session, make, tmp_path):
    active = make("active", "jax-0.10.2")
    place = first(local, replace(session, active=active), "cntk")
    assert place.environment == str(tmp_path / ".venv-cntk")
    assert "holds JAX" in place.why


def test_an_empty_environment_that_is_active_is_used(local, session, make):
    active = make("active")
    assert first(local, replace(session, active=active), "chainer").environment == active


def test_a_living_framework_does_not_move_in_with_a_retired_one(local, session, make, tmp_path):
    make(".venv", "mxnet-1.9.1")
    place = first(local, session, "pytorch")
    assert (place.environment, place.exists) == (str(tmp_path / ".venv-pytorch"), False)
    assert "holds Apache MXNet" in place.why


def test_living_frameworks_share(local, session, make):
    here = make(".venv", "tensorflow-2.21.0")
    assert first(local, session, "pytorch").environment == here


def test_a_named_environment_of_another_is_refused(local, session, make):
    make("mine", "torch-2.13.0")
    with pytest.raises(UsageError) as caught:
        first(local, session, "mxnet", environment="mine")
    assert "--env .venv-mxnet" in caught.value.do
    make("old", "mxnet-1.9.1")
    with pytest.raises(UsageError):
        first(local, session, "pytorch", python=str(session.folder) + "/old/bin/python")


def test_of_several_the_living_one_decides_whose_place_it_is(local, session, make):
    here = make(".venv", "torch-2.13.0")
    assert first(local, session, "mxnet", "pytorch").environment == here


def test_a_python_that_nobody_has_and_uv_does_not_fetch_is_a_usage_error(local, session):
    with pytest.raises(UsageError) as caught:
        first(local, session, "cntk", python="3.4")
    assert "pyenv install 3.4" in caught.value.do


def test_what_is_asked_about_is_looked_for_in_the_environment_of_its_name(local, session, make):
    here, own = make(".venv"), make(".venv-mxnet")
    assert existing_environment(local, session, None, None, ("mxnet",)) == own
    assert existing_environment(local, session, None, None, ("pytorch",)) == here
    assert existing_environment(local, session, None, None) == here
    assert existing_environment(local, replace(session, active=here), None, None, ("mxnet",)) == here
