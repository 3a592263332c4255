"""Environments as each kind of installer lays them out, replayed on each system: read right, and no alarm raised."""

from __future__ import annotations

import json
import ntpath
import posixpath
from dataclasses import dataclass, field

import pytest

from dlsetup.check import run_checks
from dlsetup.commands.look import look
from dlsetup.probe.python import question
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.finding import Status


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where an installer puts things."""

    platform: str
    prefix: str
    base: str
    python: str
    """Below the prefix."""
    site: str
    """Below the prefix."""
    kind: str
    label: str = ""
    files: dict[str, str] = field(default_factory=dict)
    """More files, by whole path."""
    env: dict[str, str] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    installer: str = "pip"


def _venv(prefix, base, **facts):
    return Layout(
        **{
            "platform": "linux",
            "prefix": prefix,
            "base": base,
            "python": "bin/python",
            "site": "lib/python3.12/site-packages",
            "kind": "venv",
            "label": "+cpu",
            "files": {f"{prefix}/pyvenv.cfg": f"home = {base}/bin\nversion_info = 3.12.8\n"},
            **facts,
        }
    )


HOME = "/home/user"
MAC_BASE = "/Library/Frameworks/Python.framework/Versions/3.12"
MANAGED = f"{HOME}/.local/share/uv/python/cpython-3.12.8-linux-x86_64-gnu"
DEBIAN = {"site": "lib/python3/dist-packages", "python": "bin/python3", "kind": "system", "files": {}}
CFG = "home = C:\\Python312\nversion_info = 3.12.8\n"

LAYOUTS = {
    "linux, venv": _venv("/code/.venv", "/usr"),
    "linux, uv's own Python": _venv("/code/.venv", MANAGED, installer="uv"),
    "linux, pipx": _venv(f"{HOME}/.local/share/pipx/venvs/trainer", "/usr"),
    "linux, conda": _venv(
        f"{HOME}/miniforge3/envs/dl",
        f"{HOME}/miniforge3/envs/dl",
        kind="conda",
        files={f"{HOME}/miniforge3/envs/dl/conda-meta/python-3.12.8-h9e4cc4f_1_cpython.json": "{}"},
        env={"CONDA_PREFIX": f"{HOME}/miniforge3/envs/dl", "CONDA_DEFAULT_ENV": "dl"},
    ),
    "linux, the system's": _venv("/usr", "/usr", **DEBIAN, facts={"missing_modules": ["ensurepip"]}),
    "linux, Debian 12": _venv("/usr", "/usr", **DEBIAN, facts={"externally_managed": True}),
    "linux, uv's Python itself": _venv(
        MANAGED, MANAGED, kind="system", files={}, facts={"externally_managed": True}, installer="uv"
    ),
    "linux, like Colab": _venv(
        "/usr",
        "/usr",
        site="local/lib/python3.12/dist-packages",
        python="bin/python3",
        kind="system",
        files={},
        env={"COLAB_RELEASE_TAG": "release-colab-external", "PYTHONPATH": "/env/python"},
    ),
    "macos, venv": _venv("/Users/user/code/.venv", MAC_BASE, platform="macos", label=""),
    "macos, conda": _venv(
        "/opt/homebrew/Caskroom/miniforge/base/envs/dl",
        "/opt/homebrew/Caskroom/miniforge/base/envs/dl",
        platform="macos",
        label="",
        kind="conda",
        files={"/opt/homebrew/Caskroom/miniforge/base/envs/dl/conda-meta/python-3.12.8-hc22306f_1_cpython.json": "{}"},
    ),
    "macos, python.org's": _venv(
        MAC_BASE, MAC_BASE, platform="macos", label="", python="bin/python3", kind="system", files={}
    ),
    "windows, venv": Layout(
        platform="windows",
        prefix="C:\\code\\.venv",
        base="C:\\Python312",
        python="Scripts\\python.exe",
        site="Lib\\site-packages",
        kind="venv",
        label="+cpu",
        files={"C:\\code\\.venv\\pyvenv.cfg": CFG},
    ),
    "windows, conda": Layout(
        platform="windows",
        prefix="C:\\Users\\user\\miniforge3\\envs\\dl",
        base="C:\\Users\\user\\miniforge3\\envs\\dl",
        python="python.exe",
        site="Lib\\site-packages",
        kind="conda",
        label="+cpu",
    ),
    "windows, python.org's": Layout(
        platform="windows",
        prefix="C:\\Python312",
        base="C:\\Python312",
        python="python.exe",
        site="Lib\\site-packages",
        kind="system",
        label="+cpu",
    ),
}

PACKAGES = {
    "torch": ("2.14.1", ("filelock", "typing-extensions>=4.10.0", 'nvidia-cublas; extra == "none"')),
    "torchvision": ("0.29.1", ("numpy", "torch>=2.14.0")),
    "numpy": ("2.3.5", ()),
    "filelock": ("3.20.0", ()),
    "typing-extensions": ("4.15.0", ()),
}
TAGS = {
    "linux": "cp312-cp312-manylinux_2_28_x86_64",
    "macos": "cp312-cp312-macosx_14_0_arm64",
    "windows": "cp312-cp312-win_amd64",
}


def recording(layout):
    """Write down what such a machine would answer."""
    join = (ntpath if layout.platform == "windows" else posixpath).join
    python, site = join(layout.prefix, layout.python), join(layout.prefix, layout.site)
    files, folders = {python: "a program", **layout.files}, {}
    for name, (version, requires) in PACKAGES.items():
        own = version + (layout.label if name.startswith("torch") else "")
        folder = f"{name.replace('-', '_')}-{own}.dist-info"
        lines = [f"Name: {name}", f"Version: {own}", *(f"Requires-Dist: {each}" for each in requires)]
        tag = TAGS[layout.platform] if name in {"torch", "torchvision", "numpy"} else "py3-none-any"
        texts = {"METADATA": "\n".join(lines), "WHEEL": f"Tag: {tag}\n", "INSTALLER": layout.installer, "RECORD": "x"}
        files.update({join(site, folder, file): text for file, text in texts.items()})
        folders[join(site, folder)] = list(texts)
        folders.setdefault(site, []).append(folder)
    build = "None" if layout.label or layout.platform == "macos" else "'13.0'"
    files[join(site, "torch", "version.py")] = f"__version__ = '2.14.1{layout.label}'\ncuda = {build}\nhip = None\n"
    if layout.kind == "conda":
        folders[join(layout.prefix, "conda-meta")] = ["python-3.12.8-h9e4cc4f_1_cpython.json"]
    values = {f"listing:{folder}": names for folder, names in folders.items()}
    commands = {" ".join(question(python)): json.dumps(_answer(layout, site))}
    return {
        "platform": layout.platform,
        "files": files,
        "env": layout.env,
        "commands": commands,
        "values": {**values, "environment": layout.prefix},
    }


def _answer(layout, site):
    machine = {"linux": "x86_64", "macos": "arm64", "windows": "amd64"}[layout.platform]
    return {
        "version": "3.12.8",
        "implementation": "cpython",
        "bits": 64,
        "free_threaded": False,
        "platform": "linux-x86_64",
        "machine": machine,
        "prefix": layout.prefix,
        "base_prefix": layout.base,
        "purelib": site,
        "site_packages": [site],
        "stdlib": layout.base,
        "externally_managed": False,
        "user_site": None,
        "missing_modules": [],
        **layout.facts,
    }


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_installed_is_read(name):
    layout = LAYOUTS[name]
    found = look(RecordedSystem(recording(layout))).environment
    assert (found.kind, found.problem, found.path) == (layout.kind, None, layout.prefix)
    assert {each.name: each.version for each in found.distributions} == {
        name: version + (layout.label if name.startswith("torch") else "") for name, (version, _) in PACKAGES.items()
    }
    assert found.torch.version == f"2.14.1{layout.label}"
    assert {each.installer for each in found.distributions} == {layout.installer}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_sound_one_raises_no_alarm(name):
    found = run_checks(look(RecordedSystem(recording(LAYOUTS[name]))))
    assert not [each for each in found if each.status in {Status.FAIL, Status.WARN}]
    answered = {each.check: each.status for each in found}
    for check in ("py.version", "py.env", "py.stdlib", "pkg.files", "pkg.requires", "pkg.torch", "pkg.abi"):
        assert answered[check] is Status.OK, check


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_torn_one_is_told_on_every_layout(name):
    layout = LAYOUTS[name]
    told = recording(layout)
    broken = json.loads(
        json.dumps(told).replace("typing-extensions\\nVersion: 4.15.0", "typing-extensions\\nVersion: 4.4")
    )
    found = {each.check: each for each in run_checks(look(RecordedSystem(broken)))}
    assert (found["pkg.abi"].status, found["pkg.abi"].mode) == (Status.FAIL, "typing-extensions-too-old")
    for command in found["pkg.abi"].remedy.commands:
        # the system's Python and uv's own are left alone
        assert (layout.kind == "system") == ("--env .venv" in command), command
