from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlsetup.probe.interpreters import find_interpreters
from dlsetup.probe.python import (
    ask_interpreter,
    ask_interpreters,
    parse_answer,
    parse_conda_meta,
    parse_torch_version,
    probe_environment,
    question,
)
from dlsetup.probe.pyvenv import parse_pyvenv
from dlsetup.system.local import LocalSystem
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import TorchBuild

VERSIONS = Path("~/.pyenv/versions").expanduser()
SERIES = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
posix = pytest.mark.skipif(sys.platform == "win32", reason="makes links and scripts of POSIX systems")

TRUTH = """
import json, sys, sysconfig, os
print(json.dumps({"prefix": sys.prefix, "base": getattr(sys, "base_prefix", sys.prefix),
    "purelib": sysconfig.get_path("purelib"), "platform": sysconfig.get_platform(),
    "stdlib": sysconfig.get_path("stdlib"), "version": sys.version.split()[0],
    "sites": [p for p in sys.path if p.endswith("packages")]}))
"""
"""What an interpreter says of itself with all of its start-up done."""

INHERIT = ("--system-site-packages",)


def interpreter_of(series: str) -> str:
    for folder in sorted(VERSIONS.glob(f"{series}.*")):
        if (folder / "bin" / "python").exists():
            return str(folder / "bin" / "python")
    pytest.skip(f"no Python {series} under {VERSIONS}")


def venv_of(python: str, folder: Path, *options: str) -> Path:
    subprocess.run([python, "-m", "venv", "--without-pip", *options, str(folder)], check=True)
    return folder


def truth_of(python: str, **env: str) -> dict:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([python, "-c", TRUTH], check=True, capture_output=True, text=True, env={**clean, **env})
    return json.loads(done.stdout)


def script(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


@posix
@pytest.mark.parametrize("series", SERIES)
def test_an_interpreter_says_without_site_what_it_would_say_with_it(series):
    python = interpreter_of(series)
    truth = truth_of(python)
    answer = ask_interpreter(LocalSystem(), python)
    assert answer.problem is None
    assert answer.version == truth["version"]
    assert answer.minor == series
    assert answer.implementation == "cpython"
    assert answer.bits == 64
    assert answer.free_threaded is False
    assert (answer.prefix, answer.base_prefix) == (truth["prefix"], truth["base"])
    assert (answer.purelib, answer.platform, answer.stdlib) == (truth["purelib"], truth["platform"], truth["stdlib"])
    assert list(answer.site_packages) == truth["sites"]


@posix
@pytest.mark.parametrize("series", [series for series in SERIES if series != "2.7"])
def test_a_virtual_environment_is_seen_although_site_is_not_run(series, tmp_path):
    folder = venv_of(interpreter_of(series), tmp_path / "venv")
    python = str(folder / "bin" / "python")
    truth = truth_of(python)
    answer = ask_interpreter(LocalSystem(), python)
    assert (answer.prefix, answer.base_prefix) == (str(folder), truth["base"])
    assert answer.purelib == truth["purelib"]
    assert list(answer.site_packages) == truth["sites"]
    assert answer.externally_managed is False


@posix
def test_the_interpreter_that_runs_the_tests_is_seen_as_it_is():
    answer = ask_interpreter(LocalSystem(), sys.executable)
    assert answer.version == ".".join(map(str, sys.version_info[:3]))
    assert answer.prefix == sys.prefix
    assert answer.base_prefix == sys.base_prefix
    assert answer.architecture == {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    assert answer.missing_modules == ()


@posix
@pytest.mark.parametrize("series", ["2.7", "3.6", "3.11"])
def test_modules_planted_in_the_working_folder_are_not_run(series, tmp_path, monkeypatch):
    python = interpreter_of(series)
    for name in ("os", "site", "sysconfig", "_json", "json", "imp", "_frozen_importlib_external"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('planted')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    answer = ask_interpreter(LocalSystem(), python)
    assert answer.problem is None
    assert answer.minor == series


@posix
def test_the_user_site_counts_only_where_the_interpreter_would_use_it(tmp_path, monkeypatch):
    python = interpreter_of("3.11")
    venv = venv_of(python, tmp_path / "venv")
    open_venv = venv_of(python, tmp_path / "open", "--system-site-packages")
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path / "base"))
    monkeypatch.delenv("PYTHONNOUSERSITE", raising=False)
    site = tmp_path / "base" / "lib" / "python3.11" / "site-packages"
    system = LocalSystem()
    assert ask_interpreter(system, python).user_site is None, "it does not exist"
    site.mkdir(parents=True)
    assert ask_interpreter(system, python).user_site == str(site)
    assert ask_interpreter(system, str(venv / "bin" / "python")).user_site is None
    assert ask_interpreter(system, str(open_venv / "bin" / "python")).user_site == str(site)
    monkeypatch.setenv("PYTHONNOUSERSITE", "1")
    assert ask_interpreter(system, python).user_site is None


@posix
def test_several_interpreters_answer_in_the_order_of_the_question(tmp_path):
    system = LocalSystem()
    paths = (str(tmp_path / "none"), sys.executable, str(tmp_path / "no-other"))
    answers = ask_interpreters(system, paths)
    assert tuple(each.path for each in answers) == paths
    assert [each.problem is None for each in answers] == [False, True, False]
    assert ask_interpreters(system, ()) == ()


@posix
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#!/bin/sh\nkill -SEGV $$\n", "ended by signal 11"),
        ("#!/bin/sh\necho 'Fatal Python error: no encodings' >&2; exit 1\n", "exit code 1: Fatal Python error"),
        ("#!/bin/sh\necho hello\n", "hello"),
        ("#!/bin/sh\necho '{}'\n", "{}"),
        ("#!/bin/sh\necho '{not json'\n", "{not json"),
        ("\x01\x02 no program", "Exec format error"),
    ],
)
def test_an_interpreter_that_does_not_answer_is_named_with_the_words_of_the_machine(tmp_path, text, words):
    answer = ask_interpreter(LocalSystem(), script(tmp_path / "python", text))
    assert answer.version is None
    assert words in answer.problem


