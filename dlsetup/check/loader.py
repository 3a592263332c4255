"""env.loader: which libraries the loader takes before those that wheels bring."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import unset
from dlsetup.check.installed import framework_packages, installed
from dlsetup.check.machine.nvidia_module import differs, libcuda
from dlsetup.check.packages.cuda_libraries import cuda_major
from dlsetup.check.versions import older, version
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.environment import Session
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

LOADER = "env.loader"


def unshadowed_libraries(situation: Situation) -> Finding:
    """Look on the loader's path for the libraries that wheels bring themselves."""
    session = situation.session
    compat = _compat(situation)
    if compat is not None:
        return compat
    if session is not None and session.partial:
        return _toolkit(situation, session) or skip(LOADER, "what lies on the loader's path is not known")
    if session is None or not session.loader:
        return skip(LOADER, "no loader path with CUDA libraries is set")
    found = _stubs(situation, session) or _old_cxx(situation, session) or _hidden_libraries(situation, session)
    return found or ok(LOADER, "the loader path hides none of the installed libraries")


def _stubs(situation: Situation, session: Session) -> Finding | None:
    for entry in session.loader:
        if "stubs" in re.split(r"[/\\]", entry.folder) and any(
            name.startswith("libcuda.so") for name in entry.libraries
        ):
            return _stub(situation, entry.folder)
    return None


def _hidden_libraries(situation: Situation, session: Session) -> Finding | None:
    environment = situation.environment
    bundled = dict(bundled_libraries(situation))
    for entry in session.loader:
        if environment is not None and entry.folder.startswith(environment.path.rstrip("/") + "/"):
            continue
        both = [name for name in entry.libraries if _soname(name) in bundled]
        if both:
            return _shadowed(situation, entry.folder, both[0], bundled[_soname(both[0])])
    return None


_CONSUMER = r"\b(?:GeForce|TITAN|MX\d{3})\b"
"""Boards on which CUDA's forward compatibility never works: it is for data centre boards, some RTX boards and Jetson.

Source: https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html
"""


def _compat(situation: Situation) -> Finding | None:
    """See a compatibility library (cuda-compat) that the loader takes where the GPU does not support it."""
    library, driver = libcuda(situation), situation.host.driver("nvidia")
    gpus = situation.host.gpus_of("nvidia")
    if library is None or library.path is None or "/compat" not in library.path or not gpus:
        return None
    consumer = next((gpu.name for gpu in gpus if gpu.name and re.search(_CONSUMER, gpu.name)), None)
    if driver is None or not differs(library.version, driver.version):
        return None
    if older(library.version, driver.version or ""):
        return fail(
            LOADER,
            "cuda-user-kernel-driver-mix-803",
            "Programs load a compatibility library of CUDA that is older than the driver.",
            evidence=(f"{library.path} is of {library.version}", f"the driver is {driver.version}"),
            remedy=_without_compat(situation),
        )
    if consumer is None:
        return None
    return fail(
        LOADER,
        "cuda-compat-on-unsupported-gpu",
        f"Programs load NVIDIA's compatibility library, which {consumer} does not support.",
        evidence=(f"{library.path} is of {library.version}", f"the driver is {driver.version}"),
        remedy=_without_compat(situation),
    )


def _without_compat(situation: Situation) -> Remedy:
    apt = situation.host.os.distribution in {"debian", "ubuntu"}
    return Remedy(
        text="Take that folder off the loader's path; for a newer CUDA, update the driver.",
        commands=(unset(situation, "LD_LIBRARY_PATH"), *(("sudo apt remove 'cuda-compat-*'",) if apt else ())),
        needs_root=apt,
        links=("https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html",),
    )


_TOOLKIT = re.compile(r"/cuda[-/](\d+)(?:\.\d+)?/(?:targets/[\w-]+/)?lib(?:64)?/?$")
"""A toolkit's folder by its usual name, /usr/local/cuda-12.1/lib64."""


