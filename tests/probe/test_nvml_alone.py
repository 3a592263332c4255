"""What NVML tells, held against what the bus shows or does not show."""

from __future__ import annotations

import pytest

from dlsetup.probe import probe_host
from dlsetup.system.nvml import ended, gathered
from dlsetup.system.recorded import RecordedSystem

BUS = "/sys/bus/pci/devices"
CARD = {"class": "0x030000", "vendor": "0x10de", "device": "0x2684"}
BRIDGE = {"class": "0x060400", "vendor": "0x8086", "device": "0x0001"}
NVML = {"driver": "580.95.05", "cuda": 13000, "state": "ok", "gpus": []}


def machine(nvml, *devices, bound=None, bus=True):
    """Return a Linux machine with these devices on its bus."""
    files, values = {}, {"nvml": nvml}
    for number, device in enumerate(devices):
        folder = f"{BUS}/0000:0{number}:00.0"
        files.update({f"{folder}/{name}": text + "\n" for name, text in device.items()})
        if bound:
            values[f"link:{folder}/driver"] = f"/sys/bus/pci/drivers/{bound}"
    if bus:
        values[f"listing:{BUS}"] = [f"0000:0{number}:00.0" for number in range(len(devices))]
    return probe_host(RecordedSystem({"platform": "linux", "files": files, "values": values}), lambda _: ())


def test_a_driver_that_counts_no_gpu_though_the_bus_shows_one_is_in_trouble():
    host = machine(NVML, BRIDGE, CARD)
    assert host.driver("nvidia").state == "error"
    assert "No devices were found" in host.driver("nvidia").detail
    assert len(host.gpus_of("nvidia")) == 1


def test_a_driver_that_counts_no_gpu_is_healthy_where_there_is_none():
    host = machine(NVML, BRIDGE)
    assert host.driver("nvidia").state == "ok"
    assert host.unknown("gpus") is None


def test_a_gpu_that_is_handed_to_a_virtual_machine_is_not_the_drivers_fault():
    host = machine(NVML, CARD, bound="vfio-pci")
    assert host.driver("nvidia").state == "ok"


def test_a_library_without_a_driver_is_nothing_only_where_the_bus_shows_that_there_is_no_gpu():
    missing = {"state": "missing", "detail": "Driver Not Loaded"}
    assert machine(missing, BRIDGE).drivers == ()
    assert machine(missing, BRIDGE).unknown("gpus") is None
    unseen = machine(missing, bus=False)
    assert unseen.driver("nvidia").state == "missing"
    assert unseen.unknown("gpus").why == "Driver Not Loaded"
    with_card = machine(missing, BRIDGE, CARD)
    assert with_card.driver("nvidia").state == "missing"
    assert len(with_card.gpus) == 1


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("", "libnvidia: a warning of the library's own", "[", "[[]]", "null", '["gpu", 0, "name"]'),
        ('["count", "many"]', '["count", 4000000000]', '["count", -1]'),
        ("[" * 100_000,),
    ],
)
def test_lines_that_are_no_answer_tell_of_no_gpu(lines):
    assert not gathered(lines).get("gpus")


def test_gpus_that_were_not_reached_keep_their_places():
    answer = gathered(['["count", 3]', '["gpu", 1, "name", "NVIDIA L4"]', '["gpu", 1, "mig", false]'])
    assert answer["gpus"] == [{"problem": "not asked"}, {"name": "NVIDIA L4", "mig": False}, {"problem": "not asked"}]


def test_how_the_asking_ended_is_told():
    assert ended({"state": "ok"}, 0, "", in_time=True) == {"state": "ok"}
    assert ended({"driver": "1.2"}, None, "", in_time=False)["state"] == "timeout"
    assert "signal 11" in ended({}, -11, "", in_time=True)["detail"]
    assert (
        "No module named"
        in ended({}, 1, "Traceback:\nModuleNotFoundError: No module named 'x'\n", in_time=True)["detail"]
    )
    assert "exit code 3" in ended({}, 3, "", in_time=True)["detail"]
