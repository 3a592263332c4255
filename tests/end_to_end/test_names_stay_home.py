"""What dlsetup says and writes on a live machine holds neither its user's names nor what lets somebody in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

USERS = ["pedunculata", "Jörg Weißdorn"]


@pytest.fixture(params=USERS)
def somebody(request, dlsetup, tmp_path):
    """Give the command line a user with a home folder, secrets in the environment, and a virtual environment."""
    user = request.param
    home = tmp_path / "home" / user
    project = home / "project"
    configuration = home / ".config" / "pip"
    for folder in (project, configuration, home / "lib"):
        folder.mkdir(parents=True)
    (configuration / "pip.conf").write_text(
        "[global]\nextra-index-url = https://fagus:Zq7sylvatica@index.invalid/simple\n", encoding="utf-8"
    )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project / ".venv")], check=True)
    (home / "lib" / "libcudnn.so.9").write_text("")
    dlsetup.folder = project
    dlsetup.env.update(
        HOME=str(home),
        USER=user,
        LOGNAME=user,
        HOSTNAME="quercus.betula.example",
        XDG_CONFIG_HOME=str(home / ".config"),
        XDG_CACHE_HOME=str(home / ".cache"),
        LD_LIBRARY_PATH=str(home / "lib"),
        PYTHONPATH=f"{Path(__file__).resolve().parents[2]}:/srv/{user}/lib",
        PIP_INDEX_URL="https://fagus:Zq7sylvatica@index.invalid/simple",
        HTTPS_PROXY="http://fagus:Zq7sylvatica@proxy.invalid:3128",
        MASTER_ADDR="quercus",
        SUDO_USER="fagus",
        HF_TOKEN="hf_zq7carpinusbetulus",  # noqa: S106 - a made-up secret
        AWS_SECRET_ACCESS_KEY="Zq7/carpinus+betulus",  # noqa: S106
    )
    return dlsetup, {user, *user.split(), "quercus", "betula", "fagus", "sylvatica", "carpinus"}


@pytest.mark.parametrize(
    "words",
    [("detect", "--json"), ("detect", "-v"), ("doctor", "--json"), ("doctor", "-v"), ("doctor", "tensorflow", "-v")],
    ids=" ".join,
)
def test_an_answer_names_nobody(somebody, words):
    dlsetup, secrets = somebody
    done = dlsetup(*words)
    assert done.stdout
    said = (done.stdout + done.stderr).encode().decode("unicode_escape" if "--json" in words else "utf-8", "replace")
    assert [secret for secret in secrets if secret.lower() in said.lower()] == []
    assert "~" in said


def test_a_recording_names_nobody_and_doctor_finds_the_same_in_it(somebody):
    dlsetup, secrets = somebody
    assert dlsetup("record", "-o", "machine.json").returncode == 0
    text = (dlsetup.folder / "machine.json").read_text(encoding="utf-8")
    assert [secret for secret in secrets if secret.lower() in text.lower()] == []
    here = json.loads(dlsetup("doctor", "--json").stdout)
    there = json.loads(dlsetup("doctor", "--json", "--host", "machine.json").stdout)
    assert there["host"] == here["host"]
    statuses = [{each["check"]: each["status"] for each in report["findings"]} for report in (here, there)]
    assert statuses[0] == statuses[1]
