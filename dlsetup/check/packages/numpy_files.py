"""Whether NumPy's compiled files are those of this interpreter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail
from dlsetup.check.commands import pip_install
from dlsetup.check.remedies import change_packages

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution, Interpreter
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.abi"
TROUBLE = "https://numpy.org/devdocs/user/troubleshooting-importerror.html"

_MADE_FOR = r"_multiarray_umath\.(?:cpython-|cp)(\d+?)(\d+)(t?)\b[-\w]*\.(?:so|pyd)"
"""The tag in an extension module's name: cpython-312-x86_64-linux-gnu.so, cp312-win_amd64.pyd."""

_TAG = r"cp(\d)(\d+)(t?)"


def of_this_python(situation: Situation) -> Finding | None:
    """Compare NumPy's wheel and its files with the interpreter that is to import them."""
    environment = situation.environment
    numpy = environment.distribution("numpy") if environment else None
    if environment is None or numpy is None or environment.listed or environment.interpreter.minor is None:
        return None
    here = environment.interpreter.minor + ("t" if environment.interpreter.free_threaded else "")
    files = {_version(match) for name in environment.files_in("numpy") if (match := re.fullmatch(_MADE_FOR, name))}
    if files and here not in files:
        seen = f"numpy's compiled files are made for Python {', '.join(sorted(files))}"
        return _found(situation, environment.interpreter, numpy, seen)
    tagged = _tagged(numpy)
    if not files and tagged and here not in tagged:
        seen = f"numpy {numpy.version} is made for Python {', '.join(sorted(tagged))}"
        return _found(situation, environment.interpreter, numpy, seen)
    return None


def _version(match: re.Match[str]) -> str:
    return f"{match[1]}.{match[2]}{match[3]}"


def _tagged(numpy: Distribution) -> set[str]:
    """Return the Pythons in a wheel's tags, none where it is for any."""
    parts = [tag.split("-") for tag in numpy.tags]
    return {_version(match) for part in parts if len(part) > 1 and (match := re.fullmatch(_TAG, part[1]))}


def _found(situation: Situation, interpreter: Interpreter, numpy: Distribution, seen: str) -> Finding:
    return fail(
        NAME,
        "numpy-broken-install",
        "NumPy is not made for this Python, so it cannot be imported.",
        evidence=(seen, f"{interpreter.path} is Python {interpreter.version}"),
        remedy=change_packages(
            situation,
            "Install NumPy again with this very Python.",
            pip_install(
                situation, "--force-reinstall", "--no-deps", f"numpy=={numpy.version}" if numpy.version else "numpy"
            ),
            links=(TROUBLE,),
        ),
    )