@posix
def test_a_hanging_interpreter_costs_its_time_limit_only(tmp_path):
    answer = ask_interpreter(LocalSystem(), script(tmp_path / "python", "#!/bin/sh\nexec sleep 60\n"), timeout=0.2)
    assert answer.problem == "no answer within 0.2 seconds"


def test_what_was_not_recorded_is_not_claimed():
    answer = ask_interpreter(RecordedSystem({"platform": "linux"}), "/usr/bin/python3")
    assert answer.problem == "not in the recording"
    assert answer.externally_managed is None


def facts(**changes):
    base = {
        "version": "3.12.4",
        "implementation": "cpython",
        "bits": 64,
        "free_threaded": False,
        "platform": "linux-x86_64",
        "machine": "x86_64",
        "multiarch": "x86_64-linux-gnu",
        "prefix": "/e",
        "base_prefix": "/usr",
        "purelib": "/e/lib/python3.12/site-packages",
        "site_packages": ["/e/lib/python3.12/site-packages"],
        "stdlib": "/usr/lib/python3.12",
        "externally_managed": False,
        "user_site": None,
        "missing_modules": [],
    }
    return json.dumps({**base, **changes})


@pytest.mark.parametrize(
    ("changes", "architecture"),
    [
        ({}, "x86_64"),
        ({"machine": "x86_64", "multiarch": "i386-linux-gnu", "bits": 32}, "i686"),
        ({"machine": "x86_64", "multiarch": None, "bits": 32}, "i686"),
        ({"machine": "aarch64", "multiarch": "aarch64-linux-gnu"}, "arm64"),
        ({"machine": "aarch64", "multiarch": "arm-linux-gnueabihf", "bits": 32}, "armv7l"),
        ({"machine": "arm64", "multiarch": "darwin", "platform": "macosx-14.0-arm64"}, "arm64"),
        ({"machine": "x86_64", "multiarch": "darwin", "platform": "macosx-10.9-universal2"}, "x86_64"),
        ({"machine": "amd64", "multiarch": None, "platform": "win-amd64"}, "x86_64"),
        ({"machine": "ppc64le", "multiarch": "powerpc64le-linux-gnu"}, "ppc64le"),
        ({"machine": None, "multiarch": None}, None),
    ],
)
def test_the_architecture_is_the_interpreter_s_own(changes, architecture):
    assert parse_answer("/p", facts(**changes)).architecture == architecture


