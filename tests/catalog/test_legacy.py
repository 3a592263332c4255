"""What the catalog knows of retired frameworks and of what has been succeeded."""

from __future__ import annotations

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.plan import predecessors
from dlsetup.commands.wanted import read_wanted
from dlsetup.values.request import Request

RETIRED = [each for each in load_catalog().frameworks if each.state == "retired"]


@pytest.mark.parametrize("framework", RETIRED, ids=lambda each: each.name)
def test_a_retired_framework_says_since_when_and_where_to(framework):
    assert any(year in framework.state_note for year in ("2019", "2022", "2023"))
    assert "PyTorch" in framework.state_note or "ONNX" in framework.state_note


def test_the_names_that_open_mpi_stands_in_for_are_those_of_the_wheel():
    (build,) = load_catalog().builds_of("cntk")
    (shim,) = build.shims
    names = [name for library in shim.libraries for name in (*library.functions, *library.objects)]
    assert len(names) == len(set(names)) == 175
    assert all(name.startswith(("MPI_", "ompi_", "_ZN3MPI")) for name in names)


@pytest.mark.parametrize("word", ["sparkdl", "SparkDL", "deep-learning-pipelines"])
def test_who_asks_for_sparkdl_hears_what_became_of_it(word):
    catalog = load_catalog()
    told = predecessors(Request(wanted=read_wanted((word,), catalog)), catalog)
    text = " ".join(told)
    for part in ("Java 8", "HorovodRunner", "TorchDistributor", "predict_batch_udf", "2020"):
        assert part in text


def test_who_asks_for_spark_hears_nothing_of_it():
    catalog = load_catalog()
    assert predecessors(Request(wanted=read_wanted(("spark",), catalog)), catalog) == ()


def test_predecessors_are_asked_for_by_their_frameworks_aliases():
    for framework in load_catalog().frameworks:
        for old in framework.predecessors:
            assert set(old.names) <= set(framework.aliases)


def test_every_hole_is_told_with_its_source():
    holes = load_catalog().vulnerabilities
    assert {hole.framework for hole in holes} == {each.name for each in RETIRED}
    assert all(hole.source.startswith("http") for hole in holes)


def test_what_is_published_in_source_only_is_planned_without_building_it():
    for build in load_catalog().builds:
        assert {each.name for each in build.metadata} == set(build.source_only)
        assert all(each.version == str(build.version) for each in build.metadata)
