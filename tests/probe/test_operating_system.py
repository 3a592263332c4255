"""Operating system, container and C library."""

from __future__ import annotations

import pytest

from dlsetup.probe import containers, libc, operating_system
from dlsetup.probe.operating_system import parse_lsb_release, parse_os_release, parse_uname, parse_wsl
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.host import Libc


def os_of(**recording):
    system = RecordedSystem({"platform": "linux", **recording})
    return operating_system.read_os(system, operating_system.read_uname(system))


@pytest.mark.parametrize("line", ["ID=void", 'ID="void"', "ID='void'", '  ID="void"  ', "ID=void\r", "export ID=void"])
def test_every_way_of_quoting_gives_the_same_id(line):
    assert parse_os_release(f"# a comment\n{line}\nHOME_URL=x")["ID"] == "void"


def test_escapes_hold_in_double_quotes_only():
    found = parse_os_release('A="one \\"two\\" \\$"\nB=\'one \\$\'')
    assert found == {"A": 'one "two" $', "B": "one \\$"}


def test_the_first_os_release_that_is_there_counts():
    found, gaps = os_of(files={"/etc/os-release": None, "/usr/lib/os-release": "ID=nixos\nVERSION_ID=26.05"})
    assert (found.distribution, found.version) == ("nixos", "26.05")
    assert "os.distribution" not in {gap.what for gap in gaps}


def test_a_rolling_distribution_has_no_version_and_no_gap():
    found, gaps = os_of(
        files={"/etc/os-release": "ID=arch", "uname -a": "Linux host 7.0.1-arch1-1 #1 SMP x86_64 GNU/Linux"}
    )
    assert (found.distribution, found.version, found.kernel) == ("arch", None, "7.0.1-arch1-1")
    assert {gap.what for gap in gaps} == {"os.container"}


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("4.4.0-22621-Microsoft", 1),
        ("4.19.84-microsoft-standard", 2),
        ("6.6.87.2-microsoft-standard-WSL2+", 2),
        ("6.12.1-mine-WSL2", 2),
        ("6.12.0-generic", None),
    ],
)
def test_the_kernel_tells_which_wsl(release, version):
    assert parse_wsl(release) == version


def test_a_kernel_of_the_users_own_is_wsl_2():
    found, _ = os_of(values={"kernel": "6.18.3"}, env={"WSL_INTEROP": "/run/WSL/8_interop"})
    assert found.wsl == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Linux box 6.12.0 #1 SMP Mon Jan 5 10:00:00 UTC 2026 aarch64 GNU/Linux", ("linux", "6.12.0", "aarch64")),
        (
            "Darwin mac 24.5.0 Darwin Kernel Version 24.5.0: root:xnu-1~1/RELEASE_ARM64_T6041 arm64",
            ("macos", "24.5.0", "arm64"),
        ),
        ("FreeBSD 14.0", (None, None, None)),
    ],
)
def test_uname_names_system_kernel_and_machine(text, expected):
    found = parse_uname(text)
    assert (found.system, found.kernel, found.machine) == expected


def test_lsb_release_speaks_of_rhel_in_its_own_way():
    assert parse_lsb_release("Distributor ID:\tRedHatEnterprise\nRelease:\t9.6\n") == ("rhel", "9.6")


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("0::/system.slice/docker-0123456789abcdef.scope", "docker"),
        ("12:cpu:/docker/0123456789abcdef", "docker"),
        ("0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-0123.scope", "kubernetes"),
        ("0::/machine.slice/libpod-0123456789ab.scope/container", "podman"),
        ("0::/lxc.payload.web/init.scope", "lxc"),
        ("0::/init.scope", None),
        ("0::/user.slice/user-1000.slice/session-6.scope", None),
    ],
)
def test_control_groups_tell_the_container(group, kind):
    assert containers.parse_cgroup(group) == kind


@pytest.mark.parametrize(
    ("recording", "kind"),
    [
        ({"env": {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "values": {"exists:/.dockerenv": True}}, "kubernetes"),
        ({"env": {"APPTAINER_CONTAINER": "/images/a.sif"}}, "apptainer"),
        ({"values": {"exists:/run/.containerenv": True}}, "podman"),
        ({"values": {"exists:/.dockerenv": True}}, "docker"),
        ({"files": {"/proc/1/environ": "PATH=/bin\0container=lxc\0"}}, "lxc"),
        ({"files": {"/run/systemd/container": "systemd-nspawn\n"}}, "systemd-nspawn"),
    ],
)
def test_each_engine_leaves_its_mark(recording, kind):
    assert containers.read(RecordedSystem({"platform": "linux", **recording})) == (kind, ())


def test_outside_is_not_the_same_as_unknown():
    outside = RecordedSystem({"files": {"/proc/1/cgroup": "0::/init.scope"}})
    assert containers.read(outside) == (None, ())
    kind, gaps = containers.read(RecordedSystem({}))
    assert kind is None
    assert [gap.what for gap in gaps] == ["os.container"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ldd (GNU libc) 2.17\nCopyright", Libc(family="glibc", version="2.17")),
        ("ldd (Ubuntu GLIBC 2.39-0ubuntu8.6) 2.39", Libc(family="glibc", version="2.39")),
        ("ldd (Gentoo 2.41-r5 p2) 2.41", Libc(family="glibc", version="2.41")),
        ("glibc 2.28\n", Libc(family="glibc", version="2.28")),
        ("musl libc (aarch64)\nVersion 1.2.5\nDynamic Program Loader", Libc(family="musl", version="1.2.5")),
        ("bash: ldd: command not found", Libc()),
    ],
)
def test_each_c_library_names_itself(text, expected):
    assert libc.parse(text) == expected


def test_the_c_library_of_this_process_outranks_texts():
    system = RecordedSystem({"values": {"libc": ["glibc", "2.36"]}, "files": {"ldd --version": "ldd (GNU libc) 2.17"}})
    assert libc.read(system) == (Libc(family="glibc", version="2.36"), ())


def test_musl_without_a_version_leaves_a_gap_for_it():
    found, gaps = libc.read(RecordedSystem({"values": {"listing:/lib": ["ld-musl-x86_64.so.1"]}}))
    assert found == Libc(family="musl")
    assert [gap.what for gap in gaps] == ["libc.version"]
