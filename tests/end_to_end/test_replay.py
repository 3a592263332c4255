"""Other people's machines from the command line: recordings and pasted reports, in every command that takes --host."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import uv

from dlsetup.catalog import load_devices
from dlsetup.errors import UnreadableError
from dlsetup.probe import probe_host
from dlsetup.system.recorded import RecordedSystem
from dlsetup.system.reports import enriched, read_machine

TEXTS = runpy.run_path(str(Path(__file__).parents[1] / "system" / "report_texts.py"))["TEXTS"]


@pytest.fixture
def paste(dlsetup):
    """Return what writes a text to a file that --host names."""

    def write(*names, text=""):
        path = dlsetup.folder.parent / "pasted.md"
        blocks = [f"```\n{TEXTS[name]}```\n" for name in names]
        path.write_text("I have this machine:\n\n" + "\n".join(blocks) + text)
        return str(path)

    return write


def answer(done):
    return json.loads(done.stdout)


def statuses(report):
    return {each["check"]: (each["status"], each["mode"]) for each in report["findings"]}


def test_detect_shows_a_pasted_machine(dlsetup, paste):
    done = dlsetup("detect", "--json", "--host", paste("COLLECT_ENV"))
    assert done.returncode == 0, done.stderr
    found = answer(done)
    assert [gpu["name"] for gpu in found["host"]["gpus"]] == ["NVIDIA RTX A5000"] * 2
    assert found["host"]["drivers"][0]["version"] == "550.144.03"
    assert [each["version"] for each in found["interpreters"]] == ["3.10.16"]
    assert "os.container" in {gap["what"] for gap in found["host"]["gaps"]}


def test_doctor_diagnoses_a_pasted_machine(dlsetup, paste):
    healthy = dlsetup("doctor", "--json", "--host", paste("COLLECT_ENV"))
    assert healthy.returncode == 0, healthy.stdout
    assert answer(healthy)["environments"][0]["interpreter"]["version"] == "3.10.16"
    rosetta = dlsetup("doctor", "--json", "--host", paste("COLLECT_ENV_MAC"))
    assert rosetta.returncode == 1
    assert statuses(answer(rosetta))["m.apple"] == ("fail", "rosetta-x86-python")
    cpu = dlsetup("doctor", "--host", paste("COLLECT_ENV_WINDOWS"))
    assert cpu.returncode == 1
    assert "torch-cpu-build-on-gpu-machine" in cpu.stdout


def test_the_command_line_tells_what_it_looked_for(dlsetup, paste):
    path = paste(text="Driver Version: whatever\n")
    for words in (("detect",), ("doctor",), ("plan", "pytorch"), ("install", "pytorch", "--dry-run")):
        done = dlsetup(*words, "--host", path)
        assert done.returncode == 7, words
        assert "nvidia-smi" in done.stderr
        assert "collect_env" in done.stderr
        assert done.stdout == ""


@pytest.fixture
def at_index(dlsetup, wheel_index, tmp_path):
    """Point dlsetup at an index of tiny wheels, and at nothing else."""
    for name in [each for each in dlsetup.env if each.startswith(("PIP_", "UV_"))]:
        del dlsetup.env[name]
    wheel_index.add("/simple", "numpy", "2.0.0")
    wheel_index.add("/whl/cpu", "torch", "2.14.1+cpu", requires=("numpy",))
    dlsetup.env.update(
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL=wheel_index.url + "/simple",
        DLSETUP_PYTORCH_MIRROR=wheel_index.url + "/whl",
        UV_CACHE_DIR=str(tmp_path / "uv-cache"),
        XDG_CONFIG_HOME=str(tmp_path / "config"),
    )
    return dlsetup


@pytest.mark.parametrize(("python", "planned"), [("3.13.1", "3.13.1"), ("3.11.9", "3.11.9")])
def test_plan_takes_the_python_that_the_report_names(at_index, paste, python, planned):
    banner = f"Python {python} (main, Jan  1 2025, 00:00:00) [GCC 12.2.0]\n"
    path = paste("LSCPU", "OS_RELEASE", text=f"```\n{banner}```\n```\nldd (Debian GLIBC 2.36-9) 2.36\n```\n")
    done = at_index("plan", "pytorch==2.14.1", "--accelerator", "cpu", "--host", path, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answer(done)["plans"][0]["python"] == planned


def test_what_the_user_states_outranks_the_recorded_python(at_index, paste):
    path = paste("LSCPU", "OS_RELEASE", "PYTHON_VV", text="```\nldd (Debian GLIBC 2.36-9) 2.36\n```\n")
    words = ("pytorch==2.14.1", "--accelerator", "cpu", "--host", path, "--python", "3.13", "--json")
    done = at_index("plan", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert answer(done)["plans"][0]["python"].startswith("3.13")


# recordings of this machine


def made(folder: Path, make_wheel, *wheels):
    """Make an environment with tiny wheels of true names, installed by uv without any index."""
    wheels = [make_wheel(folder / "wheels", name, version, **kind) for name, version, kind in wheels]
    environment = folder / "project" / ".venv"
    for argv in (
        ("venv", "-q", "-p", sys.executable, environment),
        ("pip", "install", "-q", "--offline", "--no-deps", "-p", environment, *wheels),
    ):
        subprocess.run([uv.find_uv_bin(), *map(str, argv)], check=True, capture_output=True)
    return environment


WHEELS = {
    "healthy": (("numpy", "1.26.4", {}), ("keras", "3.9.0", {"requires": ("numpy",)}), ("filelock", "3.16.1", {})),
    "broken": (
        ("torch", "2.2.2", {"requires": ("numpy", "sympy>=1.13"), "payload": 3_000_000}),
        ("numpy", "2.0.2", {}),
        ("nvidia-cublas-cu12", "12.4.5.8", {}),
        ("tokenizers", "0.21.0", {}),
    ),
}


@pytest.mark.parametrize("kind", sorted(WHEELS))
def test_doctor_finds_the_same_in_a_recording_of_this_machine(dlsetup, make_wheel, kind):
    folder = dlsetup.folder.parent
    environment = made(folder, make_wheel, *WHEELS[kind])
    if kind == "broken":
        (dlsetup.folder / "torch.py").write_text("")
        (dlsetup.folder / "my-private-notes.txt").write_text("")
        payload = next(environment.glob("lib/python*/site-packages/torch/payload.txt"))
        payload.write_text("cut off")
        dlsetup.env["KERAS_BACKEND"] = "jax"
        dlsetup.env["CUDA_VISIBLE_DEVICES"] = ""
    live = dlsetup("doctor", "--json")
    assert answer(live)["environments"][0]["path"] == str(environment)
    recording = folder / "machine.json"
    assert dlsetup("record", "-o", str(recording)).returncode == 0
    assert "my-private-notes" not in recording.read_text()
    assert len(recording.read_text()) < 100_000
    for name in ("KERAS_BACKEND", "CUDA_VISIBLE_DEVICES"):
        dlsetup.env.pop(name, None)
    (dlsetup.folder / "torch.py").unlink(missing_ok=True)
    replayed = dlsetup("doctor", "--json", "--host", str(recording))
    assert statuses(answer(replayed)) == statuses(answer(live))
    assert replayed.returncode == live.returncode
    found = statuses(answer(live))
    if kind == "broken":
        assert found["pkg.abi"] == ("fail", "numpy2-abi-break")
        assert found["pkg.files"] == ("fail", "truncated-or-missing-shared-object")
        assert found["py.shadow"] == ("fail", "module-name-shadowing")
        assert found["pkg.requires"][0] == "fail"


def test_a_recording_of_an_account_with_a_name_holds_together(dlsetup, make_wheel, tmp_path):
    home = tmp_path / "home" / "mathilda"
    (home / "work").mkdir(parents=True)
    dlsetup.folder = home / "work"
    environment = made(home, make_wheel, *WHEELS["healthy"])
    dlsetup.env.update(HOME=str(home), USER="mathilda", LOGNAME="mathilda", VIRTUAL_ENV=str(environment))
    live = dlsetup("doctor", "--json")
    recording = tmp_path / "machine.json"
    dlsetup("record", "-o", str(recording))
    assert "mathilda" not in recording.read_text()
    del dlsetup.env["VIRTUAL_ENV"]
    replayed = dlsetup("doctor", "--json", "--host", str(recording))
    assert statuses(answer(replayed)) == statuses(answer(live))
    names = [[each["name"] for each in answer(done)["environments"][0]["distributions"]] for done in (live, replayed)]
    assert names[0] == names[1] != []


# machines that others recorded

SAID_IN_THEIR_OWN_WORDS = {"amd-torch-strix-halo-env", "container-podman-environ"}
"""Records of which the text bears no mark of any tool."""


def records(shared):
    for path in sorted((shared / "hosts" / "records").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["kind"].startswith("host-probe/") and len(record["files"]) == 1:
            yield record


def test_a_recorded_answer_that_is_pasted_tells_the_same(shared):
    compared = 0
    for record in records(shared):
        ((key, text),) = record["files"].items()
        asked = f"user@box:~$ {'cat ' if key.startswith('/') else ''}{key}\n{text}"
        # a query's answer bears no names of its fields: only the command line before it tells them
        candidates = (asked,) if "--query-gpu" in key else (text, f"> ```\n{asked}```\n", asked.replace("\n", "\r\n"))
        for candidate in candidates:
            try:
                pasted = read_machine(candidate, "pasted")
            except UnreadableError:
                assert record["id"] in SAID_IN_THEIR_OWN_WORDS, record["id"]
                continue
            known = {"darwin": "macos"}.get(record["platform"], record["platform"])
            assert pasted.platform in {"unknown", known} or known == "unknown", record["id"]
            same = RecordedSystem(enriched({**record, "platform": pasted.platform}))
            assert probe_host(pasted, load_devices) == probe_host(same, load_devices), record["id"]
            compared += 1
    assert compared > 100


def test_all_records_open_and_are_diagnosed(shared):
    from dlsetup.check import run_checks
    from dlsetup.commands.look import look
    from dlsetup.commands.target import open_host
    from dlsetup.system.local import LocalSystem

    expected = {
        "env-mac-tf218-metal": "tensorflow-metal-mismatch",
        "env-mac-tf218-metal-py39": "tensorflow-metal-mismatch",
        "env-jax-061-cusparse-ldpath": "nvidia-libs-shadowed-by-ld-library-path",
        "env-pascal-gtx1050-torch28-cu128": "gpu-arch-dropped",
        "env-rocm-mi100-kfd-denied": "rocm-user-not-in-render-group",
        "env-rocm-r7-370-kfd-unsupported": "rocm-kfd-unsupported-gpu",
        "env-wsl2-smi-cuda-err-546": "wsl-kernel-or-windows-driver-old",
        "env-xpu-win-crash-mixed-audio": "torch-torchaudio-mismatch",
        "env-ubuntu1804-cu121-no-driver": "nvidia-driver-missing",
        "fh-jax-cuda-no-gpu": "nvidia-driver-missing",
        "fh-pkg-resources-missing": "pkg-resources-removed",
        "fh-protobuf-descriptors": "protobuf-generated-code-mismatch",
        "fh-torch-cublas-old": "dependency-violation-after-install",
        "fh-torch-cuda-no-driver": "nvidia-driver-missing",
        "fh-torch-cudnn8-with-torch25": "cudnn-version-mismatch",
        "fh-torch-nccl-old": "nccl-lib-symbol-mismatch",
        "fh-torch-nodeps-no-cuda-libs": "nvidia-lib-missing-from-env",
        "fh-torch22-numpy2": "numpy2-abi-break",
        "fh-torchtext-abi": "torch-extension-abi-generic",
        "fh-torchvision-newer-on-222": "torch-torchvision-mismatch",
        "fh-torchvision-older": "torch-torchvision-mismatch",
        "fh-triton-mismatch": "triton-missing-or-mismatched",
    }
    healthy = {"env-xpu-max1100-healthy", "env-xpu-a770-ubuntu2604-ok", "wsl2-torch-tf-ok-565"}
    for path in sorted((shared / "hosts" / "records").glob("*.json")):
        findings = run_checks(look(open_host(LocalSystem(), str(path))))
        assert not [each for each in findings if any("crash" in seen for seen in each.evidence)], path.stem
        modes = {each.mode for each in findings if each.status.value != "ok"}
        if path.stem in expected:
            assert expected[path.stem] in modes, (path.stem, modes)
        if path.stem in healthy:
            assert not [each for each in findings if each.status.value in {"fail", "warn"}], path.stem
