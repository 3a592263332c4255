"""Turns the catalog's TOML files into values; schema.json says what may stand in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dlsetup.catalog.builds import builds_of, version_of
from dlsetup.values.build import (
    AbiRule,
    Catalog,
    Companion,
    ComputePlatform,
    Device,
    Framework,
    Predecessor,
    Vulnerability,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dlsetup.values.build import Build

Document = dict[str, Any]


def read_catalog(folder: Path) -> Catalog:
    """Read a folder that is laid out as this package is."""
    return catalog_of(
        frameworks=[_read(path) for path in sorted((folder / "frameworks").glob("*.toml"))],
        computes=_read(folder / "computes.toml"),
        companions=_read(folder / "companions.toml"),
        abi=_read(folder / "abi.toml"),
    )


def read_devices(path: Path) -> tuple[Device, ...]:
    """Read one vendor's table of GPU models."""
    return devices_of(_read(path))


def _read(path: Path) -> Document:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def catalog_of(*, frameworks: Iterable[Document], computes: Document, companions: Document, abi: Document) -> Catalog:
    """Return the catalog that the documents state, the same one whatever the order of their rows."""
    platforms = {each.name: each for each in _computes(computes)}
    documents = sorted(frameworks, key=lambda document: str(document["framework"]["name"]))
    builds = [build for document in documents for build in builds_of(document, platforms)]
    builds.sort(key=_place)
    return Catalog(
        frameworks=tuple(_framework(document) for document in documents),
        builds=tuple(builds),
        vulnerabilities=tuple(
            Vulnerability(framework=document["framework"]["name"], **row)
            for document in documents
            for row in document.get("vulnerability", ())
        ),
        computes=tuple(sorted(platforms.values(), key=lambda each: each.name)),
        companions=tuple(sorted(_companions(companions), key=lambda each: (each.package, each.version, each.requires))),
        abi=tuple(sorted(_abi(abi), key=lambda each: (each.package, each.other, each.from_))),
    )


def _place(build: Build) -> tuple[str, ...]:
    """Return where a build stands; no two share a place."""
    index = build.index or ""
    platform = (build.system, build.architecture)
    return (build.framework, str(build.version), build.compute, *platform, index, *build.pythons)


def _framework(document: Document) -> Framework:
    facts = _with_tuples(document["framework"])
    return Framework(**facts, predecessors=tuple(_predecessor(row) for row in document.get("predecessor", ())))


def _with_tuples(row: Document) -> Document:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _predecessor(row: Document) -> Predecessor:
    return Predecessor(**{**_with_tuples(row), "parts": tuple(sorted(row["parts"].items()))})


def _computes(document: Document) -> Iterator[ComputePlatform]:
    for row in document["compute"]:
        drivers = {system: version_of(text) for system, text in row.get("driver", {}).items()}
        for name, rank in row["rank"].items():
            yield ComputePlatform(
                name=name,
                accelerator=row["accelerator"],
                rank=rank,
                driver=drivers,
                libraries=row.get("libraries", ""),
                source=row["source"],
                read=row["read"],
            )


def _companions(document: Document) -> Iterator[Companion]:
    for row in document["companion"]:
        for requires, releases in row["releases"].items():
            for version in releases.split():
                yield Companion(package=row["package"], version=version, requires=requires, source=row["source"])


def _abi(document: Document) -> Iterator[AbiRule]:
    for row in document["abi"]:
        for package, below in row["packages"].items():
            yield AbiRule(
                package=package,
                below=below,
                other=row["other"],
                from_=row["from"],
                mode=row["mode"],
                source=row["source"],
            )


def devices_of(document: Document) -> tuple[Device, ...]:
    """Return the GPU models of a table: those by PCI id, then those by name alone."""
    return tuple(
        Device(
            pci_id=pci_id,
            name=name,
            architecture=group.get("architecture"),
            integrated=group.get("integrated"),
        )
        for group in document["device"]
        for pci_id, name in (*group.get("ids", {}).items(), *((None, name) for name in group.get("names", ())))
    )
