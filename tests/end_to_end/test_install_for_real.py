"""Real uv, real wheels from the registry: install, train, then ask doctor."""

from __future__ import annotations

import json

import pytest

pytestmark = [pytest.mark.network, pytest.mark.slow]


def answer(done) -> dict:
    return json.loads(done.stdout)


@pytest.fixture
def plan(dlsetup):
    """Plan, and skip where this machine's indexes have nothing to offer."""

    def make(*words) -> dict:
        done = dlsetup("plan", *words, "--json")
        if done.returncode == 4:
            error = answer(done)
            pytest.skip(f"no index here has these wheels: {error['what']} ({error['seen']})")
        assert done.returncode == 0, done.stdout + done.stderr
        return answer(done)

    return make


@pytest.mark.parametrize(
    ("framework", "package"), [("tensorflow", "tensorflow-cpu"), ("pytorch", "torch"), ("keras", "keras")]
)
def test_from_nothing_to_a_framework_that_trains(dlsetup, plan, framework, package, assert_healthy):
    planned = plan(framework, "--accelerator", "cpu")
    pins = {each["name"]: each["version"] for each in planned["plans"][0]["packages"]}
    done = dlsetup("install", framework, "--accelerator", "cpu", "--json")
    report = answer(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each["framework"] for each in report["smoke"]] == [framework]
    trained = report["smoke"][0]
    assert trained["accelerator"] == "cpu"
    assert trained["losses"][-1] < trained["losses"][0] / 2
    assert trained["accuracy"] > 0.9
    installed = {each["name"]: each["version"] for each in report["environments"][0]["distributions"]}
    assert installed[package] == pins[package]
    assert_healthy(dlsetup)
    assert_healthy(dlsetup, "--deep")


def test_a_second_installation_changes_nothing_and_still_proves(dlsetup, plan):
    plan("pytorch", "--accelerator", "cpu")
    assert dlsetup("install", "pytorch", "--accelerator", "cpu", "-q").returncode == 0
    torch = next((dlsetup.folder / ".venv").glob("**/site-packages/torch/version.py"))
    before = torch.stat()
    done = dlsetup("install", "pytorch", "--accelerator", "cpu")
    assert done.returncode == 0
    assert torch.stat().st_mtime == before.st_mtime
    assert "Ready" in done.stdout


def test_keras_runs_on_the_backend_that_is_in_the_environment(dlsetup, plan, assert_healthy):
    plan("keras", "pytorch", "--accelerator", "cpu")
    done = dlsetup("install", "keras", "pytorch", "--accelerator", "cpu", "--json")
    report = answer(done)
    assert done.returncode == 0, done.stdout + done.stderr
    backends = {each["framework"]: each["backend"] for each in report["smoke"]}
    assert backends["keras"] == "torch"
    assert len(report["environments"]) == 1
    assert_healthy(dlsetup, "--deep")


def test_a_cuda_build_is_never_fetched_for_a_machine_without_such_a_gpu(plan):
    planned = plan("pytorch", "--accelerator", "cpu")
    names = {each["name"] for each in planned["plans"][0]["packages"]}
    assert not [name for name in names if name.startswith(("nvidia-", "triton"))]
