"""The rows of symptoms: every pattern finds its own example, no near miss, and stays quick whatever the text."""

from __future__ import annotations

import json
import re
import string
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import dlsetup.catalog

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(dlsetup.catalog.__file__).parent / "symptoms"
LAYERS = {
    "container",
    "distributed",
    "driver",
    "hardware",
    "installer",
    "interpreter",
    "operating_system",
    "packages",
    "runtime",
    "system_library",
}
FILES = tuple(sorted(path for path in FOLDER.glob("*.toml") if path.stem != "decisions"))
FRAMEWORKS = {"pytorch", "tensorflow", "keras", "jax", "mlx", "mxnet", "chainer", "cntk", "spark"}
PLATFORMS = {"linux", "windows", "wsl", "macos-arm64", "macos-x86_64"}
MODE_KEYS = {"id", "summary", "cause", "role", "severity", "weight", "frameworks", "platforms", "near", "sources"}
SYMPTOM_KEYS = {"pattern", "literal", "specificity", "example", "summary", "near", "stderr"}
REMEDY_KEYS = {"platforms", "text", "commands", "automatic", "needs_root", "needs_reboot", "links"}
HOSTILE = (10_000, 200_000)
"""Characters of hostile texts: a pattern that is slow on the short ones is not tried on the long ones."""
BOUND = 0.5
"""Seconds that one pattern may need for it; the linear ones need some milliseconds."""


def modes_of(file: Path) -> list[dict[str, Any]]:
    """Return the modes that one file describes."""
    return tomllib.loads(file.read_text(encoding="utf-8")).get("mode", [])


MODES = tuple((file, mode) for file in FILES for mode in modes_of(file))
each_mode = pytest.mark.parametrize("mode", [pytest.param(mode, id=mode.get("id", "?")) for _, mode in MODES])
each_file = pytest.mark.parametrize("file", [pytest.param(file, id=file.stem) for file in FILES])


@pytest.fixture(scope="session")
def published(shared) -> dict[str, dict[str, Any]]:
    """Return the gathered failure modes by their id."""
    file = shared / "doctor" / "failure-modes.json"
    if not file.is_file():
        pytest.skip(f"the gathered failure modes are absent ({file})")
    return {mode["id"]: mode for mode in json.loads(file.read_text(encoding="utf-8"))["modes"]}


def symptoms_of(mode: dict[str, Any]) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Return the mode's symptoms, each with its pattern as it is applied."""
    return [(re.compile(each["pattern"], re.MULTILINE), each) for each in mode.get("symptom", ())]


def literals_of(symptom: dict[str, Any]) -> list[str]:
    """Return the words of which every match holds one: a single one is written without a list."""
    return [symptom["literal"]] if isinstance(symptom["literal"], str) else symptom["literal"]


def placeholders(text: str) -> list[str]:
    """Return the names between braces."""
    return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]


def test_ids_are_unique_and_files_are_known():
    ids = [mode["id"] for _, mode in MODES]
    assert sorted(ids) == sorted(set(ids))
    assert {file.stem for file in FILES} <= LAYERS


def test_every_id_is_a_gathered_failure_mode_and_none_is_left_out(published):
    ids = {mode["id"] for _, mode in MODES}
    assert ids - set(published) == set()
    if {file.stem for file in FILES} == LAYERS:
        assert set(published) - ids == set()


@each_file
def test_the_modes_stand_in_order_of_weight(file):
    weights = [mode["weight"] for mode in modes_of(file)]
    assert weights == sorted(weights, reverse=True)


@each_mode
def test_a_mode_has_the_keys_that_the_format_names(mode):
    assert set(mode) - {"symptom", "remedy"} <= MODE_KEYS
    assert {"id", "summary", "cause", "severity", "weight", "sources"} <= set(mode)
    assert mode["severity"] in {"error", "warn", "info"}
    assert mode.get("role", "cause") in {"cause", "wrapper", "background", "noise"}
    assert set(mode.get("frameworks", ())) <= FRAMEWORKS
    assert set(mode.get("platforms", ())) <= PLATFORMS
    assert not placeholders(mode["summary"])
    assert mode["sources"]
    assert [each for each in mode["sources"] if not each.startswith("https://")] == []


