"""Plans from the command line: locks that uv and pip take, options that contradict, indexes that misbehave."""

from __future__ import annotations

import json
import sys

import pytest
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
"""The interpreter of the tests: uv lock wants one that is there."""

TAG = f"cp{PYTHON.replace('.', '')}-cp{PYTHON.replace('.', '')}"
LINUX = f"{TAG}-manylinux_2_28_x86_64"
MAC = f"{TAG}-macosx_14_0_arm64"
WINDOWS = f"{TAG}-win_amd64"


@pytest.fixture
def published(wheel_index, dlsetup, tmp_path):
    """Serve tiny wheels of the true names and tags, and make them the only ones that there are."""
    index = wheel_index
    for tag in (LINUX, MAC, WINDOWS):
        index.add("/simple", "torch", "2.15.0", tag=tag, requires=("numpy",))
        index.add("/simple", "torchvision", "0.29.2", tag=tag, requires=("torch>=2.14",))
    for compute in ("cpu", "cu126", "cu130", "cu132"):
        for tag in (LINUX, WINDOWS):
            index.add(f"/whl/{compute}", "torch", f"2.14.1+{compute}", tag=tag, requires=("numpy",))
            index.add(f"/whl/{compute}", "torchvision", f"0.29.1+{compute}", tag=tag, requires=("torch>=2.14",))
        index.add(f"/whl/{compute}", "numpy", "99.0", tag="py3-none-any")
    index.add("/simple", "numpy", "2.4.0", tag="py3-none-any")
    dlsetup.env.update(
        PIP_CONFIG_FILE="/dev/null",
        PIP_INDEX_URL=f"{index.url}/simple",
        DLSETUP_PYTORCH_MIRROR=f"{index.url}/whl",
        UV_CACHE_DIR=str(tmp_path / "cache"),
        UV_NO_CONFIG="1",
    )
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT"):
        dlsetup.env.pop(name, None)
    return index


def pins_of(path):
    return {(row["name"], row["version"]): row for row in tomllib.loads(path.read_text())["packages"]}


def test_a_plan_for_three_machines_becomes_one_lock(published, dlsetup):
    targets = [word for name in ("linux-x86_64", "macos-arm64", "windows-x86_64") for word in ("--target", name)]
    locks = [word for name in ("pylock.toml", "requirements.txt") for word in ("--lock", name)]
    done = dlsetup("plan", "pytorch", *targets, *locks, "--gpu", "RTX 4090", "--driver", "535.183", "--python", PYTHON)
    assert done.returncode == 0, done.stderr
    rows = pins_of(dlsetup.folder / "pylock.toml")
    assert "linux" in rows["torch", "2.14.1+cu126"]["marker"]
    assert "darwin" in rows["torch", "2.15.0"]["marker"]
    assert ("numpy", "2.4.0") in rows, "numpy never comes from a framework's own index"
    assert ("numpy", "99.0") not in rows
    text = (dlsetup.folder / "requirements.txt").read_text()
    assert f"torch @ {published.url}/whl/cu126/torch/torch-2.14.1%2Bcu126-{LINUX}.whl" in text


