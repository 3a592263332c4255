"""Interpreters and environments: which Pythons the machine has, and what each says of itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dlsetup.probe import paths
from dlsetup.probe.distributions import read_distributions
from dlsetup.probe.interpreters import IS_PYTHON, find_interpreters
from dlsetup.probe.libraries import probe_contents, probe_libraries, probe_outside
from dlsetup.probe.python_question import ASK
from dlsetup.probe.pyvenv import parse_pyvenv
from dlsetup.values.environment import Environment, Interpreter, TorchBuild

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dlsetup.system.interface import Completed, System
    from dlsetup.values.environment import Distribution

__all__ = ["ask_interpreter", "ask_interpreters", "find_interpreters", "probe_environment"]

ISOLATED = ("-I", "-S", "-B")
ISOLATED_2 = ("-E", "-s", "-S", "-B")
"""Python 2 has no -I; the script itself drops the working folder from the path there."""

WITH_SITE_2 = ("-E", "-s", "-B")
"""virtualenv's environments for Python 2 find the standard library by a site module of their own."""

MISSING_OPTION = "Unknown option: -I"

_ARCHITECTURES = {
    "amd64": "x86_64",
    "aarch64": "arm64",
    "x86": "i686",
    "i386": "i686",
    "arm32": "armv7l",
    "arm": "armv7l",
    "powerpc64le": "ppc64le",
}
_NARROW = {"x86_64": "i686", "arm64": "armv7l"}
_TORCH_LINE = re.compile(
    r"^(__version__|cuda|hip|xpu)[ \t]*(?::[^=\n]*)?=[ \t]*(?:None\b|(?:\w+\()?(['\"])(.*?)\2)", re.MULTILINE
)


_LONGEST = 200
"""Characters of a line that are told: a program that is no Python repeats the whole question."""


def question(path: str, options: tuple[str, ...] = ISOLATED) -> tuple[str, ...]:
    """Return the command line by which an interpreter is asked."""
    return (path, *options, "-c", ASK)


def ask_interpreter(system: System, path: str, timeout: float = 10) -> Interpreter:
    """Ask an interpreter what it is; one that does not answer is returned with the problem."""
    # set by macOS' framework builds for their children, where it names the wrong program
    clean = {"__PYVENV_LAUNCHER__": None}
    answer = system.run(question(path), timeout=timeout, env=clean)
    if not answer.ok and MISSING_OPTION in answer.stderr:
        answer = system.run(question(path, ISOLATED_2), timeout=timeout, env=clean)
        if not answer.ok and "ImportError" in answer.stderr:
            answer = system.run(question(path, WITH_SITE_2), timeout=timeout, env=clean)
    if not answer.ok:
        return Interpreter(path=path, problem=_words(answer, timeout))
    return parse_answer(path, answer.stdout)


def ask_interpreters(system: System, paths: Sequence[str]) -> tuple[Interpreter, ...]:
    """Ask several interpreters side by side, and return their answers in the order of the paths."""
    if len(paths) <= 1:
        return tuple(ask_interpreter(system, path) for path in paths)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=min(8, len(paths))) as pool:
        return tuple(pool.map(lambda path: ask_interpreter(system, path), paths))


def _words(answer: Completed, timeout: float) -> str:
    """Say in the machine's words why an interpreter did not answer."""
    if answer.problem == "timeout":
        return f"no answer within {timeout:g} seconds"
    said = [line.strip()[:_LONGEST] for line in answer.stderr.splitlines() if line.strip()]
    if answer.problem is not None:
        return said[-1] if said else answer.problem
    code = answer.exit_code
    ended = f"ended by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    return f"{ended}: {said[-1]}" if said else ended


def parse_answer(path: str, text: str) -> Interpreter:
    """Read the line that the script printed."""
    facts: Any = None
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            try:
                facts = json.loads(line)
            except (ValueError, RecursionError):
                continue
            break
    if not isinstance(facts, dict) or not isinstance(facts.get("version"), str):
        return Interpreter(path=path, problem=f"it answered {text.strip()[:80]!r}, which no Python says")
    return _interpreter(path, facts)


