"""What identifies is taken out, what decides stays."""

from __future__ import annotations

import dataclasses
import functools
import json
import time
from pathlib import Path

import pytest

from dlsetup.catalog import load_devices
from dlsetup.probe import probe_host
from dlsetup.system.excerpts import excerpt
from dlsetup.system.recorded import RecordedSystem
from dlsetup.system.recording import RecordingSystem
from dlsetup.system.redaction import Neutral, Redactor, redactor_of, report_redactor
from dlsetup.system.redaction_rules import Step, rules
from dlsetup.values.environment import Environment, Interpreter
from dlsetup.values.finding import Finding, Remedy, Status
from dlsetup.values.host import Driver, Host

HOSTS = sorted((Path(__file__).resolve().parents[1] / "hosts").glob("*/recording.json"))

ALICE = Redactor(home="/home/alice", users=("alice",), hosts=("box7.corp.example",))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("https://alice:s3cret@mirror.example/simple", "s3cret"),
        ("https://bob:p@ss@mirror.example/simple", "ss@"),
        ("git+https:\\/\\/oauth2:abcdefgh@git.example\\/x.git", "abcdefgh"),
        ("proxy = bob:hunter22@proxy.corp.example:3128", "hunter22"),
        ("https://conda.example/t/tk-123456-abcdef/main", "tk-123456"),
        ("https://bucket.example/x.whl?X-Amz-Signature=0123abcd&x=1", "0123abcd"),
        ("machine mirror.example login bob password hunter2", "hunter2"),
        ("Authorization: Basic Ym9iOmh1bnRlcjI=", "Ym9iOmh1"),
        ("HF_TOKEN=hf_abcdefghijkl", "hf_abcdefghijkl"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI/K7MDENG"),
        ('"api_key": "with \\"quotes\\" and blanks"', "blanks"),
        ("found ghp_0123456789abcdefABCD in the log", "ghp_0123456789"),
        ("--password 'two words'", "two words"),
        ("/home/bob/.venv/bin/python", "bob"),
        ("/Users/José María/Library/x", "María"),
        ("C:\\Users\\Jane Doe\\AppData", "Doe"),
        ('"C:\\\\Users\\\\Jane Doe\\\\AppData"', "Doe"),
        ("/mnt/c/Users/Jane/x", "Jane"),
        ("/run/media/bob/usb", "bob"),
        ("/opt/built-by-alice/x", "alice"),
        ("owner ALICE", "ALICE"),
        ("Linux secretbox 6.1.0 #1 SMP x86_64 GNU/Linux", "secretbox"),
        ("Linux version 6.1.0 (builder@secretbox) (gcc)", "secretbox"),
        ("box7.corp.example", "corp"),
        ("BOX7", "BOX7"),
        ("fileserver.corp.example:/export/home /home nfs4 rw 0 0", "fileserver"),
        ("//nas.corp.example/people /mnt cifs rw,username=bob,domain=CORP 0 0", "bob"),
        ("\\\\fileserver\\share\\x", "fileserver"),
        ("GPU UUID : GPU-1a2b3c4d-1111-2222-3333-444455556666", "1a2b3c4d-1111"),
        ("  Uuid:                    GPU-8c8f2d3e4f5a6b7c", "8c8f2d3e"),
        ("Serial Number: C02XYZ123", "C02XYZ123"),
        ('"serial_number" : "C02XYZ123"', "C02XYZ123"),
        ('"IOPlatformSerialNumber" = "C02XYZ123"', "C02XYZ123"),
        ("<serial>0321718123456</serial>", "0321718123456"),
        ("<key>serial-number</key>\n\t<string>C02XYZ123</string>", "C02XYZ123"),
        ("Capabilities: [148 v1] Device Serial Number 48-b0-2d-ff-ff-12-34-56", "48-b0-2d"),
        ("GPU[0]\t\t: Unique ID: 0x8c8f2d3e4f5a6b7c", "8c8f2d3e"),
        ("Provisioning UDID: 00008103-001A2B3C4D5E6F70", "001A2B3C4D5E6F70"),
        ("Host Name:                 DESKTOP-AB12CD3", "AB12CD3"),
        ("Registered Owner:          Jane Doe", "Jane"),
        ("Product ID:                00330-80000-00000-AA123", "00330-80000"),
        ("link/ether 52:54:00:ab:cd:ef", "52:54:00"),
        ("Physical Address. . . : 52-54-00-AB-CD-EF", "52-54-00"),
        ("inet 192.168.17.23/24", "192.168.17.23"),
        ("inet6 fe80::5054:ff:feab:cdef/64 scope link", "5054:ff"),
        ("tcp [2001:db8:1:2:3:4:5:6]:443", "2001:db8"),
        ("user.name@company.example wrote", "user.name"),
        ("0::/docker/" + "3f" * 32, "3f3f"),
        ("MASTER_ADDR: 10.1.2.3", "10.1.2.3"),
    ],
)
def test_what_identifies_is_taken_out(text, secret):
    assert secret in text
    assert secret not in ALICE.text(text)


