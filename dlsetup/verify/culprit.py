"""Which of the user's variables breaks a framework: found by trying without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlsetup.system.interface import System
    from dlsetup.values.finding import Finding

    Tries = Callable[[dict[str, str | None]], bool]
    """Tells whether the framework imports with variables changed."""


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A variable that changes which files Python or the loader takes."""

    name: str
    away: str | None
    """Its value for the trial; None takes it away."""
    mode: str | None
    """The failure mode that it is; None where what was recognised before says more."""
    does: str
    """What it does wrong, to follow "because"."""


SUSPECTS = (
    Suspect(name="LD_PRELOAD", away=None, mode=None, does="LD_PRELOAD loads another library first"),
    Suspect(name="LD_LIBRARY_PATH", away=None, mode=None, does="LD_LIBRARY_PATH leads to other libraries"),
    Suspect(name="DYLD_LIBRARY_PATH", away=None, mode=None, does="DYLD_LIBRARY_PATH leads to other libraries"),
    Suspect(name="PYTHONHOME", away=None, mode="pythonpath-leak", does="PYTHONHOME names another Python's files"),
    Suspect(name="PYTHONPATH", away=None, mode="pythonpath-leak", does="PYTHONPATH leads to other packages"),
    Suspect(
        name="PYTHONNOUSERSITE",
        away="1",
        mode="user-site-shadowing",
        does="packages in the user's own folder (~/.local) are taken before the environment's",
    ),
)

HIDING = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK", "JAX_PLATFORMS")
"""Variables that choose devices, and may choose none."""


def find_culprit(system: System, imports: Tries) -> Suspect | None:
    """Return the first variable without which the framework imports."""
    suspects = [each for each in SUSPECTS if _applies(system, each)]
    # one trial clears all of them, which is the usual end
    if not suspects or not imports({each.name: each.away for each in suspects}):
        return None
    if len(suspects) == 1:
        return suspects[0]
    return next((each for each in suspects if imports({each.name: each.away})), None)


def blamed(finding: Finding, suspect: Suspect, title: str) -> Finding:
    """Return the finding with the variable named as its cause."""
    if suspect.away is None:
        text, command = f"Take {suspect.name} away, here and in the file that sets it.", f"unset {suspect.name}"
    else:
        text, command = "Leave those packages aside, or uninstall them.", f"export {suspect.name}={suspect.away}"
    change = f"without {suspect.name}" if suspect.away is None else f"with {suspect.name}={suspect.away}"
    return replace(
        finding,
        mode=suspect.mode or finding.mode,
        summary=f"{title} does not import because {suspect.does}.",
        evidence=(*finding.evidence, f"{change} it imports"),
        remedy=Remedy(text=text, commands=(command,), links=finding.remedy.links if finding.remedy else ()),
    )


def hidden_devices(finding: Finding, system: System) -> Finding:
    """Return a finding about a missing device with the variables that choose devices."""
    chosen = {name: value for name in HIDING if (value := system.variable(name)) is not None}
    if not chosen:
        return finding
    evidence = (*finding.evidence, *(f"{name}={value}" for name, value in chosen.items()))
    none = next((name for name, value in chosen.items() if value.strip() in ("", "-1", "NoDevFiles", "cpu")), None)
    if none is None or finding.mode is not None:
        return replace(finding, evidence=evidence)
    return replace(
        finding,
        mode="cuda-visible-devices-hides-gpus",
        summary=f"{finding.summary.rstrip('.')}: {none} hides it.",
        evidence=evidence,
        remedy=Remedy(text=f"Take {none} away, here and in the file that sets it.", commands=(f"unset {none}",)),
    )


def _applies(system: System, suspect: Suspect) -> bool:
    present = bool(system.variable(suspect.name))
    return present if suspect.away is None else not present