def test_noise_around_the_answer_is_passed_over():
    answer = parse_answer("/p", "warning: locale\n" + facts(free_threaded=True) + "\ntrailing\n")
    assert (answer.version, answer.free_threaded) == ("3.12.4", True)


def test_a_fact_of_the_wrong_kind_is_unknown():
    answer = parse_answer("/p", facts(bits="64", free_threaded="yes", prefix=3, missing_modules="x", machine=[1]))
    assert (answer.bits, answer.free_threaded, answer.prefix, answer.missing_modules) == (None, None, None, ())


# --- finding


@posix
def test_each_interpreter_is_found_once_and_the_newest_first(tmp_path, monkeypatch):
    new, old, middle = interpreter_of("3.12"), interpreter_of("3.6"), interpreter_of("3.10")
    home, programs, shims = tmp_path / "home", tmp_path / "programs", tmp_path / "shims"
    versions = home / ".pyenv" / "versions"
    managed = home / ".local/share/uv/python/cpython-3.10.13-linux-x86_64-gnu/bin"
    for folder in (programs, shims, versions / "3.12.1" / "bin", versions / "pypy3.9-7.3.15" / "bin", managed):
        folder.mkdir(parents=True)
    (programs / "python3.6").symlink_to(old)
    (programs / "python3").symlink_to(programs / "python3.6")
    (programs / "python3-config").symlink_to(old)
    (programs / "python3.9").symlink_to(tmp_path / "gone")
    (versions / "3.12.1" / "bin" / "python").symlink_to(new)
    (managed / "python3").symlink_to(middle)
    script(versions / "pypy3.9-7.3.15" / "bin" / "python", "\x7fELF")
    script(shims / "python", "#!/usr/bin/env bash\n")
    venv = venv_of(new, tmp_path / "venv")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", os.pathsep.join([str(venv / "bin"), str(shims), "relative", "", str(programs)]))
    for name in ("PYENV_ROOT", "XDG_DATA_HOME", "UV_PYTHON_INSTALL_DIR", "CONDA_EXE"):
        monkeypatch.delenv(name, raising=False)
    found = find_interpreters(LocalSystem())
    # the venv's base is found through pyvenv.cfg, and is the same file as pyenv's
    mine = [each for each in found if not each.startswith(("/usr/", "/opt/"))]
    assert mine == [str(Path(new).parent / "python3.12"), str(managed / "python3"), str(programs / "python3.6")]
    assert len({os.path.realpath(each) for each in found}) == len(found)


def recorded(platform, paths, *, env=None, values=None):
    return RecordedSystem(
        {"platform": platform, "files": dict.fromkeys(paths, "\x7fELF"), "env": env or {}, "values": values or {}}
    )


def test_a_mac_has_frameworks_and_brewed_pythons_and_its_stub_is_left_alone():
    system = recorded(
        "macos",
        [
            "/usr/bin/python3",
            "/opt/homebrew/bin/python3.13",
            "/Library/Frameworks/Python.framework/Versions/3.11/bin/python3.11",
            "/Library/Frameworks/Python.framework/Versions/3.13/bin/python3.13t",
            "/Users/user/miniforge3/bin/python3.10",
        ],
        env={"PATH": "/opt/homebrew/bin:/usr/bin:/bin"},
        values={"home": "/Users/user"},
    )
    assert find_interpreters(system) == (
        "/opt/homebrew/bin/python3.13",
        "/Library/Frameworks/Python.framework/Versions/3.13/bin/python3.13t",
        "/Library/Frameworks/Python.framework/Versions/3.11/bin/python3.11",
        "/Users/user/miniforge3/bin/python3.10",
    )


