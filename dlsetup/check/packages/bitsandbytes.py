"""Whether bitsandbytes has a library for the CUDA of the installed torch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail
from dlsetup.check.commands import pip_install, unset
from dlsetup.check.installed import installed, major
from dlsetup.check.remedies import change_packages
from dlsetup.check.versions import older, public
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.extensions"
MODE = "bitsandbytes-cuda-setup"
INSTALL = "https://huggingface.co/docs/bitsandbytes/installation"

_LIBRARY = r"libbitsandbytes_cuda(\d\d)(\d+)\w*\.(?:so|dll)"
"""Its CUDA is a major of two digits and a minor: libbitsandbytes_cuda126.so."""

_ON_WINDOWS = "0.43"
"""The first release with libraries for Windows: https://github.com/bitsandbytes-foundation/bitsandbytes/releases."""

_NEAREST = "0.47"
"""Releases before this one load the library of torch's very CUDA and no other; later ones may take one of its major.

Source: get_cuda_bnb_library_path in bitsandbytes/cextension.py.
"""

_TORCH = "2.4"
"""The oldest torch that current releases require: METADATA of bitsandbytes 0.50.2."""


def has_library(situation: Situation, environment: Environment, torch: Distribution) -> Finding | None:
    """Look for the library that bitsandbytes would load, where there is a GPU that needs it."""
    own = environment.distribution("bitsandbytes")
    this = next((each for each in installed(situation) if each.framework == "pytorch"), None)
    if own is None or this is None or this.cuda is None or not situation.host.gpus_of("nvidia"):
        return None
    if situation.host.os.system == "windows" and older(public(own.version), _ON_WINDOWS):
        seen = (f"bitsandbytes {own.version} is installed", f"releases before {_ON_WINDOWS} have none for Windows")
        return _found(situation, own, torch, seen)
    files = environment.files_in("bitsandbytes")
    there = {f"{match[1]}.{match[2]}" for name in files if (match := re.fullmatch(_LIBRARY, name))}
    chosen = situation.session.variable("BNB_CUDA_VERSION") if situation.session else None
    if not files or re.fullmatch(r"\d+\.\d+", this.cuda) is None:
        return None
    if chosen and chosen.isdigit():
        return _chosen(situation, chosen, there)
    if this.cuda in there or _near(own, this.cuda, there):
        return None
    brings = f"bitsandbytes {own.version} has libraries for CUDA {', '.join(sorted(there))}"
    none = f"bitsandbytes {own.version} has no library for CUDA"
    return _found(situation, own, torch, (brings if there else none, this.seen))


def _near(own: Distribution, cuda: str, there: set[str]) -> bool:
    if older(public(own.version), _NEAREST):
        return False
    return any(major(each) == major(cuda) for each in there)


def _chosen(situation: Situation, chosen: str, there: set[str]) -> Finding | None:
    if f"{chosen[:2]}.{chosen[2:]}" in there:
        return None
    return fail(
        NAME,
        MODE,
        "bitsandbytes is told to load a library that it does not have.",
        evidence=(f"BNB_CUDA_VERSION is {chosen}", f"it has libraries for CUDA {', '.join(sorted(there)) or '(none)'}"),
        remedy=Remedy(
            text="Remove the variable: it then takes the one of torch's CUDA.",
            commands=(unset(situation, "BNB_CUDA_VERSION"),),
            links=(INSTALL,),
        ),
    )


def _found(situation: Situation, own: Distribution, torch: Distribution, evidence: tuple[str, ...]) -> Finding:
    return fail(
        NAME,
        MODE,
        f"{own.name} has no library for the CUDA of this torch.",
        evidence=evidence,
        remedy=change_packages(
            situation,
            "Install its newest release, which knows newer CUDA versions.",
            # its requirements are left alone, for they could put another torch in place
            pip_install(situation, "--upgrade", "--no-deps", own.name),
            automatic=not older(public(torch.version), _TORCH),
            links=(INSTALL,),
        ),
    )
