"""What is published: frameworks, their builds, and the catalog of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.version import Version


@dataclass(frozen=True, kw_only=True)
class Predecessor:
    """What a framework has taken the place of: what it would need today, and what does its work."""

    names: tuple[str, ...]
    """What people type for it: "sparkdl"."""
    title: str
    state_note: str
    """One sentence on its state."""
    needs: str
    """What it runs on."""
    obstacle: str
    """Why it does not run on a current machine."""
    parts: tuple[tuple[str, str], ...] = ()
    """Its parts, and what does their work today."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Framework:
    """A deep learning framework."""

    name: str
    """pytorch, tensorflow, keras."""
    title: str
    """PyTorch."""
    module: str
    """What is imported: "torch"."""
    package: str
    """The distribution whose version is the framework's version, normalised."""
    aliases: tuple[str, ...] = ()
    """Other words that people type for it."""
    family: tuple[str, ...] = ()
    """Distributions that must come from the framework's own index, if it has one."""
    variants: tuple[str, ...] = ()
    """Distributions that provide the same module and exclude one another (tensorflow, tensorflow-cpu)."""
    backends: tuple[str, ...] = ()
    """For Keras: the frameworks that it can run on, the preferred one first."""
    backend_variable: str = ""
    """The environment variable that names the backend's module: KERAS_BACKEND."""
    state: str = "active"
    """active, maintenance or retired."""
    state_note: str = ""
    """One plain sentence on that state, with successor."""
    ended: str = ""
    """When it was retired or had its last release: "2023-09"; empty for one that lives."""
    successor: str = ""
    """What its makers, or most of its users, name instead."""
    predecessors: tuple[Predecessor, ...] = ()
    smoke_seconds: int = 300
    """How long its smoke test may take on a busy machine before it counts as hung."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class ShimLibrary:
    """One library that a stand-in consists of."""

    soname: str
    """The file's name, which the loader looks for: "libmpi.so.12"."""
    functions: tuple[str, ...] = ()
    """Names that have to be there; to call one of them ends the process with a message."""
    objects: tuple[str, ...] = ()
    """Names of data."""


@dataclass(frozen=True, kw_only=True)
class Shim:
    """A stand-in, in the environment alone, for a library that a build was linked against and no current system has."""

    title: str
    """What it stands for: "Open MPI 1.10"."""
    folder: str
    """Where the build's libraries look for it, below site-packages: "cntk/libs"."""
    message: str
    """What a process is told that calls it, after the function's name."""
    note: str
    """What the user should know of it."""
    libraries: tuple[ShimLibrary, ...]
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a distribution that is published in source only requires."""

    name: str
    version: str
    requires: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Build:
    """One published set of wheels for one kind of platform."""

    framework: str
    version: Version
    """The framework's own release, without the local part."""
    compute: str
    """The compute platform's name, to show and to look up: cpu, cu130, metal, mps."""
    accelerator: str
    """cuda, rocm, xpu, metal, mps or cpu."""
    requirements: tuple[str, ...]
    """What to install, exactly pinned where the set needs it: "torch==2.14.1+cu126"."""
    optional: tuple[str, ...] = ()
    """Companions that are wanted if they resolve too: "torchvision==0.29.1+cu126"."""
    local: str = ""
    """The local version label by which wheels of this compute platform are told on other indexes: "cpu"."""
    index: str | None = None
    """URL of the index that the family comes from; None: the default index."""
    system: str
    """linux, macos or windows."""
    architecture: str
    """x86_64 or arm64."""
    pythons: tuple[str, ...]
    """CPython versions with a wheel: "3.11", and "3.13t" for the free-threaded build."""
    glibc: Version | None = None
    """Oldest glibc; None: does not matter (or musl is fine)."""
    macos: Version | None = None
    """Oldest macOS."""
    driver: Version | None = None
    """Oldest driver of the accelerator's vendor."""
    driver_wsl: Version | None = None
    """The same where Linux runs on Windows (WSL 2): its driver is the one of Windows, with numbers of its own."""
    gpus: tuple[str, ...] = ()
    """Architectures with code inside: sm_80, compute_90 (PTX), gfx1100; empty: does not matter."""
    cpu_features: tuple[str, ...] = ()
    """What the processor must offer: "avx"."""
    source_only: tuple[str, ...] = ()
    """Distributions that are published in source only, and are built."""
    metadata: tuple[Metadata, ...] = ()
    """What they require: else each would be fetched, and its setup run, before a plan could be made."""
    build_constraints: tuple[str, ...] = ()
    """What their build tools are held to: "setuptools<81"."""
    needs: tuple[str, ...] = ()
    """What else must be there: "java>=17" on the machine, "libiomp5.so" beside the framework's own libraries."""
    shims: tuple[Shim, ...] = ()
    """What dlsetup writes beside it, for want of libraries that no current system has."""
    download_bytes: int | None = None
    installed_bytes: int | None = None
    note: str = ""
    """What the user should know when this is chosen."""
    ptx_note: str = ""
    """What the user should know when only its PTX serves the GPU."""
    caution: str = ""
    """Why it is only taken when it is asked for by accelerator; empty: it is taken like any other."""
    source: str = ""
    read: str = ""
    """The day the source was read, YYYY-MM-DD."""