@pytest.mark.parametrize(
    "text",
    [
        "| NVIDIA-SMI 580.126.09  Driver Version: 580.126.09  CUDA Version: 13.0 |",
        "00000000:01:00.0",
        "0000:c1:00.0 VGA compatible controller [0300]: NVIDIA Corporation AD102 [10de:2684] (rev a1)",
        "127.0.0.1",
        "glibc 2.36",
        "nvidia-cublas-cu12==12.4.5.8",
        "nvidia-curand-cu12      10.3.5.147",
        "nvidia_cublas_cu12-12.4.5.8-py3-none-manylinux2014_x86_64.whl",
        '["nvidia-cudnn-cu12", "8.9.7.29"]',
        "Version: 12.4.5.8",
        "py4j 0.10.9.7",
        "kernel 5.15.167.4-microsoft-standard-WSL2",
        "DriverVersion : 31.0.15.3623",
        "tokenizers==0.22.1",
        "tokenizers: 0.22.1",
        "secretstorage 3.3.3",
        "Serial Number : N/A",
        "    Domain : 0x0000",
        "Bus Id : 00000000:01:00.0",
        "std::vector<int>",
        "12:34:56",
        "Darwin Kernel Version 24.6.0: Mon Jul 14 11:30:40 PDT 2025; root:xnu-11417~1/RELEASE_ARM64_T6041 arm64",
        "/usr/lib/x86_64-linux-gnu/libcuda.so.1",
        "C:\\Windows\\System32\\nvml.dll",
        "PCI\\VEN_10DE&DEV_2684",
        "requires torch @ https://download.example/torch-2.14.1%2Bcu126-cp311-cp311-linux_x86_64.whl",
        "torch.version.git_version 5811a8d7da873dd699ff6687092c225caffcf1bb",
        "gpu@17000000",
        "user@1000.service",
    ],
)
def test_what_decides_stays(text):
    assert ALICE.text(text) == text


def test_the_home_folder_keeps_what_is_below_it_in_every_spelling():
    redactor = Redactor(home="C:\\Users\\Jürgen Müller", users=("Jürgen Müller",))
    plain = r"C:\Users\Jürgen Müller\.venv\Scripts\python.exe"
    assert redactor.text(plain) == r"C:\Users\user\.venv\Scripts\python.exe"
    for ascii_only in (True, False):
        written = redactor.text(json.dumps({"path": plain}, ensure_ascii=ascii_only))
        assert json.loads(written) == {"path": r"C:\Users\user\.venv\Scripts\python.exe"}
    assert redactor.text("file:///C:/Users/J%C3%BCrgen%20M%C3%BCller/x") == "file:///C:/Users/user/x"
    assert redactor.text("Ju\u0308rgen Mu\u0308ller") == "user"


def test_a_home_folder_is_not_the_beginning_of_another():
    redactor = Redactor(home="/srv/people/al")
    assert redactor.text("/srv/people/al/x /srv/people/alto/x") == "/home/user/x /srv/people/alto/x"


def test_a_user_of_an_ordinary_name_leaves_the_words_alone():
    for name in ("ubuntu", "nvidia", "max", "ada", "pi", "root"):
        redactor = Redactor(home=f"/home/{name}", users=(name,), hosts=(name,))
        text = f"ID={name} NVIDIA RTX 6000 Ada, GeForce RTX 2080 with Max-Q"
        assert redactor.text(text) == text
        assert redactor.text(f"/home/{name}/x") == "/home/user/x"


def test_a_uuid_is_still_the_same_one_wherever_it_stands():
    one, other = "GPU-1a2b3c4d-1111-2222-3333-444455556666", "GPU-1a2b3c4d-1111-2222-3333-444455557777"
    redactor = Redactor()
    listed = redactor.value({"nvidia-smi -L": f"GPU 0: A (UUID: {one})\nGPU 1: B (UUID: {other})"})["nvidia-smi -L"]
    chosen = redactor.value({"CUDA_VISIBLE_DEVICES": other})["CUDA_VISIBLE_DEVICES"]
    assert chosen in listed
    assert listed.index(chosen) > listed.index("GPU 1")


def test_variables_that_name_somebody_are_kept_back_whole():
    cleaned = Redactor().value({"SUDO_USER": "bo", "MASTER_ADDR": "node17", "HF_TOKEN": "x", "CI": "true"})
    assert cleaned == {"SUDO_USER": "redacted", "MASTER_ADDR": "redacted", "HF_TOKEN": "redacted", "CI": "true"}
    assert Redactor().value({"MASTER_ADDR": "localhost"}) == {"MASTER_ADDR": "localhost"}


def test_a_machine_tells_its_own_names():
    system = RecordedSystem(
        {
            "platform": "linux",
            "files": {"/etc/hostname": "quercus\n"},
            "env": {"SUDO_USER": "robur", "HOME": "/srv/pedunculata"},
            "values": {"node": "petraea.example.org"},
        }
    )
    text = redactor_of(system).text("quercus robur petraea /srv/pedunculata/x pedunculata petraea.example.org")
    assert text == "host user host /home/user/x user host"


