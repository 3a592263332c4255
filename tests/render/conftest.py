"""Values to show: machines, plans and reports as the stages hand them over."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
from packaging.version import Version

from dlsetup.render import words
from dlsetup.render.as_text import make_console
from dlsetup.values.build import Build
from dlsetup.values.comparison import Comparison, ComparisonRow, ImportTime
from dlsetup.values.environment import Distribution, Environment, Interpreter, Session, Storage, TorchBuild
from dlsetup.values.finding import Finding, Question, Remedy, Status
from dlsetup.values.host import Cpu, Driver, Gap, Gpu, Host, Libc, OperatingSystem
from dlsetup.values.overview import Availability, FrameworkOverview
from dlsetup.values.plan import Package, Plan, Proposal, Reason, Rejection, Standing, Step
from dlsetup.values.report import Inventory, Outcome, Repair, Report, SmokeResult
from dlsetup.values.survey import CatalogRow, Disagreement, FrameworkRows, IndexState, Survey
from dlsetup.values.symptom import Explained, Explanation

GIB = 1024**3
HOME = "/home/anna"
FOLDER = "/home/anna/course"

RTX_4090 = Host(
    os=OperatingSystem(system="linux", distribution="ubuntu", version="24.04", kernel="6.8.0-45-generic"),
    libc=Libc(family="glibc", version="2.39"),
    memory_bytes=62 * GIB + 700 * 1024**2,
    cpu=Cpu(
        architecture="x86_64",
        vendor="AuthenticAMD",
        brand="AMD Ryzen 9 7950X 16-Core Processor",
        microarchitecture="x86-64-v4",
        features=("avx", "avx2", "avx512f", "f16c", "fma", "sse4_2"),
        physical_cores=16,
        logical_cores=32,
    ),
    gpus=(
        Gpu(
            vendor="nvidia",
            name="NVIDIA GeForce RTX 4090",
            architecture="sm_89",
            memory_bytes=24564 * 1024**2,
            pci_id="10de:2684",
            integrated=False,
        ),
        Gpu(vendor="amd", name="AMD Radeon Graphics", architecture="gfx1036", pci_id="1002:164e", integrated=True),
    ),
    drivers=(Driver(vendor="nvidia", version="535.183.01", supports="CUDA 12.2"),),
)

UNKNOWN = Host(
    gaps=(
        Gap(what="os", why="the recording holds no os-release"),
        Gap(what="gpus", why="nvidia-smi did not answer within 5 s and the PCI bus is not in the recording"),
        Gap(what="driver.nvidia", why="nvidia-smi did not answer within 5 s"),
    ),
)

CPU_ONLY = Host(
    os=OperatingSystem(
        system="linux", distribution="debian", version="12", kernel="6.1.0-25-amd64", container="docker"
    ),
    libc=Libc(family="glibc", version="2.36"),
    memory_bytes=16 * GIB,
    cpu=Cpu(
        architecture="x86_64", brand="Intel Xeon", microarchitecture="x86-64-v3", physical_cores=2, logical_cores=2
    ),
)


def interpreter(path: str = f"{FOLDER}/.venv/bin/python", version: str = "3.11.7", **facts) -> Interpreter:
    known = {"implementation": "cpython", "bits": 64, "free_threaded": False, "architecture": "x86_64"}
    return Interpreter(path=path, version=version, **{**known, **facts})


def environment(*, packages: int = 61, torch: str = "2.14.1+cu130") -> Environment:
    names = ("torch", *(f"package-{number}" for number in range(1, packages)))
    return Environment(
        path=f"{FOLDER}/.venv",
        kind="venv",
        interpreter=interpreter(),
        distributions=tuple(
            Distribution(name=name, version=torch if name == "torch" else "1.0", folder=f"{name}.dist-info")
            for name in names
        ),
        torch=TorchBuild(version=torch, cuda="13.0"),
        writable=True,
    )


SESSION = Session(folder=FOLDER, python="/usr/bin/python3")

STORAGE = (
    Storage(
        path=f"{FOLDER}/.venv", purpose="environment", total_bytes=1800 * GIB, free_bytes=412 * GIB, filesystem="ext4"
    ),
    Storage(path=f"{HOME}/.cache/uv", purpose="cache", total_bytes=1800 * GIB, free_bytes=412 * GIB),
    Storage(path="/tmp", purpose="temporary", total_bytes=31 * GIB, free_bytes=3 * GIB, noexec=True),  # noqa: S108
)


def passed(*checks: str) -> tuple[Finding, ...]:
    return tuple(Finding(check=check, status=Status.OK, summary=f"{check} is as it should be") for check in checks)


HEALTHY_CHECKS = passed(
    "m.gpu",
    "m.nvidia-driver",
    "m.libc",
    "m.memory",
    "m.storage",
    "py.version",
    "py.env",
    "py.shadow",
    "py.stdlib",
    "inst.config",
    "pkg.files",
    "pkg.requires",
    "pkg.conflicts",
    "pkg.torch",
    "pkg.cuda-libs",
    "fit.accelerator",
    "fit.driver",
    "fit.arch",
    "env.loader",
    "env.vars",
)

SKIPPED = Finding(check="m.wsl", status=Status.SKIP, summary="this is not WSL")

OLD_DRIVER = Finding(
    check="fit.driver",
    status=Status.FAIL,
    mode="nvidia-driver-too-old",
    summary="the NVIDIA driver is too old for PyTorch 2.14.1+cu130",
    evidence=(
        "/proc/driver/nvidia/version: 535.183.01, which serves CUDA 12.2",
        f"{FOLDER}/.venv/lib/python3.11/site-packages/torch/version.py: cuda = 13.0, which needs 580.65 or newer",
    ),
    remedy=Remedy(
        text="install the build for CUDA 12.6, which this driver serves",
        commands=("dlsetup install pytorch --compute cu126",),
        automatic=True,
        links=("https://docs.nvidia.com/deploy/cuda-compatibility/",),
    ),
)

MIXED_CUDA = Finding(
    check="pkg.cuda-libs",
    status=Status.WARN,
    mode="cuda-major-mix-in-env",
    summary="two generations of CUDA libraries lie in one environment",
    evidence=("nvidia-nccl-cu12 2.27 and nvidia-nccl-cu13 2.29 both write nvidia/nccl; nothing needs the first",),
    remedy=Remedy(text="remove the one that nothing needs", commands=("uv pip uninstall nvidia-nccl-cu12",)),
)

EXPLANATION = Explanation(
    findings=(
        Explained(
            check="log.driver",
            status=Status.FAIL,
            mode="nvidia-driver-too-old",
            summary="The NVIDIA driver is older than the CUDA version that this build was made for.",
            evidence=(
                "line 1042 (3 times): RuntimeError: The NVIDIA driver on your system is too old (found version 12020).",
            ),
            remedy=replace(OLD_DRIVER.remedy, automatic=False),
            cause="A build for a newer CUDA was installed than the driver serves.",
            times=3,
            alternatives=(
                Remedy(
                    text="Install a newer driver.",
                    commands=("sudo apt install nvidia-driver-580",),
                    needs_root=True,
                    needs_reboot=True,
                ),
            ),
        ),
        Explained(
            check="log.installer",
            status=Status.FAIL,
            mode="disk-full",
            summary="The disk is full.",
            evidence=("line 2001: OSError: [Errno 28] No space left on device",),
            remedy=Remedy(text="Make room on the disk that the environment is on."),
        ),
        Explained(
            check="log.runtime",
            status=Status.FAIL,
            mode="cuda-no-kernel-image",
            summary="The build has no code for this GPU.",
            evidence=("line 1050: CUDA error: no kernel image is available",),
            role="wrapper",
            because="nvidia-driver-too-old",
        ),
        Explained(
            check="log.runtime",
            status=Status.OK,
            mode="tf-cpu-guard-noise",
            summary="TensorFlow tells which instructions it uses; nothing is wrong.",
            evidence=("line 3: This TensorFlow binary is optimized to use available CPU instructions",),
            role="noise",
        ),
    ),
    told=(("system", "Ubuntu 22.04"), ("GPU", "NVIDIA GeForce GTX 1070"), ("torch", "2.15.0+cu130")),
    names=("train.log",),
    size=81_234,
    exit_code=1,
)

FOLLOWERS = (
    Finding(
        check="run.device", status=Status.FAIL, summary="PyTorch sees no device", because="fit.driver", evidence=("0",)
    ),
    Finding(check="run.compute", status=Status.SKIP, summary="nothing to compute on", because="run.device"),
)

LOST_GPU = Finding(
    check="m.nvidia-driver",
    status=Status.UNKNOWN,
    summary="whether the NVIDIA driver works could not be found out",
    evidence=("nvidia-smi did not answer within 5 s", "/proc/driver/nvidia/version: permission denied"),
    remedy=Remedy(
        text="look at the kernel's log: a GPU that has fallen off the bus hangs every tool that asks it",
        commands=("sudo dmesg --level=err | grep -i nvrm",),
        needs_root=True,
    ),
)

EPOCHS = tuple(0.7 * math.exp(-epoch / 9) + 0.015 for epoch in range(60))


def surface(size: int = 24) -> tuple[tuple[float, ...], ...]:
    """Return what a network says of two interlocked half moons."""

    def probability(x: float, y: float) -> float:
        return 1 / (1 + math.exp(-14 * (y - 0.5 - 0.28 * math.sin(x * 6.3))))

    ticks = [(tick + 0.5) / size for tick in range(size)]
    return tuple(tuple(probability(x, y) for x in ticks) for y in ticks)


def points() -> tuple[tuple[float, float, int], ...]:
    found = []
    for number in range(36):
        x = (number * 0.618034) % 1
        side = number % 2
        away = 0.1 + 0.2 * ((number * 0.381966) % 1)
        y = 0.5 + 0.28 * math.sin(x * 6.3) + (away if side else -away)
        found.append((x, y, side))
    return tuple(found)


TRAINED = SmokeResult(
    framework="pytorch",
    version="2.13.0+cpu",
    planned="cpu",
    device="cpu",
    accelerator="cpu",
    losses=EPOCHS,
    accuracy=1.0,
    max_difference=1.2e-7,
    import_seconds=2.13,
    train_seconds=1.31,
    surface=surface(),
    points=points(),
)

BUILD = Build(
    framework="pytorch",
    version=Version("2.13.0"),
    compute="cpu",
    accelerator="cpu",
    requirements=("torch==2.13.0+cpu",),
    system="linux",
    architecture="x86_64",
    pythons=("3.11",),
)

PACKAGES = tuple(
    Package(name=name, version=version, index=index, size_bytes=size)
    for name, version, index, size in (
        ("torch", "2.13.0+cpu", "https://download.pytorch.org/whl/cpu", 196_000_000),
        ("torchvision", "0.28.0+cpu", "https://download.pytorch.org/whl/cpu", 1_900_000),
        ("numpy", "2.4.1", None, 16_700_000),
        ("pillow", "12.0.0", None, 7_000_000),
        ("sympy", "1.14.0", None, 6_300_000),
        ("networkx", "3.6", None, 2_100_000),
        ("filelock", "3.20.0", None, 16_000),
        ("fsspec", "2026.10.0", None, 200_000),
        ("jinja2", "3.1.6", None, 135_000),
        ("typing-extensions", "4.15.0", None, 45_000),
    )
)

OLD = Reason(code="driver-old", text="it needs driver 580.65 or newer of NVIDIA, and this machine has 535.183.01")
UNWANTED = Reason(code="version-unwanted", text="you asked for >=3.12")
FOREIGN = Reason(code="platform", text="it is published for macos-arm64, not linux-x86_64")

REJECTED = (
    *(
        Rejection(framework="pytorch", version=v, compute="cu130", reasons=(OLD,))
        for v in ("2.15.0", "2.14.1", "2.13.0")
    ),
    Rejection(
        framework="pytorch",
        version="2.15.0",
        compute="rocm7.1",
        reasons=(
            Reason(code="gpu-architecture", text="it has no code for AMD Radeon Graphics (gfx1036)"),
            Reason(code="driver-unknown", text="the state of the AMD driver is not known"),
        ),
    ),
    *(Rejection(framework="pytorch", version=f"2.{n}.0", compute="mps", reasons=(FOREIGN,)) for n in range(15, 5, -1)),
)

PLAN = Plan(
    frameworks=("pytorch",),
    accelerator="cpu",
    compute="cpu",
    python="3.11",
    environment=f"{FOLDER}/.venv",
    packages=PACKAGES,
    steps=(
        Step(
            title="make the environment",
            argv=("/opt/uv", "venv", "--python", f"{HOME}/my pythons/3.11/bin/python", f"{FOLDER}/.venv"),
        ),
        Step(
            title="install 10 packages",
            argv=("/opt/uv", "pip", "sync", "--python", f"{FOLDER}/.venv", f"{FOLDER}/.venv/.dlsetup/pylock.toml"),
        ),
    ),
    reasons=("this machine has no GPU", "PyTorch 2.13.0 is not the newest (2.15.0): it has no wheel for Python 3.10"),
    rejected=REJECTED,
    builds=(BUILD,),
    installed_bytes=780 * 1024**2,
)

PROPOSAL = Proposal(status="ok", plans=(PLAN,))


def doctor(*findings: Finding, **facts) -> Report:
    known = {"host": RTX_4090, "environments": (environment(),), "session": SESSION, "storage": STORAGE}
    return Report(command="doctor", findings=findings, **{**known, **facts})


def without(*checks: str) -> tuple[Finding, ...]:
    return tuple(finding for finding in HEALTHY_CHECKS if finding.check not in checks)


BROKEN = doctor(*without("fit.driver", "pkg.cuda-libs"), SKIPPED, MIXED_CUDA, OLD_DRIVER, *FOLLOWERS, exit_code=1)

REPAIRS = (
    Repair(
        check="pkg.files",
        mode="leftover-partial-install",
        summary="An interrupted installation left folders behind.",
        status="mended",
        commands=(f"rm -rf {FOLDER}/.venv/lib/python3.11/site-packages/~umpy",),
    ),
    Repair(
        check=MIXED_CUDA.check,
        mode=MIXED_CUDA.mode,
        summary=MIXED_CUDA.summary,
        status="failed",
        commands=(f"{FOLDER}/.venv/bin/python -m pip uninstall -y nvidia-nccl-cu12",),
        detail="could not mend it: it ended with exit code 2: no space left. The environment is as it was before",
        exit_code=5,
    ),
)

PLANNED_REPAIRS = tuple(replace(each, status="planned", detail="", exit_code=0) for each in REPAIRS)

QUESTIONS = (
    Question(check="m.gpu", group="machine", title="The GPUs of this machine are known"),
    Question(check="m.nvidia-driver", group="machine", title="The NVIDIA driver serves its GPUs"),
    Question(check="run.import", group="run", title="The frameworks can be imported", deep=True),
)


def everywhere() -> Report:
    """Return what doctor says of four environments: one well, one broken, one with a doubt, one without a framework."""
    places = (f"{FOLDER}/.venv", f"{HOME}/old course/.venv", "/opt/conda", "/usr")
    kinds = ("venv", "venv", "conda", "system")
    found = {each: replace(environment(), path=each, kind=kind) for each, kind in zip(places, kinds, strict=True)}
    gone = replace(
        found[places[1]],
        interpreter=Interpreter(path=f"{places[1]}/bin/python", problem="there is no such file"),
        problem="its base interpreter /usr/bin/python3.9 is gone",
    )
    broken = Finding(
        check="py.env",
        status=Status.FAIL,
        mode="venv-broken-by-python-upgrade",
        summary="This environment's Python is gone.",
        evidence=("its base interpreter /usr/bin/python3.9 is gone",),
        remedy=Remedy(text="Make it anew.", commands=("uv venv --clear ...",), automatic=True),
        environment=places[1],
    )
    follower = Finding(
        check="pkg.torch", status=Status.FAIL, summary="torch is old", because="py.env", environment=places[1]
    )
    return Report(
        command="doctor",
        host=RTX_4090,
        environments=(found[places[0]], gone, *(found[each] for each in places[2:])),
        session=SESSION,
        findings=(*passed("m.gpu"), OLD_DRIVER, broken, follower, replace(MIXED_CUDA, environment=places[2])),
        frameworks_of=((places[0], (("pytorch", "2.14.1+cu130"), ("keras", None))), (places[2], (("jax", "0.10.2"),))),
        exit_code=1,
    )


INSTALLED = Report(
    command="install",
    host=CPU_ONLY,
    environments=(environment(packages=10, torch="2.13.0+cpu"),),
    session=SESSION,
    proposal=PROPOSAL,
    findings=passed("m.storage", "py.version", "run.import", "run.device", "run.compute"),
    outcomes=(
        Outcome(title="make the environment", exit_code=0, seconds=0.21),
        Outcome(title="install 10 packages", exit_code=0, seconds=38.4, tail=("Installed 10 packages in 31.2s",)),
    ),
    smoke=(TRAINED,),
    deep=True,
)


UNSUPPORTED = Proposal(
    status="unsupported",
    plans=(
        Plan(
            frameworks=("tensorflow",),
            accelerator="",
            compute="",
            python="3.15",
            environment=f"{FOLDER}/.venv",
            reasons=("nothing published of TensorFlow fits",),
            rejected=(
                Rejection(
                    framework="tensorflow",
                    version="2.21.0",
                    compute="cpu",
                    reasons=(
                        Reason(code="python", text="it has no wheel for Python 3.15 (only for 3.10, 3.11, 3.12, 3.13)"),
                    ),
                ),
                Rejection(framework="tensorflow", version="2.18.0", compute="metal", reasons=(FOREIGN,)),
            ),
        ),
    ),
)

TWO = Proposal(
    status="ok",
    plans=(
        PLAN,
        replace(
            PLAN,
            frameworks=("keras", "tensorflow"),
            builds=(),
            environment=f"{FOLDER}/.venv-keras",
            packages=(*PACKAGES[:3], Package(name="keras", version="3.12.0")),
            rejected=(
                *REJECTED[4:],
                *(
                    Rejection(framework="tensorflow", version=f"2.{minor}.0", compute=compute, reasons=(OLD,))
                    for minor in (21, 20)
                    for compute in ("cuda12", "cuda13")
                ),
                *(
                    Rejection(framework="keras", version=f"3.{minor}.0", compute="any", reasons=(UNWANTED,))
                    for minor in range(9, 3, -1)
                ),
            ),
        ),
        replace(
            PLAN,
            frameworks=("mlx",),
            builds=(),
            environment=None,
            rejected=REJECTED[4:],
        ),
    ),
)

KERAS = SmokeResult(
    framework="keras",
    version="3.12.0",
    backend="tensorflow",
    device="/device:GPU:0",
    accelerator="cuda",
    losses=(2.5e7, float("nan"), 0.1),
    accuracy=0.98,
)

MANY = (
    replace(OLD_DRIVER, evidence=tuple(f"fact {number}" for number in range(5)), mode=None),
    *(
        Finding(check=f"run.{number}", status=Status.FAIL, summary=f"number {number}", because="fit.driver")
        for number in range(5)
    ),
    Finding(check="m.memory", status=Status.WARN, summary="little memory", because=None),
    Finding(
        check="m.libc",
        status=Status.WARN,
        summary="an old C library",
        remedy=Remedy(
            text="read about it, and choose",
            links=("https://peps.python.org/pep-0600/", "https://peps.python.org/pep-0656/"),
        ),
    ),
    replace(LOST_GPU, remedy=replace(LOST_GPU.remedy, needs_reboot=True, links=("https://docs.nvidia.com/",))),
    *passed("m.gpu"),
)

CRASHED = SmokeResult(framework="tensorflow", version="2.21.0", planned="cpu")

CRASH = Finding(
    check="run.import",
    status=Status.FAIL,
    mode="cpu-missing-avx",
    summary="TensorFlow 2.21.0 stops at import: the processor lacks AVX",
    evidence=("python ended by signal 4 (SIGILL)", "/proc/cpuinfo: no flag avx"),
    remedy=Remedy(text='set the virtual machine\'s processor to "host-passthrough", or use another machine'),
)


DRIVER_REASON = Reason(code="driver-old", text="it needs driver 580 or newer of NVIDIA, and this machine has 570.86")
GPU_REASON = Reason(
    code="gpu-architecture",
    text="it has no code for GPU 1 (sm_61); inside: sm_75, sm_80, sm_86, sm_90",
)
STANDINGS = (
    Standing(
        framework="pytorch",
        compute="cuda",
        python="3.12",
        fitting=("2.13.0 cu129", "2.12.1 cu129"),
        chosen="2.13.0 cu129",
        lines=("cu130", "cu129", "cpu"),
        rejected=tuple(
            Rejection(framework="pytorch", version=version, compute="cu130", reasons=(DRIVER_REASON,))
            for version in ("2.15.0", "2.14.1", "2.14.0", "2.13.0", "2.12.1", "2.12.0", "2.11.0")
        ),
    ),
    Standing(
        framework="jax",
        compute="cuda",
        python=None,
        chosen="0.12.0.1 cpu",
        lines=("cuda12", "cuda13", "cpu"),
        rejected=(
            Rejection(
                framework="jax",
                version="0.12.0.1",
                compute="cuda13",
                reasons=(DRIVER_REASON, GPU_REASON),
            ),
        ),
    ),
    Standing(framework="mxnet", compute="cuda", python="3.12", lines=("cpu",)),
)


NO_AMD = Reason(code="gpu-none", text="it needs a GPU of AMD, and this machine has none")
NO_INTEL = Reason(code="unpublished", text="there are no builds for GPUs of Intel")
NO_APPLE = Reason(code="platform", text="it is published for macos-arm64, not for linux-x86_64")
NOTHING = (
    Availability(accelerator="rocm", reasons=(NO_AMD,)),
    Availability(accelerator="xpu", reasons=(NO_INTEL,)),
    Availability(accelerator="metal", reasons=(NO_APPLE, NO_INTEL)),
    Availability(accelerator="mps", reasons=(NO_INTEL,)),
)


def overview(name, *found, **more):
    facts = {"title": name.title(), "state": "active", "ended": None, "successor": None, "note": "", **more}
    return FrameworkOverview(framework=name, accelerators=(*found, *NOTHING), **facts)


OVERVIEW = (
    overview(
        "pytorch",
        Availability(accelerator="cuda", version="2.15.0", compute="cu132", python="3.12"),
        Availability(accelerator="cpu", version="2.14.1", compute="cpu", python="3.12"),
    ),
    overview(
        "keras",
        Availability(accelerator="cuda", version="3.15.1", compute="cuda12", python="3.11", on="tensorflow 2.15.1"),
        Availability(accelerator="cpu", version="3.15.1", compute="cpu", python="3.12", on="tensorflow 2.21.0"),
    ),
    overview(
        "cntk",
        Availability(accelerator="cuda", reasons=(NO_INTEL,)),
        Availability(accelerator="cpu", reasons=(NO_APPLE,)),
        state="retired",
        ended="2019",
        successor="ONNX Runtime",
        note="Microsoft Cognitive Toolkit ended with 2.7 in 2019 and gets no fixes",
    ),
)


ROW = CatalogRow(
    framework="pytorch",
    compute="cu126",
    versions=("2.14.1", "2.14.0", "2.13.0", "2.12.1", "2.12.0"),
    platforms=("linux-x86_64",),
    pythons=("3.10", "3.11", "3.12", "3.13", "3.14", "3.14t"),
    requirements=("torch==2.14.1+cu126", "numpy"),
    index="https://download.pytorch.org/whl/cu126",
    driver="525.60.13",
    gpus=("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"),
    glibc="2.28",
    macos=None,
    cpu_features=(),
    needs=(),
    note="",
    caution="",
    sources=("https://github.com/pytorch/pytorch/blob/main/RELEASE.md", "PyPI:torch"),
    read="2026-11-22",
)
CATALOG = (
    FrameworkRows(
        framework="pytorch",
        title="PyTorch",
        state="active",
        ended=None,
        successor=None,
        source="PyPI:torch",
        rows=(ROW, replace(ROW, compute="mps", driver=None, glibc=None, macos="14.0", index=None, gpus=())),
    ),
    FrameworkRows(
        framework="spark",
        title="Deep learning on Apache Spark",
        state="retired",
        ended="2020-01",
        successor="TorchDistributor",
        source="PyPI:pyspark",
        rows=tuple(
            replace(
                ROW,
                framework="spark",
                compute="any",
                versions=(f"4.{number}.0",),
                needs=("java>=17",),
                gpus=(),
                cpu_features=("avx",),
                caution="it needs a cluster",
                driver=None,
                sources=("PyPI:pyspark",),
            )
            for number in range(14, 0, -1)
        ),
    ),
)
SURVEY = Survey(
    asked=195,
    left=12,
    disagreements=(
        Disagreement(
            kind="gone",
            framework="jax",
            version="0.12.0.1",
            compute="cpu",
            platform="macos-arm64",
            pythons=("3.12", "3.13"),
            text="it no longer resolves: No solution found when resolving dependencies",
        ),
        Disagreement(
            kind="newer",
            framework="keras",
            version="3.16.0",
            compute="any",
            platform="linux-x86_64",
            pythons=("3.12",),
            text="the catalog ends with 3.15.1",
        ),
    ),
    indexes=(
        IndexState(location=None, reached=True),
        IndexState(location="download.pytorch.org", reached=False, why="dns error: failed to lookup address"),
    ),
)


def import_time(median: float, **facts) -> ImportTime:
    known = {"imported": "torch", "first_seconds": 3 * median, "runs": 3, "start_seconds": 0.02}
    return ImportTime(
        **{**known, "median_seconds": median, "least_seconds": median * 0.96, "most_seconds": median * 1.2, **facts}
    )


def compared(framework: str, **facts) -> ComparisonRow:
    known = {"title": words.title(framework), "state": "active", "ended": None, "successor": None, "supported": "cpu"}
    return ComparisonRow(framework=framework, **{"outcome": "measured", **known, **facts})


NOT_MEASURED = tuple(
    Gap(what=what, why="not installed")
    for what in ("installed_bytes", "import_time", "train_seconds", "peak_memory_bytes")
)

COMPARISON = Comparison(
    host=CPU_ONLY,
    load=1.6,
    load_after=2.0,
    rows=(
        compared(
            "keras",
            environment=f"{FOLDER}/.venv",
            python="3.11.7",
            version="3.15.1",
            backend="torch",
            accelerator="cpu",
            device="CPU:0",
            download_bytes=238_000_000,
            installed_bytes=780 * 1024**2,
            packages=21,
            import_time=import_time(2.128),
            train_seconds=12.34,
            accuracy=1.0,
            peak_memory_bytes=431_000_000,
        ),
        compared(
            "mxnet",
            state="retired",
            ended="2023-09",
            successor="PyTorch",
            environment=f"{HOME}/.cache/dlsetup/compare/mxnet",
            temporary=True,
            python="3.10.4",
            version="1.9.1",
            accelerator="cpu",
            device="cpu(0)",
            download_bytes=None,
            installed_bytes=96_000_000,
            packages=9,
            import_time=import_time(0.031, first_seconds=0.2),
            train_seconds=0.61,
            accuracy=1.0,
            gaps=(
                Gap(what="peak_memory_bytes", why="this system does not count it"),
                Gap(what="download_bytes", why="no index tells the size of every file"),
            ),
        ),
        compared(
            "tensorflow",
            outcome="failed",
            environment=f"{FOLDER}/.venv",
            python="3.11.7",
            version="2.21.0",
            findings=(CRASH,),
            gaps=tuple(replace(gap, why="it cannot be imported") for gap in NOT_MEASURED[1:]),
            installed_bytes=1_900_000_000,
        ),
        compared(
            "jax", outcome="missing", version="0.12.0.1", download_bytes=141_000_000, packages=7, gaps=NOT_MEASURED
        ),
        compared(
            "mlx",
            outcome="missing",
            supported=None,
            obstacles=("it is published for macos-arm64, not for linux-x86_64",),
            gaps=NOT_MEASURED,
        ),
    ),
    notes=("PYTHONDONTWRITEBYTECODE is set: what is loaded late is compiled anew",),
    exit_code=1,
)


@pytest.fixture(scope="session")
def samples() -> SimpleNamespace:
    """Return what there is to show, by name."""
    return SimpleNamespace(
        home=HOME,
        folder=FOLDER,
        inventory=Inventory(
            host=RTX_4090,
            interpreters=(
                interpreter(),
                interpreter(path="/usr/bin/python3", version="3.12.3", externally_managed=True),
                interpreter(path=f"{HOME}/.pyenv/versions/3.13.1t/bin/python", version="3.13.1", free_threaded=True),
                Interpreter(path="/opt/old/bin/python", problem="libpython3.8.so.1.0: cannot open shared object file"),
            ),
            storage=STORAGE,
        ),
        unknown_inventory=Inventory(host=UNKNOWN),
        healthy=doctor(*HEALTHY_CHECKS, SKIPPED, frameworks=(("pytorch", "2.14.1+cu130"),)),
        broken=BROKEN,
        unanswered=doctor(*without("m.nvidia-driver", "fit.driver"), LOST_GPU),
        installed=INSTALLED,
        proposal=PROPOSAL,
        unsupported=UNSUPPORTED,
        planned=Report(command="install", host=CPU_ONLY, proposal=PROPOSAL),
        install_failed=Report(
            command="install",
            host=CPU_ONLY,
            proposal=PROPOSAL,
            outcomes=(
                Outcome(title="make the environment", exit_code=0, seconds=0.21),
                Outcome(
                    title="install 10 packages",
                    exit_code=2,
                    seconds=75.0,
                    tail=("error: Failed to extract archive", "  Caused by: No space left on device (os error 28)"),
                ),
            ),
            exit_code=5,
        ),
        crashed=CRASHED,
        two=TWO,
        standings=STANDINGS,
        overview=OVERVIEW,
        catalog=CATALOG,
        survey=SURVEY,
        two_installed=replace(INSTALLED, proposal=TWO, smoke=(TRAINED, KERAS)),
        questions=QUESTIONS,
        everywhere=everywhere(),
        mended=replace(BROKEN, repairs=REPAIRS, exit_code=5),
        to_mend=replace(BROKEN, repairs=PLANNED_REPAIRS),
        many=doctor(*MANY, host=replace(CPU_ONLY, gaps=UNKNOWN.gaps), exit_code=1),
        crash=CRASH,
        trained=TRAINED,
        comparison=COMPARISON,
        old_driver=OLD_DRIVER,
        mixed_cuda=MIXED_CUDA,
        explanation=EXPLANATION,
    )


@pytest.fixture
def shown():
    """Return a function that gives what is printed to a console of some width and encoding."""

    def show(draw, *, width: int = 80, encoding: str = "utf-8") -> str:
        file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
        draw(make_console(width=width, file=file))
        file.flush()
        return file.buffer.getvalue().decode(encoding)

    return show
