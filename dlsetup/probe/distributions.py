"""Installed distributions, as their metadata says: one listing of site-packages and a few small files each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.system.interface import NOT_RECORDED
from dlsetup.values.environment import Distribution

if TYPE_CHECKING:
    from dlsetup.system.interface import System, Text

BIG = 1024 * 1024
"""Files of a framework that are larger than this are looked for: a download or a disk that failed shows in them."""

_FIELD = re.compile(
    r"\n((?i:name|version|requires-dist|requires-python))[ \t]*:[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)"
)
"""A field with its folded lines. It begins with a literal line end, which is found ten times as fast as `^`."""

_TAG = re.compile(r"^Tag:[ \t]*(\S+)", re.MULTILINE)
_SEPARATORS = re.compile(r"[-_.]+")
_RECORD_SIZE = re.compile(r",(\d{7,})\r?$", re.MULTILINE)
_LIBRARY_ENDS = (".so", ".pyd", ".dll", ".dylib")
_LIBRARY = re.compile(r"[^,]+\.(?:so[\d.]*|pyd|dll|dylib)(?=,)")
_EDITABLE = re.compile(r'"editable"\s*:\s*true')
_FRAMEWORK = re.compile(
    r"(?:torch|torchvision|torchaudio|tensorflow.*|tf-nightly.*|keras|jax|jaxlib|mlx|mlx-.*|numpy|triton"
    r"|pytorch-triton.*|nvidia-.*|jax-.*-(?:plugin|pjrt))"
)
_OWN_INSTALLERS = frozenset({"", "pip", "uv"})
"""Installers that always write RECORD; the package managers of systems leave it out.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/ ("The RECORD file").
"""

Fields = tuple[str | None, str | None, tuple[str, ...], str | None]


def normalise(name: str) -> str:
    """Return a distribution's normalised name (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def read_distributions(system: System, site_packages: str) -> tuple[Distribution, ...]:
    """Return what is installed in a folder, in the order of the folder's names.

    Two metadata folders of one name are two distributions: which of them is imported nobody knows.
    """
    found: list[Distribution] = []
    for name in system.listing(site_packages) or ():
        if name.endswith(".dist-info") and not name.startswith("~"):
            found.append(_wheel(system, site_packages, name))
        elif name.endswith(".egg-info") and not name.startswith("~"):
            found.append(_egg(system, name, paths.join(system, site_packages, name)))
        elif name.endswith(".egg-link"):
            found.append(_egg_link(system, site_packages, name))
    return tuple(found)


def _wheel(system: System, site: str, folder: str) -> Distribution:
    """Read one .dist-info folder."""
    at = paths.join(system, site, folder)
    listed = frozenset(system.listing(at) or ())
    metadata = _read(system, at, "METADATA", listed)
    name, version, requires, requires_python = parse_metadata(metadata.text or "")
    normal = normalise(name or folder.removesuffix(".dist-info").split("-", 1)[0])
    installer = (_read(system, at, "INSTALLER", listed).text or "").strip()
    record = _record_state(system, at, listed, installer)
    missing: tuple[str, ...] = ()
    if record and _FRAMEWORK.fullmatch(normal):
        missing = _missing(system, site, paths.join(system, at, "RECORD"), compare=installer != "conda")
    return Distribution(
        name=normal,
        version=version,
        folder=folder,
        requires=requires,
        requires_python=requires_python,
        tags=parse_tags(_read(system, at, "WHEEL", listed).text or ""),
        installer=installer or None,
        whole=bool((name and version) or metadata.why == NOT_RECORDED) and record is not False,
        missing_files=missing,
        editable="direct_url.json" in listed
        and _EDITABLE.search(system.read(paths.join(system, at, "direct_url.json")).text or "") is not None,
    )


def _read(system: System, folder: str, name: str, listed: frozenset[str]) -> Text:
    """Read a file of a metadata folder; one that a known listing lacks is not asked for."""
    from dlsetup.system.interface import Text

    if listed and not system.replayed and name not in listed:
        return Text(absent=True, why="no such file")
    return system.read(paths.join(system, folder, name))


def _record_state(system: System, folder: str, listed: frozenset[str], installer: str) -> bool | None:
    """Tell whether RECORD is there and has text; None where that is not known or does not matter."""
    if "RECORD" in listed:
        size = system.size(paths.join(system, folder, "RECORD"))
        return None if size is None else size > 0
    if system.replayed:
        return system.exists(paths.join(system, folder, "RECORD"))
    return False if installer.lower() in _OWN_INSTALLERS else None


