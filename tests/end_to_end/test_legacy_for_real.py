"""The retired frameworks, Spark, JAX, MLX and Keras on each backend: from nothing to trained, by the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from email import message_from_string
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from dlsetup import uv
from dlsetup.catalog import load_catalog

pytestmark = [pytest.mark.network, pytest.mark.slow]

FRAMEWORKS = ("mxnet", "chainer", "cntk", "jax", "mlx", "spark")
RETIRED = ("mxnet", "chainer", "cntk")
BACKENDS = ("tensorflow", "torch", "jax")


def answer(done) -> dict:
    return json.loads(done.stdout)


def unfit(done) -> str:
    """Return why nothing fits here: the interpreter, Java or index that is missing, in dlsetup's own words."""
    if done.returncode == 4:
        error = answer(done)
        return f"no index here has these wheels: {error['what']} ({error['seen']})"
    return " ".join(reason for plan in answer(done)["plans"] for reason in plan["reasons"])


@pytest.fixture
def install(dlsetup):
    """Return what installs a framework in an empty folder, or skips with what this machine lacks for it."""

    def make(framework, *words, **env) -> dict:
        planned = dlsetup("plan", framework, *words, "--json", **env)
        if planned.returncode in {3, 4}:
            pytest.skip(unfit(planned))
        done = dlsetup("install", framework, *words, "--yes", "--json", **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return answer(done)

    return make


def assert_trained(report, framework) -> dict:
    """Hold that the framework learned the lesson, and that what was installed is what was planned."""
    (trained,) = report["smoke"]
    assert trained["framework"] == framework
    assert trained["accelerator"] == "cpu"
    assert trained["losses"][-1] < trained["losses"][0] / 2
    assert trained["accuracy"] > 0.9
    (environment,) = report["environments"]
    installed = {each["name"]: each["version"] for each in environment["distributions"]}
    pins = {each["name"]: each["version"] for each in report["plans"][0]["packages"]}
    assert pins.items() <= installed.items()
    return trained


def assert_metadata_are_true(framework, environment) -> None:
    """Hold what the catalog says that a source distribution requires against what was built from it."""
    (build,) = [each for each in load_catalog().builds_of(framework) if each.system == "linux"][:1]
    for known in build.metadata:
        (found,) = environment.glob(f"lib/python*/site-packages/{known.name}-{known.version}.dist-info/METADATA")
        fields = message_from_string(found.read_text(encoding="utf-8"))
        written = {Requirement(line) for line in fields.get_all("Requires-Dist") if "extra ==" not in line}
        assert written == {Requirement(line) for line in known.requires}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_from_nothing_to_a_framework_that_trains(dlsetup, install, framework, assert_healthy):
    report = install(framework, "--accelerator", "cpu")
    trained = assert_trained(report, framework)
    assert trained["losses"][0] == pytest.approx(0.698552, abs=1e-5)
    folder = Path(report["environments"][0]["path"]).name
    assert folder == (f".venv-{framework}" if framework in RETIRED else ".venv")
    findings = assert_healthy(dlsetup, framework)["findings"]
    if framework == "spark":
        assert "has Java" in next(each["summary"] for each in findings if each["check"] == "env.build")
    if framework in {"spark", "chainer"}:
        assert_metadata_are_true(framework, Path(report["environments"][0]["path"]))
    if framework == "chainer":
        assert "CVE-2024-48206" in str(findings)


@pytest.mark.parametrize("backend", BACKENDS)
def test_keras_trains_on_the_backend_that_was_named_and_keeps_it(dlsetup, install, backend, assert_healthy):
    report = install("keras", "--accelerator", "cpu", KERAS_BACKEND=backend)
    assert assert_trained(report, "keras")["backend"] == backend
    # the environment sets the backend itself: the variable is not there any more
    assert_healthy(dlsetup)
    done = dlsetup("smoke", "keras", "--json")
    assert [each["backend"] for each in answer(done)["results"]] == [backend]


@pytest.mark.parametrize("python", ["3.8", "3.9", "3.10"])
@pytest.mark.parametrize("framework", ["mxnet", "chainer"])
def test_the_oldest_pythons_that_can_be_had_will_do(install, framework, python):
    if not any(path.name.startswith(python + ".") for path in (Path.home() / ".pyenv" / "versions").glob("3.*")):
        pytest.skip(f"Python {python} is not on this machine (looked in pyenv)")
    report = install(framework, "--python", python)
    assert_trained(report, framework)
    assert report["environments"][0]["python"].startswith(python + ".")


def test_a_retired_framework_leaves_the_folders_environment_alone(dlsetup, install):
    living = install("jax", "--accelerator", "cpu")["environments"][0]
    report = install("mxnet")
    assert Path(report["environments"][0]["path"]).name == ".venv-mxnet"
    assert "shares no environment" in " ".join(report["plans"][0]["reasons"])
    assert answer(dlsetup("doctor", "--json"))["environments"][0]["distributions"] == living["distributions"]


@pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is a library for Linux")
def test_the_stand_in_for_mpi_is_missed_and_mended(dlsetup, install, assert_healthy):
    report = install("cntk")
    environment = Path(report["environments"][0]["path"])
    libraries = next(environment.glob("lib/python*/site-packages/cntk/libs"))
    (libraries / "libmpi.so.12").unlink()
    done = dlsetup("doctor", "cntk", "--json")
    (found,) = [each for each in answer(done)["findings"] if each["status"] == "fail"]
    assert (found["check"], found["mode"]) == ("m.libc", "cntk-mpi-missing")
    assert found["remedy"]["commands"] == [f"dlsetup install cntk --env {environment}"]
    assert dlsetup("smoke", "cntk", "--json").returncode == 1
    assert dlsetup("install", "cntk", "--env", str(environment), "-q").returncode == 0
    assert_healthy(dlsetup, "cntk", "--deep")


def test_spark_without_java_is_refused_before_a_gigabyte_is_fetched(dlsetup, tmp_path):
    done = dlsetup("install", "spark", "--yes", "--json", JAVA_HOME=str(tmp_path))
    assert done.returncode == 3
    assert "it needs Java 17 or newer" in unfit(done)
    assert list(dlsetup.folder.iterdir()) == []


@pytest.mark.skipif(shutil.which("java") is None, reason="Java is not on this machine")
def test_doctor_misses_a_java_that_went_away(dlsetup, tmp_path, make_wheel, assert_healthy):
    make_wheel(tmp_path / "wheels", "pyspark", "4.3.0")
    environment = dlsetup.folder / ".venv"
    subprocess.run([uv.find_uv(), "venv", "-q", str(environment)], check=True)
    place = ("--python", str(environment), "--no-index", "--find-links", str(tmp_path / "wheels"))
    subprocess.run([uv.find_uv(), "pip", "install", "-q", *place, "pyspark"], check=True)
    assert_healthy(dlsetup)
    done = dlsetup("doctor", "--json", JAVA_HOME=str(tmp_path))
    (found,) = [each for each in answer(done)["findings"] if each["status"] == "fail"]
    assert (found["check"], found["mode"]) == ("env.build", "spark-java-missing-or-old")
    assert found["remedy"]["commands"]
