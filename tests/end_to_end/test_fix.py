"""Real faults in real environments: doctor names them, --fix mends them, and doctor is then silent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from dlsetup import uv


@pytest.fixture
def environment(dlsetup, wheel_index, tmp_path):
    """Return an environment with tiny packages under true names, beside an index that has others."""
    for name in [each for each in dlsetup.env if each.startswith(("PIP_", "UV_"))]:
        del dlsetup.env[name]
    for name, version, requires in (
        ("numpy", "1.26.4", ()),
        ("numpy", "2.1.0", ()),
        ("tensorflow", "2.19.0", ("numpy>=1.26,<2.2",)),
        ("keras", "3.9.0", ()),
    ):
        wheel_index.add("/simple", name, version, requires=requires)
    dlsetup.env.update(
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL=wheel_index.url + "/simple",
        UV_CACHE_DIR=str(tmp_path / "uv-cache"),
    )
    folder = dlsetup.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    put(dlsetup, "tensorflow==2.19.0", "keras==3.9.0", "numpy==2.1.0")
    return next(folder.glob("lib/python*/site-packages"))


def put(dlsetup, *requirements):
    """Install without regard to what is required, as people do."""
    place = ("--python", str(dlsetup.folder / ".venv"), "--default-index", dlsetup.env["PIP_INDEX_URL"])
    subprocess.run(
        [uv.find_uv(), "pip", "install", "-q", "--no-deps", *place, *requirements], check=True, env=dlsetup.env
    )


def found(dlsetup) -> set[str]:
    report = json.loads(dlsetup("doctor", "--json").stdout)
    return {each["mode"] for each in report["findings"] if each["status"] in {"warn", "fail"}}


def test_a_healthy_environment_is_left_alone(dlsetup, environment):
    before = sorted(environment.rglob("*"))
    done = dlsetup("doctor", "--fix")
    assert done.returncode == 0
    assert "Healthy" in done.stdout
    assert sorted(environment.rglob("*")) == before


def test_leftovers_are_removed(dlsetup, environment):
    (environment / "~umpy").mkdir()
    (environment / "~umpy" / "core.so").write_text("old")
    assert found(dlsetup) == {"leftover-partial-install"}
    assert dlsetup("doctor", "--fix", "--dry-run").returncode == 0
    assert (environment / "~umpy").is_dir()
    assert dlsetup("doctor", "--fix").returncode == 0
    assert not (environment / "~umpy").exists()
    assert found(dlsetup) == set()


def test_what_is_required_is_installed_from_the_users_index(dlsetup, environment):
    put(dlsetup, "numpy==1.26.4")
    metadata = next(environment.glob("tensorflow-*.dist-info")) / "METADATA"
    metadata.write_text(metadata.read_text().replace("numpy>=1.26", "numpy>=2.0"))
    assert found(dlsetup) == {"dependency-violation-after-install"}
    done = dlsetup("doctor", "--fix")
    assert done.returncode == 0, done.stdout + done.stderr
    assert found(dlsetup) == set()
    assert list(environment.glob("numpy-2.1.0.dist-info"))


def test_a_package_without_its_record_is_installed_again(dlsetup, environment):
    (next(environment.glob("tensorflow-*.dist-info")) / "RECORD").unlink()
    assert found(dlsetup) == {"leftover-partial-install"}
    done = dlsetup("doctor", "--fix")
    assert done.returncode == 0, done.stdout + done.stderr
    assert found(dlsetup) == set()
    assert (next(environment.glob("tensorflow-*.dist-info")) / "RECORD").exists()


@pytest.mark.parametrize("torn", [(), ("METADATA",), ("RECORD",)])
def test_a_package_that_is_there_twice_is_there_once(dlsetup, environment, torn):
    twin = environment / "numpy-1.26.4.dist-info"
    shutil.copytree(environment / "numpy-2.1.0.dist-info", twin)
    for name in ("METADATA", "RECORD"):
        (twin / name).write_text((twin / name).read_text().replace("2.1.0", "1.26.4"))
    for name in torn:
        (twin / name).unlink()
    assert found(dlsetup) == {"duplicate-dist-info"}
    done = dlsetup("doctor", "--fix")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(environment.glob("numpy-*.dist-info"))) == 1
    assert (environment / "numpy" / "__init__.py").exists()


def test_a_framework_of_unknown_version_is_left_to_dlsetup_and_nothing_is_lost(dlsetup, environment):
    """The index has none that dlsetup would install, so the remedy fails after its first command."""
    (next(environment.glob("tensorflow-*.dist-info")) / "METADATA").unlink()
    before = files(environment)
    remedies = json.loads(dlsetup("doctor", "--json").stdout)["findings"]
    commands = next(each["remedy"]["commands"] for each in remedies if each["check"] == "pkg.files")
    assert "dlsetup install tensorflow" in commands[-1]
    done = dlsetup("doctor", "--fix")
    assert done.returncode in {4, 5}, done.stdout + done.stderr
    assert files(environment) == before
    assert sorted(path.name for path in dlsetup.folder.iterdir()) == [".venv"]


def files(folder):
    return sorted(str(path) for path in folder.rglob("*") if "__pycache__" not in str(path))


def test_a_remedy_that_fails_changes_nothing(dlsetup, environment):
    metadata = next(environment.glob("tensorflow-*.dist-info")) / "METADATA"
    metadata.write_text(metadata.read_text().replace("numpy>=1.26,<2.2", "numpy>=7"))
    before = sorted(str(path) for path in environment.rglob("*") if "__pycache__" not in str(path))
    done = dlsetup("doctor", "--fix")
    assert done.returncode == 5
    assert "as it was before" in done.stdout
    assert sorted(str(path) for path in environment.rglob("*") if "__pycache__" not in str(path)) == before


def test_a_systems_interpreter_is_never_mended(dlsetup, environment):
    done = dlsetup("doctor", "--fix", "--python", sys.base_prefix + "/bin/python3")
    assert done.returncode in {0, 1, 2}
    assert list(environment.glob("numpy-2.1.0.dist-info"))
