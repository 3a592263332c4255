from __future__ import annotations

import os
import sys

import pytest

from dlsetup.probe.session import bundled_libraries, parse_shebang, probe_session, shadowing
from dlsetup.system.local import LocalSystem
from dlsetup.system.recorded import RecordedSystem


def session(platform="linux", *, env=None, files=(), values=None):
    return probe_session(
        RecordedSystem(
            {
                "platform": platform,
                "env": env or {},
                "files": files if isinstance(files, dict) else dict.fromkeys(files, ""),
                "values": values or {},
            }
        )
    )


def test_variables_that_steer_are_kept_sorted_and_no_others():
    env = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "DYLD_X": "y", "AWS_SECRET_ACCESS_KEY": "s"}
    found = session(env={**env, "PIP_INDEX_URL": "https://u:p@host/simple", "HOME": "/home/user"})
    assert found.variables == (("CUDA_VISIBLE_DEVICES", ""), ("DYLD_X", "y"), ("TF_CPP_MIN_LOG_LEVEL", "3"))
    assert found.variable("CUDA_VISIBLE_DEVICES") == ""


def test_files_and_packages_of_the_working_folder_that_hide_modules_are_named():
    files = ["/w/torch.py", "/w/random.py", "/w/keras/__init__.py", "/w/jax/notes.txt", "/w/train.py", "/w/test.py"]
    found = session(files=[*files, "/w/setup.py", "/w/test/__init__.py", "/w/sys.py"], values={"folder": "/w"})
    assert found.folder == "/w"
    assert found.shadows == ("/w/keras", "/w/random.py", "/w/torch.py")


def test_a_framework_s_own_source_checkout_hides_the_installed_one():
    found = session(files=["/w/setup.py", "/w/torch/__init__.py"], values={"folder": "/w"})
    assert found.shadows == ("/w/torch",)


def test_folders_of_pythonpath_count_once_each():
    env = {"PYTHONPATH": "/p:.:/w:/p/:"}
    found = session(env=env, files=["/w/numpy.py", "/p/tempfile.py"], values={"folder": "/w"})
    assert found.shadows == ("/w/numpy.py", "/p/tempfile.py")


def test_a_healthy_project_hides_nothing():
    names = "src tests test docs data datasets models utils build dist venv .venv examples scripts notebooks site"
    names += " README.md setup.py train.py test.py main.py model.py utils.py conftest.py config.py data.py this.py"
    assert shadowing(names.split()) == ()


@pytest.mark.parametrize("name", ["torch.cpython-311-x86_64-linux.so", "numpy.pyd", "types.pyc", "types.py", "torch"])
def test_a_module_is_hidden_by_any_form_of_its_name(name):
    assert shadowing([name]) == (name,)


@pytest.mark.parametrize("name", ["torch.txt", "torch.py.bak", "torch-main", "my_torch.py", "Torch.py"])
def test_other_names_hide_nothing(name):
    assert shadowing([name]) == ()


def test_libraries_that_wheels_bring_are_found_on_the_loader_s_path():
    env = {"LD_LIBRARY_PATH": "/cuda/lib64:/usr/lib/wsl/lib::/cuda/lib64/stubs:/none:/cuda/lib64"}
    files = [
        "/cuda/lib64/libcudart.so.12",
        "/cuda/lib64/libcublasLt.so.12.1.3.1",
        "/cuda/lib64/libcublas_static.a",
        "/cuda/lib64/libnppc.so.12",
        "/cuda/lib64/stubs/libcuda.so",
        "/usr/lib/wsl/lib/libcuda.so.1",
    ]
    found = session(env=env, files=files)
    assert [(each.folder, each.libraries) for each in found.loader] == [
        ("/cuda/lib64", ("libcublasLt.so.12.1.3.1", "libcudart.so.12")),
        ("/cuda/lib64/stubs", ("libcuda.so",)),
    ]


def test_plugins_and_debugging_scripts_are_no_bundled_libraries():
    names = [
        "libnccl-net.so",
        "libstdc++.so.6.0.30-gdb.py",
        "libcudnn.so.9",
        "libnccl.so.2",
        "libstdc++.so.6",
        "libc10.so",
    ]
    assert bundled_libraries("lib", names) == ("libcudnn.so.9", "libnccl.so.2", "libstdc++.so.6", "libc10.so")


def test_on_a_mac_its_own_variables_lead_the_loader():
    env = {"DYLD_LIBRARY_PATH": "/opt/lib", "LD_LIBRARY_PATH": "/other"}
    found = session("macos", env=env, files=["/opt/lib/libtorch.dylib", "/other/libtorch.so"])
    assert [each.folder for each in found.loader] == ["/opt/lib"]


