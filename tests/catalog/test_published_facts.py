"""The rows are held against what was gathered from the indexes (read in place; skipped where that is absent)."""

from __future__ import annotations

import csv
import json
from collections import defaultdict

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from dlsetup.catalog import load_catalog

CATALOG = load_catalog()
PLATFORMS = {
    "linux-x86_64": "linux_x86_64",
    "linux-arm64": "linux_aarch64",
    "windows-x86_64": "win_amd64",
    "windows-arm64": "win_arm64",
    "macos-arm64": "macos_arm64",
    "macos-x86_64": "macos_x86_64",
}


def table(shared, name):
    with (shared / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def platform_of(build):
    return f"{build.system}-{build.architecture}"


def fits(build, tag):
    """Tell whether a wheel's platform tag is for a build's system and architecture."""
    machine = {"x86_64": ("x86_64", "amd64"), "arm64": ("aarch64", "arm64")}[build.architecture]
    system = {"linux": ("manylinux", "linux"), "macos": ("macosx",), "windows": ("win",)}[build.system]
    return tag == "any" or any(part.startswith(system) and part.endswith(machine) for part in tag.split("."))


def python_of(row):
    digits = row["python_tag"].removeprefix("cp")
    return f"{digits[0]}.{digits[1:]}" + ("t" if row["abi_tag"].endswith("t") else "")


def wheels(shared, name):
    """Return (package, release) -> its wheels that are not yanked."""
    found = defaultdict(list)
    for row in table(shared, name):
        if row["yanked"].lower() not in {"yes", "true"}:
            found[row["package"], row["version"]].append(row)
    return found


def pythons_with_a_wheel(build, rows):
    return {python_of(row) for row in rows if row["python_tag"].startswith("cp") and fits(build, row["platform_tag"])}


def floor_of(tag):
    """Return the oldest glibc or macOS that a platform tag accepts."""
    parts = [part.split("_") for part in tag.split(".")]
    named = [".".join(part[1:3]) for part in parts if part[0] in {"manylinux", "macosx"}]
    old = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}
    return min((Version(text) for text in [*named, *(old[part[0]] for part in parts if part[0] in old)]), default=None)


def test_pytorch_on_pypi_has_a_wheel_for_every_python_named(shared):
    published = wheels(shared, "pytorch/pypi_wheels.csv")
    builds = [each for each in CATALOG.builds_of("pytorch") if each.index is None]
    assert len(builds) > 100
    for each in builds:
        rows = [row for row in published["torch", str(each.version)] if row["platform"] == PLATFORMS[platform_of(each)]]
        have = pythons_with_a_wheel(each, rows)
        if each.accelerator == "cpu" and each.system == "macos":
            assert set(each.pythons) <= have, each
        else:
            assert set(each.pythons) == have, each


def test_pytorch_on_pypi_names_the_compute_platform_that_it_is(shared):
    local = {
        (row["version"], row["platform"]): row["build_local_version"].partition("+")[2]
        for row in table(shared, "pytorch/pypi_platforms.csv")
        if row["package"] == "torch"
    }
    for each in CATALOG.builds_of("pytorch"):
        if each.index is None and each.system != "macos":
            assert each.compute == (local[str(each.version), PLATFORMS[platform_of(each)]] or "cpu"), each


def test_every_release_of_pytorch_on_pypi_is_there(shared):
    released = {
        (row["version"], row["platform"])
        for row in table(shared, "pytorch/pypi_platforms.csv")
        if row["package"] == "torch" and row["version"].startswith("2.")
    }
    have = {
        (str(each.version), PLATFORMS[platform_of(each)]) for each in CATALOG.builds_of("pytorch") if each.index is None
    }
    assert have == released