def test_windows_has_installed_managed_and_store_pythons_and_the_alias_is_left_alone():
    local = "C:\\Users\\user\\AppData\\Local"
    uv = "C:\\Users\\user\\AppData\\Roaming\\uv\\python"
    store = local + "\\Microsoft\\WindowsApps"
    system = RecordedSystem(
        {
            "platform": "windows",
            "env": {
                "LOCALAPPDATA": local,
                "APPDATA": "C:\\Users\\user\\AppData\\Roaming",
                "USERPROFILE": "C:\\Users\\user",
                "PROGRAMDATA": "C:\\ProgramData",
                "PROGRAMFILES": "C:\\Program Files",
                "Path": store + ";C:\\Tools",
            },
            "values": {
                f"listing:{local}\\Programs\\Python": ["Launcher", "Python39", "Python312"],
                f"listing:{local}\\Programs\\Python\\Python39": ["python.exe", "pythonw.exe"],
                f"listing:{local}\\Programs\\Python\\Python312": ["python.exe", "python312.dll"],
                f"listing:{store}": ["python.exe", "python3.exe", "PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0"],
                f"listing:{store}\\PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0": ["python.exe"],
                "listing:C:\\Program Files": ["NVIDIA Corporation", "Python310"],
                "listing:C:\\Program Files\\Python310": ["python.exe"],
                "listing:C:\\ProgramData\\miniconda3": ["python.exe", "conda-meta"],
                f"listing:{uv}": ["cpython-3.10.14-windows-x86_64-none"],
                f"listing:{uv}\\cpython-3.10.14-windows-x86_64-none": ["python.exe"],
                **{
                    f"exists:{path}": True
                    for path in (
                        f"{local}\\Programs\\Python\\Python39\\python.exe",
                        f"{local}\\Programs\\Python\\Python312\\python.exe",
                        f"{store}\\python.exe",
                        "C:\\Program Files\\Python310\\python.exe",
                        "C:\\ProgramData\\miniconda3\\python.exe",
                        f"{store}\\PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0\\python.exe",
                        f"{uv}\\cpython-3.10.14-windows-x86_64-none\\python.exe",
                    )
                },
            },
        }
    )
    assert find_interpreters(system) == (
        f"{local}\\Programs\\Python\\Python312\\python.exe",
        f"{store}\\PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0\\python.exe",
        f"{uv}\\cpython-3.10.14-windows-x86_64-none\\python.exe",
        "C:\\Program Files\\Python310\\python.exe",
        f"{local}\\Programs\\Python\\Python39\\python.exe",
        "C:\\ProgramData\\miniconda3\\python.exe",
    )


def test_managed_and_conda_s_interpreters_are_looked_up_where_variables_say():
    paths = [
        "/managed/cpython-3.13.1+freethreaded-linux-x86_64-gnu/bin/python3.13t",
        "/managed/cpython-3.14.0rc2-linux-x86_64-gnu/bin/python3",
        "/managed/pypy-3.10.16-linux-x86_64-gnu/bin/python3",
        "/data/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13",
        "/apps/conda/bin/python3.12",
        "/opt/conda/bin/python",
        "/pyenv/versions/3.9-dev/bin/python",
    ]
    env = {
        "UV_PYTHON_INSTALL_DIR": "/managed",
        "XDG_DATA_HOME": "/data",
        "CONDA_EXE": "/apps/conda/bin/conda",
        "PYENV_ROOT": "/pyenv",
    }
    assert find_interpreters(recorded("linux", paths, env=env)) == (
        "/managed/cpython-3.14.0rc2-linux-x86_64-gnu/bin/python3",
        "/data/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13",
        "/managed/cpython-3.13.1+freethreaded-linux-x86_64-gnu/bin/python3.13t",
        "/apps/conda/bin/python3.12",
        "/pyenv/versions/3.9-dev/bin/python",
        "/opt/conda/bin/python",
    )