@pytest.mark.parametrize(
    ("text", "interpreter"),
    [
        ("#!/venv/bin/python3.11\nimport sys\n", "/venv/bin/python3.11"),
        ("#! /venv/bin/python -E\n", "/venv/bin/python"),
        ("#!/usr/bin/env python3\n", "python3"),
        ("#!/usr/bin/env -S python3 -E\n", "python3"),
        ("#!/usr/bin/env bash\nset -e\n", None),
        ("#!/bin/bash\nexec pyenv exec pip\n", None),
        ("#!/bin/sh\n'''exec' \"/a b/python3\" \"$0\" \"$@\"\n' '''\n", "/a b/python3"),
        ("#!/bin/sh\n'''exec' /very/long/python3 \"$0\" \"$@\"\n' '''\n", "/very/long/python3"),
        ("#!/bin/sh\n'''exec' '/quoted/python3' \"$0\" \"$@\"\n' '''\n", "/quoted/python3"),
        ("#!/usr/bin/env\n", None),
        ("MZ\x00\x00#!C:\\w\\.venv\\Scripts\\python.exe\r\nPK\x03\x04", "C:\\w\\.venv\\Scripts\\python.exe"),
        ('MZ\x00#!"C:\\a b\\python.exe"\nPK', "C:\\a b\\python.exe"),
        ("\x7fELF", None),
        ("", None),
    ],
)
def test_the_interpreter_of_a_script_is_read(text, interpreter):
    assert parse_shebang(text) == interpreter


def test_the_first_pip_and_python_on_the_path_are_named():
    files = {"/a/pip": "#!/usr/bin/python3.11\n", "/b/pip": "#!/other\n", "/b/python": "", "/rel/python": ""}
    found = session(env={"PATH": "rel:/a:/b:/rel"}, files=files)
    assert (found.pip, found.pip_interpreter, found.python) == ("/a/pip", "/usr/bin/python3.11", "/b/python")


def test_a_shim_claims_no_interpreter():
    files = {"/s/pip": "#!/usr/bin/env bash\nexec pyenv exec pip\n"}
    found = session(env={"PATH": "/s"}, files=files)
    assert (found.pip, found.pip_interpreter, found.python) == ("/s/pip", None, None)


def test_a_pip_that_asks_env_belongs_to_the_first_python():
    found = session(env={"PATH": "/a:/b"}, files={"/a/pip": "#!/usr/bin/env python3\n", "/b/python3": ""})
    assert found.pip_interpreter == "/b/python3"
    assert found.python == "/b/python3"


def test_windows_link_to_the_store_is_no_python():
    store, real = "C:\\Apps\\python.exe", "C:\\Py\\python.exe"
    found = session(
        "windows",
        env={"PATH": "C:\\Apps;C:\\Py"},
        files={store: ""},
        values={f"size:{store}": 0, f"exists:{real}": True},
    )
    assert found.python is None
    found = session("windows", env={"Path": '"C:\\Py"'}, values={f"exists:{real}": True})
    assert found.python == real


@pytest.mark.parametrize(
    ("env", "active"),
    [
        ({}, None),
        ({"VIRTUAL_ENV": ""}, None),
        ({"VIRTUAL_ENV": "/v"}, "/v"),
        ({"CONDA_PREFIX": "/c"}, "/c"),
        ({"VIRTUAL_ENV": "/v", "CONDA_PREFIX": "/c", "PATH": "/v/bin:/c/bin"}, "/v"),
        ({"VIRTUAL_ENV": "/v", "CONDA_PREFIX": "/c", "PATH": "/c/bin:/v/bin"}, "/c"),
        ({"VIRTUAL_ENV": "/v", "CONDA_PREFIX": "/c", "PATH": "/vc/bin"}, "/v"),
    ],
)
def test_the_active_environment_is_the_one_first_on_the_path(env, active):
    assert session(env=env).active == active


def test_a_recording_without_a_session_claims_nothing():
    found = probe_session(RecordedSystem({}))
    assert (found.folder, found.pip, found.python, found.active, found.shadows, found.loader) == (
        None,
        None,
        None,
        None,
        (),
        (),
    )


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX paths")
def test_this_session_is_seen_as_it_is(tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pip").write_text(f"#!{sys.executable}\n")
    (programs / "python").symlink_to(sys.executable)
    (tmp_path / "tensorflow.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    found = probe_session(LocalSystem())
    assert found.pip == str(programs / "pip")
    assert found.pip_interpreter == sys.executable
    assert found.python == str(programs / "python")
    assert found.shadows == (str(tmp_path / "tensorflow.py"),)
    assert found.variable("KERAS_BACKEND") == "torch"