@dataclass(frozen=True, kw_only=True)
class ComputePlatform:
    """A line of builds: what a driver and a GPU must offer for it."""

    name: str
    """cu130."""
    accelerator: str
    rank: int
    """Newer lines of one accelerator have the higher rank."""
    driver: Mapping[str, Version] = field(default_factory=dict)
    """Oldest driver by system."""
    libraries: str = ""
    """The generation of GPU libraries that its wheels bring, of which an environment has one: "CUDA 12"."""
    source: str = ""
    read: str = ""


@dataclass(frozen=True, kw_only=True)
class Device:
    """One GPU model in the hardware tables."""

    pci_id: str | None
    """"10de:2684", or None for a row by name."""
    name: str
    architecture: str | None
    """sm_89, gfx1100, xe-hpg."""
    integrated: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Companion:
    """A rule that holds two installed distributions together."""

    package: str
    """torchvision."""
    version: str
    """Its release: "0.28.0"."""
    requires: str
    """What it goes with: "torch==2.13.0"."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class AbiRule:
    """An incompatible pair: a distribution built against another's older generation."""

    package: str
    """torch."""
    below: str
    """Releases older than this: "2.3"."""
    other: str
    """numpy."""
    from_: str
    """Other's releases from here on do not fit: "2"."""
    mode: str
    """numpy2-abi-break."""
    source: str = ""
    absent: bool = False
    """True where the package needs the other, and its absence does not fit either."""
    python: str = ""
    """The oldest Python on which it holds: "3.12"; empty: on any."""
    beside: str = ""
    """Holds only where this is installed too: tensorboard."""


