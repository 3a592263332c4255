"""env.vars: variables that steer Python and the frameworks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import dlsetup_install, export, pip_install, system_of, unset
from dlsetup.check.installed import Installed, code_inside, distribution_of, installed
from dlsetup.check.machine.nvidia import hides_all
from dlsetup.check.remedies import change_packages
from dlsetup.check.versions import version
from dlsetup.values.architecture import runs_on
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Session
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

VARS = "env.vars"

VARIABLES = "https://docs.python.org/3/using/cmdline.html#environment-variables"


def sensible(situation: Situation) -> Finding:
    """Look for variables that name what is not there, or that this machine does not need."""
    session = situation.session
    if session is None:
        return skip(VARS, "the session's variables are not known")
    for question in _QUESTIONS:
        found = question(situation, session)
        if found is not None:
            return found
    if session.partial:
        return skip(VARS, "only some of the session's variables are known")
    return ok(VARS, "no variable stands in the way")


def _pythonhome(situation: Situation, session: Session) -> Finding | None:
    value = session.variable("PYTHONHOME")
    if not value:
        return None
    environment = situation.environment
    here = environment.interpreter.path if environment else "the interpreter"
    return fail(
        VARS,
        "pythonpath-leak",
        "PYTHONHOME makes every Python look for its library in one folder.",
        evidence=(f"PYTHONHOME is {value}", f"{here} has its own"),
        remedy=Remedy(text="Remove the variable.", commands=(unset(situation, "PYTHONHOME"),), links=(VARIABLES,)),
    )


def _pythonpath(situation: Situation, session: Session) -> Finding | None:
    environment = situation.environment
    minor = environment.interpreter.minor if environment else None
    if minor is None:
        return None
    separator = ";" if system_of(situation) == "windows" else ":"
    for folder in (session.variable("PYTHONPATH") or "").split(separator):
        match = re.search(r"python(\d+\.\d+)[/\\](?:site|dist)-packages", folder)
        if match and match.group(1) != minor:
            return warn(
                VARS,
                "pythonpath-leak",
                "PYTHONPATH brings in the packages of another Python.",
                evidence=(f"PYTHONPATH has {folder}", f"the interpreter is Python {minor}"),
                remedy=Remedy(
                    text="Remove the variable.", commands=(unset(situation, "PYTHONPATH"),), links=(VARIABLES,)
                ),
            )
    return None


def _keras_backend(situation: Situation, session: Session) -> Finding | None:
    value = session.variable("KERAS_BACKEND")
    keras = situation.catalog.framework("keras")
    environment = situation.environment
    if not value or keras is None or environment is None or environment.distribution("keras") is None:
        return None
    if value == "numpy" or (value == "openvino" and environment.distribution("openvino") is not None):
        return None
    backend = situation.catalog.framework("pytorch" if value == "torch" else value)
    if environment.partial or (backend is not None and distribution_of(situation, backend) is not None):
        return None
    known = {name: framework for name in keras.backends if (framework := situation.catalog.framework(name)) is not None}
    there = [name for name, framework in known.items() if distribution_of(situation, framework) is not None]
    command = export(situation, "KERAS_BACKEND", _backend_name(there[0])) if there else None
    install = dlsetup_install(situation, backend.name) if backend else dlsetup_install(situation, "keras")
    return fail(
        VARS,
        "keras-backend-unset",
        f"Keras is told to run on {value}, which is not installed.",
        evidence=(f"KERAS_BACKEND is {value}", f"installed: {', '.join(there) if there else 'no back end of Keras'}"),
        remedy=Remedy(
            text="Name a back end that is installed, or install this one.",
            commands=(command or install,),
            links=("https://keras.io/getting_started/",),
        ),
    )


def _backend_name(framework: str) -> str:
    """Return Keras' word for a framework."""
    return "torch" if framework == "pytorch" else framework


def _legacy_keras(situation: Situation, session: Session) -> Finding | None:
    value = (session.variable("TF_USE_LEGACY_KERAS") or "").lower()
    tensorflow = situation.catalog.framework("tensorflow")
    environment = situation.environment
    found = distribution_of(situation, tensorflow) if tensorflow else None
    if value not in {"1", "true"} or environment is None or found is None:
        return None
    if environment.partial or environment.distribution("tf-keras") is not None:
        return None
    own = version(found.version)
    wanted = f"tf-keras=={own.major}.{own.minor}.*" if own else "tf-keras"
    return fail(
        VARS,
        "tf-legacy-keras-missing",
        "TensorFlow is told to use Keras 2, which is not installed.",
        evidence=(f"TF_USE_LEGACY_KERAS is {value}", "tf-keras is not installed"),
        remedy=change_packages(
            situation,
            "Install tf-keras, or remove the variable.",
            pip_install(situation, wanted),
            links=("https://keras.io/getting_started/",),
        ),
    )


