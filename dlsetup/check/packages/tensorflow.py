"""pkg.tensorflow: do TensorFlow, Keras, its plugins and its CUDA libraries fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.commands import dlsetup_install, pip_install, pip_uninstall, untouchable
from dlsetup.check.installed import distribution_of, installed, interpreter_architecture
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import needs
from dlsetup.check.versions import label, normal, public, requirement, version
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from packaging.version import Version

    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.tensorflow"
INSTALL = "https://www.tensorflow.org/install/pip"
ADDONS = (
    *("tensorflow-text", "tensorflow-addons", "tensorflow-io", "tensorflow-recommenders-addons", "tf-keras"),
    "tensorflow-probability",
)

_EXTRAS = ("tensorflow", "tf")
"""Where add-ons name the TensorFlow that they are made for, if they do not require it: their METADATA."""


def fits(situation: Situation) -> Finding:
    """Hold TensorFlow against what is installed beside it."""
    environment = situation.environment
    framework = situation.catalog.framework("tensorflow")
    tensorflow = distribution_of(situation, framework) if framework else None
    if environment is None or tensorflow is None:
        return skip(NAME, "TensorFlow is not installed")
    found = (
        _metal(situation, environment, tensorflow)
        or _keras(situation, tensorflow)
        or _addons(situation, environment, tensorflow)
        or _libraries(situation, tensorflow)
    )
    if found is None and environment.listed and not environment.consistent:
        return skip(NAME, "what TensorFlow and its plugins require is not in the recording")
    return found or _well(situation, tensorflow)


def _well(situation: Situation, tensorflow: Distribution) -> Finding:
    """Say that it fits, and what may surprise: a pre-release, or one that resolvers went back to without a word."""
    summary, own = f"{tensorflow.name} {tensorflow.version}", version(tensorflow.version)
    if own is not None and own.is_prerelease:
        seen = (f"{summary} is installed",)
        return ok(NAME, f"{summary}, a pre-release", evidence=seen, mode="prerelease-picked")
    newest = _newest(situation)
    if own is None or newest is None or newest.major != own.major or newest.minor - own.minor < _ANCIENT:
        return ok(NAME, summary)
    return ok(
        NAME,
        f"{summary}; TensorFlow {newest} is published for this Python",
        evidence=(f"{summary} is {newest.minor - own.minor} releases older",),
        mode="resolver-backtracked-to-ancient-version",
    )


_ANCIENT = 5
"""Minor releases in about two years: https://github.com/tensorflow/tensorflow/releases."""


def _newest(situation: Situation) -> Version | None:
    """Return the newest TensorFlow that is published for this platform and Python."""
    environment, system = situation.environment, situation.host.os.system
    minor, architecture = environment.interpreter.minor if environment else None, interpreter_architecture(situation)
    here = [
        build.version
        for build in situation.catalog.builds_of("tensorflow")
        if (build.system, build.architecture) == (system, architecture) and minor in build.pythons
    ]
    return max(here, default=None)


def _metal(situation: Situation, environment: Environment, tensorflow: Distribution) -> Finding | None:
    metal = environment.distribution("tensorflow-metal")
    if metal is None:
        return None
    for rule in situation.catalog.companions:
        if normal(rule.package) != "tensorflow-metal" or rule.version != public(metal.version):
            continue
        found = requirement(rule.requires)
        if found is None or found.specifier.contains(public(tensorflow.version) or "", prereleases=True):
            continue
        return fail(
            NAME,
            "tensorflow-metal-mismatch",
            "tensorflow-metal cannot be loaded into this TensorFlow, so `import tensorflow` fails.",
            evidence=(
                f"tensorflow-metal {metal.version} fits TensorFlow {found.specifier}",
                f"{tensorflow.name} {tensorflow.version} is installed",
            ),
            remedy=Remedy(
                text="Install the pair that fits, or remove tensorflow-metal and train on the processor.",
                commands=(dlsetup_install(situation, "tensorflow", "--accelerator", "metal"),),
                automatic=not untouchable(situation),
                links=(rule.source,) if rule.source.startswith("http") else (),
            ),
        )
    return None


def _keras(situation: Situation, tensorflow: Distribution) -> Finding | None:
    for need in needs(situation, tensorflow):
        if need.name in {"keras", "keras-nightly"} and not need.met:
            wanted = f"{need.name}{need.requirement.specifier}"
            return fail(
                NAME,
                "keras2-keras3-mismatch" if need.there else "dependency-violation-after-install",
                "The installed Keras is not made for this TensorFlow."
                if need.there
                else "Keras is missing, which TensorFlow needs.",
                evidence=(str(need),),
                remedy=_packages(situation, "Install the Keras that TensorFlow requires.", wanted),
            )
    return _keras_by_number(situation, tensorflow)


