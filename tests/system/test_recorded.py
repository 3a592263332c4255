"""Recordings: what they hold is known, what they lack is unknown, and nothing in them identifies anybody."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsetup.errors import UnreadableError
from dlsetup.system.recorded import RecordedSystem, read_recording
from dlsetup.system.recording import RecordingSystem


def test_what_a_recording_lacks_is_unknown_and_null_is_absent():
    system = RecordedSystem({"platform": "linux", "files": {"/etc/os-release": "ID=debian\n", "/.dockerenv": None}})
    assert system.read("/etc/os-release").text == "ID=debian\n"
    assert system.read("/.dockerenv").absent
    assert system.read("/proc/version").unknown
    assert system.exists("/.dockerenv") is False
    assert system.exists("/proc/version") is None
    assert system.run(["nvidia-smi"], timeout=1).problem == "unknown"


def test_the_simple_form_tells_files_from_commands_by_their_keys():
    system = RecordedSystem(
        {"platform": "darwin", "files": {"/proc/x": "1", r"C:\x": "2", "sw_vers (excerpt)": "ProductName: macOS"}}
    )
    assert system.platform == "macos"
    assert system.files == ("/proc/x", r"C:\x")
    assert system.run(["sw_vers"], timeout=1).stdout == "ProductName: macOS"
    assert system.run(["sw_vers"], timeout=1).ok


def test_folders_follow_from_the_files_in_them():
    system = RecordedSystem({"files": {"/sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de"}})
    assert system.listing("/sys/bus/pci/devices") == ("0000:01:00.0",)
    assert system.listing("/sys/bus/pci/drivers") is None


def test_a_recorded_command_answers_with_its_streams_and_code():
    answers = {"nvidia-smi": {"stdout": "", "stderr": "no driver", "exit": 9}, "rocminfo": None}
    system = RecordedSystem({"commands": answers})
    assert system.run(["nvidia-smi"], timeout=1).exit_code == 9
    assert system.run(["nvidia-smi"], timeout=1).stderr == "no driver"
    assert system.run(["rocminfo"], timeout=1).problem == "not-found"
    assert system.find("nvidia-smi") == "nvidia-smi"
    assert system.find("xpu-smi") is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"files": 3}', '{"format": "dlsetup.recording/2"}', "\0"])
def test_what_is_no_recording_is_refused_in_three_parts(text):
    with pytest.raises(UnreadableError) as caught:
        read_recording(text, "host.json")
    assert caught.value.exit_code == 7
    assert caught.value.what
    assert caught.value.seen
    assert caught.value.do


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_json_makes_a_recording_raise_anything_else(value):
    try:
        system = read_recording(json.dumps(value), "x")
    except UnreadableError:
        return
    system.read("/etc/os-release")
    system.listing("/")
    system.run(["nvidia-smi"], timeout=1)
    system.value("nvml")


def test_a_recording_of_a_recording_is_the_same():
    machine = RecordedSystem(
        {
            "platform": "linux",
            "files": {"/etc/os-release": "ID=debian\n", "/.dockerenv": None},
            "commands": {"uname -a": {"stdout": "Linux\n", "stderr": "", "exit": 0}},
            "values": {"memory_bytes": 5, "listing:/sys": ["a", "b"]},
        }
    )
    recorder = RecordingSystem(machine)
    recorder.read("/etc/os-release")
    recorder.read("/.dockerenv")
    recorder.read("/nowhere")
    recorder.run(["uname", "-a"], timeout=1)
    recorder.value("memory_bytes")
    recorder.listing("/sys")
    again = read_recording(recorder.text(), "x")
    assert again.read("/etc/os-release").text == "ID=debian\n"
    assert again.read("/.dockerenv").absent
    assert again.read("/nowhere").unknown
    assert again.run(["uname", "-a"], timeout=1).stdout == "Linux\n"
    assert again.value("memory_bytes") == 5
    assert again.listing("/sys") == ("a", "b")
