"""Writes stand-ins for libraries that no current system has, beside the framework that was linked against them.

Four ways were open for Open MPI 1.10, which CNTK's wheels want. Its package on the registry (4.1.8) lacks the C++
library; MPICH's and Intel MPI's libraries bear the same file name, but none of Open MPI's own names; a small C file
would need a compiler. So the library is written as data (elf.py): the same bytes on every machine, seen by this
environment alone. A real Open MPI on LD_LIBRARY_PATH still comes first: the wheel's run path (DT_RUNPATH) is searched
after that.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.errors import InstallFailedError
from dlsetup.install.elf import stand_in

if TYPE_CHECKING:
    from dlsetup.values.build import Shim


def write_shim(shim: Shim, environment: str) -> None:
    """Write a stand-in's libraries into an environment, in place of earlier ones.

    Raises InstallFailedError where the framework's folder is not there or cannot be written.
    """
    folder = _folder(shim, Path(environment))
    try:
        for library in shim.libraries:
            new = folder / f"{library.soname}.new"
            new.write_bytes(stand_in(library.soname, library.functions, library.objects, shim.message))
            # a name of its own first: an earlier file may be linked into the copy that an interrupt puts back
            new.replace(folder / library.soname)
    except OSError as problem:
        raise _failure(shim, f"{problem.strerror or problem} ({folder})") from None


def _folder(shim: Shim, environment: Path) -> Path:
    for folder in sorted(environment.glob(f"lib*/python*/site-packages/{shim.folder}")):
        if folder.is_dir():
            return folder
    raise _failure(shim, f"no {shim.folder} in the site-packages of {environment}")


def _failure(shim: Shim, seen: str) -> InstallFailedError:
    return InstallFailedError(
        f"the stand-in for {shim.title} cannot be written",
        seen=seen,
        do="make room or give yourself the right to write there, or name another place with --env. "
        "The environment is as it was before",
    )
