"""Faults made for real in real environments: the software breaks, doctor names why, --fix mends it where it may."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dlsetup import uv

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the faults are made with the tools of Linux"),
]

BARE = "/usr/bin:/bin"
"""A PATH with neither dlsetup nor uv, as README's installation leaves it."""

SHARED = "/dev/shm"  # noqa: S108 - where Linux has it


@pytest.fixture
def copy(dlsetup):
    """Return what makes .venv of the working folder from an environment, its files linked: break none in place."""

    def of(interpreter) -> Path:
        folder = dlsetup.folder / ".venv"
        shutil.copytree(interpreter.parents[1], folder, symlinks=True, copy_function=os.link)
        return next(folder.glob("lib/python*/site-packages"))

    return of


def python(dlsetup, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in the environment, as the user would from the working folder."""
    argv = [str(dlsetup.folder / ".venv" / "bin" / "python"), "-c", code]
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=120, check=False, cwd=dlsetup.folder, env=dlsetup.env
    )


def put(dlsetup, *requirements: str) -> None:
    """Install without regard to what is required, as people do."""
    argv = [uv.find_uv(), "pip", "install", "-q", "--no-deps", "--python", str(dlsetup.folder / ".venv"), *requirements]
    subprocess.run(argv, check=True, env=dlsetup.env, timeout=300)


def rewrite(path: Path, text: str) -> None:
    """Write a file anew: the old one is linked into other environments."""
    path.unlink()
    path.write_text(text)


def report_of(dlsetup, *words: str, **env: str) -> dict:
    """Return what doctor says."""
    return json.loads(dlsetup("doctor", "--json", *words, **env).stdout)


def troubles(dlsetup, *words: str, **env: str) -> list[dict]:
    """Return what doctor finds amiss, without what only follows from something else."""
    report = report_of(dlsetup, *words, **env)
    return [each for each in report["findings"] if each["status"] not in {"ok", "skip"} and each["because"] is None]


def named(dlsetup, *words: str, **env: str) -> dict:
    """Return the one trouble that doctor names."""
    (found,) = troubles(dlsetup, *words, **env)
    assert found["evidence"]
    assert found["remedy"]["text"]
    return found


def mend(dlsetup) -> None:
    """Let --fix mend what is wrong, and hold that doctor is silent afterwards."""
    done = dlsetup("doctor", "--fix", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == report["exit_code"] == 0, done.stdout + done.stderr
    assert {each["status"] for each in report["repairs"]} == {"mended"}
    assert [each for each in report["findings"] if each["status"] not in {"ok", "skip"}] == []
    assert troubles(dlsetup) == []


def typed(dlsetup, *lines: str, **env: str) -> None:
    """Type the commands of a remedy into a shell whose PATH has neither dlsetup nor uv."""
    known = {**dlsetup.env, "PATH": BARE, **env}
    subprocess.run(["/bin/sh", "-ec", "\n".join(lines)], check=True, cwd=dlsetup.folder, env=known, timeout=300)


def test_packages_for_numpy_1_beside_numpy_2(dlsetup):
    subprocess.run([uv.find_uv(), "venv", "-q", "-p", "3.11", str(dlsetup.folder / ".venv")], check=True)
    parts = ("pytz", "python-dateutil", "tzdata", "six")
    put(dlsetup, "numpy==2.1.3", "pandas==2.0.3", "opencv-python-headless==4.9.0.80", *parts)
    assert "numpy.core.multiarray failed to import" in python(dlsetup, "import cv2").stderr
    assert "numpy.dtype size changed" in python(dlsetup, "import pandas").stderr
    found = named(dlsetup, PATH=BARE)
    assert (found["check"], found["mode"]) == ("pkg.abi", "numpy2-abi-break")
    # the command is complete: it runs as it is printed
    typed(dlsetup, *found["remedy"]["commands"])
    assert troubles(dlsetup) == []
    assert python(dlsetup, "import cv2, pandas").returncode == 0


def test_protobuf_that_generated_code_does_not_know(dlsetup):
    subprocess.run([uv.find_uv(), "venv", "-q", "-p", "3.11", str(dlsetup.folder / ".venv")], check=True)
    put(dlsetup, "tensorboard==2.11.2", "protobuf==5.29.5", "setuptools<81")
    broken = python(dlsetup, "import tensorboard.compat.proto.event_pb2")
    assert "Descriptors cannot be created directly" in broken.stderr
    found = named(dlsetup)
    assert (found["check"], found["mode"]) == ("pkg.abi", "protobuf-generated-code-mismatch")
    mend(dlsetup)
    assert python(dlsetup, "import tensorboard.compat.proto.event_pb2").returncode == 0


def test_a_torchvision_of_another_release(dlsetup, with_torch, copy, wheel_index, find_links):
    copy(with_torch)
    # the true torchvision of the release after: its operators find no torch that they were made for
    wheel_index.add("/whl/cpu", "torchvision", "0.29.0", requires=("torch==2.14.0",))
    wheel_index.add("/whl/cpu", "torchvision", "0.28.0+cpu", requires=("torch==2.13.0",))
    put(
        dlsetup,
        "--no-index",
        "--find-links",
        str(wheel_index.folder / "whl" / "cpu" / "torchvision"),
        "torchvision==0.29.0",
    )
    found = named(dlsetup)
    assert (found["check"], found["mode"]) == ("pkg.torch", "torch-torchvision-mismatch")
    (wheel,) = (path for place in find_links for path in Path(place).glob("torch-2.13.0+cpu-cp311-*x86_64.whl"))
    folder = wheel_index.folder / "whl" / "cpu" / "torch"
    folder.mkdir()
    (folder / wheel.name).symlink_to(wheel)
    wheel_index.publish(folder)
    dlsetup.env["DLSETUP_PYTORCH_MIRROR"] = wheel_index.url + "/whl"
    mend(dlsetup)
    assert list(dlsetup.folder.glob(".venv/lib/*/site-packages/torchvision-0.28.0+cpu.dist-info"))


def test_a_file_of_the_users_in_place_of_torch(dlsetup, with_torch, copy):
    copy(with_torch)
    (dlsetup.folder / "torch.py").write_text("print('my notes on light')\n")
    assert "my notes" in python(dlsetup, "import torch").stdout
    found = named(dlsetup)
    assert (found["check"], found["mode"]) == ("py.shadow", "module-name-shadowing")
    assert not found["remedy"]["automatic"]
    typed(dlsetup, *found["remedy"]["commands"])
    assert troubles(dlsetup) == []


def test_a_package_that_is_there_twice_and_what_an_interrupted_one_left(dlsetup, with_jax, copy):
    site = copy(with_jax)
    (true,) = site.glob("numpy-*.dist-info")
    twin = site / "numpy-1.26.4.dist-info"
    shutil.copytree(true, twin)
    (site / "~umpy").mkdir()
    (site / "~umpy" / "core.so").write_text("old")
    version = true.name.split("-")[1].removesuffix(".dist")
    for name in ("METADATA", "RECORD"):
        rewrite(twin / name, re.sub(rf"(\nVersion: |numpy-){version}", r"\g<1>1.26.4", (twin / name).read_text()))
    assert named(dlsetup)["mode"] == "duplicate-dist-info"
    mend(dlsetup)
    assert [path.name for path in site.glob("*umpy*") if "dist-info" in path.name or "~" in path.name] == [true.name]
    assert python(dlsetup, "import jax, numpy; jax.numpy.ones(3)").returncode == 0


def test_a_package_whose_files_are_gone(dlsetup, with_jax, copy):
    site = copy(with_jax)
    largest = max((site / "jaxlib").rglob("*.so"), key=lambda path: path.stat().st_size)
    largest.unlink()
    assert python(dlsetup, "import jax").returncode != 0
    found = named(dlsetup)
    assert (found["check"], found["mode"]) == ("pkg.files", "truncated-or-missing-shared-object")
    assert any(largest.name in each for each in found["evidence"])
    mend(dlsetup)
    assert python(dlsetup, "import jax").returncode == 0


def test_an_environment_whose_python_went_away(dlsetup):
    home = dlsetup.folder.parent / "python"
    home.symlink_to(sys.base_prefix)
    folder = str(dlsetup.folder / ".venv")
    subprocess.run([str(home / "bin" / "python3"), "-m", "venv", "--without-pip", folder], check=True)
    put(dlsetup, "six==1.17.0")
    assert troubles(dlsetup) == []
    home.unlink()
    with pytest.raises(FileNotFoundError):
        python(dlsetup, "1")
    found = named(dlsetup)
    assert (found["check"], found["mode"]) == ("py.env", "venv-broken-by-python-upgrade")
    mend(dlsetup)
    assert python(dlsetup, "import six; print(six.__version__)").stdout == "1.17.0\n"


def test_a_pip_of_another_environment_comes_first(dlsetup):
    folder = dlsetup.folder / ".venv"
    subprocess.run([uv.find_uv(), "venv", "-q", "--seed", "-p", "3.11", str(folder)], check=True)
    active = {"VIRTUAL_ENV": str(folder)}
    assert troubles(dlsetup, **active, PATH=f"{folder}/bin:{BARE}") == []
    other = dlsetup.folder / "other"
    other.mkdir()
    (other / "pip").write_text(f"#!{sys.executable}\nfrom pip import main\nmain()\n")
    (other / "pip").chmod(0o755)
    wrong = {**active, "PATH": f"{other}:{folder}/bin:{BARE}"}
    found = named(dlsetup, **wrong)
    assert (found["check"], found["mode"]) == ("py.env", "pip-python-mismatch")
    assert not found["remedy"]["automatic"]
    typed(dlsetup, *found["remedy"]["commands"], **wrong)


@pytest.fixture
def mounted(dlsetup):
    """Return what asks doctor in a mount namespace of its own, where a small file system is mounted on a folder."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("mounting needs root, and unshare of util-linux")

    def ask(options: str, place: str, **env: str) -> list[dict]:
        line = f'mount -t tmpfs -o {options} tmpfs {place} && exec "$@"'
        argv = ["unshare", "-m", "sh", "-c", line, "sh", *dlsetup.argv("doctor", "--json")]
        known = {**dlsetup.env, **env}
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=120, check=False, cwd=dlsetup.folder, env=known
        )
        if not done.stdout:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        return [each for each in json.loads(done.stdout)["findings"] if each["status"] not in {"ok", "skip"}]

    return ask


