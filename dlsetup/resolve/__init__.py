"""Asks uv to turn requirements into exact pins, from the indexes that the user has configured."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from dlsetup import uv
from dlsetup.resolve.taken import taken
from dlsetup.values.plan import Package, Query, Resolution, Source

if TYPE_CHECKING:
    from dlsetup.system.interface import Completed, System
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.report import Progress

RESOLVE_SECONDS = 300.0
"""A resolution takes seconds; a registry that trickles may take minutes."""

_NETWORK = frozenset({"unreachable", "certificate", "authentication", "garbled"})


@dataclass(frozen=True, kw_only=True)
class UvResolver:
    """A Resolver that runs uv on this machine, whichever machine the query is for."""

    system: System
    settings: IndexSettings
    progress: Progress
    offline: bool = False
    given_up: set[str] = field(default_factory=set)
    """Hosts that were silent to patience, too."""

    def __call__(self, query: Query) -> Resolution:
        """Resolve a query.

        Every index gets one try with a short patience, so that the user hears within seconds that it cannot be reached;
        the default index then gets uv's own retries. Extra indexes serve only where the default index fails.
        """
        first = self._ask(query, impatient=True)
        if first.problem not in _NETWORK:
            return first
        if _is_about(first, query):
            self.progress.note(f"{_told(first)}; looking elsewhere")
            return first
        again = self._with_patience(query, first)
        if again.problem in _NETWORK and self.settings.extra_index_urls and not _is_about(again, query):
            return self._from_extra_indexes(query, again)
        return again

    def _with_patience(self, query: Query, first: Resolution) -> Resolution:
        """Ask an index that was silent or away once more; one that refused or talked nonsense says the same again."""
        if first.problem != "unreachable" or _host(first) in self.given_up:
            return first
        self.progress.note(f"{_told(first)}; asking again, with more patience")
        again = self._ask(query, impatient=False)
        if again.problem == "unreachable":
            self.given_up.add(_host(again))
        return again

    def _from_extra_indexes(self, query: Query, trouble: Resolution) -> Resolution:
        fallback = self._ask(query, impatient=False, shared_indexes=self.settings.extra_index_urls)
        if fallback.problem is not None:
            return trouble if fallback.problem in _NETWORK else fallback
        where = ", ".join(uv.without_credentials(url) or "" for url in self.settings.extra_index_urls)
        return replace(fallback, note=f"{_told(trouble)}: what it serves comes from your extra indexes ({where})")

    def _ask(self, query: Query, *, impatient: bool, shared_indexes: tuple[str, ...] = ()) -> Resolution:
        import tomli_w

        program = uv.find_uv()
        with TemporaryDirectory(prefix="dlsetup-") as folder:
            project = Path(folder) / "pyproject.toml"
            project.write_text(tomli_w.dumps(uv.project_table(query, shared_indexes=shared_indexes)), encoding="utf-8")
            held = None
            if query.build_constraints:
                held = str(Path(folder) / "build-constraints.txt")
                Path(held).write_text("\n".join(query.build_constraints) + "\n", encoding="utf-8")
            argv = uv.compile_argv(program, str(project), query, self.settings, build_constraints=held)
            completed = self.system.run(
                (*argv, "--offline") if self.offline else argv,
                timeout=RESOLVE_SECONDS,
                env=uv.variables(self.settings, target=query.target, impatient=impatient),
                cwd=folder,
            )
        return _resolution(completed, query, shared_indexes)


def _host(resolution: Resolution) -> str:
    from urllib.parse import urlsplit

    return urlsplit(resolution.location or "").netloc


def _told(resolution: Resolution) -> str:
    """Say in a few words which index is the trouble, and what it is."""
    does = {
        "authentication": "refuses the credentials",
        "certificate": "has a certificate that is not trusted",
        "garbled": "does not answer as an index does",
    }.get(resolution.problem or "", "cannot be reached")
    said = next((line for line in reversed(resolution.detail.splitlines()) if line.strip()), "no answer")
    return f"{resolution.location or 'an index'} {does} ({said.strip()})"


def _is_about(resolution: Resolution, query: Query) -> bool:
    """Tell whether the trouble is with a family's own index."""
    where = resolution.location or ""
    return any(
        where.startswith((uv.without_credentials(source.location) or "").rstrip("/")) for source in query.sources
    )


def _resolution(completed: Completed, query: Query, shared_indexes: tuple[str, ...]) -> Resolution:
    if completed.problem == "timeout":
        return Resolution(problem="unreachable", detail=f"uv did not finish within {RESOLVE_SECONDS:.0f} seconds")
    if not completed.ok:
        return _failed(uv.trouble(completed.stderr), query)
    rows = _loads(completed.stdout).get("packages", [])
    shared = tuple(Source(packages=(), location=url) for url in shared_indexes)
    return Resolution(
        packages=packages(rows, query),
        lock=uv.without_credentials(completed.stdout) or "",
        pins=pins(rows),
        sources=query.sources + shared,
    )


def _failed(trouble: uv.Trouble, query: Query) -> Resolution:
    family = next((source.location for source in query.sources if not source.flat), None)
    if trouble.problem == "offline" and family is not None:
        # as good as an index that is down: its packages may lie in a folder
        detail = "the network is not to be used, and uv's cache lacks what it serves"
        return Resolution(problem="unreachable", location=uv.without_credentials(family), detail=detail)
    return Resolution(problem=trouble.problem, location=trouble.location, detail=trouble.detail)


def packages(rows: list[dict[str, Any]], query: Query) -> tuple[Package, ...]:
    """Read the packages of a PEP 751 lock."""
    places = {package: source.location for source in query.sources for package in source.packages}
    return tuple(
        Package(
            name=str(row.get("name", "")),
            version=str(row.get("version", "")),
            index=uv.without_credentials(places.get(str(row.get("name", "")))),
            size_bytes=_size(row),
        )
        for row in rows
    )


def pins(rows: list[dict[str, Any]]) -> str:
    """Write the packages of a PEP 751 lock as requirements with hashes."""
    lines = []
    for row in rows:
        digests = [f"--hash={name}:{value}" for file in _files(row) for name, value in file.get("hashes", {}).items()]
        lines.append(" ".join([f"{row['name']}=={row['version']}", *digests]))
    return "\n".join(lines) + "\n"


def _files(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [*row.get("wheels", []), *([row["sdist"]] if "sdist" in row else [])]


def _size(row: dict[str, Any]) -> int | None:
    """Return the bytes of the wheel that an installer takes, or of the source archive where there is no wheel."""
    files = {_name(file): file for file in _files(row)}
    file = files.get(taken(list(files)) or "") or (row.get("sdist") if len(files) == 1 else None) or {}
    size = file.get("size")
    if isinstance(size, int):
        return size
    url = str(file.get("url", ""))
    if url.startswith("file://"):
        from urllib.parse import unquote, urlsplit

        path = Path(unquote(urlsplit(url).path))
        return path.stat().st_size if path.is_file() else None
    return None


def _name(file: dict[str, Any]) -> str:
    return str(file.get("url") or file.get("path") or "").rpartition("/")[2].partition("#")[0]


def _loads(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)
