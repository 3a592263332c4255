"""The environment of a replayed machine, as lists of packages and somebody's reports tell it: no file was seen."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dlsetup.probe.answers import clean, recorded
from dlsetup.probe.distributions import normalise
from dlsetup.probe.session import is_relevant
from dlsetup.system.reports.platforms import parse_banner
from dlsetup.values.environment import Distribution, Environment, Interpreter, Session, TorchBuild

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System

NOWHERE = "recorded"
"""Stands for the environment's folder where no report names it."""

_PIN = re.compile(r"^[ \t]*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)[ \t]*==[ \t]*([^\s;#]+)", re.MULTILINE)
_LINK = re.compile(r"^[ \t]*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?) @ (\S+)", re.MULTILINE)
_WHEEL = re.compile(r"-(\d[\w.!+]*)(?:-[\w.]+){3}\.whl\b")
_ROW = re.compile(r"^[ \t]*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)[ \t]+\(?(\d[\w.!+-]*)\)?(?=[ \t,)]|$)", re.MULTILINE)
_CONDA_PREFIX = re.compile(r"^[ \t]*# packages in environment at (\S[^\n]*?):[ \t]*$", re.MULTILINE)
_CONDA_ROW = re.compile(r"^[ \t]*([\w.-]+)[ \t]+(\d\S*)(?:[ \t]+(\S+))?(?:[ \t]+(\S+))?[ \t]*$", re.MULTILINE)
_BROKEN = re.compile(r"^(\S+) \S+ has requirement (.+), but you have \S+ \S+?\.?[ \t]*$", re.MULTILINE)
_MISSING = re.compile(r"^(\S+) \S+ requires (\S+), which is not installed\.[ \t]*$", re.MULTILINE)
_SOUND = "No broken requirements found"
_VARIABLE = re.compile(r"^[ \t]*(?:export |set |SET )?([A-Za-z_]\w*)=(.*?)[ \t]*$", re.MULTILINE)
_CONDA_NAMES = {"pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch"}

Pairs = tuple[tuple[str, str], ...]
CondaRow = tuple[str, str, str, str]
"""Name, version, build and channel."""


def parse_pip_list(text: str) -> Pairs:
    """Read `pip freeze` or `pip list` in any of its forms: pins, a table, or "name (version)"."""
    plain = clean(text)
    pins = _PIN.findall(plain)
    links = [(name, found[1]) for name, url in _LINK.findall(plain) if (found := _WHEEL.search(url))]
    rows = [] if pins or links else [row for row in _ROW.findall(plain) if row[0] != "Package"]
    found_pairs = [(normalise(name), version) for name, version in (*pins, *links, *rows)]
    return tuple(dict(reversed(found_pairs)).items())[::-1]


def parse_conda_list(text: str) -> tuple[CondaRow, ...]:
    """Read `conda list`: name, version, build and channel of each package."""
    return tuple(_CONDA_ROW.findall(clean(text)))


def parse_pip_check(text: str) -> tuple[Pairs, bool | None]:
    """Read `pip check`: which distribution has which requirement that does not hold, and whether all hold."""
    plain = clean(text)
    broken = (*_BROKEN.findall(plain), *_MISSING.findall(plain))
    # pip names only those that apply, so the markers have been evaluated, on the machine itself
    found = tuple((normalise(name), requirement.partition(";")[0].strip()) for name, requirement in broken)
    return found, False if found else True if _SOUND in plain else None


def parse_printed(command: str, text: str) -> dict[str, str]:
    """Read what `python -c "import torch; print(torch.__version__, ...)"` printed, by expression."""
    asked = re.search(r"print\(((?:[^()]|\(\))*)\)", command)
    names = [name.strip() for name in asked[1].split(",")] if asked else []
    words = clean(text).strip().split("\n")[0].split()
    return dict(zip(names, words, strict=True)) if len(words) == len(names) else {}


def _printed_build(told: dict[str, str]) -> TorchBuild | None:
    if "torch.__version__" not in told:
        return None
    if "torch.version.cuda" not in told or not re.match(r"\d+\.\d", told["torch.__version__"]):
        return None
    cuda = told["torch.version.cuda"]
    if cuda != "None" and not re.fullmatch(r"\d+\.\d+", cuda):
        return None
    return _build({"version": told["torch.__version__"], "cuda": cuda if cuda != "None" else None})


