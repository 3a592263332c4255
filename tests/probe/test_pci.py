"""The PCI bus."""

from __future__ import annotations

import pytest

from dlsetup.probe import lspci, pci
from dlsetup.system.recorded import RecordedSystem


def device(address, *, vendor, number, kind="0x030000", driver=None):
    folder = f"/sys/bus/pci/devices/{address}"
    files = {f"{folder}/vendor": f"0x{vendor}\n", f"{folder}/device": f"0x{number}\n", f"{folder}/class": f"{kind}\n"}
    return {"files": files, "values": {f"link:{folder}/driver": f"/sys/bus/pci/drivers/{driver}"} if driver else {}}


def bus(*devices):
    files, values = {}, {}
    for each in devices:
        files.update(each["files"])
        values.update(each["values"])
    return RecordedSystem({"platform": "linux", "files": files, "values": values})


def test_sysfs_tells_device_place_and_driver():
    seen, gaps = pci.read(bus(device("0000:65:00.0", vendor="10de", number="26b9", kind="0x030200", driver="nvidia")))
    assert gaps == ()
    assert [(each.gpu.vendor, each.gpu.pci_id, each.address, each.bound) for each in seen] == [
        ("nvidia", "10de:26b9", "0000:65:00.0", "nvidia")
    ]


@pytest.mark.parametrize("vendor", ["1234", "15ad", "1013", "1a03", "80ee", "1414", "102b", "1af4"])
def test_an_adapter_that_only_shows_a_picture_is_no_gpu(vendor):
    seen, _ = pci.read(bus(device("0000:00:01.0", vendor=vendor, number="0111")))
    assert seen == ()


@pytest.mark.parametrize(
    ("vendor", "kind", "counts"),
    [
        ("1002", "0x120000", True),
        ("1002", "0x038000", True),
        ("10de", "0x040300", False),
        ("8086", "0x120000", False),
        ("8086", "0x038000", True),
        ("19e5", "0x030000", False),
        ("19e5", "0x120000", True),
    ],
)
def test_the_class_tells_accelerators_from_sound_and_npus(vendor, kind, counts):
    seen, _ = pci.read(bus(device("0000:03:00.0", vendor=vendor, number="1234", kind=kind)))
    assert bool(seen) is counts


def test_a_gpu_that_windows_lends_is_a_gap():
    seen, gaps = pci.read(bus(device("0001:00:00.0", vendor="1414", number="008e", kind="0x030200")))
    assert seen == ()
    assert [gap.what for gap in gaps] == ["gpus.windows"]


def test_no_bus_is_not_an_empty_bus():
    assert pci.read(RecordedSystem({}))[1] != ()
    empty = RecordedSystem({"values": {f"listing:{pci.BUS}": []}})
    assert pci.read(empty) == ((), ())


@pytest.mark.parametrize(
    ("line", "name", "number"),
    [
        (
            "01:00.0 VGA compatible controller: NVIDIA Corporation AD103 [GeForce RTX 4080] (rev a1)",
            "GeForce RTX 4080",
            None,
        ),
        (
            "0000:01:00.0 3D controller [0302]: NVIDIA Corporation GA100 [A100 PCIe 80GB] [10de:20b5] (rev a1)",
            "A100 PCIe 80GB",
            "10de:20b5",
        ),
        ("01:00.0 0302: 10de:20b5 (rev a1)", None, "10de:20b5"),
        ("01:00.0 VGA compatible controller: NVIDIA Corporation Device 2d04 (rev a1)", None, None),
        (
            '01:00.0 "VGA compatible controller" "NVIDIA Corporation" "AD103 [GeForce RTX 4080]" -ra1',
            "GeForce RTX 4080",
            None,
        ),
    ],
)
def test_every_form_of_lspci_is_read(line, name, number):
    (seen,) = lspci.parse_lspci(f"00:00.0 Host bridge: Intel Corporation Device 4660\n{line}\n")
    assert (seen.gpu.vendor, seen.gpu.name, seen.gpu.pci_id) == ("nvidia", name, number)


def test_the_chip_in_lspci_tells_the_architecture():
    text = (
        "01:00.0 VGA compatible controller: NVIDIA Corporation GP104 [GeForce GTX 1070] (rev a1)\n"
        "\tKernel driver in use: nouveau\n"
        "0a:00.0 Display controller: Advanced Micro Devices, Inc. [AMD/ATI] Navi 31 [Radeon RX 7900 XT] (rev c8)\n"
    )
    seen = lspci.parse_lspci(text)
    assert [(each.gpu.architecture, each.bound) for each in seen] == [("sm_61", "nouveau"), ("gfx1100", None)]


def test_a_card_named_for_several_models_keeps_the_whole_name():
    (seen,) = lspci.parse_lspci(
        "03:00.0 VGA compatible controller: Advanced Micro Devices, Inc. [AMD/ATI] Navi 21 [Radeon RX 6800 / 6900 XT]\n"
    )
    assert seen.gpu.name == "Navi 21 [Radeon RX 6800 / 6900 XT]"
