"""The Java that Spark would start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.values.environment import Java

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_SECONDS = 10.0
_VERSION = re.compile(r'version "([^"\s]+)')
_RELEASE = re.compile(r'^JAVA_VERSION="?([^"\s]+)', re.MULTILINE)


def probe_java(system: System) -> Java:
    """Say which Java Spark's scripts would take: JAVA_HOME's, else the first on the PATH (bin/spark-class).

    Its version is read from the file beside it; only where there is none it is started, and then only where JAVA_HOME
    names it or it lies in a trusted folder.
    """
    home = system.variable("JAVA_HOME") or None
    program = "java.exe" if system.platform == "windows" else "java"
    if home is not None:
        path = paths.join(system, home, "bin", program)
        there = system.exists(path)
        return _asked(system, path, home) if there or there is None else Java(home=home)
    found = paths.first_on_path(system, "java")
    return _asked(system, found, None) if found is not None else Java()


def _asked(system: System, path: str, home: str | None) -> Java:
    real = system.link(path) or path
    text = system.read(paths.join(system, paths.parent(system, paths.parent(system, real)), "release")).text
    version = parse_release(text or "")
    if version is None and (home is not None or system.find("java") == path):
        completed = system.run((path, "-version"), timeout=_SECONDS)
        if completed.problem is None and not completed.ok:
            # macOS has a java that only says that there is none
            return Java(home=home)
        version = parse_version(completed.stderr + completed.stdout)
    return Java(path=path, version=version, home=home)


def parse_release(text: str) -> str | None:
    """Read the version from the file "release" that every JDK has since 7."""
    match = _RELEASE.search(text)
    return match[1] if match else None


def parse_version(text: str) -> str | None:
    """Read the version from what `java -version` prints on standard error."""
    match = _VERSION.search(text)
    return match[1] if match else None
