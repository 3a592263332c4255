"""Every TOML file is held against schema.json, row by row, with its template filled in."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import dlsetup.catalog
from dlsetup.catalog.documents import _read

FOLDER = Path(dlsetup.catalog.__file__).parent
SCHEMA = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
FRAMEWORKS = sorted((FOLDER / "frameworks").glob("*.toml"))
HARDWARE = sorted((FOLDER / "hardware").glob("*.toml"))


def validator(name):
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def problems(name, document):
    return [f"{'/'.join(map(str, each.path))}: {each.message}" for each in validator(name).iter_errors(document)]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FRAMEWORKS, ids=lambda path: path.stem)
def test_a_frameworks_file_is_as_the_schema_says(path):
    assert problems("framework", _read(path)) == []


@pytest.mark.parametrize("path", FRAMEWORKS, ids=lambda path: path.stem)
def test_every_row_is_whole(path):
    document = _read(path)
    templates = document.get("template", {})
    for row in document["build"]:
        assert row.get("like", "") in {"", *templates}
        assert problems("row", {**templates.get(row.get("like", ""), {}), **row}) == []
        assert set(row.get("computes", {}).values()) <= {"", *document.get("gpus", {})}


@pytest.mark.parametrize("path", FRAMEWORKS, ids=lambda path: path.stem)
def test_every_template_and_gpu_list_is_used(path):
    document = _read(path)
    assert {row.get("like") for row in document["build"]} - {None} == set(document.get("template", {}))
    used = {code for row in document["build"] for code in row.get("computes", {}).values()} - {""}
    assert used == set(document.get("gpus", {}))


@pytest.mark.parametrize("name", ["computes", "companions", "abi"])
def test_the_other_files_are_as_the_schema_says(name):
    assert problems(name, _read(FOLDER / f"{name}.toml")) == []


@pytest.mark.parametrize("path", HARDWARE, ids=lambda path: path.stem)
def test_a_table_of_gpus_is_as_the_schema_says(path):
    assert problems("hardware", _read(path)) == []


@pytest.mark.parametrize(
    "damage",
    [
        {"versions": "2.22.0rc0"},
        {"platforms": "linux"},
        {"pythons": "cp311"},
        {"read": "yesterday"},
        {"driver": "new"},
        {"colour": "red"},
        {"requirements": []},
        {"compute": "cpu", "computes": {"cpu": ""}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_wrong(damage):
    row = {
        "versions": "2.21.0 2.20.0",
        "platforms": "linux-x86_64 linux-arm64",
        "pythons": "3.11 3.13t",
        "compute": "cpu",
        "requirements": ["tensorflow=={version}"],
        "source": "PyPI:tensorflow",
        "read": "2026-11-22",
    }
    assert problems("row", row) == []
    assert problems("row", {**row, **damage}) != []
