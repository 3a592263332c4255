"""How one line of builds stands: what fits, and everything that is in the way of the rest."""

from __future__ import annotations

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.places import foreign_places
from dlsetup.commands.plan import check_compute, check_pair
from dlsetup.commands.wanted import read_wanted
from dlsetup.errors import UsageError
from dlsetup.plan import Planner, assume
from dlsetup.values.environment import IndexSettings
from dlsetup.values.request import Request

CATALOG = load_catalog()


@pytest.fixture
def standings(make_machine):
    def make(name, compute, gpus=(), driver=None, target="linux-x86_64", **request):
        host = make_machine(target, gpus, driver)
        wanted = Request(wanted=read_wanted((name,), CATALOG), host=host, **request)
        taken = assume(host, CATALOG.c_libraries)
        planner = Planner(
            request=wanted,
            host=taken.host,
            assumed=taken.drivers,
            catalog=CATALOG,
            settings=IndexSettings(),
            resolve=lambda query: pytest.fail(f"nothing is resolved: {query}"),
        )
        return planner.standings(foreign_places(wanted), compute)

    return make


def test_all_that_is_in_the_way_of_a_line_is_told_nearest_first(standings):
    (found,) = standings("pytorch", "cu130", ["sm_61"], "570.86")
    assert found.fitting == ()
    assert found.chosen == "2.14.1 cu126"
    assert [each.version for each in found.rejected[:2]] == ["2.14.1", "2.14.0"]
    assert {reason.code for reason in found.rejected[0].reasons} == {"gpu-architecture", "driver-old"}


def test_a_line_that_fits_says_what_is_taken_instead(standings):
    (found,) = standings("pytorch", "cu126", ["sm_89"], "580.95.05")
    assert found.fitting[0] == "2.14.1 cu126"
    assert found.chosen == "2.15.0 cu132"


def test_an_accelerator_means_all_of_its_lines(standings):
    (found,) = standings("pytorch", "cuda", ["sm_120"], "570.86")
    assert found.fitting[0] == "2.13.0 cu129"
    assert {each.compute for each in found.rejected} >= {"cu118", "cu126", "cu130", "cu132"}


def test_a_line_that_a_framework_never_had_is_told(standings):
    (found,) = standings("tensorflow", "cu130")
    assert (found.fitting, found.rejected) == ((), ())
    assert "cuda12" in found.lines


def test_on_a_stated_machine_the_python_counts_that_is_nearest(standings):
    (found,) = standings("tensorflow", "cuda12", ["sm_52"], "550.54.15")
    assert found.python == "3.11"
    assert found.fitting == ("2.15.1 cuda12",)
    (held,) = standings("tensorflow", "cuda12", ["sm_52"], "550.54.15", python="3.13")
    assert held.fitting == ()
    assert {reason.code for reason in held.rejected[0].reasons} <= {"python", "gpu-architecture"}


@pytest.mark.parametrize(
    ("name", "near"), [("cu13", "cu130"), ("CU126", "cu126"), ("rocm", "rocm7.2"), ("cudda", None)]
)
def test_an_unknown_line_is_refused_with_the_nearest(name, near):
    with pytest.raises(UsageError) as caught:
        check_compute(name, CATALOG, option="--why")
    assert "cu130" in caught.value.seen
    assert near is None or near in caught.value.do


def test_an_accelerator_is_a_name_only_where_one_may_be_asked_about():
    check_compute("cuda", CATALOG, option="--why", accelerators=True)
    with pytest.raises(UsageError):
        check_compute("cuda", CATALOG, option="--compute")


def test_an_accelerator_and_a_line_of_another_exclude_each_other():
    with pytest.raises(UsageError) as caught:
        check_pair(Request(accelerator="cpu", compute="cu126"), CATALOG)
    assert "exclude each other" in caught.value.what
    check_pair(Request(accelerator="cuda", compute="cu126"), CATALOG)