def test_a_recording_without_folders_has_no_known_interpreters():
    assert find_interpreters(RecordedSystem({})) == ()


# --- environments


@posix
def test_a_fresh_environment_is_whole_and_holds_nothing(tmp_path):
    python = interpreter_of("3.12")
    folder = venv_of(python, tmp_path / "venv")
    found = probe_environment(LocalSystem(), str(folder))
    assert (found.path, found.kind, found.problem) == (str(folder), "venv", None)
    assert (found.distributions, found.leftovers, found.torch) == ((), (), None)
    assert found.home == str(Path(python).parent)
    assert found.writable is True
    assert found == probe_environment(LocalSystem(), str(folder / "bin" / "python"))


@posix
def test_an_environment_with_a_vanished_base_is_named_and_still_read(tmp_path):
    folder = venv_of(interpreter_of("3.11"), tmp_path / "venv")
    install(folder / "lib/python3.11/site-packages", "torch", "2.1.0")
    python = folder / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/bin/python3.11")
    found = probe_environment(LocalSystem(), str(folder))
    assert found.kind == "venv"
    assert found.problem.startswith("its base interpreter ")
    assert found.problem.endswith(" is gone")
    assert found.interpreter.version is None
    assert found.interpreter.problem
    assert found.version("torch") == "2.1.0"
    assert found.interpreter.purelib == str(folder / "lib/python3.11/site-packages")


@posix
def test_an_environment_without_its_interpreter_is_not_said_to_lack_a_base(tmp_path):
    folder = venv_of(interpreter_of("3.11"), tmp_path / "venv")
    for each in (folder / "bin").glob("python*"):
        each.unlink()
    found = probe_environment(LocalSystem(), str(folder))
    assert (found.kind, found.problem) == ("venv", "its interpreter does not start: there is no Python in it")


@posix
def test_a_library_folder_apart_for_compiled_code_is_read_too(tmp_path):
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin" / "python", "#!/bin/sh\nexit 1\n")
    install(tmp_path / "lib/python3.9/site-packages", "six", "1.0")
    install(tmp_path / "lib64/python3.9/site-packages", "numpy", "1.0")
    (tmp_path / "lib/python3.9/site-packages/__pycache__").mkdir()
    (tmp_path / "lib/other").mkdir()
    found = probe_environment(LocalSystem(), str(tmp_path))
    assert [each.name for each in found.distributions] == ["six", "numpy"]
    assert found.kind == "unknown"


@posix
def test_the_interpreter_of_the_system_lends_its_own_folders(tmp_path):
    """Debian's interpreters import from dist-packages, and so do environments that inherit from them."""
    if not Path("/usr/bin/python3").exists():
        pytest.skip("no /usr/bin/python3")
    system = LocalSystem()
    for python in ("/usr/bin/python3", str(venv_of("/usr/bin/python3", tmp_path / "v", *INHERIT) / "bin" / "python")):
        truth, answer = truth_of(python, PYTHONNOUSERSITE="1"), ask_interpreter(system, python)
        assert (answer.purelib, answer.prefix) == (truth["purelib"], truth["prefix"])
        assert list(answer.site_packages) == truth["sites"]


@posix
def test_an_environment_whose_base_became_another_version_is_named(tmp_path):
    folder = venv_of(interpreter_of("3.11"), tmp_path / "venv")
    python = folder / "bin" / "python"
    python.unlink()
    python.symlink_to(interpreter_of("3.12"))
    found = probe_environment(LocalSystem(), str(folder))
    assert found.problem == "it was made for Python 3.11, but its base interpreter is now Python 3.12"