def _egg(system: System, folder: str, at: str, *, editable: bool = False) -> Distribution:
    """Read the metadata of setuptools and distutils: a folder with PKG-INFO, or that file alone."""
    text = system.read(paths.join(system, at, "PKG-INFO")).text
    if text is None:
        text = system.read(at).text or ""
    name, version, requires, requires_python = parse_metadata(text)
    stem = folder.rsplit(".", 1)[0]
    if not requires:
        requires = parse_requires_txt(system.read(paths.join(system, at, "requires.txt")).text or "")
    return Distribution(
        name=normalise(name or stem.split("-", 1)[0]),
        version=version,
        folder=folder,
        requires=requires,
        requires_python=requires_python,
        editable=editable,
    )


def _egg_link(system: System, site: str, name: str) -> Distribution:
    """Follow a link of `setup.py develop`: its first line names the folder of the sources."""
    lines = (system.read(paths.join(system, site, name)).text or "").splitlines()
    source = lines[0].strip() if lines else ""
    wanted = normalise(name.rsplit(".", 1)[0])
    for each in (system.listing(source) or ()) if source else ():
        if each.endswith(".egg-info") and normalise(each.rsplit(".", 1)[0].split("-", 1)[0]) == wanted:
            return _egg(system, name, paths.join(system, source, each), editable=True)
    return Distribution(name=wanted, version=None, folder=name, editable=True)


def parse_metadata(text: str) -> Fields:
    """Read name, version, requirements and Python range from the header of METADATA or PKG-INFO.

    By hand: the email parser takes some twenty times as long, and there may be a thousand of these.
    """
    ends = [end for end in (text.find("\n\n"), text.find("\r\n\r\n")) if end >= 0]
    header = "\n" + (text[: min(ends)] if ends else text)
    single: dict[str, str] = {}
    requires: list[str] = []
    for match in _FIELD.finditer(header):
        key, value = match[1].lower(), match[2]
        if "\n" in value:
            value = " ".join(line.strip() for line in value.split("\n"))
        value = value.strip()
        if key == "requires-dist":
            requires.append(value)
        else:
            single.setdefault(key, value)
    return single.get("name") or None, single.get("version") or None, tuple(requires), single.get("requires-python")


def parse_tags(text: str) -> tuple[str, ...]:
    """Read the tags from a WHEEL file."""
    return tuple(_TAG.findall(text))


def parse_requires_txt(text: str) -> tuple[str, ...]:
    """Read an egg's requirements; those of extras get the marker that METADATA would give them."""
    found: list[str] = []
    marker = ""
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            marker = _egg_marker(line[1:-1])
        elif line and not line.startswith("#"):
            found.append(f"{line}; {marker}" if marker else line)
    return tuple(found)


def _egg_marker(section: str) -> str:
    """Turn a section's name ("extra:python_version<'3'") into a marker."""
    extra, _, condition = section.partition(":")
    parts = [f"({condition})"] if condition and extra else [condition] if condition else []
    if extra:
        parts.append(f'extra == "{extra}"')
    return " and ".join(parts)


def parse_record(text: str, above: int = BIG) -> tuple[tuple[str, int], ...]:
    """Return the files of more than so many bytes that RECORD names, with their sizes.

    Only lines that end in a number of seven digits are looked at: torch's RECORD has over ten thousand.
    """
    found: list[tuple[str, int]] = []
    for match in _RECORD_SIZE.finditer(text):
        size = int(match[1][:18])
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        name = line.rpartition(",")[0]
        if name.startswith('"') and name.endswith('"'):
            name = name[1:-1].replace('""', '"')
        if name and size > above:
            found.append((name, size))
    return tuple(found)


def parse_record_libraries(text: str) -> tuple[str, ...]:
    """Return the shared libraries that RECORD names, whatever their size: without any of them an import fails.

    Those of tests are left out, which people take away to save space. Plain searches take a tenth of a pattern's time.
    """
    found: dict[str, None] = {}
    for end in _LIBRARY_ENDS:
        at = text.find(end)
        while at >= 0:
            match = _LIBRARY.match(text, text.rfind("\n", 0, at) + 1)
            if match is not None and "test" not in match[0] and "\n" not in match[0]:
                found[match[0]] = None
            at = text.find(end, at + 1)
    return tuple(found)


def _missing(system: System, site: str, record: str, *, compare: bool) -> tuple[str, ...]:
    """Return the shared libraries that are absent, and the big files that are or, where sizes count, have another size.

    conda rewrites paths inside of binaries, so only their presence counts there.
    """
    missing: list[str] = []
    text = system.read(record).text or ""
    big = parse_record(text)
    small = set(parse_record_libraries(text)).difference(name for name, _ in big)
    missing += [name for name in sorted(small) if system.exists(paths.join(system, site, *name.split("/"))) is False]
    for name, size in big:
        path = paths.join(system, site, *name.split("/"))
        actual = system.size(path)
        if (actual is None and system.exists(path) is False) or (compare and actual not in {None, size}):
            missing.append(name)
    return tuple(missing)