@dataclass(frozen=True, kw_only=True)
class Floor:
    """What breaks where a distribution is older than those that were built on it require."""

    other: str
    """protobuf."""
    mode: str
    """protobuf-runtime-older-than-gencode."""
    packages: tuple[str, ...] = ()
    """Whose requirements count besides those of the frameworks and of what they need."""
    alone: bool = False
    """True where theirs alone count."""
    summary: str = ""
    """What it means, after the names of the two."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """The oldest release of another that a package works with, which its metadata do not require of everybody."""

    package: str
    """transformers."""
    from_: str
    """Its first release that the rule is about."""
    other: str
    """torch."""
    least: str
    """"2.4"."""
    mode: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Borrower:
    """A package without CUDA libraries of its own, which loads those that it finds."""

    package: str
    """onnxruntime-gpu."""
    from_: str
    """Its first release that the rule is about."""
    cuda: str
    """The CUDA major whose libraries it loads."""
    cudnn: str = ""
    """The cuDNN major; empty: none."""
    mode: str
    """The failure mode where they are not there."""
    beside: tuple[str, ...] = ()
    """Packages that make it use what it otherwise may do without; empty: it always does."""
    remedy: str = ""
    """What to install: "onnxruntime-gpu[cuda,cudnn]"."""
    text: str = ""
    """What to do, in one sentence."""
    automatic: bool = True
    """False where more is to be done than to install that."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Assembler:
    """The newest GPUs that the assembler inside a compiler's wheels knows."""

    package: str
    """triton."""
    below: str
    """Releases older than this: "3.6"."""
    unknown: tuple[str, ...]
    """The architectures that it does not know: sm_121."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """A name on the index behind which there is nothing to use."""

    name: str
    from_: str = ""
    """The first release of which that is true; empty: of all."""
    instead: str = ""
    """What is meant: "torch"."""
    why: str = ""
    """One sentence."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Built:
    """Extensions that are published in source only, and whose building needs the torch of the environment."""

    names: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Fall:
    """An extra that makes resolvers go back to an old release where its packages have no wheels."""

    package: str
    extra: str
    systems: tuple[str, ...]
    to: str
    """The release that they take then."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A public copy of the default index."""

    host: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Exclusive:
    """Distributions that write the same folder, so that an environment holds one of them."""

    packages: tuple[str, ...]
    """Normalised names: opencv-python, opencv-python-headless."""
    folder: str
    """What they share: "cv2"."""
    mode: str
    """opencv-variants-installed-together."""
    harmless: bool = False
    """True where it works as long as nothing is uninstalled."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class DriverEnd:
    """A driver branch that no longer serves older GPUs."""

    vendor: str
    from_: str
    """The first branch without them: "590"."""
    oldest: str
    """The oldest architecture that it still serves: "sm_75"."""
    mode: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Library:
    """A shared library that a wheel brings itself."""

    package: str
    """The wheel's name without the CUDA suffix: nvidia-cudnn."""
    stem: str
    """libcudnn."""
    number: str
    """What stands after ".so.": a number, or "version" or "cuda" for the wheel's own or its CUDA's major."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Override:
    """A documented way to run a GPU with the code of another; only ever suggested."""

    gpu: str
    """gfx1031."""
    runs_as: str
    """Whose code it then runs: "gfx1030"."""
    setting: str
    """HSA_OVERRIDE_GFX_VERSION=10.3.0."""
    system: str
    """The one that it works on: linux."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """What a vendor has on an index of its own, or another way, for GPUs that no build in the catalog serves."""

    frameworks: tuple[str, ...]
    platforms: tuple[str, ...]
    """windows-x86_64."""
    vendor: str
    """Whose GPUs: nvidia, amd, ..."""
    gpus: tuple[str, ...] = ()
    """Their architectures; empty: any."""
    text: str = ""
    """What to say; {gpu} stands for the architecture."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class CLibrary:
    """The C library that a release of a distribution has."""

    distribution: str
    """The ID of os-release."""
    version: str
    """VERSION_ID, or its beginning: "24.04", "9"."""
    glibc: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Vulnerability:
    """A published hole in a framework."""

    framework: str
    identifier: str
    """CVE-2022-24294, or where it has no number: "no CVE number"."""
    text: str
    """What it lets others do."""
    below: str = ""
    """The release that has it mended; empty: there is none."""
    mode: str = ""
    """The failure mode that doctor names."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class JavaRule:
    """Which Java the releases of a package run on."""

    package: str
    """pyspark."""
    from_: str
    """Its first release that the rule is about: "4.0"."""
    oldest: int
    newest: int | None = None
    """The newest that works; None where none is known to fail."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Supply:
    """How to get what is no Python package."""

    what: str
    """java."""
    names: tuple[str, ...]
    """The IDs of os-release, or the system, that the command is for."""
    command: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All that is known of what is published."""

    frameworks: tuple[Framework, ...] = ()
    builds: tuple[Build, ...] = ()
    computes: tuple[ComputePlatform, ...] = ()
    companions: tuple[Companion, ...] = ()
    abi: tuple[AbiRule, ...] = ()
    exclusive: tuple[Exclusive, ...] = ()
    driver_ends: tuple[DriverEnd, ...] = ()
    libraries: tuple[Library, ...] = ()
    java: tuple[JavaRule, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    supplies: tuple[Supply, ...] = ()
    overrides: tuple[Override, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    c_libraries: tuple[CLibrary, ...] = ()
    floors: tuple[Floor, ...] = ()
    minima: tuple[Minimum, ...] = ()
    borrowers: tuple[Borrower, ...] = ()
    assemblers: tuple[Assembler, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()
    built: tuple[Built, ...] = ()
    falls: tuple[Fall, ...] = ()
    mirrors: tuple[Mirror, ...] = ()

    def framework(self, name: str) -> Framework | None:
        """Return the framework of that name or alias, in any case."""
        wanted = name.lower().replace("_", "-")
        return next((each for each in self.frameworks if wanted == each.name or wanted in each.aliases), None)

    def builds_of(self, framework: str) -> tuple[Build, ...]:
        """Return the framework's builds."""
        return self._by_framework.get(framework, ())

    def compute(self, name: str) -> ComputePlatform | None:
        """Return the compute platform of that name."""
        return self._by_compute.get(name)

    @cached_property
    def _by_framework(self) -> dict[str, tuple[Build, ...]]:
        groups: dict[str, list[Build]] = {}
        for build in self.builds:
            groups.setdefault(build.framework, []).append(build)
        return {name: tuple(builds) for name, builds in groups.items()}

    @cached_property
    def _by_compute(self) -> dict[str, ComputePlatform]:
        return {each.name: each for each in self.computes}