def test_a_build_of_the_pytorch_index_was_seen_or_listed_there(shared):
    rows = {
        (row["torch"], row["variant"], row["platform"]): row
        for row in table(shared, "pytorch/index_variants.csv")
        if row["status"].startswith(("verified", "listed"))
    }
    builds = [each for each in CATALOG.builds_of("pytorch") if each.index]
    assert len(builds) > 300
    for each in builds:
        row = rows[str(each.version), each.compute, PLATFORMS[platform_of(each)]]
        assert each.index == row["index_url"]
        pin = Version(each.requirements[0].split("==")[1])
        assert (pin.local or "") == row["local_version"], each
        assert set(row["cpython_seen"].split()) <= set(each.pythons) or each.system == "linux", each
    missing = {
        key
        for key, row in rows.items()
        if int(key[0].split(".")[0]) >= 2 and not key[2].startswith("macos") and key[2] != "linux_s390x"
    } - {(str(each.version), each.compute, PLATFORMS[platform_of(each)]) for each in CATALOG.builds_of("pytorch")}
    # what GPUs the Windows builds of 2.0 have code for is not known
    assert {key for key in missing if key[0] not in {"2.0.0", "2.0.1"} or key[2] != "win_amd64"} == set()


def test_of_the_newest_pytorch_only_what_was_read_is_there():
    newest = max(each.version for each in CATALOG.builds_of("pytorch"))
    assert {each.index for each in CATALOG.builds_of("pytorch") if each.version == newest} == {None}


def test_pytorchs_gpu_lists_are_those_of_its_wheels(shared):
    lists = {
        (row["torch"], row["variant"], row["platform"]): tuple(row["sm_list"].split())
        for row in table(shared, "pytorch/torch_cuda_archs.csv")
    }
    cuda = [each for each in CATALOG.builds_of("pytorch") if each.accelerator == "cuda"]
    assert len(cuda) > 150
    for each in cuda:
        # no code for Orin is compiled in: it takes that for sm_80 of CUDA 13.2 and newer
        own = tuple(gpu for gpu in each.gpus if gpu != "sm_87")
        assert own == lists[str(each.version), each.compute, PLATFORMS[platform_of(each)]], each
        assert ("sm_87" in each.gpus) == (each.compute == "cu132" and each.architecture == "arm64"), each


def test_rocm_builds_claim_no_target_that_is_not_compiled_in(shared):
    targets = {row["variant"]: set(row["gfx_targets"].split()) for row in table(shared, "pytorch/rocm_gfx_targets.csv")}
    rocm = [each for each in CATALOG.builds_of("pytorch") if each.accelerator == "rocm"]
    assert len(rocm) > 30
    for each in rocm:
        assert set(each.gpus) <= targets[each.compute]
        assert targets[each.compute] - set(each.gpus) <= {"gfx1101", "gfx1150", "gfx1151"}


def test_floors_of_pytorch_are_not_below_those_of_its_wheels(shared):
    floors = {
        (row["version"], row["platform"]): row
        for row in table(shared, "pytorch/pypi_platforms.csv")
        if row["package"] == "torch"
    }
    for each in CATALOG.builds_of("pytorch"):
        row = floors.get((str(each.version), PLATFORMS[platform_of(each)]))
        if row and each.system == "linux":
            assert each.glibc >= Version(row["glibc_max_symbol_measured"] or row["glibc_floor_by_tag"]), each
        if row and each.system == "macos":
            assert str(each.macos) in row["macos_min"].split() or each.accelerator == "mps", each


def test_tensorflow_has_a_wheel_for_every_python_named(shared):
    published = wheels(shared, "tensorflow/wheels.csv")
    for each in CATALOG.builds_of("tensorflow"):
        for text in each.requirements:
            requirement = Requirement(text)
            if not requirement.specifier or requirement.name == "numpy":
                continue
            version = str(requirement.specifier).removeprefix("==")
            rows = [row for row in published[requirement.name, version] if fits(each, row["platform_tag"])]
            assert set(each.pythons) <= pythons_with_a_wheel(each, rows), each
            floors = {floor_of(row["platform_tag"]) for row in rows} - {None}
            assert max(floors, default=Version("0")) <= (each.glibc or each.macos or Version("0")), each


