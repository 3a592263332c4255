"""m.intel: what an Intel GPU needs before PyTorch's XPU build can use it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.machine.amd import uses
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "m.intel"
GUIDE = "https://dgpu-docs.intel.com/"


def usable(situation: Situation) -> Finding:
    """Ask for Intel's compute runtime only where an XPU build is installed or planned."""
    host = situation.host
    gpus, driver = host.gpus_of("intel"), host.driver("intel")
    if not gpus:
        return skip(NAME, "no Intel GPU")
    if not uses(situation, "xpu"):
        return ok(NAME, "no XPU build is installed that would need Intel's compute runtime")
    if driver is None or driver.state == "ok":
        return ok(NAME, "the Intel GPU can be used")
    detail = driver.detail or "Intel's compute runtime is not there"
    evidence = (f"{gpus[0].name or 'an Intel GPU'} is on the bus", detail)
    if re.search(r"permission|denied|group|access|may not", detail.lower()):
        return fail(
            NAME,
            "intel-render-group",
            "You have no right to use the Intel GPU.",
            evidence=evidence,
            remedy=Remedy(
                text="Join the group that owns its device file, then log out and in again.",
                commands=("sudo gpasswd -a $USER render",),
                needs_root=True,
                links=(GUIDE,),
            ),
        )
    apt = host.os.distribution in {"debian", "ubuntu"}
    return fail(
        NAME,
        "xpu-no-devices",
        "PyTorch's XPU build finds no device.",
        evidence=evidence,
        remedy=Remedy(
            text="Install Intel's compute runtime (Level Zero), on a kernel that serves this GPU.",
            commands=("sudo apt install libze1 libze-intel-gpu1 intel-opencl-icd",) if apt else (),
            needs_root=True,
            links=(GUIDE,),
        ),
    )
