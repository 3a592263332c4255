"""dlsetup explain: what a log, a traceback or a pasted report says is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.catalog.symptoms import load_knowledge
from dlsetup.check import run_checks
from dlsetup.errors import UnreadableError, UsageError
from dlsetup.explain import Clues, Search, Table, clean, decoded, facts_of, read_clues
from dlsetup.explain import explain as explain_matches
from dlsetup.values.finding import Status
from dlsetup.values.symptom import Explanation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from dlsetup.explain import Facts
    from dlsetup.system.reports.gathered import Gathered
    from dlsetup.values.finding import Finding, Remedy
    from dlsetup.values.host import Gpu
    from dlsetup.values.situation import Situation
    from dlsetup.values.symptom import Explained, Knowledge

HEAD = 128 * 1024
"""So much of a text's beginning, and of its end, is read for reports: facts stand there, not among a million steps."""

_NO_TEXT = "\ufffd"
"""What stands for bytes that are no text."""

FROM_CLUES = 3
"""The rank of a clue's word on the operating system: after every report's."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A text to explain."""

    name: str
    """Its path as it was given; "-" for standard input."""
    open: Callable[[], BinaryIO]


def file_source(path: str) -> Source:
    """Return a file as a text to explain."""
    return Source(name=path, open=lambda: Path(path).open("rb"))


def explain(sources: Iterable[Source], knowledge: Knowledge | None = None) -> Explanation:
    """Read texts and say what they tell. Raises UnreadableError."""
    known = knowledge or load_knowledge()
    search = Search(Table(known.modes))
    kept = [_read(source, search) for source in sources]
    text = "\n".join(excerpt.text for excerpt in kept)
    clues = read_clues(text)
    situation = _situation(text, clues)
    facts = facts_of(situation, clues)
    checks = tuple(_believed(run_checks(situation), text)) if situation is not None else ()
    findings = explain_matches(search.matches(), known, facts, checks, text=text, several=len(kept) > 1)
    findings = tuple(_without_offer(_for_facts(finding, facts, situation)) for finding in findings)
    return Explanation(
        findings=findings,
        told=tuple(_told(situation, facts)),
        names=tuple(excerpt.name for excerpt in kept),
        size=sum(excerpt.size for excerpt in kept),
        exit_code=int(any(finding.status is Status.FAIL for finding in findings)),
    )


def _read(source: Source, search: Search) -> _Excerpt:
    excerpt = _Excerpt(source.name)
    try:
        with source.open() as stream:
            search.read(excerpt.keeping(decoded(stream)), source.name)
    except OSError as error:
        raise UnreadableError(
            f"{source.name} cannot be read",
            seen=error.strerror or str(error),
            do="give the path of a log, or send one to standard input: dlsetup explain < train.log",
        ) from error
    return excerpt


