"""What the catalog says row by row, and what a check makes of the answers of indexes."""

from __future__ import annotations

import time

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.catalog import PYTHONS, Asker, check, questions_of, show, verdict
from dlsetup.errors import UsageError
from dlsetup.values.plan import Package, Resolution
from dlsetup.values.report import Silence
from dlsetup.values.survey import Survey

CATALOG = load_catalog()
FOREVER = time.monotonic() + 3600
NOTHING = Resolution(problem="unsatisfiable", detail="No solution found")


def questions(name, everything=False):
    return list(questions_of(CATALOG.framework(name), CATALOG, everything))


def survey(name, answer, until=FOREVER):
    return Asker(resolve=answer, progress=Silence(), until=until).survey(questions(name), CATALOG)


def agrees(query):
    """Answer as the catalog says: the rows resolve, nothing is newer, no other Python does."""
    (package, *_) = query.requirements
    known = any(
        package == each.requirements[0]
        and query.target.python + ("t" if query.target.free_threaded else "") in each.pythons
        and (query.target.system, query.target.architecture) == (each.system, each.architecture)
        for each in CATALOG.builds
    )
    return Resolution(packages=(Package(name="x", version="1"),)) if known else NOTHING


def test_the_rows_are_all_builds_and_no_more():
    for framework in show():
        found = {
            (v, row.compute, platform) for row in framework.rows for v in row.versions for platform in row.platforms
        }
        known = {
            (str(each.version), each.compute, f"{each.system}-{each.architecture}")
            for each in CATALOG.builds_of(framework.framework)
        }
        assert found == known


def test_every_row_has_its_sources_and_the_newest_comes_first():
    for framework in show(("pytorch", "jax")):
        assert all(row.sources and row.read for row in framework.rows)
        newest = max(each.version for each in CATALOG.builds_of(framework.framework))
        assert framework.rows[0].versions[0] == str(newest)
    assert [each.framework for each in show(("mlx",))] == ["mlx"]


@pytest.mark.parametrize("name", [each.name for each in CATALOG.frameworks])
def test_indexes_that_say_what_the_catalog_says_agree(name):
    found = survey(name, agrees)
    assert found.disagreements == ()
    assert found.left == 0
    assert verdict(found) == 0


def test_a_row_that_no_longer_resolves_is_told_once_for_all_its_pythons():
    found = survey("tensorflow", lambda query: NOTHING if "tensorflow==2.21.0" in query.requirements else agrees(query))
    gone = [each for each in found.disagreements if each.kind == "gone"]
    assert {each.platform for each in gone} == {"linux-arm64", "macos-arm64", "windows-x86_64"}
    assert gone[0].pythons == ("3.10", "3.11", "3.12", "3.13")
    assert "No solution found" in gone[0].text
    assert verdict(found) == 1


def test_a_newer_release_has_no_row():
    def answer(query):
        if query.requirements[0] == "keras>3.15.1":
            return Resolution(packages=(Package(name="keras", version="3.16.0"), Package(name="numpy", version="2")))
        return agrees(query)

    found = [each for each in survey("keras", answer).disagreements if each.kind == "newer"]
    assert {(each.version, each.text) for each in found} == {("3.16.0", "the catalog ends with 3.15.1")}


def test_another_python_that_does_is_told():
    def answer(query):
        return (
            Resolution() if query.requirements[0] == "mlx==0.32.4" and query.target.python == "3.9" else agrees(query)
        )

    found = [each for each in survey("mlx", answer).disagreements if each.kind == "python"]
    assert {each.pythons for each in found} == {("3.9",)}


def test_of_a_retired_framework_other_pythons_are_not_asked_about():
    for name in ("mxnet", "chainer", "cntk"):
        assert {each.kind for each in questions(name)} <= {"holds", "newest"}


def test_an_index_that_is_down_is_asked_once_and_named():
    asked = []

    def answer(query):
        if query.sources:
            asked.append(query.sources[0].location)
            return Resolution(problem="unreachable", detail="error sending request\ndns error")
        return agrees(query)

    found = survey("pytorch", answer)
    assert len(asked) <= 4, "each of those that ask side by side may have asked before the first answer"
    down = next(each for each in found.indexes if not each.reached)
    assert (down.location, down.why) == ("download.pytorch.org", "dns error")
    assert found.left > 0
    assert found.disagreements == ()


def test_when_the_time_is_over_the_rest_is_left():
    found = survey("jax", agrees, until=time.monotonic() - 1)
    assert (found.asked, found.left) == (0, len(questions("jax")))
    assert verdict(found) == 4
    assert verdict(Survey(asked=1, left=3, disagreements=(), indexes=())) == 0


def test_no_time_at_all_is_no_check(local):
    with pytest.raises(UsageError):
        check(local, Silence(), seconds=0)


def test_the_newest_releases_are_asked_about_first_and_the_rest_on_demand():
    few, many = questions("pytorch"), questions("pytorch", everything=True)
    assert many[: len(few)] == few
    assert {each.python for each in many} <= {*PYTHONS, "3.8", "3.13t"}
    asked = {(each.build.version, each.build.compute) for each in many if each.kind == "holds"}
    assert asked == {(each.version, each.compute) for each in CATALOG.builds_of("pytorch")}


@pytest.mark.network
@pytest.mark.slow
def test_the_live_index_agrees_with_the_rows_of_keras(local):
    found = check(local, Silence(), names=("keras",), seconds=120)
    if not found.asked:
        pytest.skip("the registry cannot be reached")
    assert found.disagreements == ()