def _jax_platforms(situation: Situation, session: Session) -> Finding | None:
    value = session.variable("JAX_PLATFORMS")
    this = _installed(situation, "jax")
    if not value or this is None or (situation.environment is not None and situation.environment.partial):
        return None
    names = {"cuda": "cuda", "gpu": "cuda", "rocm": "rocm"}
    first = value.split(",")[0].strip().lower()
    wanted = names.get(first)
    if wanted is None or this.accelerator == wanted or (first == "gpu" and this.accelerator == "rocm"):
        return None
    return warn(
        VARS,
        "env-var-wrong-type",
        f"JAX is told to run on {first}, and has no plugin for it.",
        evidence=(f"JAX_PLATFORMS is {value}", this.seen),
        remedy=Remedy(
            text="Remove the variable, or install JAX with that plugin.",
            commands=(unset(situation, "JAX_PLATFORMS"),),
            links=("https://docs.jax.dev/en/latest/installation.html",),
        ),
    )


def _installed(situation: Situation, framework: str) -> Installed | None:
    return next((each for each in installed(situation) if each.framework == framework), None)


def _amd_devices(situation: Situation, session: Session) -> Finding | None:
    gpus = situation.host.gpus_of("amd")
    if not gpus or not any(each.accelerator == "rocm" for each in installed(situation)):
        return None
    visible, count = session.variable("ROCR_VISIBLE_DEVICES"), len(gpus)
    if visible is not None:
        if hides_all(visible, count):
            return _hidden(situation, "ROCR_VISIBLE_DEVICES", visible, count)
        count = len(visible.split(","))
    chosen = session.variable("HIP_VISIBLE_DEVICES")
    if chosen is None or not hides_all(chosen, count):
        return None
    if visible is None:
        return _hidden(situation, "HIP_VISIBLE_DEVICES", chosen, count)
    return fail(
        VARS,
        "rocm-visible-devices-conflict",
        "Two variables choose among the AMD GPUs, and together they hide all of them.",
        evidence=(f"ROCR_VISIBLE_DEVICES is {visible}", f"HIP_VISIBLE_DEVICES is {chosen}, counted within the former"),
        remedy=Remedy(
            text="Keep one of the two.",
            commands=(unset(situation, "HIP_VISIBLE_DEVICES"),),
            links=("https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html",),
        ),
    )


def _hidden(situation: Situation, name: str, value: str, count: int) -> Finding:
    return fail(
        VARS,
        "cuda-visible-devices-hides-gpus",
        f"{name} hides every AMD GPU.",
        evidence=(f'{name} is "{value}"', f"the machine has {count} AMD GPU{'s' if count > 1 else ''}, counted from 0"),
        remedy=Remedy(
            text="Remove the variable, or set it to the number of a GPU that exists.",
            commands=(unset(situation, name),),
            links=("https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html",),
        ),
    )


def _override(situation: Situation, session: Session) -> Finding | None:
    value = session.variable("HSA_OVERRIDE_GFX_VERSION")
    gpus = situation.host.gpus_of("amd")
    this = next((each for each in installed(situation) if each.accelerator == "rocm"), None)
    codes = code_inside(situation, this) if this is not None else None
    if not value or not gpus or this is None or codes is None:
        return None
    device = gpus[0].architecture
    if device is None or not any(runs_on(code, device) for code in codes) or _means(value, device):
        return None
    return warn(
        VARS,
        "rocm-gfx-override-misuse",
        "HSA_OVERRIDE_GFX_VERSION makes the GPU pass for another, which this build does not need.",
        evidence=(f"HSA_OVERRIDE_GFX_VERSION is {value}", f"{this.title} {this.version} has code for {device} itself"),
        remedy=Remedy(
            text="Remove the variable, also from your shell's profile.",
            commands=(unset(situation, "HSA_OVERRIDE_GFX_VERSION"),),
            links=("https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html",),
        ),
    )


def _means(value: str, device: str) -> bool:
    """Tell whether an override ("11.0.0") names the very device ("gfx1100")."""
    if not re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,4})*", value):
        return False
    parts = value.split(".")
    return device == "gfx" + parts[0] + "".join(f"{int(part):x}" for part in parts[1:])