@posix
def test_an_interpreter_that_crashes_makes_an_environment_with_a_problem(tmp_path):
    folder = venv_of(interpreter_of("3.11"), tmp_path / "venv")
    (folder / "bin" / "python").unlink()
    script(folder / "bin" / "python", "#!/bin/sh\nkill -ILL $$\n")
    found = probe_environment(LocalSystem(), str(folder))
    assert found.problem == "its interpreter does not start: ended by signal 4"


@posix
def test_a_base_installation_is_a_system_environment():
    python = interpreter_of("3.11")
    found = probe_environment(LocalSystem(), python)
    assert (found.kind, found.path) == ("system", str(Path(python).parents[1]))
    assert found.version("pip")
    assert not any(each.inherited for each in found.distributions)
    assert probe_environment(LocalSystem(), str(Path(python).parents[1])).kind == "system"


@posix
def test_an_interpreter_may_have_any_name(tmp_path):
    other = tmp_path / "my-own"
    script(other, f'#!/bin/sh\nexec {interpreter_of("3.11")} "$@"\n')
    assert probe_environment(LocalSystem(), str(other)).interpreter.minor == "3.11"


def test_a_folder_that_is_no_environment_is_unknown_with_a_reason(tmp_path):
    found = probe_environment(LocalSystem(), str(tmp_path))
    assert (found.kind, found.problem) == ("unknown", "there is no Python in it")
    gone = probe_environment(LocalSystem(), str(tmp_path / "gone"))
    assert (gone.kind, gone.problem) == ("unknown", "there is no such folder")


def test_an_unrecorded_environment_is_unknown_without_a_claim():
    found = probe_environment(RecordedSystem({"platform": "linux"}), "/e")
    assert (found.kind, found.problem, found.writable) == ("unknown", None, None)


@posix
def test_what_the_base_lends_is_inherited_and_the_environment_s_own_wins(tmp_path):
    folder = venv_of(interpreter_of("3.11"), tmp_path / "venv", "--system-site-packages")
    install(folder / "lib/python3.11/site-packages", "pip", "0.1")
    install(folder / "lib/python3.11/site-packages", "numpy-thing", "1.0")
    found = probe_environment(LocalSystem(), str(folder))
    assert found.version("pip") == "0.1"
    assert found.distribution("setuptools").inherited
    assert not found.distribution("numpy-thing").inherited


@posix
def test_leftovers_and_the_torch_build_are_read(tmp_path):
    folder = venv_of(interpreter_of("3.12"), tmp_path / "venv")
    site = folder / "lib/python3.12/site-packages"
    install(site, "torch", "2.4.0+cu121")
    (site / "~orch").mkdir()
    (site / "~orch-2.1.0.dist-info").mkdir()
    (site / "torch").mkdir()
    (site / "torch" / "version.py").write_text(
        "__version__ = '2.4.0+cu121'\ncuda: Optional[str] = '12.1'\nhip = None\n"
    )
    found = probe_environment(LocalSystem(), str(folder))
    assert found.leftovers == ("~orch", "~orch-2.1.0.dist-info")
    assert found.torch == TorchBuild(version="2.4.0+cu121", cuda="12.1")
    assert [each.name for each in found.distributions] == ["torch"]


@posix
def test_the_user_s_own_packages_are_read_apart(tmp_path, monkeypatch):
    site = tmp_path / "base" / "lib" / "python3.11" / "site-packages"
    install(site, "torch", "1.0")
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path / "base"))
    monkeypatch.delenv("PYTHONNOUSERSITE", raising=False)
    found = probe_environment(LocalSystem(), interpreter_of("3.11"))
    assert [each.name for each in found.user_distributions] == ["torch"]