class _Excerpt:
    """The beginning and the end of a text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self._head = ""
        self._tail = ""

    def keeping(self, pieces: Iterable[str]) -> Iterator[str]:
        """Yield the pieces of a text and keep what is needed."""
        for piece in pieces:
            if not self.size and piece.count(_NO_TEXT) > len(piece) / 4:
                raise UnreadableError(
                    f"{self.name} is no text",
                    seen="most of it is not written in any encoding of text",
                    do="give a log or a report; an archive has to be unpacked first",
                )
            self.size += len(piece)
            room = max(HEAD - len(self._head), 0)
            self._head += piece[:room]
            self._tail = (self._tail + piece[room:])[-HEAD:]
            yield piece

    @property
    def text(self) -> str:
        """Return what was kept."""
        return clean(self._head + self._tail)


def _situation(text: str, clues: Clues) -> Situation | None:
    """Return the machine and environment that a text tells of; None where it tells of none."""
    from dlsetup.commands.look import look
    from dlsetup.system.recorded import RecordedSystem
    from dlsetup.system.reports import read_reports

    gathered = read_reports(text)
    _add_clues(gathered, clues)
    if not gathered.titles and not gathered.values:
        return None
    return look(RecordedSystem(gathered.recording()))


def _add_clues(gathered: Gathered, clues: Clues) -> None:
    """Add what stands between the lines; what reports say counts before it."""
    gathered.system(clues.system or "", FROM_CLUES)
    gathered.value("machine", clues.architecture)
    if clues.python:
        gathered.facts("told.python", {"version": clues.python})
    for name, version in clues.packages:
        gathered.package(name, version)
    reported = {"nvidia-smi", "rocminfo", "rocm-smi", "amd-smi", "xpu-smi", "sycl-ls"} & {
        title.split(" ")[0] for title in gathered.titles
    }
    if not reported and "told.gpus" not in gathered.values:
        for gpu in _gpus(clues):
            gathered.gpu(vendor=gpu.vendor, name=gpu.name, architecture=gpu.architecture)
    if (clues.driver or clues.cuda) and not reported and "told.drivers" not in gathered.values:
        told = {"version": clues.driver, "supports": f"CUDA {clues.cuda}" if clues.cuda else None}
        gathered.driver(vendor="nvidia", **{key: value for key, value in told.items() if value})


def _gpus(clues: Clues) -> Iterator[Gpu]:
    """Yield the GPUs that a text names, where the catalog knows them and the text names one model alone."""
    from dlsetup.commands.target import find_gpu

    names = clues.gpus or clues.architectures
    if len(names) > 1 and len(clues.architectures) == 1:
        names = clues.architectures
    for name in names if len(names) == 1 else ():
        try:
            gpu = find_gpu(re.sub(r"-(?:SXM\d?|PCI[Ee])(?:-\d+GB)?", "", name))
        except UsageError:
            continue
        yield replace(gpu, name=name) if clues.gpus else gpu


_AT_WORK = re.compile(
    r"(?:lib[\\/]python[\d.]{1,4}|Lib)[\\/](?:site|dist)-packages[\\/]_?(?:torch|tensorflow|jax|keras|mxnet|chainer|mlx)",
    re.IGNORECASE,
)
"""Files of a framework, as tracebacks name them."""

_NO_BUILD = frozenset({"no-matching-wheel-for-python", "python-too-new-prerelease"})


def _believed(checks: Iterable[Finding], text: str) -> Iterator[Finding]:
    """Return what checks find, but not that a Python has no builds of a framework that is seen at work in it."""
    at_work = _AT_WORK.search(text) is not None
    return (each for each in checks if not (at_work and each.mode in _NO_BUILD))


def _without_offer(finding: Explained) -> Explained:
    """Return a finding whose remedies nobody offers to carry out: the text may be from another machine."""
    return replace(
        finding,
        remedy=replace(finding.remedy, automatic=False) if finding.remedy else None,
        alternatives=tuple(replace(each, automatic=False) for each in finding.alternatives),
    )


def _for_facts(finding: Explained, facts: Facts, situation: Situation | None) -> Explained:
    """Name the build that fits, where the remedy installs a framework and the GPU is known."""
    if finding.remedy is None or situation is None or finding.status is Status.OK:
        return finding
    remedy = _fitted(finding.remedy, facts, situation)
    return replace(finding, remedy=remedy) if remedy is not None else finding


_INSTALL = re.compile(r"dlsetup install ([a-z]+)")


def _fitted(remedy: Remedy, facts: Facts, situation: Situation) -> Remedy | None:
    asked = [match[1] for command in remedy.commands if (match := _INSTALL.fullmatch(command))]
    if len(asked) != 1:
        return None
    from dlsetup.commands.fitting import fitting_build

    build = fitting_build(asked[0], situation.host, facts.python)
    if build is None:
        return None
    commands = tuple(build.command if _INSTALL.fullmatch(command) else command for command in remedy.commands)
    return replace(remedy, text=f"{remedy.text} {build.sentence}", commands=commands)


def _told(situation: Situation | None, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the facts that the texts tell, to show."""
    if situation is None:
        return
    host, environment = situation.host, situation.environment
    system = " ".join(filter(None, [host.os.distribution or facts.system, host.os.version]))
    where = [name for name, here in (("WSL", facts.wsl), ("a container", facts.container)) if here]
    where += [facts.service] if facts.service else []
    if system or where:
        yield "system", ", in ".join(filter(None, [system, *where]))
    for gpu in host.gpus:
        yield "GPU", _with(gpu.name or gpu.vendor, gpu.architecture)
    for driver in host.drivers:
        if driver.version or driver.supports:
            yield f"{driver.vendor} driver", _with(driver.version, driver.supports)
    if facts.python:
        yield "Python", facts.python
    if environment is None:
        return
    for framework in situation.catalog.frameworks:
        version = next((v for v in map(environment.version, (framework.package, *framework.variants)) if v), None)
        if version:
            yield framework.title, version


def _with(name: str | None, more: str | None) -> str:
    """Return a name with more of it in brackets."""
    return " ".join(filter(None, [name, f"({more})" if more else None]))
