"""dlsetup smoke: train a small network with what is installed, on the device that it should use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.commands.look import exit_code, installed_frameworks, look
from dlsetup.errors import UsageError
from dlsetup.values.finding import Status
from dlsetup.values.report import Report, Silence
from dlsetup.verify import smoke_test

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.system.interface import System
    from dlsetup.values.build import Framework
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Host
    from dlsetup.values.report import Progress, SmokeResult
    from dlsetup.values.situation import Situation
    from dlsetup.values.symptom import Recognised, Recogniser, Subject

    Proof = tuple[tuple[SmokeResult, ...], tuple[Finding, ...]]


def smoke(
    system: System,
    progress: Progress,
    *,
    environment: str | None = None,
    python: str | None = None,
    wanted: tuple[str, ...] = (),
) -> Report:
    """Train with what is installed in an environment, or with the wanted frameworks of it.

    Raises UsageError where there is no environment, or nothing in it that could be trained.
    """
    situation = look(system, environment=environment, python=python, wanted=wanted)
    found = situation.environment
    if found is None or found.problem is not None:
        raise UsageError(
            f"{found.path} does not work" if found else "there is no environment here",
            seen=(found.problem or "") if found else "no active one, no .venv in this folder, no python on the PATH",
            do="name one with --env, or make one: dlsetup install pytorch",
        )
    if not chosen(situation, wanted):
        raise UsageError(
            f"no framework is installed in {found.path}",
            seen=f"{len(found.distributions)} packages, none of them a framework that dlsetup knows",
            # the system's own Python is never installed into
            do="dlsetup install pytorch" + (f" --env {found.path}" if found.kind in {"venv", "conda"} else ""),
        )
    results, findings = train_installed(situation, system, progress, wanted)
    return Report(
        command="smoke",
        host=situation.host,
        environments=(found,),
        smoke=results,
        findings=findings,
        deep=True,
        exit_code=exit_code(findings),
    )


def train(
    frameworks: Iterable[Framework],
    *,
    python: str,
    planned: str | None,
    system: System,
    progress: Progress,
    variables: tuple[tuple[str, str], ...] = (),
) -> Proof:
    """Train a small network with each framework in the environment of an interpreter."""
    results: list[SmokeResult] = []
    findings: list[Finding] = []
    for framework in frameworks:
        title = f"train a small network with {framework.title}"
        progress.step(title)
        result, found = smoke_test(
            system,
            python=python,
            framework=framework.name,
            title=framework.title,
            planned=planned,
            variables=variables,
            timeout=framework.smoke_seconds,
            recognise=recogniser(system),
            # what a framework logs matters only where it fails, and then stands in the finding
            progress=Silence(),
        )
        failed = any(finding.status is Status.FAIL for finding in found)
        progress.done(f"{title}: {'it fails' if failed else 'it trains'}", ok=not failed)
        results.append(result)
        findings += found
    return tuple(results), tuple(findings)


def recogniser(system: System) -> Recogniser:
    """Return what names the failure mode that a message of this machine shows; the table is read when it is asked."""

    def recognise(message: str, stderr: str, check: str, subject: Subject) -> Recognised | None:
        from dlsetup.catalog.symptoms import load_knowledge
        from dlsetup.explain import Facts, recognised

        facts = Facts(system=system.platform, smoke=True)
        return recognised(load_knowledge(), message, stderr, check=check, subject=subject, facts=facts)

    return recognise


def train_installed(situation: Situation, system: System, progress: Progress, wanted: tuple[str, ...] = ()) -> Proof:
    """Train with each framework that is installed, or with the wanted ones.

    Raises UsageError where a wanted one is not installed.
    """
    environment = situation.environment
    if environment is None or environment.problem:
        return (), ()
    results: list[SmokeResult] = []
    findings: list[Finding] = []
    for framework in chosen(situation, wanted):
        planned = expected_accelerator(framework, environment, situation.host)
        python = environment.interpreter.path
        one, found = train([framework], python=python, planned=planned, system=system, progress=progress)
        results += one
        findings += found
    return tuple(results), tuple(findings)


def chosen(situation: Situation, wanted: tuple[str, ...]) -> tuple[Framework, ...]:
    """Return the installed frameworks, or the wanted ones.

    Raises UsageError where a wanted one is not installed.
    """
    installed = installed_frameworks(situation)
    missing = [name for name in wanted if name not in {each.name for each in installed}]
    if missing:
        where = situation.environment.path if situation.environment else "no environment"
        raise UsageError(
            f"{', '.join(missing)} is not installed in {where}",
            seen="installed there: "
            + (", ".join(each.name for each in installed) or "no framework that dlsetup knows"),
            do=f"dlsetup install {' '.join(missing)} --env {where}",
        )
    return tuple(each for each in installed if not wanted or each.name in wanted)


def expected_accelerator(framework: Framework, environment: Environment, host: Host) -> str | None:
    """Return the accelerator that the installed build should use on this machine; None where that cannot be told."""
    vendors = {gpu.vendor for gpu in host.gpus}
    names = {distribution.name for distribution in environment.distributions}
    if framework.name == "pytorch" and environment.torch is not None:
        torch = environment.torch
        built = {"nvidia": torch.cuda and "cuda", "amd": torch.hip and "rocm", "intel": torch.xpu and "xpu"}
        used = next((built[vendor] for vendor in built if vendor in vendors and built[vendor]), None)
        return used or _on_a_mac(host, "mps") or "cpu"
    if framework.name == "tensorflow":
        if "tensorflow-metal" in names:
            return _on_a_mac(host, "metal") or "cpu"
        with_cuda = any(name.startswith("nvidia-cudnn") for name in names) and "tensorflow" in names
        return "cuda" if with_cuda and "nvidia" in vendors else "cpu"
    return None


def _on_a_mac(host: Host, accelerator: str) -> str | None:
    return accelerator if host.os.system == "macos" and host.cpu.architecture == "arm64" else None
