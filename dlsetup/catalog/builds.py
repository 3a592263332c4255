"""Expands the compact rows of a framework's file into one Build for each release, compute platform and platform."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from dlsetup.values.build import Build, Metadata, Shim, ShimLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dlsetup.values.build import ComputePlatform

Row = dict[str, Any]

MEGABYTE = 1_000_000


@cache
def version_of(text: str) -> Version:
    """Return a version, made once for each text."""
    return Version(text)


def builds_of(document: Row, computes: Mapping[str, ComputePlatform]) -> Iterator[Build]:
    """Expand every row of a framework's file."""
    for short in document["build"]:
        template: Row = document.get("template", {}).get(short.get("like", ""), {})
        row = {**template, **short}
        words = {**document.get("sources", {}), **template.get("words", {}), **short.get("words", {})}
        facts = _facts(row, document["framework"]["name"])
        facts["shims"] = tuple(_shim(document["shim"][name]) for name in row.get("shims", ()))
        for compute, code in row["computes"].items() if "computes" in row else ((row["compute"], ""),):
            facts["gpus"] = tuple(document["gpus"][code]) if code else ()
            for version in _list(row["versions"]):
                texts = _texts(
                    row, {**words, **dict(_companions(document, version)), "version": version, "compute": compute}
                )
                yield from _each_platform(row, version, computes[compute], {**facts, **texts})


def _list(value: str | list[str]) -> list[str]:
    """Read a list, which may be written as one text with blanks: it is shorter, and TOML parses it in half the time."""
    return value.split() if isinstance(value, str) else value


def _facts(row: Row, framework: str) -> dict[str, Any]:
    """Return what holds for all builds of a row."""
    size = row.get("installed_megabytes")
    return {
        "framework": framework,
        "pythons": tuple(_list(row["pythons"])),
        "glibc": version_of(row["glibc"]) if "glibc" in row else None,
        "macos": version_of(row["macos"]) if "macos" in row else None,
        "cpu_features": tuple(row.get("cpu_features", ())),
        "source_only": tuple(row.get("source_only", ())),
        "build_constraints": tuple(row.get("build_constraints", ())),
        "needs": tuple(row.get("needs", ())),
        "installed_bytes": size * MEGABYTE if size else None,
        "note": row.get("note", ""),
        "ptx_note": row.get("ptx_note", ""),
        "caution": row.get("caution", ""),
        "read": row["read"],
    }


def _shim(row: Row) -> Shim:
    """Return a stand-in; its names are one text with blanks."""
    libraries = (
        ShimLibrary(
            soname=soname,
            functions=tuple(names["functions"].split()),
            objects=tuple(names.get("objects", "").split()),
        )
        for soname, names in sorted(row["library"].items())
    )
    return Shim(
        title=row["title"],
        folder=row["folder"],
        message=row["message"],
        note=row["note"],
        libraries=tuple(libraries),
        source=row["source"],
    )


def _companions(document: Row, version: str) -> Iterator[tuple[str, str]]:
    """Return the releases of companions that go with a release of the framework."""
    for package, releases in document.get("companion", {}).items():
        if version in releases:
            yield package, releases[version]


def _texts(row: Row, words: Mapping[str, str]) -> dict[str, Any]:
    """Fill in what a row leaves open: {version}, {compute}, a companion's release, a source, the row's own words."""
    return {
        "requirements": tuple(text.format_map(words) for text in row["requirements"]),
        "optional": tuple(text.format_map(words) for text in row.get("optional", ())),
        "index": row["index"].format_map(words) if "index" in row else None,
        "local": row.get("local", "").format_map(words),
        "metadata": tuple(
            Metadata(name=name, version=words["version"], requires=tuple(requires))
            for name, requires in sorted(row.get("metadata", {}).items())
        ),
        "source": row["source"].format_map(words),
    }


def _each_platform(row: Row, version: str, compute: ComputePlatform, facts: Row) -> Iterator[Build]:
    """Make the builds of one release for one compute platform, which differ by system and architecture only."""
    own = version_of(row["driver"]) if "driver" in row else None
    windows = max((floor for floor in (own, compute.driver.get("windows")) if floor), default=None)
    for platform in _list(row["platforms"]):
        system, _, architecture = platform.partition("-")
        yield Build(
            version=version_of(version),
            compute=compute.name,
            accelerator=compute.accelerator,
            system=system,
            architecture=architecture,
            driver=own or compute.driver.get(system),
            driver_wsl=windows if system == "linux" else None,
            **facts,
        )
