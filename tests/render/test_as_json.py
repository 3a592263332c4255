"""The shapes that programs rely on, held against the schemas that ship in both directions."""

from __future__ import annotations

import dataclasses
import json
from importlib import resources
from types import SimpleNamespace

import jsonschema
import pytest
from packaging.version import Version

from dlsetup.errors import BusyError
from dlsetup.render import as_json
from dlsetup.values.finding import Question
from dlsetup.values.host import Host
from dlsetup.values.report import Inventory, Report, SmokeResult

KINDS = (
    "host",
    "plan",
    "why",
    "frameworks",
    "catalog",
    "catalog-check",
    "report",
    "checks",
    "smoke",
    "explanation",
    "comparison",
    "recorded",
    "error",
)


def schema(kind: str) -> dict:
    return json.loads(resources.files("dlsetup.render").joinpath(f"schemas/{kind}.schema.json").read_text("utf-8"))


@pytest.fixture
def answers(samples) -> SimpleNamespace:
    problem = BusyError("busy", seen="a lock", do="wait")
    full = dataclasses.replace(samples.installed, findings=samples.broken.findings, repairs=samples.mended.repairs)
    return SimpleNamespace(
        host=as_json.host_json(dataclasses.replace(samples.inventory, host=with_everything(samples))),
        plan=as_json.proposal_json(samples.proposal),
        why=as_json.why_json(samples.standings),
        frameworks=as_json.frameworks_json(samples.overview),
        catalog=as_json.catalog_json(samples.catalog),
        **{"catalog-check": as_json.survey_json(samples.survey, exit_code=1)},
        report=as_json.report_json(dataclasses.replace(full, host=with_everything(samples))),
        checks=as_json.questions_json((Question(check="m.gpu", group="machine", title="Known"),)),
        smoke=as_json.smoke_json(full),
        explanation=as_json.explanation_json(samples.explanation),
        comparison=as_json.comparison_json(dataclasses.replace(samples.comparison, host=with_everything(samples))),
        recorded=as_json.recorded_json("machine.json", 4711),
        error=as_json.error_json(
            kind=problem.kind, what=problem.what, seen=problem.seen, do=problem.do, exit_code=problem.exit_code
        ),
    )


def with_everything(samples) -> Host:
    return dataclasses.replace(samples.inventory.host, gaps=samples.unknown_inventory.host.gaps)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_fits_its_schema(kind, answers):
    jsonschema.Draft202012Validator.check_schema(schema(kind))
    jsonschema.validate(json.loads(getattr(answers, kind)), schema(kind), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_a_schema_promises_is_produced(kind, answers):
    assert promised(schema(kind)) - produced(json.loads(getattr(answers, kind)), schema(kind)) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_leaves_no_object_open_and_no_key_optional(kind):
    objects = [part for part in parts(schema(kind)) if part.get("type") == "object"]
    assert objects
    assert all(
        part["additionalProperties"] is False and set(part["required"]) == set(part["properties"]) for part in objects
    )


def test_a_thing_has_one_shape_in_all_schemas():
    shapes = {}
    for kind in KINDS:
        for name, shape in schema(kind).get("$defs", {}).items():
            assert shapes.setdefault(name, shape) == shape
    assert {"finding", "host", "plan"} <= set(shapes)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_one_line_that_names_its_shape(kind, answers):
    text = getattr(answers, kind)
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    assert json.loads(text)["schema"] == f"dlsetup.{kind}/1"


def test_an_answer_can_be_indented_for_people(samples):
    assert json.loads(as_json.report_json(samples.healthy, indent=2)) == json.loads(
        as_json.report_json(samples.healthy)
    )


def test_the_report_has_the_keys_of_the_contract(answers):
    report = json.loads(answers.report)
    keys = ["schema", "host", "environments", "findings", "smoke", "plans", "outcomes", "repairs", "exit_code"]
    assert list(report) == keys
    assert list(report["host"]) == ["os", "libc", "memory_bytes", "cpu", "gpus", "drivers", "gaps"]
    assert list(report["plans"][0]) == [
        "frameworks",
        "accelerator",
        "compute",
        "python",
        "environment",
        "packages",
        "steps",
        "reasons",
        "rejected",
    ]
    assert list(report["environments"][0])[:5] == ["path", "kind", "python", "interpreter", "distributions"]
    assert report["environments"][0]["python"] == "3.11.7"
    assert report["environments"][0]["distributions"][0] == {"name": "torch", "version": "2.13.0+cpu"}


def test_without_a_plan_plans_is_null(samples):
    assert json.loads(as_json.report_json(samples.healthy))["plans"] is None


def test_what_is_not_known_is_null_and_never_words():
    report = json.loads(as_json.host_json(Inventory(host=Host())))
    assert report["host"]["cpu"]["features"] is None
    assert report["host"]["memory_bytes"] is None
    assert "N/A" not in as_json.host_json(Inventory(host=Host()))


def test_a_loss_that_ran_away_is_null(samples):
    smoke = SmokeResult(framework="pytorch", losses=(0.5, float("nan"), float("inf")))
    text = as_json.smoke_json(dataclasses.replace(samples.installed, smoke=(smoke,)))
    assert json.loads(text)["results"][0]["losses"] == [0.5, None, None]


def test_a_version_is_text():
    assert as_json._plain({"": Version("1.10")}[""]) == "1.10"


def test_a_file_name_that_is_no_utf_8_can_be_written_and_read_again():
    report = Report(command="doctor", host=Host(), findings=())
    odd = dataclasses.replace(report, host=Host(os=dataclasses.replace(Host().os, kernel="\udcff-köln")))
    text = as_json.report_json(odd)
    assert text.isascii()
    assert json.loads(text)["host"]["os"]["kernel"] == "\udcff-köln"


def parts(node):
    """Yield every object in a schema."""
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from parts(each)
    elif isinstance(node, list):
        for each in node:
            yield from parts(each)


def promised(document: dict) -> set[str]:
    """Return every property of a schema, under the name of the thing that has it."""
    found = {f"/{name}" for name in document["properties"]}
    for thing, shape in document.get("$defs", {}).items():
        found |= {f"{thing}/{name}" for name in shape["properties"]}
    return found


def produced(value, document: dict, shape: dict | None = None, thing: str = "") -> set[str]:
    """Return every property of an answer, under the name of the thing that the schema says it is."""
    shape = document if shape is None else shape
    if "$ref" in shape:
        thing = shape["$ref"].rsplit("/", 1)[1]
        return produced(value, document, document["$defs"][thing], thing)
    if "anyOf" in shape:
        return set() if value is None else produced(value, document, shape["anyOf"][0], thing)
    if isinstance(value, list) and "items" in shape and shape["items"]:
        return set().union(*(produced(each, document, shape["items"], thing) for each in value))
    if isinstance(value, dict):
        inner = (produced(each, document, shape["properties"][name], thing) for name, each in value.items())
        return {f"{thing}/{name}" for name in value}.union(*inner)
    return set()