def test_shared_memory_that_is_too_small_for_workers(with_torch, copy, mounted):
    copy(with_torch)
    if not Path("/.dockerenv").exists():
        pytest.skip("only a container is given little shared memory")
    (found,) = mounted("size=64m", SHARED)
    assert (found["check"], found["mode"]) == ("m.memory", "shm-too-small")
    assert mounted("size=4g", SHARED) == []


def test_a_temporary_folder_that_programs_may_not_run_from(dlsetup, with_torch, copy, mounted):
    copy(with_torch)
    place = dlsetup.folder.parent / "tmp"
    place.mkdir()
    (found,) = mounted("noexec", str(place), TMPDIR=str(place))
    assert (found["check"], found["mode"]) == ("m.storage", "noexec-or-readonly-dir")
    assert mounted("size=64m", str(place), TMPDIR=str(place)) == []


def test_a_shared_library_that_is_missing(dlsetup, with_torch, copy):
    site = copy(with_torch)
    (site / "torch" / "lib" / "libshm.so").unlink()
    assert "libshm.so: cannot open shared object file" in python(dlsetup, "import torch").stderr
    found = named(dlsetup)
    assert (found["check"], found["mode"]) == ("pkg.files", "truncated-or-missing-shared-object")
    assert "libshm.so" in " ".join(found["evidence"])
    proofs = [each for each in report_of(dlsetup, "--deep")["findings"] if each["check"] == "run.import"]
    # torch, and Keras upon it
    assert {(each["status"], each["because"]) for each in proofs} == {("fail", "pkg.files")}