def _keras_by_number(situation: Situation, tensorflow: Distribution) -> Finding | None:
    """Tell by the numbers, where a list tells no requirements: before 2.16 TensorFlow brought Keras 2, since then 3."""
    environment = situation.environment
    keras = version(environment.version("keras")) if environment is not None and environment.listed else None
    own = version(tensorflow.version)
    if keras is None or own is None or own.major != 2 or (keras.major >= 3) == (own.minor >= 16):  # noqa: PLR2004
        return None
    wanted = "keras>=3" if own.minor >= 16 else f"keras==2.{own.minor}.*"  # noqa: PLR2004
    return fail(
        NAME,
        "keras2-keras3-mismatch",
        "The installed Keras is not made for this TensorFlow.",
        evidence=(
            f"{tensorflow.name} {tensorflow.version} goes with {wanted}",
            f"keras {keras} is installed",
        ),
        remedy=_packages(situation, "Install the Keras that goes with TensorFlow.", wanted),
    )


def _packages(situation: Situation, text: str, *wanted: str) -> Remedy:
    return change_packages(situation, text, pip_install(situation, *wanted), links=(INSTALL,))


def _addons(situation: Situation, environment: Environment, tensorflow: Distribution) -> Finding | None:
    for name in ADDONS:
        addon = environment.distribution(name)
        if addon is None:
            continue
        for need in needs(situation, addon, _EXTRAS):
            # an add-on names the tensorflow package, and another variant of it may serve
            release = public(tensorflow.version)
            if need.name not in {"tensorflow", tensorflow.name} or release is None:
                continue
            if not need.requirement.specifier.contains(release, prereleases=True):
                return _addon(situation, addon, tensorflow, str(need.requirement.specifier))
    return None


def _addon(situation: Situation, addon: Distribution, tensorflow: Distribution, wanted: str) -> Finding:
    minor = ".".join((public(tensorflow.version) or "").split(".")[:2])
    keras = addon.name == "tf-keras"
    return fail(
        NAME,
        "keras2-keras3-mismatch" if keras else "tf-addon-abi-mismatch",
        f"{addon.name} is made for another TensorFlow.",
        evidence=(
            f"{addon.name} {addon.version} requires tensorflow {wanted}",
            f"{tensorflow.name} {tensorflow.version} is installed",
        ),
        remedy=_packages(situation, f"Install the {addon.name} of TensorFlow {minor}.", f"{addon.name}=={minor}.*")
        if addon.name in {"tensorflow-text", "tf-keras"}
        else change_packages(
            situation,
            f"Remove {addon.name}, or install the TensorFlow that it is made for.",
            pip_uninstall(situation, addon.name),
            automatic=False,
            links=(INSTALL,),
        ),
    )


def _libraries(situation: Situation, tensorflow: Distribution) -> Finding | None:
    """Ask for CUDA libraries only where the wheel has GPU code and a driver serves a GPU."""
    host = situation.host
    driver = host.driver("nvidia")
    if host.os.system != "linux" or not host.gpus_of("nvidia") or driver is None or driver.state != "ok":
        return None
    # other builds (NVIDIA's containers, conda) find their libraries elsewhere
    if tensorflow.installer not in {"pip", "uv"} or label(tensorflow.version) or _elsewhere(situation):
        return None
    this = next((each for each in installed(situation) if each.framework == "tensorflow"), None)
    if this is None or this.accelerator != "cpu" or interpreter_architecture(situation) != "x86_64":
        return None
    if situation.plan is not None and situation.plan.accelerator == "cpu":
        return None
    return fail(
        NAME,
        "tf-gpu-libs-not-loaded",
        "TensorFlow runs on the processor, because its CUDA libraries are not installed.",
        evidence=(
            f"{this.seen}",
            f"{host.gpus_of('nvidia')[0].name or 'an NVIDIA GPU'} with driver {driver.version} is there",
        ),
        remedy=Remedy(
            text="Install TensorFlow with its CUDA libraries.",
            commands=(dlsetup_install(situation, "tensorflow", "--accelerator", "cuda"),),
            automatic=not untouchable(situation),
            links=(INSTALL,),
        ),
    )


def _elsewhere(situation: Situation) -> bool:
    """Tell whether the loader finds CUDA libraries of the machine, or is pointed at them."""
    session, environment = situation.session, situation.environment
    if environment is not None and any(name.startswith("libcudnn") for name in environment.outside or ()):
        return True
    names = [name for entry in session.loader for name in entry.libraries] if session else []
    return any(name.startswith(("libcudnn", "libcublas", "libcudart")) for name in names)
