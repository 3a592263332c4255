"""Whether this is the inside of a container, and whose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import clean, content
from dlsetup.values.host import Gap

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_BY_GROUP = (
    (re.compile(r"kubepods|/kubelet|crio-"), "kubernetes"),
    (re.compile(r"libpod[-_]"), "podman"),
    (re.compile(r"/docker[-/][0-9a-f]{12}|/ecs/|/actions_job/"), "docker"),
    (re.compile(r"/lxc(?:\.payload)?[./]"), "lxc"),
    (re.compile(r"/machine\.slice/machine-.*\.scope/payload"), "systemd-nspawn"),
    (re.compile(r"cri-containerd|/containerd[-/]"), "containerd"),
    (re.compile(r"/garden/"), "garden"),
)
_BY_VARIABLE = (
    ("KUBERNETES_SERVICE_HOST", "kubernetes"),
    ("APPTAINER_CONTAINER", "apptainer"),
    ("APPTAINER_NAME", "apptainer"),
    ("SINGULARITY_CONTAINER", "singularity"),
    ("SINGULARITY_NAME", "singularity"),
)
MARKS = frozenset(name for name, _ in _BY_VARIABLE)
"""Variables of which it matters only that they are set."""

_NAMES = {"oci": "docker", "libpod": "podman", "lxc-libvirt": "lxc", "wsl": ""}


def parse_cgroup(text: str) -> str | None:
    """Tell the container's kind by the control groups of process 1; None where they name none."""
    groups = [line.split(":", 2)[-1] for line in clean(text).splitlines()]
    return next((name for pattern, name in _BY_GROUP if any(pattern.search(group) for group in groups)), None)


def parse_environ(text: str) -> str | None:
    """Read the variable `container` that engines give to process 1 (https://systemd.io/CONTAINER_INTERFACE/)."""
    match = re.search(r"^container=([A-Za-z][\w-]*)\s*$", clean(text), re.MULTILINE)
    return _named(match.group(1)) if match else None


def read(system: System) -> tuple[str | None, tuple[Gap, ...]]:
    """Return the container's kind, None outside; a gap where nothing told."""
    for name, kind in _BY_VARIABLE:
        if system.variable(name):
            return kind, ()
    groups = content(system, "/proc/1/cgroup")
    found = parse_cgroup(groups)
    marks = (("/run/.containerenv", "podman"), ("/.dockerenv", "docker"), ("/.singularity.d", "singularity"))
    stands = {path: system.exists(path) for path, _ in marks}
    if found != "kubernetes":
        found = next((kind for path, kind in marks if stands[path]), None) or found
    found = found or _named(content(system, "/run/systemd/container").strip())
    found = found or parse_environ(content(system, "/proc/1/environ"))
    if found or groups or any(answer is not None for answer in stands.values()):
        return found, ()
    return None, (Gap(what="os.container", why="neither /proc/1/cgroup nor the engines' marks are known"),)


def _named(word: str) -> str | None:
    plain = word.strip().lower()
    return _NAMES.get(plain, plain) or None if re.fullmatch(r"[a-z][\w-]*", plain) else None
