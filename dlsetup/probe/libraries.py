"""Shared libraries that packages want from elsewhere, or bring one by one for each platform, and which are there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.probe.answers import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.system.interface import System
    from dlsetup.values.environment import Distribution

FOLDERS = {"cntk": "cntk/libs", "cntk-gpu": "cntk/libs"}
"""Where a framework's wheel keeps its libraries, below site-packages. Source: the RECORD of PyPI's cntk 2.7.post2."""

CONTENTS = (
    ("numpy", ("numpy/_core", "numpy/core"), r"_multiarray_umath\..+"),
    ("bitsandbytes", ("bitsandbytes",), r"libbitsandbytes_\w+\.(?:so|dll|dylib)"),
)
"""Packages with compiled files whose names tell what they are for: the Python, the CUDA; with their folders.

Patterns are compiled where they are used: most environments have none of these packages.
"""

BORROWERS = frozenset(
    {"onnxruntime-gpu", "ctranslate2", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x", "cupy-cuda14x"}
)
"""Packages that load CUDA libraries which they do not bring: the catalog's rules/borrowed.toml says which."""

TORN = ("nvidia-cudnn-cu13", "9.20.")
"""A wheel of cuDNN without one of its parts, which the loader then takes from elsewhere.

Source: https://github.com/pytorch/pytorch/issues/188892.
"""

_SECONDS = 5.0
_CACHED = re.compile(r"^\s+(libmpi\S*\.so\S*) \(", re.MULTILINE)
WINDOWED = frozenset({"opencv-python", "opencv-contrib-python"})
"""Packages whose wheels for Linux draw windows by the system's libraries: NEEDED of cv2 4.5 to 5.0."""

_LIBRARIES = r"lib(?:cudart|cublas|cudnn(?:_\w+)?|nvrtc|GL|gthread-2\.0)\.so"
_CUDA_CACHED = rf"(?m)^\s+({_LIBRARIES}\S*) \("
_CUDA = rf"(?i){_LIBRARIES}[.\d]*|(?:cudart|cublas|cudnn|nvrtc)64_\w+\.dll"
_TOOLKIT = ("/usr/local/cuda/lib64",)
"""Where a toolkit lies by default; its installer names it to the loader, or tells the user to."""

_MPI = re.compile(r"libmpi\w*\.so[.\d]*")


def probe_libraries(
    system: System, sites: Iterable[str], distributions: Iterable[Distribution]
) -> tuple[str, ...] | None:
    """Return the libraries beside those of an installed old framework, and those of MPI that are found elsewhere.

    None where there is no such framework, or its folder cannot be looked into.
    """
    folder = next((FOLDERS[each.name] for each in distributions if each.name in FOLDERS), None)
    if folder is None:
        return None
    beside = [names for site in sites if (names := system.listing(paths.join(system, site, *folder.split("/"))))]
    if not beside:
        return None
    own = {name for names in beside for name in names}
    if any(_MPI.fullmatch(name) for name in own):
        return tuple(sorted(own))
    return tuple(sorted(own | _elsewhere(system)))


def probe_contents(
    system: System, sites: Iterable[str], distributions: Iterable[Distribution]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the names of those files of installed packages that tell what they are for, by package."""
    installed = {each.name for each in distributions}
    found = []
    for package, folders, pattern in CONTENTS:
        names = _names(system, sites, folders) if package in installed else ()
        kept = tuple(name for name in names if re.fullmatch(pattern, name))
        if kept:
            found.append((package, kept))
    return tuple(found)


def _names(system: System, sites: Iterable[str], folders: Iterable[str]) -> tuple[str, ...]:
    """Return what lies in the first of the folders that is there."""
    places = (paths.join(system, site, *folder.split("/")) for site in sites for folder in folders)
    return next((names for place in places if (names := system.listing(place))), ())


def probe_outside(system: System, distributions: Iterable[Distribution]) -> tuple[str, ...] | None:
    """Return the names of the libraries, CUDA's and those that draw windows, that the loader finds outside.

    None where no installed package takes them from there, or where the loader cannot be asked.
    """
    installed = tuple(distributions)
    wanted = any(_borrows(each) for each in installed) or _takes_from_machine(installed)
    if system.platform == "macos" or not wanted:
        return None
    windows = system.platform == "windows"
    folders = paths.folders_of(system, "PATH" if windows else "LD_LIBRARY_PATH")
    toolkits = [value for name in ("CUDA_PATH", "CUDA_HOME") if (value := system.variable(name))]
    places = [*folders, *(paths.join(system, each, "bin" if windows else "lib64") for each in toolkits), *_TOOLKIT]
    names = {name for place in places if place for name in system.listing(place) or () if re.fullmatch(_CUDA, name)}
    if windows:
        return tuple(sorted(names))
    answer = system.run(("ldconfig", "-p"), timeout=_SECONDS)
    if not answer.ok:
        return None
    return tuple(sorted(names | set(parse_cuda_cache(answer.stdout))))


_TENSORFLOW = frozenset({"tensorflow", "tensorflow-gpu", "tf-nightly"})
"""Without the wheels of its extra, TensorFlow takes CUDA's libraries from the machine, as all did before 2.14."""


def _takes_from_machine(distributions: Iterable[Distribution]) -> bool:
    names = {each.name for each in distributions}
    cudnn = any(name.startswith("nvidia-cudnn-cu") for name in names)
    return not cudnn and not names.isdisjoint(_TENSORFLOW)


def _borrows(distribution: Distribution) -> bool:
    torn = distribution.name == TORN[0] and (distribution.version or "").startswith(TORN[1])
    return torn or distribution.name in BORROWERS | WINDOWED


def parse_cuda_cache(text: str) -> tuple[str, ...]:
    """Read the names of those libraries from what `ldconfig -p` prints."""
    return tuple(re.findall(_CUDA_CACHED, clean(text)))


def _elsewhere(system: System) -> set[str]:
    """Return the names of MPI's libraries on LD_LIBRARY_PATH and in the loader's cache."""
    names: set[str] = set()
    for folder in paths.folders_of(system, "LD_LIBRARY_PATH"):
        names.update(name for name in system.listing(folder) or () if _MPI.fullmatch(name))
    return names | set(parse_cache(system.run(("ldconfig", "-p"), timeout=_SECONDS).stdout))


def parse_cache(text: str) -> tuple[str, ...]:
    """Read the names of MPI's libraries from what `ldconfig -p` prints."""
    return tuple(_CACHED.findall(clean(text)))
