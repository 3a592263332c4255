"""Processes that QEMU's user mode runs: what the real processor can do is not what they can do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import packaging
import pytest

import dlsetup as package

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="QEMU's user mode is Linux's")

SUITE = "bookworm"

ASK = """
import dataclasses, json, sys
sys.path.insert(0, "/opt/dlsetup")
sys.dont_write_bytecode = True
from dlsetup.catalog import load_devices
from dlsetup.probe import probe_host
from dlsetup.system.local import LocalSystem
from dlsetup.system.recording import RecordingSystem
recorder = RecordingSystem(LocalSystem())
host = probe_host(recorder, load_devices)
print(json.dumps({"host": dataclasses.asdict(host), "recording": recorder.recording()}))
"""

ENTER = """
set -e
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
mount --bind "$2" "$1/opt/dlsetup/dlsetup"
mount --bind "$3" "$1/opt/dlsetup/packaging"
exec chroot "$1" /usr/bin/qemu-aarch64-static /usr/bin/python3 -c "$4"
"""


def tool(name, instead):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not here: {instead}")
    return path


def test_a_process_without_avx_claims_none(dlsetup):
    qemu = tool("qemu-x86_64-static", "apt-get install qemu-user-static")
    if os.uname().machine != "x86_64":
        pytest.skip("this Python is not for x86_64")
    argv = [qemu, "-cpu", "Nehalem", *dlsetup.argv("detect", "--json")]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=dlsetup.folder, env=dlsetup.env)
    host = json.loads(done.stdout)["host"]
    assert host["cpu"]["architecture"] == "x86_64"
    assert host["cpu"]["translated"] == "qemu"
    # /proc/cpuinfo shows the real processor's flags: what this one has is unknown, and said to be
    assert host["cpu"]["features"] is None
    assert host["cpu"]["microarchitecture"] is None
    assert any(each["what"] == "cpu.features" and "QEMU" in each["why"] for each in host["gaps"])


@pytest.fixture(scope="session")
def arm64_root():
    """Return a folder that holds Debian for arm64 with a Python; it is made once and kept among the caches."""
    if os.geteuid() != 0:
        pytest.skip("only root makes and enters another root folder")
    qemu = tool("qemu-aarch64-static", "apt-get install qemu-user-static")
    unshare = tool("unshare", "it is part of util-linux")
    if subprocess.run([unshare, "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dlsetup-tests"
    root = cache / f"{SUITE}-arm64"
    if not root.is_dir():
        _make_root(root)
    shutil.copy(qemu, root / "usr" / "bin" / "qemu-aarch64-static")
    return root


def _make_root(root):
    """Unpack Debian without configuring it, which only its own programs could do."""
    debootstrap = tool("debootstrap", "apt-get install debootstrap")
    unpack = tool("dpkg-deb", "debootstrap is a Debian's")
    draft = root.with_name(root.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    wanted = "--include=python3-minimal,libpython3-stdlib"
    argv = [debootstrap, "--foreign", "--arch=arm64", "--variant=minbase", wanted, SUITE, str(draft)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"Debian for arm64 could not be fetched: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
    archives = draft / "var" / "cache" / "apt" / "archives"
    for archive in sorted(archives.glob("*.deb")):
        # what is required has been unpacked already
        if archive.name.startswith(("python3", "libpython3", "libexpat1")):
            with subprocess.Popen([unpack, "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as unpacked:
                into = ["tar", "-x", "--keep-directory-symlink", "-C", str(draft)]
                subprocess.run(into, check=True, stdin=unpacked.stdout)
    shutil.rmtree(archives)
    if (draft / "proc").is_symlink():
        # debootstrap's way in containers
        (draft / "proc").unlink()
    for folder in ("proc", "sys", "opt/dlsetup/dlsetup", "opt/dlsetup/packaging"):
        (draft / folder).mkdir(parents=True, exist_ok=True)
    draft.rename(root)


@pytest.fixture(scope="session")
def seen_in_arm64(arm64_root):
    """Return what the probes find inside, and what a recording of it holds."""
    sources = [str(Path(each.__file__).parent) for each in (package, packaging)]
    argv = ["unshare", "--mount", "sh", "-c", ENTER, "sh", str(arm64_root), *sources, ASK]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.network
def test_debian_for_arm64_is_seen_as_such(seen_in_arm64):
    host = seen_in_arm64["host"]
    assert (host["os"]["system"], host["os"]["distribution"], host["os"]["version"]) == ("linux", "debian", "12")
    assert host["libc"] == {"family": "glibc", "version": "2.36"}
    assert host["cpu"]["architecture"] == "arm64"
    assert host["cpu"]["translated"] == "qemu"
    assert host["memory_bytes"] > 0


@pytest.mark.slow
@pytest.mark.network
def test_the_real_processor_is_not_taken_for_the_imitated_one(seen_in_arm64):
    cpu = seen_in_arm64["host"]["cpu"]
    assert cpu["vendor"] is cpu["brand"] is cpu["microarchitecture"] is cpu["features"] is None
    assert any(each["what"] == "cpu.features" for each in seen_in_arm64["host"]["gaps"])


@pytest.mark.slow
@pytest.mark.network
def test_what_was_recorded_inside_replays_outside(seen_in_arm64):
    from dataclasses import asdict

    from dlsetup.catalog import load_devices
    from dlsetup.probe import probe_host
    from dlsetup.system.recorded import RecordedSystem

    replayed = json.loads(json.dumps(asdict(probe_host(RecordedSystem(seen_in_arm64["recording"]), load_devices))))
    assert {**replayed, "gaps": None} == {**seen_in_arm64["host"], "gaps": None}
