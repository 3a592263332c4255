"""m.amd: the AMD driver, the right to use it, and the order of GPUs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import export
from dlsetup.check.installed import code_inside, installed
from dlsetup.values.architecture import runs_on
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Driver
    from dlsetup.values.situation import Situation

NAME = "m.amd"
PERMISSIONS = "https://rocm.docs.amd.com/projects/install-on-linux/en/latest/install/prerequisites.html"


def usable(situation: Situation) -> Finding:
    """Ask for a working driver only where a ROCm build is installed or planned."""
    host = situation.host
    gpus, driver = host.gpus_of("amd"), host.driver("amd")
    if host.os.wsl is not None and situation.machine.dxg_runtime is False:
        return _without_dxg()
    if not gpus:
        return _closed(driver) or skip(NAME, "no AMD GPU")
    if host.os.system != "linux" or host.os.wsl is not None:
        return skip(NAME, "AMD's Linux driver is not used here")
    tried = driver is not None and _TRIED in (driver.detail or "")
    if not uses(situation, "rocm") and not tried:
        return ok(NAME, "no ROCm build is installed that would need AMD's driver")
    if driver is not None and driver.state != "ok":
        return _trouble(situation)
    return _integrated_first(situation) or ok(NAME, "the AMD GPU can be used")


def _without_dxg() -> Finding:
    return warn(
        NAME,
        "rocm-on-wsl-or-windows",
        "A ROCm build is installed in WSL, but AMD's runtime for WSL is not.",
        evidence=(
            "/dev/dxg is there: Windows lends its GPU",
            "neither /opt/rocm nor a librocdxg.so beside torch is there",
        ),
        remedy=Remedy(
            text="Install AMD's ROCm for WSL, as its guide says.",
            links=("https://rocm.docs.amd.com/projects/radeon/en/latest/docs/install/wsl/install-radeon.html",),
        ),
    )


def uses(situation: Situation, accelerator: str) -> bool:
    """Tell whether a build for an accelerator is installed or planned."""
    planned = situation.plan is not None and situation.plan.accelerator == accelerator
    return planned or any(each.accelerator == accelerator for each in installed(situation))


def _trouble(situation: Situation) -> Finding:
    driver = situation.host.driver("amd")
    detail = (driver.detail if driver else None) or "the kernel's amdgpu driver is not there"
    name = situation.host.gpus_of("amd")[0].name or "an AMD GPU"
    evidence = (f"{name} is on the bus", detail)
    if _DENIED.search(detail):
        return _no_right(evidence)
    if "cannot allocate memory" in detail.lower():
        # hsaKmtOpenKFD() fails so where the driver has turned every GPU down
        return _refused(evidence)
    return fail(
        NAME,
        "rocm-driver-not-loaded",
        "The AMD GPU has no working driver.",
        evidence=evidence,
        remedy=Remedy(
            text="Load the driver; a new GPU may need a newer kernel or AMD's own driver package.",
            commands=("sudo modprobe amdgpu",),
            needs_root=True,
            links=(PERMISSIONS,),
        ),
    )


def _refused(evidence: tuple[str, ...]) -> Finding:
    return fail(
        NAME,
        "rocm-kfd-unsupported-gpu",
        "The AMD driver does not offer this GPU for computing.",
        evidence=evidence,
        remedy=Remedy(
            text="Read what the kernel says of it; a GPU that is too old for ROCm trains on the processor.",
            commands=("sudo dmesg | grep kfd",),
            needs_root=True,
            links=("https://rocm.docs.amd.com/projects/install-on-linux/en/latest/reference/system-requirements.html",),
        ),
    )


_TRIED = "Unable to open /dev/kfd"
"""rocminfo's own words: somebody wants to compute there, whatever is installed."""

_DENIED = re.compile(r"permission|denied|group|may not", re.IGNORECASE)


def _no_right(evidence: tuple[str, ...]) -> Finding:
    return fail(
        NAME,
        "rocm-user-not-in-render-group",
        "You have no right to use the AMD GPU.",
        evidence=evidence,
        remedy=Remedy(
            text="Join the groups that own its device files, then log out and in again.",
            commands=("sudo usermod -aG render,video $USER",),
            needs_root=True,
            links=(PERMISSIONS,),
        ),
    )


def _closed(driver: Driver | None) -> Finding | None:
    """See a tool of ROCm that was kept from a GPU that nothing else names."""
    detail = (driver.detail if driver is not None and driver.state == "error" else None) or ""
    if "/dev/kfd" not in detail or not _DENIED.search(detail):
        return None
    return _no_right((detail, "the kernel's AMD driver is loaded"))


def _integrated_first(situation: Situation) -> Finding | None:
    gpus = situation.host.gpus_of("amd")
    session = situation.session
    chosen = session is not None and any(
        session.variable(name) is not None for name in ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
    )
    if len(gpus) < 2 or not gpus[0].integrated or all(gpu.integrated for gpu in gpus) or chosen:  # noqa: PLR2004
        return None
    codes = next((found for each in installed(situation) if (found := code_inside(situation, each))), None)
    first = gpus[0].architecture
    if codes is None or first is None or any(runs_on(code, first) for code in codes):
        return None
    number = next(index for index, gpu in enumerate(gpus) if not gpu.integrated)
    return warn(
        NAME,
        "rocm-igpu-selected",
        "The processor's own AMD GPU comes first, and the installed build has no code for it.",
        evidence=(f"GPU 0 is {gpus[0].name} ({first})", f"GPU {number} is {gpus[number].name}"),
        remedy=Remedy(
            text="Choose the graphics card.",
            commands=(export(situation, "HIP_VISIBLE_DEVICES", str(number)),),
            links=("https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html",),
        ),
    )
