from __future__ import annotations

import sys

import pytest

from dlsetup.probe.storage import mount_of, parse_mounts, probe_storage
from dlsetup.system.local import LocalSystem
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import Storage

MOUNTS = """\
overlay / overlay rw,relatime,lowerdir=/x 0 0
tmpfs /dev/shm tmpfs rw,nosuid,nodev,size=65536k 0 0
/dev/sda1 /home ext4 rw,relatime 0 0
tmpfs /scratch tmpfs rw,nosuid,nodev,noexec 0 0
nas:/x /home/user/with\\040blank nfs4 rw 0 0
broken
"""


def test_each_place_gets_the_file_system_that_it_lies_on():
    system = RecordedSystem(
        {
            "platform": "linux",
            "files": {"/proc/mounts": MOUNTS},
            "env": {"TMPDIR": "/scratch", "XDG_CACHE_HOME": "/home/user/cache"},
            "values": {
                "exists:/home/user/p/.venv": False,
                "exists:/home/user/p": True,
                "exists:/home/user/cache/uv": False,
                "exists:/home/user/cache": True,
                "exists:/scratch": True,
                "exists:/dev/shm": True,
                "disk:/home/user/p": {"total": 100, "free": 40},
                "disk:/dev/shm": {"total": 67108864, "free": 67108864},
                "writable:/home/user/p": True,
                "writable:/scratch": False,
            },
        }
    )
    environment, cache, temporary, shared = probe_storage(system, "/home/user/p/.venv")
    assert (environment.path, environment.purpose) == ("/home/user/p", "environment")
    assert (environment.total_bytes, environment.free_bytes, environment.writable) == (100, 40, True)
    assert (environment.filesystem, environment.noexec) == ("ext4", False)
    assert (cache.path, cache.purpose, cache.free_bytes) == ("/home/user/cache", "cache", None)
    assert (temporary.path, temporary.writable, temporary.noexec) == ("/scratch", False, True)
    assert (shared.purpose, shared.total_bytes, shared.filesystem) == ("shared-memory", 67108864, "tmpfs")


def test_a_temporary_folder_that_is_missing_is_not_writable():
    system = RecordedSystem(
        {"platform": "linux", "env": {"TMPDIR": "/gone"}, "values": {"exists:/gone": False, "exists:/": True}}
    )
    found = {each.purpose: each for each in probe_storage(system, "/e")}
    assert (found["temporary"].path, found["temporary"].writable) == ("/gone", False)


def test_what_was_not_recorded_is_unknown():
    (found,) = probe_storage(RecordedSystem({"platform": "linux"}), "/e")
    assert found == Storage(path="/e", purpose="environment")


@pytest.mark.parametrize(
    ("platform", "env", "home", "cache"),
    [
        ("linux", {}, "/home/user", "/home/user/.cache/uv"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/user", "/home/user/.cache/uv"),
        ("macos", {}, "/Users/user", "/Users/user/.cache/uv"),
        ("macos", {"UV_CACHE_DIR": "/c"}, "/Users/user", "/c"),
        ("windows", {"LOCALAPPDATA": "C:\\U\\AppData\\Local"}, None, "C:\\U\\AppData\\Local\\uv\\cache"),
    ],
)
def test_uv_s_cache_lies_where_uv_puts_it(platform, env, home, cache):
    system = RecordedSystem({"platform": platform, "env": env, "values": {"home": home}})
    found = {each.purpose: each.path for each in probe_storage(system, "/e")}
    assert found["cache"] == cache


def test_windows_has_its_own_temporary_folder_and_no_shared_memory():
    system = RecordedSystem({"platform": "windows", "env": {"TEMP": "C:\\T"}, "values": {"exists:/dev/shm": True}})
    found = {each.purpose: each.path for each in probe_storage(system, "C:\\e")}
    assert found == {"environment": "C:\\e", "temporary": "C:\\T"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "overlay"),
        ("/homework", "overlay"),
        ("/home", "ext4"),
        ("/home/user/x", "ext4"),
        ("/home/user/with blank/x", "nfs4"),
        ("/scratch", "tmpfs"),
        ("relative", None),
    ],
)
def test_the_longest_mount_above_a_path_counts(path, kind):
    found = mount_of(path, parse_mounts(MOUNTS))
    assert (found[1] if found else None) == kind


def test_of_two_mounts_on_one_folder_the_later_covers_the_earlier():
    found = mount_of("/mnt/x", parse_mounts("a /mnt ext4 rw 0 0\nb /mnt xfs rw,noexec 0 0\n"))
    assert found is not None
    assert (found[1], "noexec" in found[2]) == ("xfs", True)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/mounts")
def test_this_machine_s_storage_is_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "not" / "yet"))
    found = {each.purpose: each for each in probe_storage(LocalSystem(), str(tmp_path / "env"))}
    assert {"environment", "cache", "temporary"} <= set(found)
    for purpose in ("environment", "cache", "temporary"):
        each = found[purpose]
        assert each.path == str(tmp_path)
        assert each.writable is True
        assert each.filesystem is not None
        assert 0 < each.free_bytes <= each.total_bytes


def test_a_drive_that_is_not_there_has_no_room_that_is_known():
    values = {"exists:Z:\\e": False, "exists:Z:\\": False}
    (found,) = probe_storage(RecordedSystem({"platform": "windows", "values": values}), "Z:\\e")
    assert found == Storage(path="Z:\\e", purpose="environment")