def _toolkit(situation: Situation, session: Session) -> Finding | None:
    """See a CUDA toolkit on the loader's path by its name, where a report tells the path but not what lies there.

    Libraries of one major have one name, so a toolkit of the build's own major comes before what its wheels bring.
    """
    build = next((each for each in installed(situation) if each.accelerator == "cuda" and each.cuda), None)
    for folder in (session.variable("LD_LIBRARY_PATH") or "").split(":"):
        match = _TOOLKIT.search(folder)
        if match and build is not None and match[1] == (build.cuda or "").split(".")[0]:
            return _shadowed(situation, folder, f"the libraries of CUDA {match[1]}", build.seen)
    return None


_NEW_STRINGS = 21
"""GCC 5 brought libstdc++.so.6.0.21 and the strings that wheels since manylinux_2_27 are built with.

Source: https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
"""


def _old_cxx(situation: Situation, session: Session) -> Finding | None:
    """See a C++ library on the loader's path that is older than every wheel of a framework today needs."""
    environment = situation.environment
    wheel = next(
        (
            each
            for each in (environment.distributions if environment else ())
            if each.name in framework_packages(situation)
            and any(re.search(r"manylinux_2_(?:2[7-9]|[3-9]\d)_", tag) for tag in each.tags)
        ),
        None,
    )
    for entry in session.loader if wheel else ():
        numbers = [int(match[1]) for name in entry.libraries if (match := re.fullmatch(_CXX, name))]
        if wheel is not None and numbers and max(numbers) < _NEW_STRINGS:
            return fail(
                LOADER,
                "libstdcxx-too-old",
                "A C++ library that is too old comes before the one of the system.",
                evidence=(
                    f"LD_LIBRARY_PATH names {entry.folder}, which has libstdc++.so.6.0.{max(numbers)}",
                    f"{wheel.name} {wheel.version} needs libstdc++.so.6.0.{_NEW_STRINGS} or newer",
                ),
                remedy=Remedy(
                    text="Take that folder out of LD_LIBRARY_PATH.",
                    commands=(unset(situation, "LD_LIBRARY_PATH"),),
                    links=("https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html",),
                ),
            )
    return None


_CXX = r"libstdc\+\+\.so\.6\.0\.(\d{1,3})"


def _soname(name: str) -> str:
    """Cut "libcudnn.so.9.1.0" to what the loader looks for, "libcudnn.so.9"."""
    match = re.match(r"(.+?\.so\.\d+)", name)
    return match.group(1) if match else name


def bundled_libraries(situation: Situation) -> Iterator[tuple[str, str]]:
    """Yield the shared libraries that installed nvidia-* wheels bring, each with its wheel."""
    environment = situation.environment
    for each in environment.distributions if environment else ():
        stem = re.sub(r"-cu\d+$", "", each.name)
        for library in situation.catalog.libraries:
            if library.package != stem:
                continue
            own = version(each.version)
            numbers = {"version": str(own.major) if own else "", "cuda": cuda_major(each.name)}
            yield f"{library.stem}.so.{numbers.get(library.number, library.number)}", f"{each.name} {each.version}"


def _stub(situation: Situation, folder: str) -> Finding:
    return fail(
        LOADER,
        "cuda-stub-lib-loaded",
        "A stand-in for the NVIDIA driver, meant for building, comes before the driver itself.",
        evidence=(f"LD_LIBRARY_PATH names {folder}", "libcuda.so there has no driver behind it"),
        remedy=Remedy(
            text="Take that folder out of LD_LIBRARY_PATH.",
            commands=(unset(situation, "LD_LIBRARY_PATH"),),
            links=("https://docs.nvidia.com/cuda/cuda-installation-guide-linux/",),
        ),
    )


def _shadowed(situation: Situation, folder: str, library: str, wheel: str) -> Finding:
    return warn(
        LOADER,
        "nvidia-libs-shadowed-by-ld-library-path",
        "Other CUDA libraries come before those that were installed with the framework.",
        evidence=(f"LD_LIBRARY_PATH names {folder}, which has {library}", f"{wheel} brings the same"),
        remedy=Remedy(
            text="Take that folder out of LD_LIBRARY_PATH; the wheels find their own libraries.",
            commands=(unset(situation, "LD_LIBRARY_PATH"),),
            links=("https://github.com/pytorch/pytorch/issues/131312",),
        ),
    )
