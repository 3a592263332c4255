"""The catalog hangs together: what it says is complete, unique and independent of the order of its rows."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import dlsetup.catalog
from dlsetup.catalog import load_catalog
from dlsetup.catalog.documents import _read, catalog_of, read_catalog

FOLDER = Path(dlsetup.catalog.__file__).parent
DOCUMENTS = {path.stem: _read(path) for path in FOLDER.glob("**/*.toml")}
FRAMEWORKS = sorted(path.stem for path in (FOLDER / "frameworks").glob("*.toml"))
CATALOG = read_catalog(FOLDER)
"""The catalog without the rules that doctor adds, which have tests of their own."""


def shuffled(documents, seed):
    """Return the documents with their rows, and the keys of their tables, in another order."""
    dice = random.Random(seed)  # noqa: S311 - no secret depends on it

    def shuffle(value):
        if isinstance(value, dict):
            keys = dice.sample(list(value), len(value))
            return {key: shuffle(value[key]) for key in keys}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [shuffle(each) for each in dice.sample(value, len(value))]
        return value

    return {name: shuffle(document) for name, document in documents.items()}


def catalog_from(documents):
    return catalog_of(
        frameworks=[documents[name] for name in FRAMEWORKS],
        computes=documents["computes"],
        companions=documents["companions"],
        abi=documents["abi"],
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(seed):
    assert catalog_from(shuffled(DOCUMENTS, seed)) == CATALOG


def test_reading_twice_gives_the_same_catalog():
    assert read_catalog(FOLDER) == CATALOG
    assert load_catalog() is load_catalog()


def test_a_files_name_is_its_frameworks_name():
    assert [each.name for each in CATALOG.frameworks] == FRAMEWORKS


@pytest.mark.parametrize("name", ["pytorch", "tensorflow", "keras", "jax", "mlx", "mxnet", "chainer", "cntk", "spark"])
def test_every_framework_has_builds(name):
    assert CATALOG.framework(name).title
    assert CATALOG.builds_of(name)


def test_a_name_or_alias_means_one_framework():
    names = Counter(word for each in CATALOG.frameworks for word in (each.name, *each.aliases))
    assert [word for word, count in names.items() if count > 1] == []
    assert [word for word in names if word != word.lower().replace("_", "-")] == []


@pytest.mark.parametrize(("word", "name"), [("torch", "pytorch"), ("TF", "tensorflow"), ("sparkdl", "spark")])
def test_people_may_type_other_words(word, name):
    assert CATALOG.framework(word).name == name


def test_backends_are_frameworks():
    unknown = [name for each in CATALOG.frameworks for name in each.backends if CATALOG.framework(name) is None]
    assert unknown == []


def test_a_framework_that_is_not_active_says_so():
    silent = [each.name for each in CATALOG.frameworks if (each.state != "active") != bool(each.state_note)]
    assert silent == []
    retired = [each.name for each in CATALOG.frameworks if each.state == "retired"]
    assert retired == ["chainer", "cntk", "mxnet"]


def test_every_build_has_a_source_and_the_day_it_was_read():
    assert [each for each in CATALOG.builds if not each.source] == []
    assert [each for each in CATALOG.builds if not re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", each.read)] == []
    assert [each for each in (*CATALOG.computes, *CATALOG.companions, *CATALOG.abi) if not each.source] == []


def test_no_build_is_a_pre_release():
    assert [each for each in CATALOG.builds if each.version.is_prerelease or each.version.local] == []


def test_nothing_is_left_to_fill_in():
    texts = [text for each in CATALOG.builds for text in (*each.requirements, *each.optional, each.index or "")]
    texts += [each.source for each in CATALOG.builds] + [each.local for each in CATALOG.builds]
    assert [text for text in texts if "{" in text or "==+" in text or text.endswith("==")] == []


def test_every_requirement_can_be_read():
    for each in CATALOG.builds:
        for text in (*each.requirements, *each.optional, *each.build_constraints):
            assert Requirement(text).name


def test_every_build_pins_its_framework_to_its_release():
    for each in CATALOG.builds:
        framework = CATALOG.framework(each.framework)
        first = Requirement(each.requirements[0])
        assert first.name in {framework.package, *framework.variants}
        pin = Version(str(first.specifier).removeprefix("=="))
        assert pin.public == str(each.version)
        assert (pin.local or "") in {"", each.local}


def test_no_two_builds_claim_the_same_python_of_a_platform():
    claims = Counter(
        (each.framework, each.version, each.compute, each.system, each.architecture, each.index, python)
        for each in CATALOG.builds
        for python in each.pythons
    )
    assert [claim for claim, count in claims.items() if count > 1] == []


def test_compute_platforms_are_known_and_used():
    names = {each.name for each in CATALOG.computes}
    used = {each.compute for each in CATALOG.builds}
    assert names == used
    assert {CATALOG.compute(each.compute).accelerator for each in CATALOG.builds} <= {
        "cuda", "rocm", "xpu", "metal", "mps", "tpu", "cpu", "any",
    }  # fmt: skip


def test_a_newer_line_of_an_accelerator_ranks_higher():
    def number(name):
        return [int(part) for part in re.findall(r"\d+", name)]

    for prefix in ("cu1", "rocm"):
        lines = [each for each in CATALOG.computes if re.fullmatch(prefix + r"[\d.]+", each.name)]
        assert len(lines) > 5
        by_rank = sorted(lines, key=lambda each: each.rank)
        assert by_rank == sorted(lines, key=lambda each: number(each.name))
        assert len({each.rank for each in lines}) == len(lines)


@pytest.mark.parametrize(
    ("compute", "linux", "windows"),
    [("cu118", "450.80.02", "452.39"), ("cu126", "525.60.13", "528.33"), ("cu130", "580", "580")],
)
def test_the_driver_floor_is_that_of_the_cuda_major(compute, linux, windows):
    assert CATALOG.compute(compute).driver == {"linux": Version(linux), "windows": Version(windows)}


def test_every_cuda_build_knows_its_driver_and_gpus():
    cuda = [each for each in CATALOG.builds if each.accelerator == "cuda"]
    assert len(cuda) > 200
    assert [each for each in cuda if each.driver is None or not each.gpus] == []


def test_only_builds_for_a_gpu_have_gpu_code():
    assert [each for each in CATALOG.builds if each.accelerator in {"cpu", "any", "mps"} and each.gpus] == []


def test_floors_belong_to_their_system():
    assert [each for each in CATALOG.builds if each.glibc and each.system != "linux"] == []
    assert [each for each in CATALOG.builds if each.macos and each.system != "macos"] == []
    lacking = [each for each in CATALOG.builds if each.system == "macos" and not each.macos]
    assert {each.framework for each in lacking} == {"keras", "chainer", "spark"}
    lacking = [each for each in CATALOG.builds if each.system == "linux" and not each.glibc]
    assert {each.framework for each in lacking} == {"keras", "chainer", "spark"}


def test_a_familys_index_serves_only_its_family():
    for each in CATALOG.builds:
        if each.index is None:
            continue
        family = CATALOG.framework(each.framework).family
        assert Requirement(each.requirements[0]).name in family
        assert {Requirement(text).name for text in each.optional} <= set(family)


def test_torchvision_is_the_one_that_goes_with_torch():
    rules = {each.version: Requirement(each.requires) for each in CATALOG.companions if each.package == "torchvision"}
    assert len(rules) > 20
    checked = 0
    for each in CATALOG.builds_of("pytorch"):
        for text in each.optional:
            vision = Requirement(text)
            version = Version(str(vision.specifier).removeprefix("=="))
            assert rules[version.public].specifier.contains(each.version)
            assert version.local == Version(each.requirements[0].split("==")[1]).local
            checked += 1
    assert checked > 400


def test_companions_can_be_read():
    for each in CATALOG.companions:
        assert Requirement(each.requires).specifier
        assert Version(each.version)


@pytest.mark.parametrize("python", ["3.9", "3.10", "3.11", "3.12"])
def test_apple_silicon_gets_the_pair_whose_symbols_match(python):
    pairs = {each.version: each.requires for each in CATALOG.companions if each.package == "tensorflow-metal"}
    builds = [
        each
        for each in CATALOG.builds_of("tensorflow")
        if each.accelerator == "metal" and python in each.pythons and not each.caution
    ]
    assert [each.requirements for each in builds] == [("tensorflow==2.18.1", "tensorflow-metal==1.2.0")]
    assert SpecifierSet(pairs["1.2.0"].removeprefix("tensorflow")).contains("2.18.1")
    assert "wrong results" in builds[0].note


def test_tensorflow_metal_has_nothing_for_newer_pythons():
    builds = [each for each in CATALOG.builds_of("tensorflow") if each.accelerator == "metal"]
    assert {python for each in builds for python in each.pythons} == {"3.8", "3.9", "3.10", "3.11", "3.12"}


def test_old_torch_is_held_to_old_numpy():
    for each in CATALOG.builds_of("pytorch"):
        old = each.version < Version("2.3") or (each.system == "windows" and each.version <= Version("2.4.0"))
        assert ("numpy<2" in each.requirements) == old, each


def test_what_is_published_in_source_only_is_named():
    built = {each.framework: each.source_only for each in CATALOG.builds if each.source_only}
    assert built == {"chainer": ("chainer",), "spark": ("pyspark",)}


def test_abi_rules_name_known_failure_modes(shared):
    text = (shared / "doctor" / "failure-modes.json").read_text(encoding="utf-8")
    known = set(re.findall(r'"id": "([a-z0-9-]+)"', text))
    assert len(known) > 100
    assert {each.mode for each in CATALOG.abi} <= known
