"""The table of symptoms is read into values; a wrong row is named with its file and mode."""

from __future__ import annotations

import pytest

from dlsetup.catalog.symptoms import FOLDER, LAYERS, BadRowError, load_knowledge, modes_of, read_knowledge

KNOWLEDGE = load_knowledge()

GOOD = {
    "id": "moon-too-near",
    "summary": "The moon is too near.",
    "cause": "Somebody moved it.",
    "weight": 3,
    "sources": ["https://example.org/moon"],
    "symptom": [{"pattern": "moon", "literal": "moon", "specificity": 3, "example": "the moon"}],
    "remedy": [{"text": "Move it back."}],
}


def modes(**changes):
    return list(modes_of({"mode": [{**GOOD, **changes}]}, "hardware"))


def test_a_row_becomes_a_mode_of_its_file():
    (mode,) = modes()
    assert (mode.id, mode.layer, mode.role, mode.severity) == ("moon-too-near", "hardware", "cause", "error")
    assert mode.symptoms[0].literals == ("moon",)
    assert mode.remedies[0].text == "Move it back."


def test_a_literal_may_be_one_of_several():
    row = {**GOOD["symptom"][0], "literal": ["moon", "luna"]}
    assert modes(symptom=[row])[0].symptoms[0].literals == ("moon", "luna")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"summary": ""}, "summary missing"),
        ({"weight": "3"}, "weight must be int"),
        ({"role": "moon"}, "role 'moon' is not known"),
        ({"severity": "bad"}, "severity 'bad' is not known"),
        ({"platforms": ["beos"]}, "platforms 'beos' is not known"),
        ({"frameworks": ["torch"]}, "frameworks 'torch' is not known"),
        ({"colour": "grey"}, "unknown key colour"),
        ({"sources": "https://example.org"}, "sources must be tuple"),
        ({"symptom": [{**GOOD["symptom"][0], "specificity": 4}]}, "symptom 1: specificity 4 is not known"),
        ({"symptom": [{**GOOD["symptom"][0], "literal": "the moon"}]}, "symptom 1: a literal must be one word"),
        ({"symptom": [{**GOOD["symptom"][0], "stderr": ["run.moon"]}]}, "symptom 1: stderr 'run.moon' is not known"),
        ({"symptom": [{"pattern": "moon"}]}, "symptom 1: literals, specificity, example missing"),
        ({"remedy": [{"text": "x", "needs_root": "yes"}]}, "remedy 1: needs_root must be bool"),
        ({"remedy": [{"commands": []}]}, "remedy 1: text missing"),
    ],
)
def test_a_wrong_row_is_named_with_its_file_and_mode(changes, says):
    with pytest.raises(BadRowError) as caught:
        modes(**changes)
    assert str(caught.value).startswith("hardware.toml, mode moon-too-near")
    assert says in str(caught.value)


def test_a_row_without_a_name_is_named_by_its_number():
    with pytest.raises(BadRowError, match=r"hardware.toml, mode number 1: id missing"):
        list(modes_of({"mode": [{key: value for key, value in GOOD.items() if key != "id"}]}, "hardware"))


def test_a_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "driver.toml").write_text("[[mode]\n", encoding="utf-8")
    with pytest.raises(BadRowError, match=r"driver\.toml: "):
        read_knowledge(tmp_path)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('[[decision]]\nmode = "a"\nwhen = {}\n', "decision 1: "),
        ('[[consequence]]\nof = "a"\nmodes = "b"\nsource = "c"\n', "consequence 1: modes must be tuple"),
        ('[[ending]]\npackage = "a"\n', "ending 1: "),
        ("[[only]]\nmoon = 1\n", "only 1: unknown key moon"),
    ],
)
def test_a_wrong_decision_is_named(tmp_path, row, says):
    (tmp_path / "decisions.toml").write_text(row, encoding="utf-8")
    with pytest.raises(BadRowError) as caught:
        read_knowledge(tmp_path)
    assert says in str(caught.value)


def test_an_empty_folder_knows_nothing(tmp_path):
    assert read_knowledge(tmp_path).modes == ()


def test_every_file_in_the_folder_is_read():
    assert {path.stem for path in FOLDER.glob("*.toml")} == {*LAYERS, "decisions"}


def test_decisions_are_between_modes_that_exist():
    names = {mode.id for mode in KNOWLEDGE.modes}
    named = {each.mode for each in (*KNOWLEDGE.decisions, *KNOWLEDGE.endings, *KNOWLEDGE.only)}
    named |= {each.then for each in KNOWLEDGE.decisions if each.then} | {each.here for each in KNOWLEDGE.only}
    named |= {mode for each in KNOWLEDGE.consequences for mode in (each.of, *each.modes)}
    assert named - names == set()
