"""Why a plan is what it is, and what the user should know of it: a sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.plan.compatibility import TITLES, VENDORS, floor_of, most_capable, override_for, serves, shown, used
from dlsetup.plan.ranking import compiled_at_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dlsetup.plan.candidates import Candidates
    from dlsetup.plan.compatibility import Situation
    from dlsetup.values.build import Build, Catalog, Framework
    from dlsetup.values.host import Gpu
    from dlsetup.values.plan import Reason, Rejection

_ASKED = frozenset({"platform", "version-unwanted", "caution"})
"""Reasons that explain themselves: nobody wonders why such a build was not taken."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the sentences about a plan are made from."""

    situation: Situation
    catalog: Catalog
    sets: tuple[Candidates, ...]
    rejected: tuple[Rejection, ...]

    def of_builds(self, builds: Iterable[Build]) -> Iterator[str]:
        """Tell of the builds that were chosen."""
        for build in builds:
            framework = self.catalog.framework(build.framework)
            if framework is None:
                continue
            if framework.state != "active" and framework.state_note:
                yield framework.state_note
            yield from self._newer(build, framework)
            yield from self._gpus(build)
            if build.note:
                yield build.note
            yield from (shim.note for shim in build.shims)

    def _newer(self, build: Build, framework: Framework) -> Iterator[str]:
        """Say why it is not the newest release."""
        against = newer_rejection(self.rejected, build)
        beside = self._newer_fitting(build)
        if against is not None:
            yield (
                f"{framework.title} {against.version} is newer, but of its builds "
                f"the nearest ({against.compute}) does not fit: {_telling(against).text}"
            )
        if beside is not None and (against is None or beside.accelerator == build.accelerator):
            yield f"{framework.title} {beside.version} ({beside.compute}) is newer, but {self._less(beside, build)}"
        if against is None and beside is None:
            yield from self._ended(build, framework)

    def _newer_fitting(self, build: Build) -> Build | None:
        """Return the best newer build that fits and serves less of the machine."""
        fitting = next((each.fitting for each in self.sets if each.framework.name == build.framework), ())
        tried = {(each.framework, each.version, each.compute) for each in self.rejected}
        newer = [
            each
            for each in fitting
            if each.version > build.version and (each.framework, str(each.version), each.compute) not in tried
        ]
        return max(newer, key=lambda each: each.version) if newer else None

    def _less(self, other: Build, chosen: Build) -> str:
        if other.accelerator != chosen.accelerator:
            return f"for the {_device(other)} only: --accelerator {other.accelerator} takes it"
        if other.accelerator == "cpu":
            return "the choice is for this machine's accelerator"
        lacks = [_name(gpu) for gpu in self._used(other) if not serves(other, gpu) and serves(chosen, gpu)]
        if lacks:
            return f"it has no code for {', '.join(lacks)}: --compute {other.compute} takes it"
        return f"its code for {_name(self._used(other)[0])} would be compiled at the first start"

    def _ended(self, build: Build, framework: Framework) -> Iterator[str]:
        """Say that a platform's last release is not the newest one."""
        target = self.situation.target
        wanted = next((each for each in self.situation.request.wanted if each.framework == build.framework), None)
        releases = [
            each
            for each in self.catalog.builds_of(build.framework)
            if each.version > build.version and (wanted is None or wanted.versions.contains(each.version))
        ]
        here = (target.system, target.architecture)
        if releases and not any((each.system, each.architecture) == here for each in releases):
            newest = max(each.version for each in releases)
            yield (
                f"{framework.title} {newest} is newer, but not published for {target.system}-{target.architecture}, "
                f"where {build.version} is the last"
            )

    def _used(self, build: Build) -> tuple[Gpu, ...]:
        return used(self.situation.host.gpus_of(VENDORS.get(build.accelerator, "")))

    def _gpus(self, build: Build) -> Iterator[str]:
        """Say which GPUs the build uses under which condition, and which it does not."""
        if build.accelerator == "cpu":
            if self.situation.request.accelerator != "cpu":
                yield from self._unused(build)
            return
        host = self.situation.host
        if compiled_at_start(build, host):
            told = "there is no compiled code for this GPU inside: the driver compiles it at the first start"
            yield build.ptx_note or told
        if VENDORS.get(build.accelerator) in self.situation.assumed:
            yield from self._condition(build)
        yield from self._left_out(build)

    def _condition(self, build: Build) -> Iterator[str]:
        floor = floor_of(build, self.situation.host)
        if floor is not None:
            driver = f"the {TITLES[VENDORS[build.accelerator]]} driver"
            yield f"the version of {driver} is not told: this build needs {shown(floor)} or newer (--driver states it)"

    def _left_out(self, build: Build) -> Iterator[str]:
        gpus = self._used(build)
        left = [gpu for gpu in gpus if build.gpus and gpu.architecture and not serves(build, gpu)]
        for gpu in left:
            override = override_for(build, gpu, self.situation)
            if override is not None and len(left) == len(gpus):
                yield (
                    f"it has no code for {_name(gpu)} ({gpu.architecture}), which runs as {override.runs_as} only with "
                    f"{override.setting} set, by you; {TITLES[gpu.vendor]} does not support that"
                )
                return
        if left:
            names = ", ".join(_name(gpu) for gpu in left)
            yield f"{names} is left out: this build has no code for it (--compute chooses another)"

    def _unused(self, build: Build) -> Iterator[str]:
        """Tell of GPUs that stay idle, why, and what else there is for them."""
        host = self.situation.host
        for vendor in dict.fromkeys(gpu.vendor for gpu in host.gpus if gpu.vendor in TITLES):
            gpu = most_capable(host.gpus_of(vendor))
            if vendor == "apple" or gpu.integrated is not True:
                if vendor != "apple":
                    yield self._idle(gpu, build)
                yield from self.elsewhere(gpu, build.framework)
                yield from self._override(gpu, build.framework)
            elif vendor == "nvidia":
                # a Jetson's GPU is integrated, and what it is bought for
                yield self._idle(gpu, build)
                yield from self.elsewhere(gpu, build.framework)

    def _idle(self, gpu: Gpu, build: Build) -> str:
        nearest = self._nearest(gpu.vendor, build.framework)
        if nearest is not None:
            why = f"{_telling(nearest).text} ({nearest.version} for {nearest.compute}, the nearest build)"
        else:
            why = f"nothing is published for GPUs of {TITLES[gpu.vendor]} on this platform"
        return f"{_name(gpu)} is here but not used: {why}"

    def _nearest(self, vendor: str, framework: str) -> Rejection | None:
        """Return the nearest build for a vendor's GPUs that this platform has."""
        for each in self.rejected:
            compute = self.catalog.compute(each.compute)
            fits = compute is not None and VENDORS.get(compute.accelerator) == vendor
            if each.framework == framework and fits and not any(reason.code in _ASKED for reason in each.reasons):
                return each
        return None

    def ways(self, framework: str) -> Iterator[str]:
        """Name what else there is for the machine's GPUs, where nothing fits."""
        host = self.situation.host
        for vendor in dict.fromkeys(gpu.vendor for gpu in host.gpus if gpu.vendor in TITLES):
            yield from self.elsewhere(most_capable(host.gpus_of(vendor)), framework)

    def elsewhere(self, gpu: Gpu, framework: str) -> Iterator[str]:
        """Name what a vendor has on its own index, or another way, where nothing published fits."""
        target = self.situation.target
        platform = f"{target.system}-{target.architecture}"
        for each in self.catalog.elsewhere:
            known = each.vendor == gpu.vendor and (not each.gpus or gpu.architecture in each.gpus)
            if known and framework in each.frameworks and platform in each.platforms:
                yield each.text.format(gpu=gpu.architecture)

    def _override(self, gpu: Gpu, framework: str) -> Iterator[str]:
        """Name a build that is only taken when asked for, or else the documented way to run another's code."""
        for each in self.rejected:
            compute = self.catalog.compute(each.compute)
            asked = each.framework == framework and [reason.code for reason in each.reasons] == ["caution"]
            if asked and compute is not None and VENDORS.get(compute.accelerator) == gpu.vendor:
                why = each.reasons[0].text
                yield f"{each.version} for {each.compute} has code for it, but {why}: --compute {each.compute} takes it"
                return
        builds = [
            (build, override)
            for build in self.catalog.builds_of(framework)
            if (build.system, build.architecture) == (self.situation.target.system, self.situation.target.architecture)
            for override in [override_for(build, gpu, self.situation)]
            if override is not None and not build.caution
        ]
        if builds:
            build, override = max(builds, key=lambda pair: pair[0].version)
            yield (
                f"people run this GPU with the code of {override.runs_as} by setting {override.setting} themselves, "
                f"which {TITLES[gpu.vendor]} does not support: --compute {build.compute} plans for that"
            )


_ABOUT_GPUS = ("gpu", "driver", "jetpack", "wsl1")


def _telling(rejection: Rejection) -> Reason:
    """Return the reason that tells most: what stands between a GPU and a build comes before what is easily changed."""
    about = [each for each in rejection.reasons if each.code.startswith(_ABOUT_GPUS)]
    return (about or list(rejection.reasons))[0]


def newer_rejection(rejected: tuple[Rejection, ...], build: Build) -> Rejection | None:
    """Return the nearest build of the newest release that is newer than the chosen one and published for the target."""
    from packaging.version import Version

    against = [
        each
        for each in rejected
        if each.framework == build.framework
        and Version(each.version) > build.version
        and not any(reason.code in _ASKED for reason in each.reasons)
    ]
    # rejections stand nearest first, and max keeps the first of equals
    return max(against, key=lambda each: Version(each.version)) if against else None


def _name(gpu: Gpu) -> str:
    return gpu.name or gpu.architecture or f"{TITLES.get(gpu.vendor, 'a')} GPU"


def _device(build: Build) -> str:
    return "processor" if build.accelerator == "cpu" else f"accelerator {build.accelerator}"
