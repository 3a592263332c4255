"""m.windows: the settings and system libraries that frameworks need on Windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import dlsetup_install
from dlsetup.check.installed import frameworks_in_scope, installed, planned
from dlsetup.check.versions import public
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation
    from dlsetup.values.windows import WindowsSettings

NAME = "m.windows"
RUNTIME = "https://learn.microsoft.com/cpp/windows/latest-supported-vc-redist"
PATHS = "https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation"

_LONGEST = {"pytorch": 171, "tensorflow": 163}
"""Characters of the longest path below site-packages, as the RECORDs of torch 2.13 and TensorFlow 2.21 list it."""

_MOST = 259
"""MAX_PATH without the final zero."""

_SMALL = 32 * 2**30


def set_up(situation: Situation) -> Finding:
    """Hold the run-time libraries, long paths and the paging file against what is installed or wanted."""
    if situation.host.os.system != "windows":
        return skip(NAME, "not Windows")
    settings = situation.machine.windows
    questions = (_libraries, _openmp, _long_paths, _paging) if settings is not None else ()
    found = next((found for question in questions if settings and (found := question(situation, settings))), None)
    return found or _store(situation) or ok(NAME, "Windows has what frameworks need")


_NEEDED = {"pytorch": ("msvcp140.dll",), "tensorflow": ("msvcp140.dll", "msvcp140_1.dll")}
"""torch/__init__.py (_load_dll_libraries) and tensorflow/python/platform/self_check.py name them; Python itself brings
vcruntime140.dll."""


_FAILED = {"pytorch": "windows-dll-load-failed-torch", "tensorflow": "windows-dll-load-failed-tensorflow"}


def _libraries(situation: Situation, settings: WindowsSettings) -> Finding | None:
    missing, environment = settings.missing_libraries, situation.environment
    if environment is not None and (environment.kind == "conda" or environment.conda_packages):
        # conda brings the runtime along
        return None
    for framework in frameworks_in_scope(situation):
        lacking = [name for name in _NEEDED.get(framework.name, ()) if name in missing]
        if lacking:
            here = any(each.framework == framework.name for each in installed(situation))
            mode = _FAILED[framework.name] if here else "windows-vcredist-missing"
            return fail(
                NAME,
                mode,
                f"Windows lacks the Visual C++ runtime that {framework.title} needs.",
                evidence=(f"System32 has no {', '.join(lacking)}", f"{framework.title} loads it when it is imported"),
                remedy=Remedy(
                    text="Install the Microsoft Visual C++ Redistributable.",
                    commands=("winget install --id Microsoft.VCRedist.2015+.x64 -e",),
                    needs_root=True,
                    links=(RUNTIME,),
                ),
            )
    return None


def _openmp(situation: Situation, settings: WindowsSettings) -> Finding | None:
    """See torch 2.4.0, whose wheels for Windows lack a library: https://github.com/pytorch/pytorch/issues/131662."""
    environment = situation.environment
    torch = environment.distribution("torch") if environment else None
    if torch is None or public(torch.version) != "2.4.0":
        return None
    if "libomp140.x86_64.dll" not in settings.missing_libraries:
        return None
    return fail(
        NAME,
        "windows-dll-load-failed-torch",
        "torch 2.4.0 was published for Windows without a library that it needs.",
        evidence=(f"torch {torch.version} is installed", "System32 has no libomp140.x86_64.dll"),
        remedy=Remedy(
            text="Install a newer release; the fault was mended in 2.4.1.",
            commands=(dlsetup_install(situation, "pytorch"),),
            automatic=True,
            links=("https://github.com/pytorch/pytorch/issues/131662",),
        ),
    )


def _long_paths(situation: Situation, settings: WindowsSettings) -> Finding | None:
    """See a folder from which the paths of a framework would be too long, before it is installed there."""
    environment = situation.environment
    folder = environment.interpreter.purelib if environment else None
    wanted = dict.fromkeys((*situation.wanted, *planned(situation)))
    longest = max((_LONGEST.get(name, 0) for name in wanted), default=0)
    if settings.long_paths is not False or not folder or not longest:
        return None
    if len(folder) + 1 + longest <= _MOST:
        return None
    return warn(
        NAME,
        "windows-long-paths-disabled",
        "Paths will be too long for Windows, as it is set up.",
        evidence=(
            f"{folder} has {len(folder)} characters, and there will be files of up to {longest} more below it",
            f"Windows allows {_MOST}: LongPathsEnabled is 0",
        ),
        remedy=Remedy(
            text="Take an environment with a shorter path, or let Windows have long ones (as administrator).",
            commands=(
                f"dlsetup install {' '.join(wanted)} --env C:\\venvs\\dl",
                "reg add HKLM\\SYSTEM\\CurrentControlSet\\Control\\FileSystem /v LongPathsEnabled /t REG_DWORD /d 1 /f",
            ),
            links=(PATHS,),
        ),
    )


def _paging(situation: Situation, settings: WindowsSettings) -> Finding | None:
    """See that the paging file was switched off: every process of a CUDA build reserves several gigabytes."""
    size = situation.host.memory_bytes
    if settings.paging_file is not False or size is None or size >= _SMALL:
        return None
    if not any(each.framework == "pytorch" and each.accelerator == "cuda" for each in installed(situation)):
        return None
    return warn(
        NAME,
        "windows-paging-file-too-small",
        "Windows has no paging file, so loading CUDA's libraries in several processes will fail.",
        evidence=(
            "the registry's PagingFiles is empty",
            f"{round(size / 2**30)} GB of memory, and each worker of a data loader reserves several",
        ),
        remedy=Remedy(
            text="Let the system manage the paging file: System, Advanced, Performance, Virtual memory; then restart.",
            commands=("SystemPropertiesPerformance.exe",),
            needs_root=True,
            needs_reboot=True,
            links=("https://github.com/pytorch/pytorch/issues/62387",),
        ),
    )


def _store(situation: Situation) -> Finding | None:
    environment = situation.environment
    base = (environment.interpreter.base_prefix if environment else None) or ""
    if "\\WindowsApps\\" not in base and "PythonSoftwareFoundation.Python" not in base:
        return None
    return ok(
        NAME,
        "this Python is from the Microsoft Store: its paths are long, and Windows redirects what it writes",
        mode="windows-store-python",
    )
