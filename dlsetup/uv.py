"""uv's own words: its command lines, its variables, and what its error texts mean. Runs nothing."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dlsetup.values.plan import Source

if TYPE_CHECKING:
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.plan import Query, Target

FIRST_ANSWER_SECONDS = 3
"""How long an index may be silent before it counts as unreachable; the user is told within five seconds."""

MANYLINUX_TARGETS = (28, *range(31, 41))
"""The minor versions of glibc 2 that uv's --python-platform knows (uv 0.13.9, uv pip compile --help)."""

OLDEST_FETCHED = "3.8"
"""The oldest CPython that uv fetches itself (uv 0.13.9, uv python list --all-versions --only-downloads)."""

_QUIET = ("--color", "never", "--no-progress")


_FINDING = threading.Lock()


def find_uv() -> str:
    """Return the path of the uv program that came with its distribution."""
    # it asks sysconfig, which answers None to a second thread while it is read for the first (CPython 3.11)
    with _FINDING:
        import uv

        return str(uv.find_uv_bin())


def compile_argv(
    program: str, project: str, query: Query, settings: IndexSettings, *, build_constraints: str | None = None
) -> tuple[str, ...]:
    """Return the command that resolves `project` (a pyproject.toml) to exact pins, as PEP 751 on standard output.

    `build_constraints` is the path of a file that holds the query's.
    """
    argv = [program, "pip", "compile", project, "--format", "pylock.toml", "--no-header", "--no-python-downloads"]
    argv += ["--prerelease", "disallow", *_QUIET]
    argv += _build_options(query.source_only, build_constraints)
    argv += _target_options(query.target)
    for constraint in settings.constraints:
        argv += ["--constraints", constraint]
    return (*argv, *index_options(settings))


def _build_options(source_only: tuple[str, ...], build_constraints: str | None) -> list[str]:
    """Forbid source distributions but for those that have nothing else, and hold what builds these."""
    options = ["--only-binary", ":all:"]
    for package in source_only:
        options += ["--no-binary", package]
    return [*options, "--build-constraints", build_constraints] if build_constraints else options


def _target_options(target: Target) -> list[str]:
    if target.python_path is not None:
        return ["--python", target.python_path]
    minor = target.python + ("t" if target.free_threaded else "")
    return ["--python-version", minor, "--python-platform", platform_name(target)]


def platform_name(target: Target) -> str:
    """Return uv's name of a target's platform: "x86_64-manylinux_2_36"."""
    architecture = {"arm64": "aarch64"}.get(target.architecture, target.architecture)
    if target.system == "macos":
        return f"{architecture}-apple-darwin"
    if target.system == "windows":
        return f"{architecture}-pc-windows-msvc"
    if target.musl:
        return f"{architecture}-unknown-linux-musl"
    if target.glibc is None or architecture not in {"x86_64", "aarch64"}:
        return f"{architecture}-unknown-linux-gnu"
    minor = int(target.glibc.split(".")[1])
    fitting = [known for known in MANYLINUX_TARGETS if known <= minor]
    return f"{architecture}-manylinux_2_{fitting[-1]}" if fitting else f"{architecture}-manylinux_2_17"


def index_options(settings: IndexSettings, *, shown: bool = False) -> list[str]:
    """Return uv's options for the indexes of the user's pip configuration; `shown` leaves credentials out."""
    options: list[str] = []
    if settings.no_index:
        options.append("--no-index")
    elif settings.index_url and not (shown and not _is_public(settings.index_url)):
        options += ["--default-index", settings.index_url]
    for location in settings.find_links:
        options += [] if shown and not _is_public(location) else ["--find-links", location]
    for host in settings.trusted_hosts:
        options += ["--allow-insecure-host", host]
    if settings.keyring == "subprocess":
        options += ["--keyring-provider", "subprocess"]
    return options