def test_every_stable_tensorflow_from_2_12_on_is_there(shared):
    released = {
        row["version"]
        for row in table(shared, "tensorflow/tf_versions.csv")
        if row["prerelease"] != "True" and Version(row["version"]) >= Version("2.12") and "post" not in row["version"]
    }
    assert {str(each.version) for each in CATALOG.builds_of("tensorflow")} == released


def test_tensorflows_gpu_lists_are_those_of_its_wheels(shared):
    rows = {row["version"]: row for row in table(shared, "tensorflow/tf_versions.csv")}
    cuda = [each for each in CATALOG.builds_of("tensorflow") if each.accelerator == "cuda"]
    assert cuda
    for each in cuda:
        row = rows[str(each.version)]
        sass = [f"sm_{number}" for number in row["fatbin_sass"].split()]
        ptx = [f"compute_{number}" for number in row["fatbin_ptx"].split()]
        assert list(each.gpus) == sass + ptx
        assert each.driver == Version(row["min_driver_linux"])
        assert row["and_cuda_extra"] == "True"


def test_no_cuda_build_of_tensorflow_drags_in_tensorrt(shared):
    with_tensorrt = {
        row["tensorflow"]
        for row in table(shared, "tensorflow/and_cuda_pins.csv")
        if row["nvidia_package"].startswith("tensorrt")
    }
    assert with_tensorrt
    cuda = {str(each.version) for each in CATALOG.builds_of("tensorflow") if each.accelerator == "cuda"}
    assert not with_tensorrt & cuda


def test_metal_pairs_are_those_recommended(shared):
    for row in table(shared, "tensorflow/metal_recommendation.csv"):
        builds = [
            each
            for each in CATALOG.builds_of("tensorflow")
            if each.accelerator == "metal" and row["python"] in each.pythons and not each.caution
        ]
        pins = tuple(row["gpu_pins"].split())
        assert [each.requirements for each in builds] == ([pins] if pins else [])


def test_metal_loads_into_every_tensorflow_that_it_is_said_to_go_with(shared):
    rules = {
        each.version: SpecifierSet(each.requires.removeprefix("tensorflow"))
        for each in CATALOG.companions
        if each.package == "tensorflow-metal"
    }
    checked = 0
    for row in table(shared, "tensorflow/metal_symbol_check.csv"):
        rule = rules.get(row["tensorflow_metal"])
        if rule is not None and "rc" not in row["tensorflow"]:
            assert rule.contains(row["tensorflow"]) == (row["verdict"] == "symbols_resolve"), row
            checked += 1
    assert checked > 80


def test_every_keras_is_there_for_the_pythons_it_asks_for(shared):
    published = wheels(shared, "keras/wheels.csv")
    released = {row["keras"]: row for row in table(shared, "keras/keras_versions.csv") if row["keras"].startswith("3.")}
    assert {str(each.version) for each in CATALOG.builds_of("keras")} == set(released)
    for each in CATALOG.builds_of("keras"):
        version = str(each.version)
        assert [row["platform_tag"] for row in published["keras", version]] == ["any"]
        asked = SpecifierSet(released[version]["requires_python"])
        assert all(asked.contains(python) for python in each.pythons)
        assert not asked.contains("3." + str(int(each.pythons[0].split(".")[1]) - 1))


def test_keras_companions_are_its_documented_floors(shared):
    for row in table(shared, "keras/keras_versions.csv"):
        if not row["documented_min_jax"]:
            continue
        rules = {
            each.requires for each in CATALOG.companions if (each.package, each.version) == ("keras", row["keras"])
        }
        assert rules == {
            f"tensorflow>={row['documented_min_tensorflow']}",
            f"torch>={row['documented_min_torch']}",
            f"jax>={row['documented_min_jax']}",
        }


@pytest.mark.parametrize("package", ["torchvision", "torchaudio"])
def test_companions_of_torch_say_what_their_metadata_says(shared, package):
    rules = {each.version: each.requires for each in CATALOG.companions if each.package == package}
    stated = {
        row["version"]: "torch" + row["torch_requirement"]
        for row in table(shared, "pytorch/companion_pins.csv")
        if row["package"] == package and row["torch_requirement"] and row["version"] in rules
    }
    assert {version: rules[version] for version in stated} == stated
    assert len(stated) > 20


