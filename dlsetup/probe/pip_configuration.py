"""pip's configuration, read by pip's own rules, since uv leaves it alone.

The rules are those of https://pip.pypa.io/en/stable/topics/configuration/ and of pip's `_internal/configuration.py`
and `_internal/cli/parser.py` (23.0 to 26.3 agree on what is used here).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.values.environment import IndexSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System

Options = dict[str, tuple[str, str]]
"""Option's name -> its text and where it stands."""

_SECTIONS = ("global", "install")
"""In the order in which pip lets them override one another; whichever file they stand in."""

_ALIASES = {"pypi-url": "index-url", "require-venv": "require-virtualenv"}
_TRUE = frozenset({"y", "yes", "t", "true", "on", "1"})
_FALSE = frozenset({"n", "no", "f", "false", "off", "0"})
_SINGLE = ("index-url", "cert", "client-cert", "proxy", "keyring-provider")
_LISTS = ("extra-index-url", "find-links", "constraint", "trusted-host")
_FLAGS = ("no-index", "pre", "require-virtualenv")


def read_pip_configuration(system: System, prefix: str | None) -> IndexSettings:
    """Return where `pip install` would take packages from, run in the environment at `prefix`.

    A file that pip would stop at is left out and named in `sources` as ("problem", ...).
    """
    sections: dict[str, Options] = {name: {} for name in _SECTIONS}
    problems: list[tuple[str, str]] = []
    for path in _files(system, prefix):
        text = system.read(path).text
        if text is None:
            continue
        parsed, problem = parse_pip_configuration(text)
        if problem is not None:
            problems.append(("problem", f"{path}: {problem}"))
        for section in _SECTIONS:
            sections[section].update({name: (value, path) for name, value in parsed.get(section, {}).items()})
    return _settings([*sections.values(), _variables(system)], problems)


def parse_pip_configuration(text: str) -> tuple[dict[str, dict[str, str]], str | None]:
    """Read a configuration file: options by section, and what is wrong with it, if anything is.

    pip stops at a broken file, so nothing of it counts.
    """
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
        return {name: {_option(key): value for key, value in parser.items(name)} for name in parser.sections()}, None
    except (configparser.Error, ValueError, AttributeError, TypeError) as problem:
        return {}, " ".join(str(problem).split()) or type(problem).__name__


def _option(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _variables(system: System) -> Options:
    """Return the PIP_* variables, which override every file."""
    found: Options = {}
    for name, value in system.variables().items():
        if name.startswith("PIP_"):
            found[_option(name.removeprefix("PIP_"))] = (value, name)
    return found


def _files(system: System, prefix: str | None) -> Iterator[str]:
    """Yield the paths of configuration files, those that override later."""
    chosen = system.variable("PIP_CONFIG_FILE")
    if chosen == ("nul" if system.platform == "windows" else "/dev/null"):
        return
    yield from _global_files(system, prefix)
    if not (chosen and system.exists(chosen)):
        yield from _user_files(system)
    if prefix is not None:
        yield _file(system, prefix)
    if chosen:
        yield chosen


def _file(system: System, *parts: str) -> str:
    return paths.join(system, *parts, "pip.ini" if system.platform == "windows" else "pip.conf")


def _global_files(system: System, prefix: str | None) -> Iterator[str]:
    if system.platform == "windows":
        yield _file(system, system.variable("PROGRAMDATA") or "C:\\ProgramData", "pip")
    elif system.platform == "macos":
        brew, separator, _ = (prefix or "").partition("/opt/python")
        if separator:
            yield _file(system, brew, "share", "pip")
        yield _file(system, "/Library/Application Support", "pip")
    else:
        folders = (system.variable("XDG_CONFIG_DIRS") or "").strip() or "/etc/xdg"
        yield from (_file(system, folder.rstrip("/"), "pip") for folder in folders.split(":") if folder.strip())
        yield _file(system, "/etc")


def _user_files(system: System) -> Iterator[str]:
    home = paths.home(system)
    if home is None:
        return
    if system.platform == "windows":
        yield _file(system, home, "pip")
        yield _file(system, system.variable("APPDATA") or paths.join(system, home, "AppData", "Roaming"), "pip")
        return
    yield _file(system, home, ".pip")
    support = paths.join(system, home, "Library", "Application Support", "pip")
    if system.platform == "macos":
        yield _file(system, support if system.exists(support) else paths.join(system, home, ".config", "pip"))
        return
    yield _file(
        system, (system.variable("XDG_CONFIG_HOME") or "").strip() or paths.join(system, home, ".config"), "pip"
    )


def _settings(levels: list[Options], problems: list[tuple[str, str]]) -> IndexSettings:
    """Let later levels replace earlier ones, as a whole; an empty text is as good as none."""
    merged: Options = {}
    for level in levels:
        merged.update({_ALIASES.get(name, name): entry for name, entry in level.items() if entry[0]})
    single = {name: merged[name][0] for name in _SINGLE if name in merged}
    lists = {name: tuple(merged[name][0].split()) for name in _LISTS if name in merged}
    flags = {name: _flag(merged[name], name, problems) for name in _FLAGS if name in merged}
    used = [(name, merged[name][1]) for name in (*_SINGLE, *_LISTS, *_FLAGS) if name in merged]
    return IndexSettings(
        index_url=single.get("index-url"),
        extra_index_urls=lists.get("extra-index-url", ()),
        find_links=lists.get("find-links", ()),
        constraints=lists.get("constraint", ()),
        cert=single.get("cert"),
        client_cert=single.get("client-cert"),
        proxy=single.get("proxy"),
        trusted_hosts=lists.get("trusted-host", ()),
        no_index=flags.get("no-index", False),
        keyring=single.get("keyring-provider"),
        pre=flags.get("pre", False),
        require_virtualenv=flags.get("require-virtualenv", False),
        sources=(*used, *problems),
    )


def _flag(entry: tuple[str, str], name: str, problems: list[tuple[str, str]]) -> bool:
    text, where = entry
    if text.lower() not in _TRUE | _FALSE:
        problems.append(("problem", f"{where}: {name} is neither yes nor no: {text}"))
    return text.lower() in _TRUE