def test_uv_takes_the_lock_and_the_requirements_as_they_are(published, dlsetup):
    import subprocess

    from dlsetup.uv import find_uv

    words = ["plan", "pytorch", "--target", "linux-x86_64", "--gpu", "RTX 4090", "--driver", "580", "--python", PYTHON]
    done = dlsetup(*words, "--compute", "cu130", "--lock", "pylock.toml", "--lock", "requirements.txt", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plans"][0]["compute"] == "cu130"
    base = [find_uv(), "pip", "install", "--dry-run", "--target", "there", "--python", sys.executable]
    base += ["--python-platform", "x86_64-manylinux_2_35", "--preview-features", "pylock"]
    for file in ("requirements.txt", "pylock.toml"):
        command = [*base, "--default-index", f"{published.url}/simple", "--requirements", file]
        taken = subprocess.run(
            command, cwd=dlsetup.folder, env=dlsetup.env, capture_output=True, text=True, check=False
        )
        assert taken.returncode == 0, taken.stderr
        for pin in ("torch==2.14.1+cu130", "torchvision==0.29.1+cu130", "numpy==2.4.0"):
            assert (
                pin in taken.stderr.replace(" @ ", "==") or pin.replace("+", "%2B").replace("==", "-") in taken.stderr
            )


def test_the_tables_for_uv_resolve_to_the_same_builds(published, dlsetup):
    import subprocess

    from dlsetup.uv import find_uv

    words = ["--target", "linux-x86_64", "--target", "macos-arm64", "--gpu", "RTX 4090", "--driver", "580"]
    done = dlsetup("plan", "pytorch==2.14.1", *words[:2], *words[4:], "--python", PYTHON, "--lock", "pyproject.toml")
    assert done.returncode == 0, done.stderr
    locked = subprocess.run(
        [
            find_uv(),
            "lock",
            "--python",
            sys.executable,
            "--default-index",
            f"{published.url}/simple",
            "--no-python-downloads",
        ],
        cwd=dlsetup.folder,
        env={name: value for name, value in dlsetup.env.items() if name != "UV_NO_CONFIG"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert locked.returncode == 0, locked.stderr
    rows = tomllib.loads((dlsetup.folder / "uv.lock").read_text())["package"]
    assert {(row["name"], row["version"]) for row in rows} >= {("torch", "2.14.1+cu132"), ("numpy", "2.4.0")}


def test_an_existing_pyproject_is_refused_before_anything_is_asked(published, dlsetup):
    (dlsetup.folder / "pyproject.toml").write_text("[project]\nname = 'mine'\n")
    done = dlsetup("plan", "pytorch", "--target", "linux-x86_64", "--lock", "pyproject.toml")
    assert done.returncode == 2
    assert "dlsetup-pyproject.toml" in done.stderr
    assert not published.asked.is_set()


def test_a_line_that_is_asked_about_is_explained_without_any_index(dlsetup):
    done = dlsetup("plan", "pytorch", "--target", "linux-x86_64", "--gpu", "GTX 1080", "--driver", "550", "--why", "cu130", "--json")  # fmt: skip # noqa: E501
    assert done.returncode == 0
    (standing,) = json.loads(done.stdout)["standings"]
    assert standing["chosen"] == "2.14.1 cu126"
    assert {each["code"] for each in standing["rejected"][0]["reasons"]} == {"gpu-architecture", "driver-old"}


CONTRADICTIONS = [
    (["--accelerator", "cpu", "--compute", "cu126"], "exclude each other"),
    (["--target", "macos-arm64", "--gpu", "RTX 4090"], "exclude each other"),
    (["--target", "linux-x86_64", "--gpu", "M3 Max"], "exclude each other"),
    (["--target", "linux-x86_64", "--driver", "570"], "says nothing"),
    (["--target", "linux-x86_64", "--gpu", "RTX 4090", "--driver", "new"], "is no version"),
    (["--target", "linux-x86_64", "--target", "linux-x86_64"], "twice"),
    (["--target", "linux-sparc"], "linux-x86_64"),
    (["--target", "linux-x86_64", "--gpu", "RTX 5O90"], "RTX 5090"),
    (["--target", "linux-x86_64", "--compute", "cu999"], "cu129"),
    (["--target", "linux-x86_64", "--why", "cu13"], "cu130"),
    (["--target", "linux-x86_64", "--accelerator", "gpu"], "rocm"),
    (["--target", "linux-x86_64", "--lock", "torch.lock"], "pylock.toml"),
]


@pytest.mark.parametrize(("options", "told"), CONTRADICTIONS, ids=lambda each: " ".join(each) if isinstance(each, list) else "")  # fmt: skip # noqa: E501
def test_options_that_make_no_sense_are_refused_with_what_to_do(options, told, dlsetup):
    done = dlsetup("plan", "pytorch", *options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in " ".join(done.stderr.split())
    said = dlsetup("plan", "pytorch", *options, "--json")
    answer = json.loads(said.stdout)
    assert said.returncode == answer["exit_code"] == 2
    assert answer["what"]
    assert answer["seen"] or answer["do"]


@pytest.mark.parametrize("version", ["==0.0.1", "==99", ">=3", "==2.14.7"])
def test_a_version_that_never_existed_is_told_with_those_that_do(version, dlsetup):
    assert Requirement(f"torch{version}")
    done = dlsetup("plan", f"pytorch{version}", "--target", "linux-x86_64")
    assert done.returncode == 3
    assert "2.15.0" in done.stdout


def test_a_target_of_which_no_gpu_is_stated_says_so(dlsetup):
    words = ("plan", "tensorflow", "--target", "linux-x86_64", "--python", "3.12", "--json")
    reasons = json.loads(dlsetup(*words).stdout)["plans"][0]["reasons"]
    assert any("no GPU is stated" in reason for reason in reasons)
    told = json.loads(dlsetup(*words, "--accelerator", "cpu").stdout)["plans"][0]["reasons"]
    assert not any("no GPU is stated" in reason for reason in told)