def probe_listed(system: System) -> Environment | None:
    """Return the environment that a replayed machine's lists and reports tell of; None where they tell of none."""
    facts = _interpreter_facts(system)
    conda = tuple(row for text in _texts(system, "conda") for row in parse_conda_list(text))
    shown = tuple(row for line in _strings(system.value("told.conda")) for row in parse_conda_list(line))
    listed = tuple(_texts(system, "pip"))
    distributions, partial = _distributions(system, listed, conda or shown, whole=bool(conda))
    if not facts and not distributions:
        return None
    broken, consistent = _checked(system)
    return Environment(
        path=_path(system, facts),
        kind="conda" if conda or shown or facts.get("prefix") else "unknown",
        interpreter=_interpreter(facts),
        distributions=tuple(_with_requirements(each, broken) for each in distributions),
        conda_packages=tuple((row[0], row[1]) for row in (*conda, *shown) if row[3] != "pypi"),
        torch=_torch(system, distributions, conda or shown),
        listed=True,
        partial=partial,
        consistent=consistent,
        sees_gpu=_sees_gpu(system),
    )


def _path(system: System, facts: dict[str, Any]) -> str:
    for text in _texts(system, "conda"):
        match = _CONDA_PREFIX.search(clean(text))
        if match:
            return match[1]
    return str(facts.get("prefix") or NOWHERE)


def _interpreter_facts(system: System) -> dict[str, Any]:
    told = system.value("told.python")
    facts = {str(key): value for key, value in told.items()} if isinstance(told, dict) else {}
    for line in getattr(system, "commands", ()):
        if re.fullmatch(r"(?:\S*[/\\])?python[\d.]*(?:\.exe)? (?:-V+|--version)", line):
            answer = system.run(line.split(" "), timeout=1)
            own = parse_banner(clean(answer.stdout or answer.stderr))
            # a shorter "3.11" says less than the "3.11.7" of a report
            if str(facts.get("version", "")).startswith(str(own.get("version"))):
                own.pop("version", None)
            facts = {**facts, **own}
    return facts


def _interpreter(facts: dict[str, Any]) -> Interpreter:
    version, bits, machine = facts.get("version"), facts.get("bits"), facts.get("machine")
    architecture = {"aarch64": "arm64", "AMD64": "x86_64", "i386": "i686"}.get(str(machine), machine)
    if bits == 32:  # noqa: PLR2004 - the machine's word is the kernel's
        architecture = {"x86_64": "i686", "arm64": "armv7l"}.get(str(architecture), architecture)
    free = facts.get("free_threaded")
    return Interpreter(
        path="python",
        version=version if isinstance(version, str) else None,
        implementation=facts["implementation"] if isinstance(facts.get("implementation"), str) else None,
        bits=bits if isinstance(bits, int) else None,
        free_threaded=free if isinstance(free, bool) else None,
        architecture=architecture if isinstance(architecture, str) else None,
    )


def _texts(system: System, tool: str) -> Iterator[str]:
    """Yield the recorded lists of one installer, also of `python -m pip list` and `uv pip list`."""
    wanted = re.compile(rf"(?:\S*python[\d.]*(?:\.exe)? -m )?(?:uv )?{tool}[\d.]*(?:\.exe)? (?:list|freeze)\b.*")
    for line in getattr(system, "commands", ()):
        if wanted.fullmatch(line.rsplit("/", 1)[-1] if line.startswith("/") else line):
            yield system.run(line.split(" "), timeout=1).stdout


