"""py.shadow and py.stdlib: is what Python imports the module that is meant, and is its own library whole."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.commands import quoted, system_of
from dlsetup.check.installed import frameworks_in_scope
from dlsetup.check.python.version import interpreter_of
from dlsetup.check.versions import normal
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

SHADOW = "py.shadow"
STDLIB = "py.stdlib"


def unshadowed(situation: Situation) -> Finding:
    """Look for files that Python would import in place of a framework or of its own library."""
    session = situation.session
    if session is None or session.folder is None:
        return skip(SHADOW, "the working folder is not known")
    hiding = [each for each in session.shadows if _hides(situation, _module(each))]
    if not hiding:
        return ok(SHADOW, "no file in the working folder hides a package")
    first = hiding[0]
    module = _module(first)
    rename = "ren" if system_of(situation) == "windows" else "mv"
    new = re.sub(r"([^/\\]+?)(\.py)?[/\\]?$", r"my_\1\2", first)
    if rename == "ren":
        new = re.split(r"[/\\]", new)[-1]
    words = (rename, quoted(first, system_of(situation)), quoted(new, system_of(situation)))
    return fail(
        SHADOW,
        "module-name-shadowing",
        f"`import {module}` would load a file of yours, not the package.",
        evidence=(*(f"{each} is found first" for each in hiding), f"the working folder is {session.folder}"),
        remedy=Remedy(
            text="Give the file another name.",
            commands=(" ".join(words),),
            links=("https://docs.python.org/3/tutorial/modules.html#the-module-search-path",),
        ),
    )


_NAMES = {
    "PIL": "pillow",
    "cv2": "opencv-python",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "pkg_resources": "setuptools",
}
"""Distributions whose module has another name."""


def _hides(situation: Situation, module: str) -> bool:
    """Tell whether there is something of that name to hide: in the standard library, installed or asked about."""
    if module in sys.stdlib_module_names:
        return True
    if any(module == each.module for each in frameworks_in_scope(situation)):
        return True
    environment = situation.environment
    return environment is not None and environment.distribution(normal(_NAMES.get(module, module))) is not None


def _module(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1].removesuffix(".py")


def complete(situation: Situation) -> Finding:
    """Look for standard modules that this interpreter was built without."""
    interpreter = interpreter_of(situation)
    if interpreter is None:
        return skip(STDLIB, "no interpreter")
    if situation.environment is not None and situation.environment.listed:
        return skip(STDLIB, "which standard modules there are is not in the recording")
    # Debian splits ensurepip off, and no framework imports it: py.env tells what it is missed for
    missing = [name for name in interpreter.missing_modules if name != "ensurepip"]
    if not missing:
        return ok(STDLIB, "the standard library is whole")
    names = ", ".join(missing)
    scope = frameworks_in_scope(situation)
    if not scope:
        return ok(STDLIB, f"built without {names}, which matters once a framework is installed")
    python = interpreter.minor or "3.12"
    install = f"dlsetup install {' '.join(each.name for each in scope)} --python {python} --env .venv-dl"
    return fail(
        STDLIB,
        "python-stdlib-modules-missing",
        "This Python was built without parts of its standard library.",
        evidence=(f"{interpreter.path} has no {names}", f"{scope[0].title} imports them"),
        remedy=Remedy(
            text="Use a complete Python, such as one of uv's.",
            commands=(f"uv python install {python}", install),
            links=("https://devguide.python.org/getting-started/setup-building/#install-dependencies",),
        ),
    )
