"""The bus and the vendors' answers, joined."""

from __future__ import annotations

import pytest

from dlsetup.probe import gpus
from dlsetup.probe.sighting import Answer, Sighting, address, joined, merged
from dlsetup.values.build import Device
from dlsetup.values.host import Gpu

ROWS = (
    Device(pci_id="10de:1eb8", name="Tesla T4", architecture="sm_75", integrated=False),
    Device(pci_id="10de:2507", name="GeForce RTX 3050", architecture="sm_86"),
    Device(pci_id="10de:25f9", name="GeForce RTX 3050", architecture="sm_89"),
    Device(pci_id=None, name="A100 SXM4 40GB", architecture="sm_80"),
)


def seen(name=None, place=None, number=None, **more):
    return Sighting(gpu=Gpu(vendor="nvidia", name=name, pci_id=number), address=place, **more)


@pytest.mark.parametrize("text", ["00000000:0A:00.0", "0000:0a:00.0", "0a:00.0", "GPU 0A:00.0"])
def test_an_address_has_one_spelling(text):
    assert address(text) == "0000:0a:00.0"


def test_like_gpus_are_joined_by_their_places():
    bus = (seen(place="0000:02:00.0", number="10de:1"), seen(place="0000:01:00.0", number="10de:2"))
    answer = Answer(sightings=(seen("A", place="0000:01:00.0"), seen("B", place="0000:02:00.0")))
    found, gaps = gpus.join(bus, answer, "nvidia")
    assert [(each.gpu.name, each.gpu.pci_id) for each in found] == [("A", "10de:2"), ("B", "10de:1")]
    assert gaps == ()


def test_without_places_as_many_are_joined_in_order():
    found, _ = gpus.join((seen(number="10de:1"),), Answer(sightings=(seen("A"),)), "nvidia")
    assert [(each.gpu.name, each.gpu.pci_id) for each in found] == [("A", "10de:1")]


def test_the_bus_alone_is_enough():
    bus = (seen(number="10de:1"),)
    assert gpus.join(bus, Answer(), "nvidia") == (bus, ())


def test_a_whole_name_replaces_one_that_was_cut_off():
    one, other = seen("NVIDIA GeForce RTX 40...", index=0, cut=True), seen("NVIDIA GeForce RTX 4090", index=0)
    assert merged(one, other).gpu.name == merged(other, one).gpu.name == "NVIDIA GeForce RTX 4090"
    assert not merged(one, other).cut


def test_different_numbers_are_different_gpus():
    found = joined((seen("A", index=0), seen("B", index=1)), (seen("B2", index=1, place="0000:03:00.0"),))
    assert [each.address for each in found] == [None, "0000:03:00.0"]


@pytest.mark.parametrize(
    ("name", "number", "architecture"),
    [
        ("Tesla T4", None, "sm_75"),
        ("NVIDIA Tesla T4", None, "sm_75"),
        ("GRID T4-4C", None, "sm_75"),
        ("NVIDIA A100-SXM4-40GB MIG 3g.20gb", None, "sm_80"),
        ("GeForce RTX 3050", None, None),
        ("GeForce RTX 3050", "10de:25f9", "sm_89"),
        ("GeForce RTX 3050 Super Duper", None, None),
    ],
)
def test_the_table_answers_by_device_then_by_name_and_never_guesses(name, number, architecture):
    gpu = gpus.described(seen(name, number=number), lambda _: ROWS)
    assert (gpu.name, gpu.architecture) == (name, architecture)


def test_the_table_is_not_opened_for_what_the_driver_told():
    known = Sighting(gpu=Gpu(vendor="nvidia", name="A", architecture="sm_90"))

    def closed(vendor):
        raise AssertionError(vendor)

    assert gpus.described(known, closed) == known.gpu


def test_silicon_outranks_an_architecture_that_the_user_imposed():
    claimed = Sighting(gpu=Gpu(vendor="amd", name="A", architecture="gfx1030", pci_id="1002:7480"), claimed=True)
    rows = (Device(pci_id="1002:7480", name="B", architecture="gfx1102"),)
    assert gpus.described(claimed, lambda _: rows).architecture == "gfx1102"
    assert gpus.described(claimed, lambda _: ()).architecture == "gfx1030"


def test_what_is_not_known_of_a_gpu_is_a_gap():
    found = gpus.gaps_of((Gpu(vendor="nvidia", name="A"), Gpu(vendor="nvidia", architecture="sm_90")))
    assert [gap.what for gap in found] == ["gpus.0.architecture", "gpus.1.name"]
