"""The rules of doctor's checks that belong to no framework: rules/*.toml."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlsetup.values.build import (
    AbiRule,
    Assembler,
    Borrower,
    Built,
    CLibrary,
    DriverEnd,
    Elsewhere,
    Exclusive,
    Fall,
    Floor,
    JavaRule,
    Library,
    Minimum,
    Mirror,
    Override,
    Placeholder,
    Supply,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Catalog

_HERE = Path(__file__).parent / "rules"


def with_rules(catalog: Catalog, folder: Path = _HERE) -> Catalog:
    """Return a catalog together with the rules of a folder."""
    java, borrowed, index = (_read(folder / name) for name in ("java.toml", "borrowed.toml", "index.toml"))
    floors = _read(folder / "floors.toml")
    return replace(
        catalog,
        abi=catalog.abi + tuple(_removed(_read(folder / "removed.toml"))),
        exclusive=catalog.exclusive + tuple(_exclusive(_read(folder / "exclusive.toml"))),
        driver_ends=catalog.driver_ends + tuple(_driver_ends(_read(folder / "drivers.toml"))),
        java=catalog.java + tuple(_java(java)),
        supplies=catalog.supplies + tuple(Supply(**{**row, "names": tuple(row["names"])}) for row in java["supply"]),
        libraries=catalog.libraries + tuple(Library(**row) for row in _read(folder / "libraries.toml")["library"]),
        overrides=catalog.overrides + tuple(_overrides(_read(folder / "overrides.toml"))),
        elsewhere=catalog.elsewhere + tuple(_elsewhere(_read(folder / "elsewhere.toml"))),
        c_libraries=catalog.c_libraries + tuple(_c_libraries(_read(folder / "distributions.toml"))),
        floors=catalog.floors + tuple(Floor(**_facts(row)) for row in floors["floor"]),
        minima=catalog.minima + tuple(Minimum(**_facts(row)) for row in floors["minimum"]),
        borrowers=catalog.borrowers + tuple(Borrower(**_facts(row)) for row in borrowed["borrower"]),
        assemblers=catalog.assemblers + tuple(Assembler(**_facts(row)) for row in borrowed["assembler"]),
        placeholders=catalog.placeholders + tuple(Placeholder(**_facts(row)) for row in index["placeholder"]),
        built=catalog.built + tuple(Built(**_facts(row)) for row in index["built"]),
        falls=catalog.falls + tuple(Fall(**_facts(row)) for row in index["fall"]),
        mirrors=catalog.mirrors + tuple(Mirror(**row) for row in index["mirror"]),
    )


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _removed(document: dict[str, Any]) -> Iterator[AbiRule]:
    for row in document["removed"]:
        for package, below in row["packages"].items():
            yield AbiRule(
                package=package,
                below=below,
                other=row["other"],
                from_=row["from"],
                mode=row["mode"],
                source=row["source"],
                absent=row.get("absent", False),
                python=row.get("python", ""),
                beside=row.get("beside", ""),
            )


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    """Turn a row into what a value is made of: lists into tuples, and `from` into a name that Python allows."""
    names = {"from": "from_"}
    return {names.get(key, key): tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _exclusive(document: dict[str, Any]) -> Iterator[Exclusive]:
    for row in document["exclusive"]:
        yield Exclusive(**{**row, "packages": tuple(row["packages"])})


def _driver_ends(document: dict[str, Any]) -> Iterator[DriverEnd]:
    for row in document["end"]:
        yield DriverEnd(
            vendor=row["vendor"], from_=row["from"], oldest=row["oldest"], mode=row["mode"], source=row["source"]
        )


def _overrides(document: dict[str, Any]) -> Iterator[Override]:
    for row in document["override"]:
        for gpu in row["gpus"]:
            yield Override(
                gpu=gpu, runs_as=row["runs_as"], setting=row["setting"], system=row["system"], source=row["source"]
            )


def _elsewhere(document: dict[str, Any]) -> Iterator[Elsewhere]:
    for row in document["elsewhere"]:
        yield Elsewhere(**_facts(row))


def _c_libraries(document: dict[str, Any]) -> Iterator[CLibrary]:
    for row in document["distribution"]:
        for version, glibc in row["glibc"].items():
            for name in row["names"]:
                yield CLibrary(distribution=name, version=version, glibc=glibc, source=row["source"])


def _java(document: dict[str, Any]) -> Iterator[JavaRule]:
    for row in document["java"]:
        yield JavaRule(
            package=row["package"],
            from_=row["from"],
            oldest=row["oldest"],
            newest=row.get("newest"),
            source=row["source"],
        )