def test_jax_has_a_wheel_for_every_python_named(shared):
    published = wheels(shared, "jax/wheels.csv")
    builds = CATALOG.builds_of("jax")
    assert builds
    for each in builds:
        packages = {"cuda12": "jax-cuda12-plugin", "cuda13": "jax-cuda13-plugin", "rocm7-local": "jax-rocm7-plugin"}
        package = packages.get(each.compute, "jaxlib")
        rows = [row for row in published[package, str(each.version)] if fits(each, row["platform_tag"])]
        assert set(each.pythons) <= pythons_with_a_wheel(each, rows), each
        floors = {floor_of(row["platform_tag"]) for row in rows} - {None}
        assert max(floors, default=Version("0")) <= (each.glibc or each.macos or Version("0")), each


def test_jaxs_gpu_lists_are_those_of_its_wheels(shared):
    rows = {row["jax"]: row for row in table(shared, "jax/jax_versions.csv")}
    for each in CATALOG.builds_of("jax"):
        if each.accelerator != "cuda":
            continue
        sass, _, ptx = rows[str(each.version)][f"{each.compute}_code"].partition(";")
        codes = [f"sm_{number}" for number in sass.split()[1:]] + [f"compute_{number}" for number in ptx.split()[1:]]
        assert list(each.gpus) == codes, each
        assert each.requirements == (f"jax[{each.compute}]=={each.version}",)


def test_mlx_has_a_wheel_for_every_python_named(shared):
    published = wheels(shared, "mlx/wheels.csv")
    for each in CATALOG.builds_of("mlx"):
        rows = [row for row in published["mlx", str(each.version)] if fits(each, row["platform_tag"])]
        assert set(each.pythons) <= pythons_with_a_wheel(each, rows), each
        oldest = min((floor_of(row["platform_tag"]) for row in rows if each.system != "windows"), default=None)
        assert oldest == (each.glibc or each.macos), each


def test_retired_frameworks_are_installed_as_they_were_seen_to_train(shared):
    recipes = json.loads((shared / "data" / "legacy" / "recipes.json").read_text(encoding="utf-8"))["recipes"]
    for name in ("mxnet", "cntk", "chainer"):
        (version,) = {str(each.version) for each in CATALOG.builds_of(name)}
        trained = {
            recipe["python"]
            for recipe in recipes
            if recipe["framework"] == name and recipe["version"] == version and recipe["works_here"]
        }
        for each in CATALOG.builds_of(name):
            assert set(each.pythons) <= trained
        (best,) = [one for one in recipes if one["framework"] == name and one.get("recommended")]
        assert {tuple(each.requirements) for each in CATALOG.builds_of(name)} == {tuple(best["pins"])}


@pytest.mark.parametrize(("vendor", "name"), [("nvidia", "nvidia_pci_cc"), ("amd", "amd_gfx"), ("intel", "intel_gpu")])
def test_every_gathered_pci_id_has_its_row(shared, vendor, name):
    from dlsetup.catalog import load_devices

    devices = {each.pci_id: each for each in load_devices(vendor) if each.pci_id}
    rows = table(shared, f"pytorch/{name}.csv")
    assert {row["pci_id"] for row in rows} == set(devices)
    for row in rows:
        verified = row.get("confidence", "high") in {"high", "medium"}
        stated = {"nvidia": lambda row: "sm_" + row["cc"].replace(".", ""), "amd": lambda row: row["gfx"]}
        architecture = stated.get(vendor, lambda row: row["arch"].lower())(row)
        assert devices[row["pci_id"]].architecture == (architecture if verified else None), row


def test_a_name_tells_the_architecture_only_where_it_is_not_ambiguous(shared):
    from dlsetup.catalog import load_devices

    by_name = defaultdict(set)
    for each in load_devices("nvidia"):
        by_name[each.name].add(each.architecture)
    for row in table(shared, "pytorch/nvidia_compute_capability.csv"):
        if row["ambiguous"] == "yes":
            assert len(by_name[row["name"]]) != 1, row