def test_a_report_is_redacted_but_its_commands_still_run_there():
    system = RecordedSystem(
        {
            "platform": "linux",
            "env": {"USER": "pedunculata"},
            "values": {"home": "/home/pedunculata", "node": "quercus"},
        }
    )
    remedy = Remedy(text="x", commands=("/scratch/pedunculata/.venv/bin/python -m pip install torch",))
    finding = Finding(
        check="py.env",
        status=Status.WARN,
        summary="on quercus",
        evidence=("/home/pedunculata/.venv", "nvidia-cublas-cu12 12.4.5.8 is installed"),
        remedy=remedy,
    )
    cleaned = report_redactor(system).value(finding)
    assert cleaned.evidence == ("~/.venv", "nvidia-cublas-cu12 12.4.5.8 is installed")
    assert cleaned.remedy.commands == ("/scratch/$USER/.venv/bin/python -m pip install torch",)
    assert cleaned.summary == "on host"
    assert cleaned.status is Status.WARN


def test_what_has_nothing_to_hide_is_handed_on_as_it_is():
    host = Host(drivers=(Driver(vendor="nvidia", version="580.95.05", supports="CUDA 13.0"),))
    environment = Environment(path="/opt/env", kind="venv", interpreter=Interpreter(path="/opt/env/bin/python"))
    for value in (host, environment):
        assert ALICE.value(value) is value


def test_what_is_drawn_keeps_the_home_folder_for_the_drawer_to_shorten():
    class Live(RecordedSystem):
        replayed = False

    system = Live({"platform": "linux", "env": {"USER": "pedunculata"}, "values": {"home": "/home/pedunculata"}})
    drawn = report_redactor(system, drawn=True)
    assert drawn.text("/home/pedunculata/x /data/pedunculata") == "/home/pedunculata/x /data/$USER"


def test_a_recording_holds_neither_the_machines_name_nor_the_first_process_secrets():
    machine = RecordedSystem(
        {
            "platform": "linux",
            "files": {"/proc/1/environ": "HF_TOKEN=geheimnis\0container=docker\0HOSTNAME=quercus\0"},
            "values": {"node": "quercus"},
        }
    )
    recorder = RecordingSystem(machine)
    assert recorder.value("node") == "quercus"
    assert "docker" in recorder.read("/proc/1/environ").text
    assert excerpt("/proc/1/environ", machine.read("/proc/1/environ").text) == "container=docker"
    text = recorder.text()
    assert "docker" in text
    assert "quercus" not in text
    assert "geheimnis" not in text


devices = functools.lru_cache(load_devices)


def _same(recording, redactor):
    """Compare what is found in a recording before and after."""
    parts = {
        name: redactor.value(recording[name]) for name in ("files", "commands", "values", "env") if name in recording
    }
    before = probe_host(RecordedSystem(recording), devices)
    after = probe_host(RecordedSystem({**recording, **parts}), devices)
    assert dataclasses.asdict(after) == dataclasses.asdict(before)


@pytest.mark.parametrize(
    "names", [("alice", "box7.corp.example"), ("max", "nvidia"), ("ubuntu", "wsl"), ("ada", "orin")]
)
@pytest.mark.parametrize("path", HOSTS, ids=lambda path: path.parent.name)
def test_a_redacted_machine_is_the_same_machine(path, names):
    user, host = names
    _same(json.loads(path.read_text(encoding="utf-8")), Redactor(home=f"/home/{user}", users=(user,), hosts=(host,)))


def test_every_recorded_machine_is_the_same_afterwards(shared):
    for path in sorted((shared / "hosts" / "records").glob("*.json")):
        _same(json.loads(path.read_text(encoding="utf-8")), ALICE)


MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    "piece",
    [
        *("a", " ", "-", "_", ".", ":", "0", "1.", "a@", "@", "\\", "\\\\", '"', "'", "<", "=", "/", "x=", "\n", "\t"),
        *(
            "serial",
            "serial number ",
            "uuid",
            "user",
            "token",
            "token=",
            "password:",
            "machine a login ",
            "hf_",
            "eyJa.",
        ),
        *(
            "/home/",
            "/Users/a b c ",
            "C:\\Users\\",
            "abcdef01-",
            "01:",
            "0:",
            "::",
            "1.2.3.",
            "(a@",
            "Linux a",
            "a:/ /",
        ),
        *(
            "://",
            "https://",
            "?token",
            '"serial',
            '\\"',
            "<key>",
            "<serial",
            "VEN_10DE&DEV_2684\\",
            "GPU-",
            "a b/",
            "é",
        ),
    ],
)
def test_a_megabyte_of_anything_costs_no_more_than_its_length(piece):
    """Hold every rule against texts that make it begin at every place: twice the text, twice the time."""
    text = (piece * (MEGABYTE // len(piece) + 1))[:MEGABYTE]
    begin = time.perf_counter()
    ALICE.text(text)
    assert time.perf_counter() - begin < 20
    assert Neutral().home is None
    assert all(rules(step) for step in Step)
