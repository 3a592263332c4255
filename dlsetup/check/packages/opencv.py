"""Whether the OpenCV that draws windows finds the system's libraries for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail
from dlsetup.check.commands import pip_install, pip_uninstall
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import required_names
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.conflicts"
README = "https://github.com/opencv/opencv-python/blob/4.x/README.md"

WINDOWED = ("opencv-python", "opencv-contrib-python")
NEEDED = ("libGL.so.1", "libgthread-2.0.so.0")
"""What cv2 and its Qt are linked against and do not bring: NEEDED of the wheels of 4.5 to 5.0 for Linux."""

_SUPPLY = {
    "debian": "sudo apt install libgl1 libglib2.0-0",
    "ubuntu": "sudo apt install libgl1 libglib2.0-0",
    "fedora": "sudo dnf install mesa-libGL glib2",
    "rhel": "sudo dnf install mesa-libGL glib2",
    "rocky": "sudo dnf install mesa-libGL glib2",
    "almalinux": "sudo dnf install mesa-libGL glib2",
}


def windowless(situation: Situation, environment: Environment) -> Finding | None:
    """See an OpenCV for desktops on a system without the libraries of one, so that `import cv2` fails."""
    own = next((found for name in WINDOWED if (found := environment.distribution(name)) is not None), None)
    # conda's environments may bring them, where the loader's cache does not show them
    if own is None or environment.outside is None or environment.kind == "conda" or own.installer not in {"pip", "uv"}:
        return None
    missing = [name for name in NEEDED if name not in environment.outside]
    if situation.host.os.system != "linux" or not missing:
        return None
    return fail(
        NAME,
        "opencv-system-libs-missing",
        "OpenCV cannot be imported: this system lacks the libraries that its windows need.",
        evidence=(f"{own.name} {own.version} needs {' and '.join(missing)}", "the loader does not find it"),
        remedy=_remedy(situation, environment, own),
    )


def _remedy(situation: Situation, environment: Environment, own: Distribution) -> Remedy:
    if own.name not in required_names(environment):
        headless = f"{own.name}-headless"
        return change_packages(
            situation,
            "Install the OpenCV without windows, which is what a server needs.",
            pip_uninstall(situation, own.name),
            pip_install(situation, f"{headless}=={own.version}" if own.version else headless),
            links=(README,),
        )
    command = _SUPPLY.get(situation.host.os.distribution or "")
    return Remedy(
        text=f"Install the libraries; {own.name} itself is required by another package.",
        commands=(command,) if command else (),
        needs_root=True,
        links=(README,),
    )