@each_mode
def test_a_mode_says_what_to_do(mode):
    remedies = mode.get("remedy", [])
    assert remedies
    for remedy in remedies:
        assert set(remedy) <= REMEDY_KEYS
        assert remedy["text"]
        assert set(remedy.get("platforms", ())) <= PLATFORMS
        for command in remedy.get("commands", ()):
            assert set(placeholders(command)) <= {"framework", "python"}, command
            assert command.strip() == command != ""
        assert [each for each in remedy.get("links", ()) if not each.startswith("https://")] == []


_OTHER_SHELL = {
    "windows": re.compile(r"^(?:set |export |unset |sudo )"),
    "linux": re.compile(r"^(?:set |\$env:|Remove-Item )"),
}


def test_commands_are_those_of_the_platforms_own_shell():
    remedies = [(mode["id"], remedy) for _, mode in MODES for remedy in mode["remedy"]]
    wrong = [
        (mode, line)
        for mode, remedy in remedies
        for platform in _OTHER_SHELL.keys() & set(remedy.get("platforms", ()))
        for line in remedy.get("commands", ())
        if _OTHER_SHELL[platform].search(line)
    ]
    assert wrong == []


def test_no_placeholder_of_a_command_is_a_redirection():
    lines = [line for _, mode in MODES for remedy in mode["remedy"] for line in remedy.get("commands", ())]
    assert [line for line in lines if re.search(r"<[a-z][\w-]*>", line)] == []


def test_an_alternative_does_not_say_that_it_is_one():
    texts = [remedy["text"] for _, mode in MODES for remedy in mode["remedy"]]
    assert [text for text in texts if re.match(r"(?:Or|Then)\b", text)] == []


@each_mode
def test_a_pattern_matches_its_example_and_every_match_holds_a_literal(mode):
    for pattern, symptom in symptoms_of(mode):
        assert set(symptom) <= SYMPTOM_KEYS
        assert symptom["specificity"] in {1, 2, 3}
        found = pattern.search(symptom["example"])
        assert found, symptom["pattern"]
        assert literals_of(symptom), symptom["pattern"]
        # a shorter word stands in every text
        assert all(len(word) > 2 and not re.search(r"\s", word) for word in literals_of(symptom)), symptom["pattern"]
        assert any(word in found[0] for word in literals_of(symptom)), symptom["pattern"]


@each_mode
def test_a_symptoms_summary_uses_only_what_the_match_always_holds(mode):
    for pattern, symptom in symptoms_of(mode):
        found = pattern.search(symptom["example"])
        for name in placeholders(symptom.get("summary", "")):
            assert found.groupdict().get(name), f"{name} in {symptom['pattern']}"


@each_mode
def test_no_pattern_matches_a_near_miss(mode):
    symptoms = symptoms_of(mode)
    assert not symptoms or mode.get("near") or all(each.get("near") for _, each in symptoms)
    for pattern, symptom in symptoms:
        for near in (*mode.get("near", ()), *symptom.get("near", ())):
            assert not pattern.search(near), (symptom["pattern"], near)


@each_mode
def test_no_example_is_one_that_was_gathered(mode, published):
    gathered = {
        example.strip()
        for each in published.values()
        for symptom in each["symptoms"]
        for example in symptom["examples"]
    }
    assert [each["example"] for _, each in symptoms_of(mode) if each["example"].strip() in gathered] == []


def hostile_texts(pattern: re.Pattern[str], symptom: dict[str, Any], size: int) -> list[str]:
    """Return texts that tempt a pattern to look far again and again: its beginning repeated, long runs of blanks."""
    literal = literals_of(symptom)[0]
    almost = pattern.search(symptom["example"])[0][:-1]
    pieces = (literal, f"{literal} ", f"{literal}\n", f"{almost} ")
    repeated = [(piece * (size // len(piece) + 1))[:size] for piece in pieces]
    return [*repeated, literal + " " * size + literal]


def seconds_for(pattern: re.Pattern[str], text: str) -> float:
    """Return the processor time that it takes to find all matches."""
    start = time.process_time()
    for _ in pattern.finditer(text):
        pass
    return time.process_time() - start


@each_mode
def test_a_pattern_needs_linear_time(mode):
    for size in HOSTILE:
        for pattern, symptom in symptoms_of(mode):
            for text in hostile_texts(pattern, symptom, size):
                needed = seconds_for(pattern, text)
                assert needed < BOUND, (symptom["pattern"], text[:60], size, needed)