def project_table(query: Query, *, shared_indexes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the pyproject.toml that states a query, with each family's index explicit to its packages.

    `shared_indexes` may serve any package; they stand in for a default index that cannot be reached.
    """
    indexes: list[dict[str, Any]] = [
        {"name": f"shared-{number}", "url": url} for number, url in enumerate(shared_indexes)
    ]
    sources: dict[str, dict[str, str]] = {}
    for number, source in enumerate(query.sources):
        index: dict[str, Any] = {"name": f"family-{number}", "url": source.location, "explicit": True}
        if source.flat:
            index["format"] = "flat"
        indexes.append(index)
        sources.update({package: {"index": index["name"]} for package in source.packages})
    table: dict[str, Any] = {
        "project": {
            "name": "dlsetup-plan",
            "version": "0",
            "requires-python": f">={query.target.python}",
            "dependencies": list(query.requirements),
        },
        "tool": {"uv": {"sources": sources}},
    }
    if query.metadata:
        table["tool"]["uv"]["dependency-metadata"] = [
            {"name": each.name, "version": each.version, "requires-dist": list(each.requires)}
            for each in query.metadata
        ]
    if indexes:
        table["tool"]["uv"]["index"] = indexes
    return table


def variables(
    settings: IndexSettings,
    *,
    target: Target | None = None,
    sources: tuple[Source, ...] = (),
    impatient: bool = False,
) -> dict[str, str | None]:
    """Return the environment variables for uv: the active environment hidden, pip's proxy and certificates handed on.

    `impatient` asks once and waits for FIRST_ANSWER_SECONDS only.
    """
    result: dict[str, str | None] = {"VIRTUAL_ENV": None, "CONDA_PREFIX": None, "UV_PYTHON": None}
    if settings.cert:
        result["SSL_CERT_FILE"] = settings.cert
    if settings.client_cert:
        result["SSL_CLIENT_CERT"] = settings.client_cert
    settings, sources = _standing_in(settings, sources)
    folders = tuple(Source(packages=(), location=location, flat=True) for location in settings.find_links)
    secret = [source for source in (*folders, *sources) if not _is_public(source.location)]
    if any(not source.flat for source in secret):
        result["UV_INDEX"] = " ".join(source.location for source in secret if not source.flat)
    if any(source.flat for source in secret):
        result["UV_FIND_LINKS"] = ",".join(source.location for source in secret if source.flat)
    if settings.index_url and not _is_public(settings.index_url) and not settings.no_index:
        result["UV_DEFAULT_INDEX"] = settings.index_url
    if settings.proxy:
        result.update(HTTP_PROXY=settings.proxy, HTTPS_PROXY=settings.proxy, ALL_PROXY=settings.proxy)
    if target is not None and target.system == "macos" and target.macos:
        result["MACOSX_DEPLOYMENT_TARGET"] = target.macos
    if impatient:
        result.update(UV_HTTP_RETRIES="0", UV_HTTP_TIMEOUT=str(FIRST_ANSWER_SECONDS))
        result.update(UV_HTTP_CONNECT_TIMEOUT=str(FIRST_ANSWER_SECONDS))
    return result


def fetches(python: str) -> bool:
    """Tell whether uv fetches an interpreter of that version: "3.11", "3.13t"."""
    minor = int(python.rstrip("t").split(".")[1])
    return minor >= int(OLDEST_FETCHED.split(".")[1])


def venv_argv(program: str, folder: str, python: str) -> tuple[str, ...]:
    """Return the command that makes a virtual environment. It asks no index: pip comes with the packages."""
    return (program, "venv", folder, "--python", python, "--no-project", *_QUIET)


def install_argv(
    program: str,
    python: str,
    pins: str,
    settings: IndexSettings,
    *,
    sources: tuple[Source, ...] = (),
    source_only: tuple[str, ...] = (),
    build_constraints: str | None = None,
) -> tuple[str, ...]:
    """Return the command that installs exactly what a requirements file pins, checked against its hashes.

    A PEP 751 lock would name the same files, but uv 0.13.9 then passes by its own cache and downloads them again
    (TensorFlow, warm: 6 seconds instead of half a second). With every file's hash pinned it does not matter which
    index serves it. Locations with credentials are left to `variables`: a command is shown, and kept in logs.

    Bytecode is left to the first import, which the smoke test makes: compiling all of TensorFlow's 4,149 files took
    longer than installing it, and most of them are never imported.
    """
    argv = [program, "pip", "install", "--python", python, "--requirements", pins, "--no-deps", "--require-hashes"]
    argv += _build_options(source_only, build_constraints)
    settings, sources = _standing_in(settings, sources)
    argv += index_options(settings, shown=True)
    for source in sources:
        if _is_public(source.location):
            argv += ["--find-links" if source.flat else "--index", source.location]
    return (*argv, "--index-strategy", "unsafe-best-match", "--color", "never")


def _standing_in(settings: IndexSettings, sources: tuple[Source, ...]) -> tuple[IndexSettings, tuple[Source, ...]]:
    """Let an index that stands in for the default one take its place: uv asks the default one for every package."""
    shared = next((source for source in sources if not source.packages and not source.flat), None)
    if shared is None:
        return settings, sources
    return replace(settings, index_url=shared.location), tuple(each for each in sources if each is not shared)


def _is_public(location: str) -> bool:
    return without_credentials(location) == location


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What one of uv's error texts means."""

    problem: str
    """unsatisfiable, unreachable, offline, authentication, certificate, garbled, hash, space, cache, constraints,
    denied, python, build or other."""
    location: str | None = None
    """The URL that it is about."""
    detail: str = ""
    """uv's own words, its frame characters taken out, one sentence a line."""


_FETCH = re.compile(r"Failed to (?:fetch|download|query)[^\n`]*?[:\s]`?((?:https?|file)://[^\s`]+)", re.IGNORECASE)
_URL = re.compile(r"(?:https?|file)://[^\s`)\"']+")
_CREDENTIALS = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s/@]+@", re.IGNORECASE)
_FRAME = re.compile(r"^[\s│├╰─▶▸\u00d7╭•]*(?:(?:error|cause|Caused by):\s*)*", re.IGNORECASE)

_MEANINGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("hash", re.compile(r"hash mismatch|hashes? (?:does|do) not match|mismatched hash", re.IGNORECASE)),
    ("offline", re.compile(r"network was disabled|connectivity is disabled", re.IGNORECASE)),
    ("space", re.compile(r"no space left on device|os error 28|disk quota exceeded|os error 112", re.IGNORECASE)),
    ("cache", re.compile(r"Failed to initialize cache", re.IGNORECASE)),
    (
        "constraints",
        re.compile(r"Couldn't parse requirement in|Error parsing included file|Unsupported URL in `", re.IGNORECASE),
    ),
    ("garbled", re.compile(r"(?:Unsupported|Missing) `Content-Type`|unexpected (?:JSON|HTML)|Failed to parse page")),
    ("certificate", re.compile(r"invalid peer certificate|certificate verify failed|UnknownIssuer", re.IGNORECASE)),
    (
        "authentication",
        re.compile(r"\b(?:401 Unauthorized|403 Forbidden|407 Proxy)|missing credentials", re.IGNORECASE),
    ),
    ("unsatisfiable", re.compile(r"No solution found|not found in the package registry|no wheels? with a matching")),
    ("denied", re.compile(r"permission denied|os error 13|read-only file system|os error 30", re.IGNORECASE)),
    (
        "python",
        re.compile(r"No interpreter found|failed to inspect Python interpreter|Querying Python at", re.IGNORECASE),
    ),
    (
        "unreachable",
        re.compile(
            r"Failed to (?:fetch|download)|dns error|error sending request|operation timed out"
            r"|connection (?:refused|reset)",
            re.IGNORECASE,
        ),
    ),
    ("build", re.compile(r"Failed to build|build backend", re.IGNORECASE)),
)


def trouble(stderr: str) -> Trouble:
    """Read what uv printed when it failed. Never raises."""
    problem = next((name for name, pattern in _MEANINGS if pattern.search(stderr)), "other")
    match = _FETCH.search(stderr)
    location = match.group(1) if match else None
    if location is None and problem in {"unreachable", "certificate", "authentication", "garbled", "hash"}:
        found = _URL.search(stderr)
        location = found.group(0) if found else None
    return Trouble(problem=problem, location=without_credentials(location), detail=words(stderr))


_NO_RELEASE = re.compile(r"there (?:is|are) no versions? of ")


def has_no_release(detail: str, package: str | None = None) -> bool:
    """Tell whether an index has a page that lacks a release; with a package, one without any release of it."""
    if package is None:
        return bool(_NO_RELEASE.search(detail))
    return f"there are no versions of {package} " in detail


def words(stderr: str) -> str:
    """Return uv's own words without its frame, its warnings and any credentials."""
    lines = [_FRAME.sub("", line).strip() for line in stderr.splitlines() if not line.startswith("warning:")]
    return without_credentials("\n".join(line for line in lines if line)) or ""


def without_credentials(text: str | None) -> str | None:
    """Take user names, passwords and tokens out of the URLs in a text."""
    return _CREDENTIALS.sub(r"\1", text) if text else text