@posix
def test_an_old_virtual_environment_of_python_2_is_a_venv(tmp_path):
    """Virtualenv before 20 copied the library and kept no pyvenv.cfg: orig-prefix.txt names the base."""
    python = Path(interpreter_of("2.7"))
    folder = tmp_path / "old"
    (folder / "bin").mkdir(parents=True)
    library = folder / "lib" / "python2.7"
    (library / "site-packages").mkdir(parents=True)
    for each in (python.parents[1] / "lib" / "python2.7").iterdir():
        if each.name != "site-packages":
            (library / each.name).symlink_to(each)
    (library / "orig-prefix.txt").write_text(str(python.parents[1]))
    (folder / "bin" / "python").write_bytes(python.resolve().read_bytes())
    (folder / "bin" / "python").chmod(0o755)
    found = probe_environment(LocalSystem(), str(folder))
    assert (found.kind, found.interpreter.version[:3]) == ("venv", "2.7")
    assert found.interpreter.prefix == str(folder)
    assert found.interpreter.base_prefix == str(python.parents[1])


def test_a_recorded_conda_environment_is_replayed():
    python = "/opt/conda/envs/dl/bin/python"
    site = "/opt/conda/envs/dl/lib/python3.12/site-packages"
    answer = facts(prefix="/opt/conda/envs/dl", base_prefix="/opt/conda/envs/dl", purelib=site, site_packages=[site])
    system = RecordedSystem(
        {
            "platform": "linux",
            "files": {
                python: "\x7fELF",
                "/opt/conda/envs/dl/conda-meta/pytorch-2.3.0-py3.12_cuda12.1_cudnn8.9.2_0.json": "{}",
                "/opt/conda/envs/dl/conda-meta/history": "",
                f"{site}/torch-2.3.0.dist-info/METADATA": "Name: torch\nVersion: 2.3.0\n",
                f"{site}/torch-2.3.0.dist-info/INSTALLER": "conda\n",
            },
            "commands": {" ".join(question(python)): answer},
        }
    )
    found = probe_environment(system, "/opt/conda/envs/dl")
    assert (found.kind, found.problem) == ("conda", None)
    assert found.conda_packages == (("pytorch", "2.3.0"),)
    assert found.distribution("torch").whole, "that RECORD was not recorded says nothing of it"


def test_a_recorded_windows_environment_with_a_vanished_base_is_named():
    system = RecordedSystem(
        {
            "platform": "windows",
            "files": {
                "C:\\w\\.venv\\pyvenv.cfg": "home = C:\\Python310\r\nversion_info = 3.10.4.final.0\r\n",
                "C:\\w\\.venv\\Scripts\\python.exe": "MZ",
                "C:\\Python310\\python.exe": None,
                "C:\\w\\.venv\\Lib\\site-packages\\keras-3.1.0.dist-info\\METADATA": "Name: keras\nVersion: 3.1.0\n",
            },
            "values": {
                "listing:C:\\w\\.venv\\Lib\\site-packages": ["keras-3.1.0.dist-info"],
            },
            "commands": {
                " ".join(question("C:\\w\\.venv\\Scripts\\python.exe")): {
                    "exit": 103,
                    "stderr": "No Python at '\"C:\\Python310\\python.exe'",
                }
            },
        }
    )
    found = probe_environment(system, "C:\\w\\.venv")
    assert found.problem == "its base interpreter C:\\Python310\\python.exe is gone"
    assert found.interpreter.problem == "exit code 103: No Python at '\"C:\\Python310\\python.exe'"
    assert found.version("keras") == "3.1.0"


@posix
def test_an_unreadable_pyvenv_cfg_is_a_problem(tmp_path):
    folder = venv_of(interpreter_of("3.11"), tmp_path / "venv")
    (folder / "pyvenv.cfg").unlink()
    (folder / "pyvenv.cfg").mkdir()
    found = probe_environment(LocalSystem(), str(folder))
    assert found.problem.startswith("its pyvenv.cfg cannot be read: ")


