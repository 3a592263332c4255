"""Whole machines of tests/hosts: each is found as its expected.json says, unknown facts with a gap."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from dlsetup.catalog import load_devices
from dlsetup.probe import probe_host
from dlsetup.system.local import LocalSystem
from dlsetup.system.recorded import RecordedSystem, read_recording
from dlsetup.system.recording import RecordingSystem

FOLDERS = sorted((Path(__file__).resolve().parents[1] / "hosts").glob("*/recording.json"))


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.parent.name)
def test_a_recorded_machine_is_what_it_is_known_to_be(path):
    host = probe_host(read_recording(path.read_text(encoding="utf-8"), str(path)), load_devices)
    found = json.loads(json.dumps(dataclasses.asdict(host)))
    found["cpu"].pop("features")
    assert found == json.loads((path.parent / "expected.json").read_text(encoding="utf-8"))["host"]


def test_this_machine_replays_as_it_was_found():
    recording = RecordingSystem(LocalSystem())
    host = probe_host(recording, load_devices)
    again = probe_host(RecordedSystem(json.loads(recording.text())), load_devices)
    assert (again.os, again.libc, again.cpu, again.memory_bytes) == (host.os, host.libc, host.cpu, host.memory_bytes)
    assert again.gpus == host.gpus


def test_gpus_of_two_vendors_are_asked_side_by_side():
    class Live(RecordedSystem):
        replayed = False

    files = {}
    for place, vendor, device in (("0000:01:00.0", "10de", "2684"), ("0000:02:00.0", "1002", "744c")):
        folder = f"/sys/bus/pci/devices/{place}"
        files |= {f"{folder}/vendor": vendor, f"{folder}/device": device, f"{folder}/class": "0x030000"}
    host = probe_host(Live({"platform": "linux", "files": files}), load_devices)
    assert [gpu.vendor for gpu in host.gpus] == ["nvidia", "amd"]
    assert [driver.state for driver in host.drivers] == ["missing"] * 2 or len(host.drivers) == 1


@pytest.mark.parametrize(("count", "told"), [(8, 8), (3000, 1024)])
def test_a_text_that_lists_more_gpus_than_a_machine_has_is_cut_and_says_so(count, told):
    rows = "".join(f"GPU {number}: Tesla V100-SXM2-16GB (UUID: GPU-{number})\n" for number in range(count))
    system = RecordedSystem({"platform": "linux", "files": {"nvidia-smi -L": rows}})
    host = probe_host(system, load_devices)
    assert len(host.gpus) == told
    assert (host.unknown("gpus.more") is not None) is (told < count)
