"""What a recording keeps of long files tells the probes the same as the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlsetup.probe.distributions import parse_metadata, parse_record
from dlsetup.probe.machine.network import parse_listening
from dlsetup.probe.machine.nvidia import parse_cache, parse_runtime, parse_specification
from dlsetup.probe.session import parse_shebang
from dlsetup.probe.storage import mount_of, parse_mounts
from dlsetup.system.excerpts import command_line, excerpt, output

SITE = "/v/lib/python3.11/site-packages"
METADATA = """\
Metadata-Version: 2.1
Name: torch
Version: 2.5.1
Summary: Tensors
Author-email: somebody@example.org
Requires-Python: >=3.8.0
Requires-Dist: filelock
Requires-Dist: nvidia-cublas-cu12 (==12.4.5.8) ;
  platform_system == "Linux"
Provides-Extra: opt

# torch

Name: another
Requires-Dist: nothing
"""


def test_of_metadata_the_fields_are_kept_that_count():
    kept = excerpt(f"{SITE}/torch-2.5.1.dist-info/METADATA", METADATA)
    assert parse_metadata(kept) == parse_metadata(METADATA)
    assert "somebody" not in kept
    assert "another" not in kept


LINES = st.sampled_from(["Name: a\n", "Version: 1.2.3.4\n", "Requires-Dist: b>1\n", "requires-dist: c\n", " folded\n"])


@given(st.lists(LINES | st.sampled_from(["Author: x\n", "\n", "\r\n", "Keywords: y,\n", "no field\n"])).map("".join))
def test_an_excerpt_of_metadata_says_the_same(text):
    assert parse_metadata(excerpt("x/METADATA", text)) == parse_metadata(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "torch/a.so,sha256=x,123456789\n",
                "torch/b.py,sha256=x,120\n",
                '"a,b.so",sha256=x,9999999\r\n',
                "c,,\n",
                "\n",
            ]
        )
    ).map("".join)
)
def test_of_a_record_the_large_files_are_kept(text):
    kept = excerpt(f"{SITE}/torch-2.5.1.dist-info/RECORD", text)
    assert parse_record(kept) == parse_record(text)
    assert "b.py" not in kept
    assert kept, "an empty RECORD is a broken one"


def test_of_mounts_the_devices_are_left_out():
    text = (
        "fileserver:/export/home /home nfs4 rw,noexec,addr=10.0.0.5 0 0\ntmpfs /run tmpfs rw,nosuid 0 0\nshort line\n"
    )
    kept = excerpt("/proc/mounts", text)
    assert "fileserver" not in kept
    assert "10.0.0.5" not in kept
    for path in ("/home/user", "/run/x"):
        whole, part = mount_of(path, parse_mounts(text)), mount_of(path, parse_mounts(kept))
        assert whole[:2] == part[:2]
        assert ("noexec" in whole[2]) == ("noexec" in part[2])


def test_of_pip_the_interpreter_is_kept():
    scripts = (
        "#!/v/bin/python3.11\nimport re\nimport sys\nsys.exit(1)\n",
        "#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''\nimport sys\n",
        "MZ\x00\x00binary #!C:\\v\\Scripts\\python.exe\r\nPK",
        "MZ\x00nothing",
    )
    for text in scripts:
        assert parse_shebang(excerpt("/v/bin/pip", text)) == parse_shebang(text)
    assert "sys.exit" not in excerpt("/v/bin/pip3", scripts[0])


def test_other_files_are_kept_whole():
    assert excerpt("/etc/os-release", "ID=debian\n") == "ID=debian\n"


def test_a_program_is_no_part_of_a_commands_name():
    assert command_line(("/v/bin/python", "-I", "-c", "import sys\n" * 100)) == "/v/bin/python -I -c <program>"
    assert command_line(("python", "-c", "print(1)")) == "python -c print(1)"
    assert command_line(("uname", "-a")) == "uname -a"


def test_of_files_that_tell_more_than_anybody_needs_the_asked_part_is_kept():
    start = "BOOT_IMAGE=/vmlinuz root=UUID=1f2e ro iommu=pt amd_iommu=on\n"
    assert excerpt("/proc/cmdline", start) == "iommu=pt amd_iommu=on\n"
    settings = '{"proxies": {"https": "http://me:pw@proxy"}, "runtimes": {"nvidia": {"args": [], "path": "nvidia-cr"}}}'
    assert parse_runtime(excerpt("/etc/docker/daemon.json", settings)) == parse_runtime(settings) == "nvidia-cr"
    assert "pw" not in excerpt("/etc/docker/daemon.json", settings)
    assert parse_runtime(excerpt("/etc/docker/daemon.json", "{}")) is None
    devices = "cdiVersion: 0.5.0\n- hostPath: /home/me/libcuda.so.580.95.05\n"
    kept = excerpt("/etc/cdi/nvidia.yaml", devices)
    assert parse_specification(kept) == parse_specification(devices) == "580.95.05"
    assert "me" not in kept


def test_of_connections_the_ports_that_wait_are_kept():
    table = (
        "  sl  local_address rem_address   st\n"
        "   0: 0A0B0C0D:7337 00000000:0000 0A 0\n"
        "   1: 0A0B0C0D:C350 01020304:01BB 01 0\n"
    )
    kept = excerpt("/proc/net/tcp", table)
    assert parse_listening(kept) == parse_listening(table) == (0x7337,)
    assert "0A0B0C0D" not in kept


def test_of_the_loaders_cache_the_asked_libraries_are_kept():
    cache = (
        "2 libs found in cache `/etc/ld.so.cache'\n"
        "\tlibcuda.so.1 (libc6,x86-64) => /lib/libcuda.so.1\n"
        "\tlibsecret.so.1 (libc6,x86-64) => /lib/libsecret.so.1\n"
    )
    kept = output(("ldconfig", "-p"), cache)
    assert parse_cache(kept, "x86_64") == parse_cache(cache, "x86_64") == "/lib/libcuda.so.1"
    assert "found in cache" in kept
    assert "secret" not in kept
    assert output(("uname", "-a"), cache) == cache
