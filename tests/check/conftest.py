"""Healthy set-ups as plain values, and small changes to them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from packaging.version import Version

from dlsetup.catalog.rules import with_rules
from dlsetup.check import CHECKS, run_checks
from dlsetup.values.build import AbiRule, Build, Catalog, Companion, ComputePlatform, Framework
from dlsetup.values.environment import Distribution, Environment, Interpreter, Session, Storage, TorchBuild
from dlsetup.values.host import Cpu, Driver, Gpu, Host, Libc, OperatingSystem
from dlsetup.values.plan import Package, Plan
from dlsetup.values.situation import Situation

GIB = 2**30
PYTORCH_INDEX = "https://index.invalid/whl/"
PASCAL_ON = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
TURING_ON = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
ROCM = ("gfx90a", "gfx942", "gfx1030", "gfx1100")
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


def _compute(name, accelerator, rank=0, **driver):
    return ComputePlatform(
        name=name,
        accelerator=accelerator,
        rank=rank,
        driver={system: Version(text) for system, text in driver.items()},
    )


COMPUTES = (
    _compute("any", "any"),
    _compute("cpu", "cpu"),
    _compute("mps", "mps"),
    _compute("metal", "metal"),
    _compute("xpu", "xpu"),
    _compute("cu118", "cuda", 118, linux="450.80.02", windows="452.39"),
    _compute("cu126", "cuda", 126, linux="525.60.13", windows="528.33"),
    _compute("cu130", "cuda", 130, linux="580", windows="580"),
    _compute("cuda12", "cuda", 120, linux="525.60.13", windows="528.33"),
    _compute("rocm7.2", "rocm", 702),
)

FRAMEWORKS = (
    Framework(name="keras", title="Keras", module="keras", package="keras", backends=("tensorflow", "pytorch", "jax")),
    Framework(
        name="pytorch",
        title="PyTorch",
        module="torch",
        package="torch",
        aliases=("torch",),
        family=("torch", "torchvision", "torchaudio"),
    ),
    Framework(
        name="tensorflow",
        title="TensorFlow",
        module="tensorflow",
        package="tensorflow",
        aliases=("tf",),
        variants=("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tensorflow-macos"),
    ),
    Framework(name="jax", title="JAX", module="jax", package="jax", family=("jax", "jaxlib")),
    Framework(name="mlx", title="MLX", module="mlx", package="mlx"),
    Framework(name="mxnet", title="Apache MXNet", module="mxnet", package="mxnet", state="retired"),
)


def _build(framework, version, compute, platform, **facts):
    system, architecture = platform.split("-")
    platform_row = next(each for each in COMPUTES if each.name == compute)
    return Build(
        framework=framework,
        version=Version(version),
        compute=compute,
        accelerator=platform_row.accelerator,
        requirements=(),
        system=system,
        architecture=architecture,
        driver=platform_row.driver.get(system),
        **{"pythons": PYTHONS, **facts},
    )


def _builds():
    for platform in ("linux-x86_64", "windows-x86_64"):
        yield _build("pytorch", "2.14.1", "cu126", platform, gpus=PASCAL_ON, index=PYTORCH_INDEX + "cu126")
        default = None if platform == "linux-x86_64" else PYTORCH_INDEX + "cu130"
        yield _build("pytorch", "2.14.1", "cu130", platform, gpus=TURING_ON, index=default)
        yield _build("pytorch", "2.14.1", "cpu", platform, index=PYTORCH_INDEX + "cpu")
        yield _build("pytorch", "2.14.1", "xpu", platform, gpus=("xe-hpg",), index=PYTORCH_INDEX + "xpu")
        yield _build("tensorflow", "2.18.1", "cpu", platform, cpu_features=("avx",), pythons=PYTHONS[:3])
    yield _build("pytorch", "2.14.1", "rocm7.2", "linux-x86_64", gpus=ROCM, index=PYTORCH_INDEX + "rocm7.2")
    yield _build("pytorch", "2.14.1", "cu130", "linux-arm64", gpus=TURING_ON)
    yield _build("pytorch", "2.14.1", "mps", "macos-arm64")
    tensorflow = (*PASCAL_ON[1:], "compute_90")
    yield _build(
        "tensorflow",
        "2.18.1",
        "cuda12",
        "linux-x86_64",
        gpus=tensorflow,
        cpu_features=("avx",),
        pythons=PYTHONS[:3],
    )
    yield _build("tensorflow", "2.18.1", "metal", "macos-arm64", pythons=PYTHONS[:3])
    yield _build("tensorflow", "2.21.0", "cpu", "macos-arm64", pythons=PYTHONS[:4])
    yield _build("jax", "0.10.2", "cpu", "linux-x86_64", pythons=("3.11", "3.12", "3.13", "3.13t", "3.14"))
    yield _build("jax", "0.10.2", "cuda12", "linux-x86_64", gpus=PASCAL_ON, pythons=("3.11", "3.12", "3.13", "3.14"))
    yield _build("mlx", "0.32.4", "metal", "macos-arm64")
    yield _build("mxnet", "1.9.1", "cpu", "linux-x86_64", pythons=("3.8", "3.9", "3.10", "3.11"))
    yield _build("keras", "3.12.0", "any", "linux-x86_64")


CATALOG = with_rules(
    Catalog(
        frameworks=FRAMEWORKS,
        builds=tuple(_builds()),
        computes=COMPUTES,
        companions=(
            Companion(package="torchvision", version="0.29.1", requires="torch>=2.14.0"),
            Companion(package="torchvision", version="0.28.0", requires="torch==2.13.0"),
            Companion(package="torchaudio", version="2.11.0", requires="torch>=2.11.0"),
            Companion(package="tensorflow-metal", version="1.2.0", requires="tensorflow>=2.12,<2.20"),
            Companion(package="jax-metal", version="0.1.1", requires="jax>=0.4.34,<=0.5.0"),
        ),
        abi=(
            AbiRule(package="torch", below="2.3", other="numpy", from_="2", mode="numpy2-abi-break"),
            AbiRule(package="tensorflow", below="2.18", other="numpy", from_="2", mode="numpy2-abi-break"),
            AbiRule(
                package="tensorboard",
                below="2.12",
                other="protobuf",
                from_="4",
                mode="protobuf-generated-code-mismatch",
            ),
        ),
    )
)

TORCH_NEEDS = (
    "filelock",
    "typing-extensions>=4.10.0",
    'nvidia-cublas==13.1.0.3; platform_system == "Linux"',
    'nvidia-cudnn-cu13==9.19.0.56; platform_system == "Linux"',
    'nvidia-nccl-cu13==2.29.3; platform_system == "Linux"',
    'triton==3.6.0; platform_system == "Linux"',
    'opt-einsum>=3.3; extra == "opt-einsum"',
)

TENSORFLOW_NEEDS = (
    "numpy<2.1.0,>=1.26.0",
    "keras>=3.5.0",
    'nvidia-cudnn-cu12==9.3.0.75; extra == "and-cuda"',
    'nvidia-cublas-cu12==12.5.3.2; extra == "and-cuda"',
)


def distribution(name, version, *requires, **facts):
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    return Distribution(
        **{"name": name, "version": version, "folder": folder, "requires": requires, "installer": "uv", **facts}
    )


def _environment(path, python, *distributions, **facts):
    windows = "\\" in path
    interpreter = Interpreter(
        path=f"{path}\\Scripts\\python.exe" if windows else f"{path}/bin/python",
        version=python,
        implementation="cpython",
        bits=64,
        free_threaded=False,
        architecture=facts.pop("architecture", "x86_64"),
        prefix=path,
        base_prefix="/usr",
        purelib=f"{path}\\Lib\\site-packages" if windows else f"{path}/lib/python{python[:4]}/site-packages",
        externally_managed=False,
    )
    return Environment(
        path=path, kind="venv", interpreter=interpreter, distributions=distributions, writable=True, **facts
    )


def _session(environment):
    return Session(
        variables=(("PATH", "/usr/bin"),),
        folder="/home/user/code",
        active=environment.path,
        python=environment.interpreter.path,
        pip="/usr/bin/pip",
        pip_interpreter="/usr/bin/python3",
    )


def _storage(path):
    return (
        Storage(path=path, purpose="environment", total_bytes=500 * GIB, free_bytes=200 * GIB, writable=True),
        Storage(path="/home/user/.cache", purpose="cache", total_bytes=500 * GIB, free_bytes=200 * GIB, writable=True),
        Storage(
            path="/var/scratch",
            purpose="temporary",
            total_bytes=100 * GIB,
            free_bytes=90 * GIB,
            writable=True,
            noexec=False,
        ),
        Storage(path="/run/shm", purpose="shared-memory", total_bytes=16 * GIB, free_bytes=16 * GIB, writable=True),
    )


def _situation(host, environment):
    return Situation(
        host=host,
        environment=environment,
        session=_session(environment),
        storage=_storage(environment.path),
        catalog=CATALOG,
    )


LINUX = Host(
    os=OperatingSystem(system="linux", distribution="ubuntu", version="24.04", kernel="6.8.0"),
    libc=Libc(family="glibc", version="2.39"),
    memory_bytes=32 * GIB,
    cpu=Cpu(architecture="x86_64", brand="AMD Ryzen 9 7950X", features=("avx", "avx2", "fma")),
)
RTX_4090 = Gpu(
    vendor="nvidia",
    name="NVIDIA GeForce RTX 4090",
    architecture="sm_89",
    memory_bytes=24 * GIB,
    pci_id="10de:2684",
    integrated=False,
)
DRIVER = Driver(vendor="nvidia", version="580.95.05", supports="CUDA 13.0")
WHEEL = ("cp312-cp312-manylinux_2_28_x86_64",)

CUDA_TORCH = (
    distribution("torch", "2.14.1+cu130", *TORCH_NEEDS, tags=WHEEL),
    distribution("torchvision", "0.29.1+cu130", "torch>=2.14.0", "numpy", tags=WHEEL),
    distribution("torchaudio", "2.11.0+cu130", tags=WHEEL),
    distribution("triton", "3.6.0"),
    distribution("nvidia-cublas", "13.1.0.3"),
    distribution("nvidia-cudnn-cu13", "9.19.0.56", "nvidia-cublas"),
    distribution("nvidia-nccl-cu13", "2.29.3"),
    distribution("filelock", "3.20.0"),
    distribution("typing-extensions", "4.15.0"),
    distribution("numpy", "2.3.5"),
)


def _linux_nvidia():
    torch = TorchBuild(version="2.14.1+cu130", cuda="13.0")
    environment = _environment("/home/user/code/.venv", "3.12.8", *CUDA_TORCH, torch=torch)
    return _situation(replace(LINUX, gpus=(RTX_4090,), drivers=(DRIVER,)), environment)


def _linux_cpu():
    needs = [line for line in TORCH_NEEDS if "nvidia" not in line and "triton" not in line]
    environment = _environment(
        "/home/user/code/.venv",
        "3.12.8",
        distribution("torch", "2.14.1+cpu", *needs, tags=WHEEL),
        distribution("torchvision", "0.29.1+cpu", "torch>=2.14.0", "numpy", tags=WHEEL),
        distribution("filelock", "3.20.0"),
        distribution("typing-extensions", "4.15.0"),
        distribution("numpy", "2.3.5"),
        torch=TorchBuild(version="2.14.1+cpu"),
    )
    return _situation(LINUX, environment)


def _linux_amd():
    gpu = Gpu(vendor="amd", name="AMD Radeon RX 7900 XTX", architecture="gfx1100", integrated=False)
    host = replace(LINUX, gpus=(gpu,), drivers=(Driver(vendor="amd", version="6.12"),))
    environment = _environment(
        "/home/user/code/.venv",
        "3.12.8",
        distribution("torch", "2.14.1+rocm7.2", "filelock", tags=WHEEL),
        distribution("torchvision", "0.29.1+rocm7.2", "torch>=2.14.0", tags=WHEEL),
        distribution("filelock", "3.20.0"),
        torch=TorchBuild(version="2.14.1+rocm7.2", hip="7.2.26015-fc0010cf6a"),
    )
    return _situation(host, environment)


def _linux_jax():
    environment = _environment(
        "/home/user/code/.venv",
        "3.12.8",
        distribution(
            "jax",
            "0.10.2",
            "jaxlib<=0.10.2,>=0.10.2",
            'jax-cuda12-plugin[with-cuda]<=0.10.2,>=0.10.2; extra == "cuda12"',
        ),
        distribution("jaxlib", "0.10.2", tags=("cp312-cp312-manylinux_2_27_x86_64",)),
        distribution(
            "jax-cuda12-plugin",
            "0.10.2",
            "jax-cuda12-pjrt==0.10.2",
            'nvidia-cudnn-cu12<10.0,>=9.8; extra == "with-cuda"',
        ),
        distribution("jax-cuda12-pjrt", "0.10.2"),
        distribution("nvidia-cudnn-cu12", "9.19.0.56"),
    )
    return _situation(replace(LINUX, gpus=(RTX_4090,), drivers=(DRIVER,)), environment)


def _linux_tensorflow():
    environment = _environment(
        "/home/user/code/.venv",
        "3.12.8",
        distribution("tensorflow", "2.18.1", *TENSORFLOW_NEEDS, tags=("cp312-cp312-manylinux_2_17_x86_64",)),
        distribution("keras", "3.12.0", "numpy"),
        distribution("numpy", "2.0.2"),
        distribution("nvidia-cudnn-cu12", "9.3.0.75"),
        distribution("nvidia-cublas-cu12", "12.5.3.2"),
    )
    return _situation(replace(LINUX, gpus=(RTX_4090,), drivers=(DRIVER,)), environment)


def _mac_metal():
    host = Host(
        os=OperatingSystem(system="macos", distribution="macOS", version="15.3", kernel="24.3.0"),
        memory_bytes=24 * GIB,
        cpu=Cpu(architecture="arm64", vendor="apple", brand="Apple M3", features=("asimd",)),
        gpus=(Gpu(vendor="apple", name="Apple M3", architecture="apple-m3", integrated=True, virtual=False),),
    )
    environment = _environment(
        "/Users/user/code/.venv",
        "3.12.8",
        distribution("tensorflow", "2.18.1", *TENSORFLOW_NEEDS, tags=("cp312-cp312-macosx_12_0_arm64",)),
        distribution("tensorflow-metal", "1.2.0", "wheel", "six", tags=("cp312-cp312-macosx_12_0_arm64",)),
        distribution("keras", "3.12.0", "numpy"),
        distribution("numpy", "2.0.2"),
        architecture="arm64",
    )
    return _situation(host, environment)


def _windows_nvidia():
    host = Host(
        os=OperatingSystem(system="windows", distribution="Windows", version="11"),
        memory_bytes=32 * GIB,
        cpu=Cpu(architecture="x86_64", brand="Intel Core i7", features=("avx", "avx2")),
        gpus=(RTX_4090,),
        drivers=(replace(DRIVER, version="581.57"),),
    )
    environment = _environment(
        "C:\\code\\.venv",
        "3.12.8",
        distribution("torch", "2.14.1+cu130", "filelock", tags=("cp312-cp312-win_amd64",)),
        distribution("torchvision", "0.29.1+cu130", "torch>=2.14.0", tags=("cp312-cp312-win_amd64",)),
        distribution("filelock", "3.20.0"),
        torch=TorchBuild(version="2.14.1+cu130", cuda="13.0"),
    )
    return _situation(host, environment)


HEALTHY = {
    "linux_cpu": _linux_cpu,
    "linux_nvidia": _linux_nvidia,
    "linux_amd": _linux_amd,
    "linux_jax": _linux_jax,
    "linux_tensorflow": _linux_tensorflow,
    "mac_metal": _mac_metal,
    "windows_nvidia": _windows_nvidia,
}


class Edit:
    """Small changes to a situation."""

    @staticmethod
    def host(situation, **facts):
        return replace(situation, host=replace(situation.host, **facts))

    @staticmethod
    def os(situation, **facts):
        return Edit.host(situation, os=replace(situation.host.os, **facts))

    @staticmethod
    def cpu(situation, **facts):
        return Edit.host(situation, cpu=replace(situation.host.cpu, **facts))

    @staticmethod
    def gpu(situation, **facts):
        first, *others = situation.host.gpus
        return Edit.host(situation, gpus=(replace(first, **facts), *others))

    @staticmethod
    def driver(situation, **facts):
        return Edit.host(situation, drivers=(replace(situation.host.drivers[0], **facts),))

    @staticmethod
    def environment(situation, **facts):
        return replace(situation, environment=replace(situation.environment, **facts))

    @staticmethod
    def interpreter(situation, **facts):
        return Edit.environment(situation, interpreter=replace(situation.environment.interpreter, **facts))

    @staticmethod
    def session(situation, **facts):
        return replace(situation, session=replace(situation.session, **facts))

    @staticmethod
    def variable(situation, **variables):
        return Edit.session(situation, variables=(*situation.session.variables, *variables.items()))

    @staticmethod
    def storage(situation, purpose, **facts):
        changed = tuple(replace(each, **facts) if each.purpose == purpose else each for each in situation.storage)
        return replace(situation, storage=changed)

    @staticmethod
    def add(situation, name, version, *requires, **facts):
        """Install a distribution, in place of one of that name."""
        without = Edit.remove(situation, name)
        added = (*without.environment.distributions, distribution(name, version, *requires, **facts))
        return Edit.environment(without, distributions=added)

    @staticmethod
    def remove(situation, *names):
        kept = tuple(each for each in situation.environment.distributions if each.name not in names)
        return Edit.environment(situation, distributions=kept)

    @staticmethod
    def change(situation, name, **facts):
        """Change facts of one installed distribution."""
        changed = tuple(
            replace(each, **facts) if each.name == name else each for each in situation.environment.distributions
        )
        return Edit.environment(situation, distributions=changed)

    @staticmethod
    def plan(situation, **facts):
        plan = Plan(
            **{
                "frameworks": ("pytorch",),
                "accelerator": "cpu",
                "compute": "cpu",
                "python": "3.12",
                "environment": "x",
                **facts,
            }
        )
        return replace(situation, plan=plan)

    package = Package
    distribution = staticmethod(distribution)
    gpus = SimpleNamespace(rtx_4090=RTX_4090)


@pytest.fixture(scope="session")
def edit():
    """Return the changes that can be made to a healthy set-up."""
    return Edit


@pytest.fixture
def healthy():
    """Return what makes a healthy set-up by name."""
    return lambda name: HEALTHY[name]()


@pytest.fixture(scope="session")
def every_healthy():
    """Return all healthy set-ups."""
    return [HEALTHY[name]() for name in sorted(HEALTHY)]


@pytest.fixture(params=sorted(HEALTHY))
def each_healthy(request):
    """Return every healthy set-up in turn."""
    return HEALTHY[request.param]()


@pytest.fixture
def ask():
    """Return what asks one check, the way run_checks does."""

    def answer(name, situation):
        assert name in {check.name for check in CHECKS}
        return next(finding for finding in run_checks(situation) if finding.check == name)

    return answer
