"""Real faults in real environments: doctor names them, --fix mends them, and doctor is then silent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile

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
    before = files_of(environment)
    remedies = json.loads(dlsetup("doctor", "--json").stdout)["findings"]
    commands = next(each["remedy"]["commands"] for each in remedies if each["check"] == "pkg.files")
    assert "dlsetup install tensorflow" in commands[-1]
    done = dlsetup("doctor", "--fix")
    assert done.returncode in {4, 5}, done.stdout + done.stderr
    assert files_of(environment) == before
    assert sorted(path.name for path in dlsetup.folder.iterdir()) == [".venv"]


def files_of(folder):
    return sorted(str(path) for path in folder.rglob("*") if "__pycache__" not in str(path))


def test_a_remedy_that_fails_changes_nothing(dlsetup, environment):
    metadata = next(environment.glob("tensorflow-*.dist-info")) / "METADATA"
    metadata.write_text(metadata.read_text().replace("numpy>=1.26,<2.2", "numpy>=7"))
    before = sorted(str(path) for path in environment.rglob("*") if "__pycache__" not in str(path))
    done = dlsetup("doctor", "--fix")
    assert done.returncode == 5
    assert "as it was before" in done.stdout
    assert sorted(str(path) for path in environment.rglob("*") if "__pycache__" not in str(path)) == before


def test_a_remedy_that_fails_does_not_stop_the_others_and_is_left_to_the_user(dlsetup, environment):
    metadata = next(environment.glob("tensorflow-*.dist-info")) / "METADATA"
    metadata.write_text(metadata.read_text().replace("numpy>=1.26,<2.2", "numpy>=7"))
    (environment / "~umpy").mkdir()
    dry = json.loads(dlsetup("doctor", "--fix", "--dry-run", "--json").stdout)
    assert {(each["check"], each["status"]) for each in dry["repairs"]} == {
        ("pkg.files", "planned"),
        ("pkg.requires", "planned"),
    }
    assert all(each["commands"] for each in dry["repairs"])
    assert (environment / "~umpy").is_dir()
    report = json.loads(dlsetup("doctor", "--fix", "--json").stdout)
    done = {each["check"]: each for each in report["repairs"]}
    assert (done["pkg.files"]["status"], done["pkg.requires"]["status"]) == ("mended", "failed")
    assert "as it was before" in done["pkg.requires"]["detail"]
    assert not (environment / "~umpy").exists()
    (left,) = [each for each in report["findings"] if each["status"] == "fail"]
    assert left["check"] == "pkg.requires"
    assert not left["remedy"]["automatic"]
    assert report["exit_code"] == 5


def test_what_comes_back_is_said_and_not_tried_for_ever(dlsetup, environment, wheel_index):
    """The wheel itself holds the files of another release, so installing it again does not help."""
    wheel = wheel_index.add("/simple", "torch", "2.9.0")
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("torch/version.py", "__version__ = '2.8.0'\ncuda = None\nhip = None\n")
    wheel_index.publish(wheel.parent)
    put(dlsetup, "torch==2.9.0")
    assert found(dlsetup) == {"mixed-torch-files"}
    before = files_of(environment)
    done = dlsetup("doctor", "--fix")
    assert "not mended" in done.stdout
    assert "the trouble came back" in done.stdout
    assert done.returncode == 5
    assert files_of(environment) == before


def test_what_is_left_is_a_numbered_list_marked_with_who_has_to_do_it(dlsetup, environment):
    (environment / "~umpy").mkdir()
    (dlsetup.folder / "tensorflow.py").write_text("notes = 1\n")
    done = dlsetup("doctor", "--fix", KERAS_BACKEND="jax")
    assert "mended  pkg.files" in done.stdout
    first, second = (done.stdout.index(mark) for mark in ("1. fail  py.shadow", "2. fail  env.vars"))
    assert done.stdout.index("By hand, in this order:") < first < second
    assert "in your own shell" in done.stdout


def test_only_what_was_asked_about_is_mended(dlsetup, environment):
    (environment / "~umpy").mkdir()
    assert dlsetup("doctor", "--fix", "--skip", "pkg.files").returncode == 0
    assert (environment / "~umpy").is_dir()


def test_a_systems_interpreter_is_never_mended(dlsetup, environment):
    done = dlsetup("doctor", "--fix", "--python", sys.base_prefix + "/bin/python3")
    assert done.returncode in {0, 1, 2}
    assert list(environment.glob("numpy-2.1.0.dist-info"))
