"""Failure modes and the texts that show them: symptoms/*.toml, one file per layer, read where a text is explained.

Keys of a mode, of its `symptom` and of its `remedy` are the fields of `FailureMode`, `Symptom` and `PlatformRemedy` in
values/symptom.py. A symptom's `literal` is a word that every match holds, or a list of words of which it holds one.
A symptom may bear `stderr`, the checks of a smoke test (run.import, run.device, run.compute) that a
match in stderr explains; all of them where it is left out, none for lines that healthy machines print as well.
`decisions.toml` holds no modes: it says which mode the facts of a machine make of another.
"""

from __future__ import annotations

import sys
from dataclasses import MISSING, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dlsetup.values.symptom import (
    PROOFS,
    ROLES,
    Consequence,
    Decision,
    Ending,
    FailureMode,
    Knowledge,
    Only,
    PlatformRemedy,
    Symptom,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = Path(__file__).parent / "symptoms"

LAYERS = (
    "hardware",
    "operating_system",
    "driver",
    "container",
    "system_library",
    "interpreter",
    "installer",
    "packages",
    "runtime",
    "distributed",
)
"""The files, in the order of causes: what is wrong below explains what is wrong above."""

FRAMEWORKS = ("pytorch", "tensorflow", "keras", "jax", "mlx", "mxnet", "chainer", "cntk", "spark")
PLATFORMS = ("linux", "windows", "wsl", "macos-arm64", "macos-x86_64")
SEVERITIES = ("error", "warn", "info")

_DECISIONS = "decisions"


class BadRowError(ValueError):
    """A row of the tables does not say what it must; the message names file and mode."""


@lru_cache(maxsize=1)
def load_knowledge() -> Knowledge:
    """Return what the package knows of failure modes, read once."""
    return read_knowledge(FOLDER)


def read_knowledge(folder: Path) -> Knowledge:
    """Read a folder of tables. Raises BadRowError where a row is wrong."""
    modes: list[FailureMode] = []
    for layer in LAYERS:
        path = folder / f"{layer}.toml"
        if path.is_file():
            modes.extend(modes_of(_document(path), layer))
    path = folder / f"{_DECISIONS}.toml"
    document = _document(path) if path.is_file() else {}
    return Knowledge(
        modes=tuple(modes),
        decisions=tuple(_rows(document, Decision)),
        consequences=tuple(_rows(document, Consequence)),
        endings=tuple(_rows(document, Ending)),
        only=tuple(_rows(document, Only)),
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadRowError(f"{path.name}: {error}") from error


def modes_of(document: dict[str, Any], layer: str) -> Iterator[FailureMode]:
    """Yield the modes of one file. Raises BadRowError."""
    for number, row in enumerate(document.get("mode", ()), start=1):
        where = f"{layer}.toml, mode {row.get('id') or f'number {number}'}"
        yield _mode(row, layer, where)


_Row = TypeVar("_Row", Decision, Consequence, Ending, Only)


def _rows(document: dict[str, Any], kind: type[_Row]) -> Iterator[_Row]:
    """Yield the rows of one kind among the decisions."""
    needed = [each.name for each in fields(kind) if each.default is MISSING]
    for number, row in enumerate(document.get(kind.__name__.lower(), ()), start=1):
        _check_keys(row, kind, f"{_DECISIONS}.toml, {kind.__name__.lower()} {number}", missing=needed)
        yield kind(**_with_tuples(row))


def _mode(row: dict[str, Any], layer: str, where: str) -> FailureMode:
    renamed = {{"symptom": "symptoms", "remedy": "remedies"}.get(key, key): value for key, value in row.items()}
    _check_keys(renamed, FailureMode, where, missing=("id", "summary", "cause", "weight", "sources"))
    for key, allowed in (("role", ROLES), ("severity", SEVERITIES)):
        _check_among([row.get(key, allowed[0])], allowed, f"{where}: {key}")
    _check_among(row.get("frameworks", ()), FRAMEWORKS, f"{where}: frameworks")
    _check_among(row.get("platforms", ()), PLATFORMS, f"{where}: platforms")
    plain = {key: value for key, value in row.items() if key not in ("symptom", "remedy")}
    return FailureMode(
        layer=layer,
        symptoms=tuple(_symptom(each, f"{where}, symptom {n}") for n, each in enumerate(row.get("symptom", ()), 1)),
        remedies=tuple(_remedy(each, f"{where}, remedy {n}") for n, each in enumerate(row.get("remedy", ()), 1)),
        **_with_tuples(plain),
    )


def _symptom(row: dict[str, Any], where: str) -> Symptom:
    literal = row.get("literal")
    plain = {key: value for key, value in row.items() if key != "literal"}
    plain["literals"] = [literal] if isinstance(literal, str) else literal
    _check_keys(plain, Symptom, where, missing=("pattern", "literals", "specificity", "example"))
    _check_among([row["specificity"]], (1, 2, 3), f"{where}: specificity")
    _check_among(row.get("stderr", ()), PROOFS, f"{where}: stderr")
    for word in plain["literals"]:
        if word.split() != [word]:
            raise BadRowError(f"{where}: a literal must be one word: {word!r}")
    return Symptom(**_with_tuples(plain))


def _remedy(row: dict[str, Any], where: str) -> PlatformRemedy:
    _check_keys(row, PlatformRemedy, where, missing=("text",))
    _check_among(row.get("platforms", ()), PLATFORMS, f"{where}: platforms")
    return PlatformRemedy(**_with_tuples(row))


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _check_keys(row: dict[str, Any], kind: type, where: str, *, missing: Iterable[str]) -> None:
    types = {each.name: str(each.type) for each in fields(kind) if each.name != "layer"}
    unknown = sorted(row.keys() - types.keys())
    if unknown:
        raise BadRowError(f"{where}: unknown key {', '.join(unknown)}")
    absent = [key for key in missing if not row.get(key)]
    if absent:
        raise BadRowError(f"{where}: {', '.join(absent)} missing")
    for key, value in row.items():
        if not _of_type(value, types[key]):
            raise BadRowError(f"{where}: {key} must be {types[key]}, not {value!r}")


def _of_type(value: object, annotation: str) -> bool:
    if annotation.startswith("tuple[str"):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if annotation.startswith("tuple["):
        return isinstance(value, list) and all(isinstance(each, dict) for each in value)
    if annotation.startswith("Mapping"):
        return isinstance(value, dict)
    plain = {"str": str, "str | None": str, "int": int, "bool": bool}[annotation]
    return type(value) is plain


def _check_among(values: Iterable[object], allowed: Iterable[object], where: str) -> None:
    known = tuple(allowed)
    for value in values:
        if value not in known:
            raise BadRowError(f"{where} {value!r} is not known; known: {', '.join(map(str, known))}")
