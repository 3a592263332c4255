"""Environments with real frameworks, made once a session with uv and its own cache."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import uv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def run(*argv: str | Path, timeout: float = 900) -> str:
    """Run a command and return what it printed; the test ends where it fails."""
    command = [str(each) for each in argv]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def make_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that makes an environment with some requirements, and returns its interpreter."""
    folder = tmp_path_factory.mktemp("environments")

    def make(name: str, *arguments: str, python: str = "3.11", healthy: bool = True) -> Path:
        environment = folder / name
        run(uv.find_uv_bin(), "venv", "-q", "-p", python, environment)
        interpreter = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        run(uv.find_uv_bin(), "pip", "install", "-q", "-p", interpreter, *arguments)
        if healthy:
            assert_silent(doctor(interpreter, folder))
        return interpreter

    return make


def doctor(python: Path, folder: Path) -> dict[str, Any]:
    """Return what doctor says of an interpreter's environment, as seen from a folder."""
    argv = [sys.executable, "-m", "dlsetup", "doctor", "--json", "--python", str(python)]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, cwd=folder).stdout)


def assert_silent(report: dict[str, Any]) -> None:
    """Hold that doctor has nothing at all to say against an environment."""
    assert [each for each in report["findings"] if each["status"] in {"warn", "fail", "unknown"}] == []
    assert report["exit_code"] == 0


@pytest.fixture
def assert_healthy() -> Callable[..., dict[str, Any]]:
    """Return what holds that doctor, asked by the command line in a folder, finds an environment well."""

    def hold(dlsetup: Any, *words: str, **env: str) -> dict[str, Any]:
        done = dlsetup("doctor", "--json", *words, **env)
        report = json.loads(done.stdout)
        assert_silent(report)
        assert done.returncode == report["exit_code"]
        return report

    return hold


@pytest.fixture(scope="session")
def find_links() -> tuple[str, ...]:
    """Return the folders of wheels that pip is configured with, for builds that the default index lacks."""
    pip = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    lines = [line.partition("=") for line in pip.stdout.splitlines()]
    found = {place for key, _, value in lines if key.endswith(".find-links") for place in value.strip("'\"").split()}
    if not found:
        pytest.skip("pip is configured with no folder of wheels (find-links) that holds a CPU build of torch")
    return tuple(sorted(found))


@pytest.fixture(scope="session")
def with_torch(make_environment: Callable[..., Path], find_links: tuple[str, ...]) -> Path:
    """Return the interpreter of an environment with the CPU build of torch, and Keras."""
    links = [word for place in find_links for word in ("--find-links", place)]
    return make_environment("torch", *links, "torch==2.13.0+cpu", "keras")


@pytest.fixture(scope="session")
def with_tensorflow(make_environment: Callable[..., Path]) -> Path:
    """Return the interpreter of an environment with TensorFlow for the CPU, and Keras."""
    return make_environment("tensorflow", "tensorflow-cpu")


@pytest.fixture(scope="session")
def with_jax(make_environment: Callable[..., Path]) -> Path:
    """Return the interpreter of an environment with JAX for the CPU."""
    return make_environment("jax", "jax")


@pytest.fixture(scope="session")
def with_mlx(make_environment: Callable[..., Path]) -> Path:
    """Return the interpreter of an environment with MLX for the CPU."""
    return make_environment("mlx", "mlx[cpu]" if sys.platform == "linux" else "mlx")


@pytest.fixture(scope="session")
def with_mxnet(make_environment: Callable[..., Path]) -> Path:
    """Return the interpreter of an environment with MXNet and the numpy that it needs."""
    return make_environment("mxnet", "--only-binary", ":all:", "mxnet==1.9.1", "numpy<1.24")


@pytest.fixture(scope="session")
def with_chainer(make_environment: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment with Chainer, built with a setuptools that has pkg_resources."""
    constraints = tmp_path_factory.mktemp("chainer") / "build.txt"
    constraints.write_text("setuptools<81\n", encoding="utf-8")
    wheels = ("--only-binary", "numpy", "--only-binary", "protobuf")
    pins = ("chainer==7.8.1", "numpy<2", "setuptools<65")
    return make_environment("chainer", "--build-constraints", str(constraints), *wheels, *pins)


@pytest.fixture(scope="session")
def with_spark(make_environment: Callable[..., Path], find_links: tuple[str, ...]) -> Path:
    """Return the interpreter of an environment with Spark and the CPU build of torch."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    links = [word for place in find_links for word in ("--find-links", place)]
    return make_environment("spark", *links, "pyspark==4.3.0", "pandas<3", "pyarrow", "numpy", "torch==2.13.0+cpu")
