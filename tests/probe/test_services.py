"""The hosted service that a machine belongs to, told by the marks that each leaves."""

from __future__ import annotations

import json

import pytest

from dlsetup.catalog import load_devices
from dlsetup.commands.record import recorded_text
from dlsetup.probe import services
from dlsetup.probe.host import probe_host
from dlsetup.system.recorded import RecordedSystem

KUBERNETES = {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}


def machine(*, env: dict[str, str] | None = None, files: dict[str, str] | None = None) -> RecordedSystem:
    """Return a Linux machine with variables and files."""
    return RecordedSystem(
        {
            "format": "dlsetup.recording/1",
            "platform": "linux",
            "files": {"/proc/1/cgroup": "0::/\n", **(files or {})},
            "env": env or {},
        }
    )


@pytest.mark.parametrize(
    ("variable", "value", "service"),
    [
        ("COLAB_RELEASE_TAG", "release-colab_20261101", "colab"),
        ("KAGGLE_KERNEL_RUN_TYPE", "Interactive", "kaggle"),
        ("SM_CURRENT_HOST", "algo-1", "sagemaker"),
        ("GITHUB_ACTIONS", "true", "github-actions"),
        ("CODESPACES", "true", "codespaces"),
        ("GITLAB_CI", "true", "gitlab-ci"),
        ("AZUREML_RUN_ID", "job_1", "azureml"),
        ("DATABRICKS_RUNTIME_VERSION", "17.3", "databricks"),
    ],
)
def test_a_service_is_told_by_the_variable_that_it_sets(variable, value, service):
    assert services.read(machine(env={variable: value})) == service


def test_a_sagemaker_notebook_is_told_by_its_file():
    assert services.read(machine(files={"/opt/ml/metadata/resource-metadata.json": "{}"})) == "sagemaker"


@pytest.mark.parametrize("env", [{}, {"GITHUB_TOKEN": "x"}, {"COLAB_RELEASE_TAG": ""}, {"CI": "true"}])
def test_a_machine_without_a_mark_belongs_to_no_service(env):
    assert services.read(machine(env=env)) is None


@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
def test_a_runner_is_told_on_every_system(system):
    runner = RecordedSystem(
        {"format": "dlsetup.recording/1", "platform": system, "files": {}, "env": {"GITHUB_ACTIONS": "true"}}
    )
    assert probe_host(runner, load_devices).os.service == "github-actions"


@pytest.mark.parametrize(
    ("env", "container", "service"),
    [
        (KUBERNETES, "kubernetes", None),
        ({"APPTAINER_NAME": "private-name.sif"}, "apptainer", None),
        ({"AZUREML_RUN_ID": "private-name", **KUBERNETES}, "kubernetes", "azureml"),
    ],
)
def test_a_recording_keeps_that_a_mark_was_set_and_not_what_it_says(env, container, service):
    text = recorded_text(machine(env=env))
    assert "private-name" not in text
    assert "10.96.0.1" not in text
    replayed = probe_host(RecordedSystem(json.loads(text)), load_devices).os
    assert (replayed.container, replayed.service) == (container, service)
