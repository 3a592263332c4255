"""The tables of GPU models name the devices that people have."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlsetup.catalog
from dlsetup.catalog import VENDORS, load_devices

FOLDER = Path(dlsetup.catalog.__file__).parent / "hardware"


def by_id(vendor):
    return {each.pci_id: each for each in load_devices(vendor) if each.pci_id}


def architectures(vendor, name):
    return {each.architecture for each in load_devices(vendor) if each.name == name}


@pytest.mark.parametrize(
    ("vendor", "pci_id", "name", "architecture"),
    [
        ("nvidia", "10de:2684", "GeForce RTX 4090", "sm_89"),
        ("nvidia", "10de:1b80", "GeForce GTX 1080", "sm_61"),
        ("nvidia", "10de:2330", "H100 SXM5 80GB", "sm_90"),
        ("nvidia", "10de:20b5", "A100 PCIe 80GB", "sm_80"),
        ("nvidia", "10de:1eb8", "Tesla T4", "sm_75"),
        ("nvidia", "10de:2b85", "GeForce RTX 5090", "sm_120"),
        ("amd", "1002:744c", None, "gfx1100"),
        ("amd", "1002:740f", None, "gfx90a"),
        ("amd", "1002:7550", None, "gfx1201"),
        ("intel", "8086:56a0", None, "xe-hpg"),
        ("intel", "8086:64a0", None, "xe2-lpg"),
    ],
)
def test_well_known_devices(vendor, pci_id, name, architecture):
    device = by_id(vendor)[pci_id]
    assert device.architecture == architecture
    assert name is None or device.name == name


def test_names_that_people_know():
    assert "Radeon RX 7900 XT" in by_id("amd")["1002:744c"].name
    assert architectures("amd", "Radeon RX 7900 XTX") == {"gfx1100"}
    assert "Arc" in by_id("intel")["8086:56a0"].name
    assert "A770" in by_id("intel")["8086:56a0"].name
    assert architectures("nvidia", "GeForce RTX 4090") == {"sm_89"}


def test_a_name_that_two_chips_bear_decides_nothing():
    assert architectures("nvidia", "GeForce GT 1030") == {"sm_30", "sm_61"}


def test_what_is_not_verified_has_no_architecture():
    unknown = [each for each in load_devices("nvidia") if each.architecture is None]
    assert unknown
    assert not any(each.architecture == "sm_107" for each in load_devices("nvidia"))


def test_tegra_and_apus_are_integrated():
    assert any(each.integrated for each in load_devices("nvidia"))
    assert by_id("amd")["1002:1586"].integrated is True
    assert by_id("amd")["1002:744c"].integrated is False
    assert by_id("intel")["8086:64a0"].integrated is True
    assert by_id("intel")["8086:56a0"].integrated is False


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_id_stands_once_and_has_a_name(vendor):
    ids = [each.pci_id for each in load_devices(vendor) if each.pci_id]
    assert len(ids) == len(set(ids)) > 100
    assert all(each.name.strip() for each in load_devices(vendor))
    prefix = {"nvidia": "10de:", "amd": "1002:", "intel": "8086:"}[vendor]
    assert all(each.startswith(prefix) for each in ids)


def test_a_vendor_without_a_table_has_no_devices():
    assert load_devices("apple") == ()
    assert load_devices("../frameworks/pytorch") == ()


def test_a_table_is_read_once():
    assert load_devices("nvidia") is load_devices("nvidia")


@pytest.mark.parametrize("vendor", ["nvidia", "amd"])
def test_the_licence_of_the_ids_is_kept(vendor):
    head = (FOLDER / f"{vendor}.toml").read_text(encoding="utf-8").split("[[device]]")[0]
    assert "3-clause BSD" in head
    assert "Martin Mares and Albert Pool" in head
    assert "Redistributions of source code" in (FOLDER / "LICENSE.pci.ids").read_text(encoding="utf-8")
