"""Which remedies are carried out, and how their commands are told."""

from __future__ import annotations

import json
import sys

import pytest

from dlsetup.commands.fix import argv_of, fix
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import IndexSettings
from dlsetup.values.report import Silence

SITE = "/home/anna/.venv/lib/python3.11/site-packages"
ASKED = {
    "version": "3.11.7",
    "implementation": "cpython",
    "bits": 64,
    "machine": "x86_64",
    "prefix": "/home/anna/.venv",
    "base_prefix": "/usr",
    "purelib": SITE,
    "site_packages": [SITE],
}


@pytest.fixture
def recorded():
    """Return a recording of an environment in which an interrupted installation left something behind."""
    from dlsetup.probe.python import question

    python = "/home/anna/.venv/bin/python"
    return RecordedSystem(
        {
            "format": "dlsetup.recording/1",
            "platform": "linux",
            "files": {
                "/home/anna/.venv/pyvenv.cfg": "home = /usr/bin\nversion = 3.11.7\n",
                python: "",
                f"{SITE}/numpy-2.1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: numpy\nVersion: 2.1.0\n",
            },
            "values": {"environment": "/home/anna/.venv", f"listing:{SITE}": ["numpy-2.1.0.dist-info", "~umpy"]},
            "commands": {" ".join(question(python)): {"stdout": json.dumps(ASKED)}},
        }
    )


def test_for_another_machine_it_is_told_what_would_be_done(recorded):
    report = fix(recorded, Silence())
    (repair,) = report.repairs
    assert (repair.check, repair.status) == ("pkg.files", "planned")
    assert repair.commands == (f'rm -rf "{SITE}/~umpy"',)
    assert {each.mode for each in report.findings if each.status == "warn"} == {"leftover-partial-install"}


def test_uv_is_the_one_that_came_along_and_knows_the_users_index():
    settings = IndexSettings(index_url="https://anna:secret@mirror.example/simple")
    argv = argv_of("uv pip install --python /env/bin/python 'numpy<2'", settings)
    assert argv[0] != "uv"
    assert argv[1:6] == ("pip", "install", "--python", "/env/bin/python", "numpy<2")
    assert "--default-index" in argv
    shown = argv_of("uv pip install numpy", settings, shown=True)
    assert not any("secret" in word for word in shown)


def test_dlsetup_is_this_one_and_files_are_removed_without_a_shell():
    own = argv_of("dlsetup install pytorch", IndexSettings())
    assert own == (sys.executable, "-I", "-m", "dlsetup", "install", "pytorch", "--yes")
    assert argv_of("rm -rf '/env/~umpy'", IndexSettings())[-1] == "/env/~umpy"
