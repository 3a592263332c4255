"""The remedy for an environment whose Python is gone."""

from __future__ import annotations

from dlsetup.check.python.anew import made_anew


def remedy_of(situation):
    return made_anew(situation, situation.environment)


def test_frameworks_come_by_dlsetup_and_the_rest_in_their_versions(healthy, edit):
    situation = healthy("linux_nvidia")
    more = (
        edit.distribution("rich", "14.0.0", "pygments>=2"),
        edit.distribution("pygments", "2.19.1"),
        edit.distribution("pip", "26.0"),
    )
    distributions = (*situation.environment.distributions, *more)
    remedy = remedy_of(edit.environment(situation, distributions=distributions))
    make, *others = remedy.commands
    path = situation.environment.path
    minor = situation.environment.interpreter.minor
    assert make == f"uv venv --clear --seed --python {minor} {path}"
    assert any(line.startswith("dlsetup install ") and line.endswith(f"--env {path}") for line in others)
    assert any("rich==14.0.0" in line for line in others)
    assert not any(word in line for line in others for word in ("pygments", "pip==", "torch=="))
    assert remedy.automatic


def test_what_came_from_elsewhere_than_an_index_is_left_to_the_user(healthy, edit):
    situation = healthy("linux_nvidia")
    mine = edit.distribution("my-model", "0.1", editable=True)
    distributions = (*situation.environment.distributions, mine)
    remedy = remedy_of(edit.environment(situation, distributions=distributions))
    assert not remedy.automatic
    assert not any("my-model" in line for line in remedy.commands)


def test_an_empty_environment_is_only_made(healthy, edit):
    situation = edit.environment(edit.interpreter(healthy("linux_nvidia"), purelib=None), distributions=())
    assert remedy_of(situation).commands == (f"uv venv --clear {situation.environment.path}",)
