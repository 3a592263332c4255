"""Checks of the installers: where packages come from, and whether pip is new enough to see them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import dlsetup_install, pip_install, system_of
from dlsetup.check.installed import interpreter_architecture, torch_in
from dlsetup.check.remedies import change_packages
from dlsetup.check.requested import unobtainable
from dlsetup.check.versions import older, public
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

CONFIG = "inst.config"
TOOL = "inst.tool"

CONFIGURATION = "https://pip.pypa.io/en/stable/topics/configuration/"

_MANYLINUX = "20.3"
"""The first pip that knows manylinux_X_Y tags: https://pip.pypa.io/en/stable/news/#b1-2020-10-31."""


def configured(situation: Situation) -> Finding:
    """Look for indexes that cannot serve ordinary packages, or that mix builds of one family."""
    settings = situation.indexes
    if settings is None:
        return skip(CONFIG, "pip's configuration was not read")
    hosts = {host_of(each.index) for each in situation.catalog.builds if each.index}
    if settings.index_url and host_of(settings.index_url) in hosts and not _others(settings, hosts):
        return _replaced(situation, settings, settings.index_url)
    extra = next((url for url in settings.extra_index_urls if host_of(url) in hosts), None)
    if extra is not None:
        return _mixed(situation, settings, extra)
    return unobtainable(situation, settings) or _well(situation, settings)


def _well(situation: Situation, settings: IndexSettings) -> Finding:
    """Say what is configured; a mirror, and a pip that refuses some environments, have names of their own."""
    said = [f"{name} from {origin}" for name, origin in settings.sources]
    if not said:
        return ok(CONFIG, "pip's defaults")
    summary = f"pip is configured: {', '.join(said)}"
    environment = situation.environment
    if settings.require_virtualenv and environment is not None and environment.kind in {"system", "conda"}:
        note = "so pip refuses to install here, outside of a virtual environment; dlsetup makes one where it needs it"
        seen = (f"require-virtualenv is set by {_origin(settings, 'require-virtualenv')}",)
        return ok(CONFIG, f"{summary}, {note}", evidence=seen, mode="pip-require-virtualenv")
    mirrors = {each.host for each in situation.catalog.mirrors}
    host = host_of(settings.index_url) if settings.index_url else None
    if host in mirrors:
        note = "a mirror, which may lack releases of the last days and very large wheels"
        return ok(CONFIG, f"{summary} ({host}: {note})", mode="mirror-incomplete")
    return ok(CONFIG, summary, mode="pip-config-overrides")


def _others(settings: IndexSettings, hosts: set[str | None]) -> bool:
    return bool(settings.find_links) or any(host_of(url) not in hosts for url in settings.extra_index_urls)


def host_of(url: str) -> str | None:
    """Return an address' host, None where it is no address."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def shown(url: str) -> str:
    """Return an index's address without credentials."""
    return f"{urlsplit(url).scheme}://{host_of(url) or ''}{urlsplit(url).path}"


def _origin(settings: IndexSettings, name: str) -> str:
    return next((origin for key, origin in settings.sources if key == name), "pip's configuration")


def _replaced(situation: Situation, settings: IndexSettings, url: str) -> Finding:
    return fail(
        CONFIG,
        "index-url-replaces-pypi",
        "pip takes packages from an index that holds one framework alone.",
        evidence=(f"index-url is {shown(url)} (from {_origin(settings, 'index-url')})", "no other index is configured"),
        remedy=Remedy(
            text="Remove the setting; dlsetup names that index for its own packages only.",
            commands=(_forget(situation, settings, "index-url", "PIP_INDEX_URL"),),
            links=(CONFIGURATION,),
        ),
    )


def _forget(situation: Situation, settings: IndexSettings, name: str, variable: str) -> str:
    if _origin(settings, name).startswith("PIP_"):
        return f"Remove-Item Env:{variable}" if system_of(situation) == "windows" else f"unset {variable}"
    return f"pip config unset global.{name}"


def _mixed(situation: Situation, settings: IndexSettings, url: str) -> Finding:
    owner = next((each.framework for each in situation.catalog.builds if _same_host(each.index, url)), "pytorch")
    return warn(
        CONFIG,
        "extra-index-mix",
        "pip may take parts of one framework from two indexes, and so mix two builds.",
        evidence=(
            f"extra-index-url is {shown(url)} (from {_origin(settings, 'extra-index-url')})",
            f"{owner} is on the default index too, and pip takes the highest version of both",
        ),
        remedy=Remedy(
            text="Remove the setting and let dlsetup install the framework, each package from one index.",
            commands=(
                _forget(situation, settings, "extra-index-url", "PIP_EXTRA_INDEX_URL"),
                dlsetup_install(situation, owner),
            ),
            links=(CONFIGURATION,),
        ),
    )


def _same_host(index: str | None, url: str) -> bool:
    return index is not None and host_of(index) == host_of(url)


def recent(situation: Situation) -> Finding:
    """Look for a pip that cannot see today's wheels."""
    pip = situation.environment.version("pip") if situation.environment else None
    if pip is None and situation.environment is not None and situation.environment.partial:
        return skip(TOOL, "pip is not among the packages that are told")
    if pip is None:
        return _held_back(situation) or skip(TOOL, "no pip in the environment, and none is needed")
    if situation.host.os.system != "linux" or not older(pip, _MANYLINUX):
        return _held_back(situation) or ok(TOOL, f"pip {pip}")
    return warn(
        TOOL,
        "pip-too-old",
        "This pip cannot see today's wheels and takes old ones without a word.",
        evidence=(f"pip {pip} is installed", f"manylinux_2_28 wheels need pip {_MANYLINUX} or newer"),
        remedy=change_packages(
            situation,
            "Upgrade pip.",
            pip_install(situation, "--upgrade", "pip"),
            links=("https://peps.python.org/pep-0600/",),
        ),
    )


def _held_back(situation: Situation) -> Finding | None:
    """Tell of an old Linux on which installers take an older torch without a word, for newer ones do not run there."""
    host, torch = situation.host, torch_in(situation)
    if host.os.system != "linux" or host.libc.family != "glibc" or host.libc.version is None or torch is None:
        return None
    newer = [
        build
        for build in situation.catalog.builds_of("pytorch")
        if (build.system, build.architecture) == ("linux", interpreter_architecture(situation))
        and build.glibc is not None
        and older(host.libc.version, str(build.glibc))
        and older(public(torch.version), str(build.version))
    ]
    if not newer:
        return None
    newest = max(newer, key=lambda build: build.version)
    return ok(
        TOOL,
        f"torch {newest.version} needs glibc {newest.glibc}: on this Linux installers take an older one without a word",
        evidence=(f"this Linux has glibc {host.libc.version}", f"torch {torch.version} is installed"),
        mode="glibc-caps-torch-version",
    )
