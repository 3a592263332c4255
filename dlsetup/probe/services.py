"""Whose hosted service this is: a notebook service, a build service or a managed cloud job."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlsetup.system.interface import System

SERVICES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    # https://github.com/googlecolab/colabtools; the variables are set by its kernel
    ("colab", ("COLAB_RELEASE_TAG", "COLAB_BACKEND_VERSION"), ()),
    # https://github.com/Kaggle/docker-python
    ("kaggle", ("KAGGLE_KERNEL_RUN_TYPE", "KAGGLE_CONTAINER_NAME"), ()),
    # https://github.com/aws/sagemaker-training-toolkit/blob/master/ENVIRONMENT_VARIABLES.md; notebooks and Studio have
    # the file: https://docs.aws.amazon.com/sagemaker/latest/dg/nbi-metadata.html
    ("sagemaker", ("SM_TRAINING_ENV", "SM_CURRENT_HOST"), ("/opt/ml/metadata/resource-metadata.json",)),
    # https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    ("github-actions", ("GITHUB_ACTIONS",), ()),
    # https://docs.github.com/en/codespaces/developing-in-a-codespace/default-environment-variables-for-your-codespace
    ("codespaces", ("CODESPACES",), ()),
    # https://docs.gitlab.com/ci/variables/predefined_variables/
    ("gitlab-ci", ("GITLAB_CI",), ()),
    # https://learn.microsoft.com/en-us/azure/machine-learning/how-to-train-distributed-gpu
    ("azureml", ("AZUREML_RUN_ID",), ()),
    # https://docs.databricks.com/aws/en/compute/configure
    ("databricks", ("DATABRICKS_RUNTIME_VERSION",), ()),
)
"""A service, the variables any of which tells of it, and the files any of which does."""

MARKS = frozenset(name for _, variables, _ in SERVICES for name in variables)
"""Variables of which it matters only that they are set: some hold names and numbers of their user."""


def read(system: System) -> str | None:
    """Return the service that this machine belongs to; None where nothing tells of one."""
    for name, variables, files in SERVICES:
        if any(system.variable(each) for each in variables) or any(system.exists(path) for path in files):
            return name
    return None