def _intel_devices(situation: Situation, session: Session) -> Finding | None:
    """See a choice of devices that leaves no Intel GPU to PyTorch, which reaches them by Level Zero alone."""
    if not situation.host.gpus_of("intel") or not any(each.accelerator == "xpu" for each in installed(situation)):
        return None
    name = "ONEAPI_DEVICE_SELECTOR"
    value = session.variable(name)
    if not value or not hides_level_zero(value):
        return None
    return warn(
        VARS,
        "level-zero-env-bad",
        f"{name} leaves no Intel GPU to PyTorch.",
        evidence=(f"{name} is {value}", "PyTorch uses Intel GPUs by Level Zero"),
        remedy=Remedy(
            text="Remove the variable, or choose level_zero:gpu.",
            commands=(unset(situation, name),),
            links=("https://intel.github.io/llvm/EnvironmentVariables.html",),
        ),
    )


def hides_level_zero(value: str) -> bool:
    """Tell whether a selector ("opencl:gpu;level_zero:0", "!level_zero:*") accepts no GPU of Level Zero.

    Grammar: terms parted by ";", each BACKEND:DEVICES; a term that begins with "!" takes away. Where all take away, the
    rest is accepted (https://intel.github.io/llvm/EnvironmentVariables.html).
    """
    terms = [term.strip().lower() for term in value.split(";") if term.strip()]
    accepted = [term for term in terms if not term.startswith("!")]
    dropped = [term for term in terms if term.startswith("!")]
    if any(term.lstrip("!") in {"level_zero:*", "*:*", "*:gpu", "level_zero:gpu"} for term in dropped):
        return True
    return bool(accepted) and not any(_takes_gpu(term) for term in accepted)


def _takes_gpu(term: str) -> bool:
    backend, _, devices = term.partition(":")
    if backend not in {"level_zero", "*"}:
        return False
    return not devices or any(word.strip() not in {"cpu", "fpga", "acc", "host"} for word in devices.split(","))


def _jax_memory(situation: Situation, session: Session) -> Finding | None:
    """See a share of the GPU's memory that is none: JAX takes what it is told, and fails."""
    name = "XLA_PYTHON_CLIENT_MEM_FRACTION"
    value = session.variable(name)
    this = _installed(situation, "jax")
    if not value or this is None or this.accelerator in {None, "cpu"}:
        return None
    match = re.fullmatch(r"\d{0,6}\.?\d{0,12}", value.strip())
    share = float(value) if match and re.search(r"\d", value) else None
    if share is None or share <= 1:
        return None
    return warn(
        VARS,
        "jax-preallocation-oom",
        "JAX is told to take more memory than the GPU has.",
        evidence=(f"{name} is {value}", "1 is all of the memory, .75 is what JAX takes by itself"),
        remedy=Remedy(
            text="Remove the variable, or set it to a share below 1.",
            commands=(unset(situation, name),),
            links=("https://docs.jax.dev/en/latest/gpu_memory_allocation.html",),
        ),
    )


def _spark_pythons(situation: Situation, session: Session) -> Finding | None:
    """See that Spark's workers are told to start another Python than its driver."""
    environment = situation.environment
    if environment is None or environment.distribution("pyspark") is None:
        return None
    worker = session.variable("PYSPARK_PYTHON")
    driver = session.variable("PYSPARK_DRIVER_PYTHON")
    theirs = _minor_in(worker)
    ours = _minor_in(driver) if driver else environment.interpreter.minor
    if worker is None or theirs is None or ours is None or theirs == ours:
        return None
    here = environment.interpreter.path
    return fail(
        VARS,
        "spark-python-version-mismatch",
        "Spark's workers would start another Python than its driver, and Spark refuses that.",
        evidence=(
            f"PYSPARK_PYTHON is {worker}",
            f"PYSPARK_DRIVER_PYTHON is {driver}" if driver else f"the driver runs on Python {ours} ({here})",
        ),
        remedy=Remedy(
            text="Let both be this environment's Python.",
            commands=(export(situation, "PYSPARK_PYTHON", here), export(situation, "PYSPARK_DRIVER_PYTHON", here)),
            links=("https://spark.apache.org/docs/latest/api/python/tutorial/python_packaging.html",),
        ),
    )


def _minor_in(path: str | None) -> str | None:
    """Return the version that a program's name bears: "3.11" of "/usr/bin/python3.11"."""
    match = re.search(r"(?:^|[/\\])python(3\.\d{1,2})(?:\.exe)?$", path or "")
    return match[1] if match else None


_QUESTIONS = (
    _pythonhome,
    _pythonpath,
    _keras_backend,
    _legacy_keras,
    _jax_platforms,
    _jax_memory,
    _amd_devices,
    _override,
    _intel_devices,
    _spark_pythons,
)