def _interpreter(path: str, facts: dict[str, Any]) -> Interpreter:
    bits = facts.get("bits")
    return Interpreter(
        path=path,
        version=_text(facts, "version"),
        implementation=_text(facts, "implementation"),
        bits=bits if isinstance(bits, int) else None,
        free_threaded=_flag(facts, "free_threaded"),
        architecture=_architecture(_text(facts, "machine"), _text(facts, "multiarch"), bits),
        platform=_text(facts, "platform"),
        prefix=_text(facts, "prefix"),
        base_prefix=_text(facts, "base_prefix"),
        purelib=_text(facts, "purelib"),
        stdlib=_text(facts, "stdlib"),
        externally_managed=_flag(facts, "externally_managed"),
        user_site=_text(facts, "user_site"),
        site_packages=_texts(facts, "site_packages"),
        missing_modules=_texts(facts, "missing_modules"),
    )


def _text(facts: dict[str, Any], key: str) -> str | None:
    value = facts.get(key)
    return value if isinstance(value, str) and value else None


def _texts(facts: dict[str, Any], key: str) -> tuple[str, ...]:
    value = facts.get(key)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _flag(facts: dict[str, Any], key: str) -> bool | None:
    value = facts.get(key)
    return value if isinstance(value, bool) else None


def _architecture(machine: str | None, multiarch: str | None, bits: object) -> str | None:
    """Name the processor that the interpreter was built for.

    On Linux `uname` speaks for the kernel, so the interpreter's own multiarch triplet ("i386-linux-gnu") comes first.
    """
    word = multiarch.split("-")[0] if multiarch and "-" in multiarch else machine
    if not word:
        return None
    found = _ARCHITECTURES.get(word.lower(), word.lower())
    return _NARROW.get(found, found) if bits == 32 else found  # noqa: PLR2004


def parse_torch_version(text: str) -> TorchBuild:
    """Read torch/version.py as text, in the forms of torch 1.8 to 2.15."""
    found: dict[str, str | None] = {}
    for match in _TORCH_LINE.finditer(text):
        found.setdefault(match[1], match[3])
    return TorchBuild(
        version=found.get("__version__"), cuda=found.get("cuda"), hip=found.get("hip"), xpu=found.get("xpu")
    )


def probe_environment(system: System, path: str) -> Environment:
    """Say what the environment at a path is (a folder, or an interpreter in it) and what is installed there."""
    path = paths.absolute(system, path)
    names_python = IS_PYTHON.fullmatch(paths.name(system, path)) is not None
    if system.listing(path) is None and (names_python or system.exists(path)):
        return _by_interpreter(system, path)
    return _by_folder(system, path)


def _by_interpreter(system: System, path: str) -> Environment:
    interpreter = ask_interpreter(system, path)
    folder = paths.parent(system, path)
    inner = paths.name(system, folder).lower() in {"bin", "scripts"}
    return _environment(system, interpreter.prefix or (paths.parent(system, folder) if inner else folder), interpreter)


def _by_folder(system: System, folder: str) -> Environment:
    path = _python_in(system, folder)
    if path is not None:
        return _environment(system, folder, ask_interpreter(system, path))
    expected = paths.join(system, folder, *_PYTHONS[system.platform == "windows"][0])
    there = system.exists(folder)
    problem = "there is no Python in it" if there else "there is no such folder" if there is False else None
    interpreter = Interpreter(path=expected, problem=problem or "not known")
    if system.read(paths.join(system, folder, "pyvenv.cfg")).text is not None:
        return _environment(system, folder, interpreter)
    return Environment(path=folder, kind="unknown", interpreter=interpreter, problem=problem)


_PYTHONS = (
    (("bin", "python"), ("bin", "python3"), ("bin", "python2")),
    (("Scripts", "python.exe"), ("python.exe",), ("bin", "python.exe")),
)


def _python_in(system: System, folder: str) -> str | None:
    """Return the interpreter of an environment's folder, also where it is a link that leads nowhere."""
    for parts in _PYTHONS[system.platform == "windows"]:
        path = paths.join(system, folder, *parts)
        if system.exists(path) or parts[-1] in (system.listing(paths.parent(system, path)) or ()):
            return path
    return None


def _environment(system: System, folder: str, interpreter: Interpreter) -> Environment:
    cfg = system.read(paths.join(system, folder, "pyvenv.cfg"))
    settings = parse_pyvenv(cfg.text or "")
    conda = system.listing(paths.join(system, folder, "conda-meta"))
    sites = interpreter.site_packages
    if not sites:
        sites = tuple(_sites_in(system, folder))
        interpreter = replace(interpreter, purelib=interpreter.purelib or next(iter(sites), None))
    kind = _kind(interpreter, venv=cfg.text is not None, conda=conda is not None)
    distributions, leftovers = _installed(system, sites, folder if kind == "venv" else None)
    return Environment(
        path=folder,
        kind=kind,
        interpreter=interpreter,
        distributions=distributions,
        user_distributions=read_distributions(system, interpreter.user_site) if interpreter.user_site else (),
        conda_packages=parse_conda_meta(conda or ()),
        leftovers=leftovers,
        torch=_torch_build(system, sites),
        libraries=probe_libraries(system, sites, distributions),
        contents=probe_contents(system, sites, distributions),
        outside=probe_outside(system, distributions),
        home=settings.get("home"),
        writable=_writable(system, interpreter.purelib),
        problem=_problem(system, cfg.why if cfg.unknown else "", settings, interpreter),
    )


