"""Stand-ins are libraries to the loader: every name is there, and to call one ends the process with a message."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.errors import InstallFailedError
from dlsetup.install.elf import OBJECT_BYTES, stand_in
from dlsetup.install.shims import write_shim

if TYPE_CHECKING:
    from pathlib import Path

NAMES = tuple(f"some_function_{number}" for number in range(200))
OBJECTS = ("some_object", "another_object")

on_linux = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="the loader is that of Linux on x86-64"
)


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "libgone.so.7"
    path.write_bytes(stand_in("libgone.so.7", NAMES, OBJECTS, "but nothing is here"))
    return path


def loaded(library: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in which `library` is the loaded library."""
    text = f"import ctypes, os; library = ctypes.CDLL({str(library)!r}, mode=os.RTLD_NOW)\n{code}"
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False)


@on_linux
def test_every_name_is_found_and_no_other(library):
    code = f"""
assert len({{ctypes.cast(getattr(library, name), ctypes.c_void_p).value for name in {NAMES!r}}}) == {len(NAMES)}
assert not hasattr(library, "some_function_x")
for name in {OBJECTS!r}:
    memory = (ctypes.c_char * {OBJECT_BYTES}).in_dll(library, name)
    assert bytes(memory) == bytes({OBJECT_BYTES})
    memory[{OBJECT_BYTES} - 1] = b"x"
assert bytes((ctypes.c_char * {OBJECT_BYTES}).in_dll(library, "some_object")).endswith(b"x")
"""
    done = loaded(library, code)
    assert done.returncode == 0, done.stderr


@on_linux
@pytest.mark.parametrize("name", [NAMES[0], NAMES[57], NAMES[-1]])
def test_a_call_ends_the_process_and_names_what_was_called(library, name):
    done = loaded(library, f"library.{name}()")
    assert done.returncode == -signal.SIGABRT
    assert done.stderr == f"dlsetup: {name} was called, but nothing is here\n"


@on_linux
def test_a_held_back_signal_does_not_let_the_call_return(library):
    code = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGABRT])\n"
    done = loaded(library, f"{code}library.{NAMES[3]}(); print('it came back')")
    assert done.returncode == 128 + signal.SIGABRT
    assert done.stdout == ""


def test_the_same_names_give_the_same_bytes():
    texts = [stand_in("libgone.so.7", NAMES, OBJECTS, "but nothing is here") for _ in range(2)]
    assert texts[0] == texts[1]
    assert stand_in("libgone.so.8", NAMES, OBJECTS, "but nothing is here") != texts[0]


def test_the_stack_is_not_asked_to_be_executable():
    """glibc 2.41 loads no library that asks for it: https://sourceware.org/bugzilla/show_bug.cgi?id=32653."""
    text = stand_in("libgone.so.7", NAMES, (), "")
    rows = [struct.unpack_from("<II", text, 64 + 56 * number) for number in range(5)]
    assert (0x6474E551, 6) in rows
    assert all(rights & 3 != 3 for _, rights in rows)


@pytest.fixture
def shim():
    build = next(each for each in load_catalog().builds_of("cntk") if each.shims)
    return build.shims[0]


def test_a_shim_stands_beside_the_framework_and_replaces_an_earlier_one(tmp_path, shim):
    folder = tmp_path / "env" / "lib" / "python3.6" / "site-packages" / "cntk" / "libs"
    folder.mkdir(parents=True)
    (folder / "libmpi.so.12").write_bytes(b"earlier")
    (tmp_path / "kept").hardlink_to(folder / "libmpi.so.12")
    write_shim(shim, str(tmp_path / "env"))
    assert sorted(path.name for path in folder.iterdir()) == ["libmpi.so.12", "libmpi_cxx.so.1"]
    assert all(path.read_bytes().startswith(b"\x7fELF") for path in folder.iterdir())
    # the copy that an interrupt would put back
    assert (tmp_path / "kept").read_bytes() == b"earlier"


def test_a_shim_without_its_framework_is_refused(tmp_path, shim):
    with pytest.raises(InstallFailedError, match="the stand-in for Open MPI"):
        write_shim(shim, str(tmp_path))


@on_linux
def test_the_shim_of_cntk_loads(tmp_path, shim):
    folder = tmp_path / "lib" / "python3.6" / "site-packages" / shim.folder
    folder.mkdir(parents=True)
    write_shim(shim, str(tmp_path))
    for each in shim.libraries:
        names = (*each.functions, *each.objects)
        done = loaded(folder / each.soname, f"assert all(hasattr(library, name) for name in {names!r})")
        assert done.returncode == 0, done.stderr