@pytest.mark.parametrize(
    ("text", "build"),
    [
        (
            "__version__ = '1.8.0'\ndebug = False\ncuda = '11.1'\ngit_version = 'x'\nhip = None\n",
            ("1.8.0", "11.1", None, None),
        ),
        (
            (
                "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']\n"
                "__version__ = '2.3.0+rocm6.0'\ndebug = False\ncuda: Optional[str] = None\n"
                "hip: Optional[str] = '6.0.32830-d62f6a171'\n"
            ),
            ("2.3.0+rocm6.0", None, "6.0.32830-d62f6a171", None),
        ),
        (
            (
                "__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']\n"
                "__version__ = '2.13.0+cpu'\ncuda: str | None = None\nhip: str | None = None\n"
                'rocm: str | None = None\nxpu: str | None = "20250101"\n'
            ),
            ("2.13.0+cpu", None, None, "20250101"),
        ),
        ("__version__ = TorchVersion('2.9.0+cu126')\r\ncuda = '12.6'\r\n", ("2.9.0+cu126", "12.6", None, None)),
        ("cuda = '12.6", (None, None, None, None)),
        ("", (None, None, None, None)),
    ],
)
def test_torch_s_own_version_file_is_read_in_each_of_its_forms(text, build):
    version, cuda, hip, xpu = build
    assert parse_torch_version(text) == TorchBuild(version=version, cuda=cuda, hip=hip, xpu=xpu)


def test_conda_s_file_names_give_names_and_versions():
    names = ["numpy-base-1.26.4-py312he1a6c75_0.json", "history", "state.json"]
    assert parse_conda_meta(names) == (("numpy-base", "1.26.4"),)


def test_pyvenv_cfg_is_read_whatever_its_spacing():
    text = "Home = /usr/bin\nversion=3.11.2\ncommand = python -m venv a=b\nnoise\n"
    assert parse_pyvenv(text) == {"home": "/usr/bin", "version": "3.11.2", "command": "python -m venv a=b"}


def install(site: Path, name: str, version: str) -> Path:
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (folder / "WHEEL").write_text("Wheel-Version: 1.0\nTag: py3-none-any\n")
    (folder / "RECORD").write_text(f"{name}/__init__.py,,\n")
    return folder


def test_folders_that_hold_no_interpreter_are_passed_over():
    files = {"/v/pyvenv.cfg": "version = 3.12\n", "/v/bin/python3.12": "", "/y/versions/.tmp/bin/python3.11": ""}
    system = RecordedSystem({"platform": "linux", "files": files, "env": {"PATH": "/v/bin", "PYENV_ROOT": "/y"}})
    assert find_interpreters(system) == ()
    apps = "C:\\L\\Microsoft\\WindowsApps"
    values = {f"listing:{apps}": ["Other.App_x"], f"listing:{apps}\\Other.App_x": ["python.exe"]}
    values[f"exists:{apps}\\Other.App_x\\python.exe"] = True
    system = RecordedSystem({"platform": "windows", "env": {"LOCALAPPDATA": "C:\\L"}, "values": values})
    assert find_interpreters(system) == ()


def test_the_name_of_a_program_counts_more_than_that_of_its_folder():
    files = dict.fromkeys(["/tools/3.14/bin/python3.9", "/plain/python3.12"], "")
    system = RecordedSystem({"platform": "linux", "files": files, "env": {"PATH": "/tools/3.14/bin:/plain"}})
    assert find_interpreters(system) == ("/plain/python3.12", "/tools/3.14/bin/python3.9")


@posix
def test_an_environment_of_python_2_that_needs_its_own_site_module_is_asked_with_it(tmp_path):
    """As virtualenv 20 makes them: started with -S they do not find the standard library."""
    text = """#!/bin/sh
case "$*" in
    *"-I "*) echo "Unknown option: -I" >&2; exit 2 ;;
    *"-S "*) echo "ImportError: No module named posixpath" >&2; exit 1 ;;
    *) echo '{"version": "2.7.18"}' ;;
esac
"""
    found = ask_interpreter(LocalSystem(), script(tmp_path / "python", text))
    assert (found.version, found.problem) == ("2.7.18", None)


@posix
def test_a_program_that_repeats_the_question_is_quoted_in_part():
    problem = ask_interpreter(LocalSystem(), "/bin/ls").problem
    assert problem is not None
    assert len(problem) < 300