def _kind(interpreter: Interpreter, *, venv: bool, conda: bool) -> str:
    if venv or (interpreter.prefix is not None and interpreter.prefix != interpreter.base_prefix):
        return "venv"
    if conda:
        return "conda"
    return "unknown" if interpreter.problem else "system"


def _sites_in(system: System, folder: str) -> Iterator[str]:
    """Yield the site-packages folders of an environment whose interpreter cannot be asked."""
    windows = paths.join(system, folder, "Lib", "site-packages")
    if system.platform == "windows" and system.listing(windows) is not None:
        yield windows
    for library in ("lib", "lib64"):
        top = paths.join(system, folder, library)
        if library == "lib64" and system.link(top) == system.link(paths.join(system, folder, "lib")):
            continue
        for each in sorted(system.listing(top) or (), key=paths.natural, reverse=True):
            inner = paths.join(system, top, each, "site-packages")
            if each.startswith(("python", "pypy")) and system.listing(inner) is not None:
                yield inner


def _installed(
    system: System, sites: Iterable[str], own: str | None
) -> tuple[tuple[Distribution, ...], tuple[str, ...]]:
    """Return what an interpreter would import from its folders; the first folder that has a name wins.

    `own` is a virtual environment's folder: what comes from elsewhere is inherited from its base.
    """
    found: list[Distribution] = []
    leftovers: list[str] = []
    for site in sites:
        inherited = own is not None and not paths.inside(system, site, own)
        known = {each.name for each in found}
        read = [each for each in read_distributions(system, site) if each.name not in known]
        found.extend(replace(each, inherited=True) if inherited else each for each in read)
        if not inherited:
            leftovers.extend(each for each in system.listing(site) or () if each.startswith("~"))
    return tuple(found), tuple(leftovers)


def parse_conda_meta(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Read names and versions from the file names in conda-meta: NAME-VERSION-BUILD.json."""
    parts = (name[: -len(".json")].rsplit("-", 2) for name in names if name.endswith(".json"))
    return tuple((part[0], part[1]) for part in parts if len(part) == 3)  # noqa: PLR2004


def _torch_build(system: System, sites: Iterable[str]) -> TorchBuild | None:
    for site in sites:
        text = system.read(paths.join(system, site, "torch", "version.py")).text
        if text is not None:
            return parse_torch_version(text)
    return None


def _writable(system: System, folder: str | None) -> bool | None:
    place = paths.nearest_existing(system, folder) if folder else None
    answer = system.value(f"writable:{place}") if place else None
    return answer if isinstance(answer, bool) else None


def _problem(system: System, unreadable: str, settings: dict[str, str], interpreter: Interpreter) -> str | None:
    """Say why an environment cannot be used, if it cannot."""
    if unreadable and not system.replayed:
        return f"its pyvenv.cfg cannot be read: {unreadable}"
    made_for = ".".join((settings.get("version_info") or settings.get("version") or "").split(".")[:2])
    if interpreter.problem is None:
        if made_for and interpreter.minor not in {None, made_for}:
            return f"it was made for Python {made_for}, but its base interpreter is now Python {interpreter.minor}"
        return None
    gone = _gone(system, settings, interpreter.path) if "home" in settings else None
    if gone is not None:
        return f"its base interpreter {gone} is gone"
    return f"its interpreter does not start: {interpreter.problem}"


def _gone(system: System, settings: dict[str, str], python: str) -> str | None:
    """Return what pyvenv.cfg names of the base interpreter and has vanished, or the link that leads nowhere."""
    named = [settings["home"], *([settings["executable"]] if "executable" in settings else [])]
    if system.platform == "windows":
        named.append(paths.join(system, settings["home"], "python.exe"))
    missing = next((path for path in named if system.exists(path) is False), None)
    if missing is not None or system.platform == "windows":
        return missing
    there = paths.name(system, python) in (system.listing(paths.parent(system, python)) or ())
    return f"behind {python}" if there and system.exists(python) is False else None