def test_two_copies_of_intels_openmp(dlsetup, with_jax, copy):
    site = copy(with_jax)
    put(dlsetup, "intel-openmp")
    library = dlsetup.folder / ".venv" / "lib" / "libiomp5.so"
    shutil.copy(library, library.with_name("other_libiomp5.so"))
    load = "".join(
        f"ctypes.CDLL({str(library.with_name(name))!r}, ctypes.RTLD_LOCAL).omp_get_max_threads()\n"
        for name in ("libiomp5.so", "other_libiomp5.so")
    )
    module = site / "jax" / "__init__.py"
    rewrite(
        module, re.sub(r"(?m)^(?=import |from (?!__future__))", f"import ctypes\n{load}", module.read_text(), count=1)
    )
    assert "OMP: Error #15" in python(dlsetup, "import jax").stderr
    found = named(dlsetup, "--deep")
    assert (found["check"], found["mode"]) == ("run.import", "openmp-runtime-duplicate")


def test_one_framework_that_hangs_or_dies_does_not_hide_the_others(dlsetup, with_jax, copy, make_wheel, tmp_path):
    site = copy(with_jax)
    for name in ("torch", "tensorflow"):
        make_wheel(tmp_path / "wheels", name, "2.13.0")
        put(dlsetup, "--no-index", "--find-links", str(tmp_path / "wheels"), name)
    rewrite(site / "torch" / "__init__.py", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    rewrite(site / "tensorflow" / "__init__.py", "raise ImportError('libfoo.so.7: cannot open shared object file')\n")
    report = json.loads(dlsetup("doctor", "run", "--json").stdout)
    imports = [each["status"] for each in report["findings"] if each["check"] == "run.import"]
    frameworks = [each["framework"] for each in report["smoke"]]
    assert dict(zip(frameworks, imports, strict=True)) == {"pytorch": "fail", "tensorflow": "fail", "jax": "ok"}


def test_an_installation_that_was_cut_short(dlsetup, with_jax, copy):
    """What stands beside the environment is what a dlsetup that was killed leaves."""
    copy(with_jax)
    beside = dlsetup.folder / "..venv.dlsetup"
    shutil.copytree(dlsetup.folder / ".venv", beside / "before", symlinks=True, copy_function=os.link)
    journal = {"environment": str(dlsetup.folder / ".venv"), "existed": True, "made": None}
    (beside / "journal.json").write_text(json.dumps(journal))
    shutil.rmtree(dlsetup.folder / ".venv" / "lib")
    found = named(dlsetup)
    assert found["check"] == "py.env"
    assert "cut short" in found["summary"]
    mend(dlsetup)
    assert not beside.exists()
    assert python(dlsetup, "import jax").returncode == 0