def _strings(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _distributions(
    system: System, listed: tuple[str, ...], conda: tuple[CondaRow, ...], *, whole: bool
) -> tuple[tuple[Distribution, ...], bool]:
    """Return the distributions, and whether there may be others.

    A list that has pip itself is whole: `pip freeze` leaves out the tools, and people cut lists short.
    """
    found: dict[str, Distribution] = {}
    for text in listed:
        for name, version in parse_pip_list(text):
            found.setdefault(name, _distribution(name, version))
    complete = "pip" in found or (whole and any(row[0] == "python" for row in conda))
    for name, version in _told_packages(system):
        own = found.setdefault(name, _distribution(name, version))
        if name == "torch" and version.split("+")[0] == own.version:
            # torch itself names its build, which the metadata of the default index' wheels leave out
            found[name] = replace(own, version=version)
    for name, version, build, channel in conda:
        python = channel == "pypi" or re.search(r"(?:^|_)py(?:3|h|thon)", build)
        if python:
            plain = _CONDA_NAMES.get(normalise(name), normalise(name))
            installer = None if channel == "pypi" else "conda"
            found.setdefault(plain, replace(_distribution(plain, version), installer=installer))
    return tuple(found.values()), not complete


def _distribution(name: str, version: str) -> Distribution:
    return Distribution(name=name, version=version, folder="", whole=True)


def _told_packages(system: System) -> Iterator[tuple[str, str]]:
    told = system.value("told.packages")
    for row in told if isinstance(told, list) else ():
        if isinstance(row, (list, tuple)) and len(row) == 2 and all(isinstance(each, str) for each in row):  # noqa: PLR2004
            yield normalise(row[0]), row[1]


def _checked(system: System) -> tuple[Pairs, bool | None]:
    for line in getattr(system, "commands", ()):
        if re.fullmatch(r"(?:\S*python[\d.]* -m )?(?:uv )?pip[\d.]* check", line):
            answer = system.run(line.split(" "), timeout=1)
            return parse_pip_check(answer.stdout or answer.stderr)
    return (), None


def _with_requirements(distribution: Distribution, broken: Pairs) -> Distribution:
    """Give a distribution those of its requirements that pip found broken; of the others nothing is known."""
    own = tuple(requirement for name, requirement in broken if name == distribution.name)
    return replace(distribution, requires=own) if own else distribution


def _torch(system: System, distributions: tuple[Distribution, ...], conda: tuple[CondaRow, ...]) -> TorchBuild | None:
    """Return what is told of torch's build: by itself, or by conda's build string."""
    told = system.value("told.torch")
    build = _build({str(key): value for key, value in told.items()}) if isinstance(told, dict) else None
    for line, text in recorded(system, "python") if build is None else ():
        build = build or _printed_build(parse_printed(line, text))
    own = next((each.version for each in distributions if each.name == "torch"), None)
    for name, version, string, channel in conda if build is None else ():
        match = re.search(r"(?:^|_)(?:cuda(\d+)\.?(\d)|(cpu))", string)
        if name in _CONDA_NAMES and channel != "pypi" and own == version and match:
            build = TorchBuild(version=version, cuda=f"{match[1]}.{match[2]}" if match[1] else None)
    return build


def _sees_gpu(system: System) -> bool | None:
    """Return what a framework said of whether it sees a GPU."""
    told = system.value("told.sees-gpu")
    if isinstance(told, bool):
        return told
    for line, text in recorded(system, "python"):
        word = parse_printed(line, text).get("torch.cuda.is_available()")
        if word in {"True", "False"}:
            return word == "True"
    return None


def _build(facts: dict[str, Any]) -> TorchBuild | None:
    """Make the build; where nothing but a label names an accelerator, the label does, and this says nothing."""
    version, cuda, hip, xpu = (
        facts[key] if isinstance(facts.get(key), str) else None for key in ("version", "cuda", "hip", "xpu")
    )
    label = (version or "").partition("+")[2]
    if version is None or (not (cuda or hip or xpu) and label not in {"", "cpu"}):
        return None
    return TorchBuild(version=version, cuda=cuda, hip=hip, xpu=xpu)


def probe_listed_session(system: System) -> Session | None:
    """Return the variables that a recording or report names; None where it names none."""
    found = dict(system.variables())
    for line in getattr(system, "commands", ()):
        if line in {"env", "printenv", "set", "environment variables"}:
            found.update(_VARIABLE.findall(clean(system.run(line.split(" "), timeout=1).stdout)))
    relevant = tuple(sorted((name, value) for name, value in found.items() if is_relevant(name)))
    return Session(variables=relevant, partial=True) if relevant else None
