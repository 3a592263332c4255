"""What will be installed, why, in which steps, and why not something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import STATUS, Page

if TYPE_CHECKING:
    from rich.console import Console

    from dlsetup.values.plan import Package, Plan, Proposal, Rejection

_COLUMN = 6
_FEW_PACKAGES = 8
_FEW_REJECTED = 4
_FEW_RELEASES = 4
_EVERYWHERE = "any"
"""The compute platform of frameworks that bring no code for devices of their own."""
_ELSEWHERE = "platform"
"""The code of builds for other systems: nobody asks why they were not taken."""


def print_proposal(
    console: Console, proposal: Proposal, verbose: bool = False, home: str | None = None, *, folder: str | None = None
) -> None:
    """Show what each environment would get, with reasons, packages and steps, and what was rejected for it."""
    page = Page(console, home=home, folder=folder)
    if not proposal.plans:
        page.line(("Nothing that is published fits this machine", STATUS["fail"]))
    for number, plan in enumerate(proposal.plans):
        if number:
            page.blank()
        show_plan(page, plan, verbose=verbose)


def show_plan(page: Page, plan: Plan, *, verbose: bool) -> None:
    """Write one plan."""
    if plan.packages or plan.steps:
        page.line((headline(page, plan), "bold"))
    else:
        names = words.listed([words.title(name) for name in plan.frameworks])
        page.line(("Nothing fits", STATUS["fail"]), f": no build of {names}{_place(page, plan)}", hang=2)
    page.blank()
    for number, reason in enumerate(plan.reasons):
        page.row("" if number else "why", reason, column=_COLUMN)
    if plan.packages:
        _show_packages(page, plan, verbose=verbose)
    _show_steps(page, plan)
    if not (plan.packages or plan.steps):
        _show_way_on(page, plan)
    _show_rejected(page, plan, verbose=verbose)


def headline(page: Page, plan: Plan) -> str:
    """Return a plan in one line: "PyTorch 2.13.0 for cpu (Python 3.11) in ./.venv"."""
    versions = {build.framework: str(build.version) for build in plan.builds}
    names = [words.release(name, versions.get(name)) for name in plan.frameworks]
    return f"{words.listed(names)} for {plan.compute or plan.accelerator}{_place(page, plan)}"


def _place(page: Page, plan: Plan) -> str:
    python = f" (Python {plan.python})" if plan.python else ""
    if plan.environment is None and plan.platform:
        return f" on {plan.platform}{python}"
    return python + (f" in {page.path(plan.environment)}" if plan.environment else "")


def _show_packages(page: Page, plan: Plan, *, verbose: bool) -> None:
    sizes = [package.size_bytes for package in plan.packages]
    known = sum(size for size in sizes if size is not None)
    count = words.counted(len(plan.packages), "package")
    at_least = "at least " if None in sizes else ""
    download = f", {at_least}{words.size(known)} to download" if known else ", size of the download not known"
    disk = f", {words.size(plan.installed_bytes)} on disk" if plan.installed_bytes else ""
    page.row("get", count + download + disk, column=_COLUMN)
    if verbose or len(plan.packages) <= _FEW_PACKAGES:
        for package in plan.packages:
            _show_package(page, package)
    else:
        main = sorted(plan.packages, key=lambda package: -(package.size_bytes or 0))[:_FEW_PACKAGES]
        names = ", ".join(f"{package.name}=={package.version}" for package in main)
        rest = len(plan.packages) - len(main)
        page.row("", f"{names}, ", (f"and {rest} more: -v", "dim"), column=_COLUMN)


def _show_package(page: Page, package: Package) -> None:
    size = f", {words.size(package.size_bytes)}" if package.size_bytes is not None else ""
    origin = f", from {package.index}" if package.index else ""
    page.line(f"{package.name}=={package.version}", (size + origin, "dim"), indent=_COLUMN, hang=2)


def _show_steps(page: Page, plan: Plan) -> None:
    for number, step in enumerate(plan.steps):
        page.row("" if number else "do", step.title, column=_COLUMN)
        if step.argv:
            page.command(words.command_line(step.argv), indent=_COLUMN + 2)


def _show_way_on(page: Page, plan: Plan) -> None:
    """Say where to look where nothing fits."""
    elsewhere = f" --target {plan.platform}" if plan.environment is None and plan.platform else ""
    page.row("do", f"see what there is for {'that' if elsewhere else 'this'} machine", column=_COLUMN)
    page.command(f"dlsetup frameworks{elsewhere}", indent=_COLUMN + 2)


def _show_rejected(page: Page, plan: Plan, *, verbose: bool) -> None:
    """Write the nearest of the rejected builds, one line for all that have the same reasons, and count the others."""
    near = [each for each in plan.rejected if verbose or not _is_elsewhere(each)]
    kinds: dict[tuple[str, tuple[str, ...]], list[Rejection]] = {}
    for each in near:
        kinds.setdefault(_kind(each), []).append(each)
    alike = list(kinds.values())
    shown = alike if verbose else alike[:_FEW_REJECTED]
    for number, group in enumerate(shown):
        page.row("" if number else "not", *_rejection_parts(group, verbose=verbose), column=_COLUMN)
    rest = len(plan.rejected) - sum(len(group) for group in shown)
    if rest and shown:
        page.row("", (f"and {words.counted(rest, 'other build')}: -v", "dim"), column=_COLUMN)
    elif rest:
        page.row("not", (f"{words.counted(rest, 'build')} for other platforms: -v", "dim"), column=_COLUMN)


def _is_elsewhere(rejection: Rejection) -> bool:
    return any(reason.code == _ELSEWHERE for reason in rejection.reasons)


def _kind(rejection: Rejection) -> tuple[str, tuple[str, ...]]:
    return (rejection.framework, tuple(reason.text for reason in rejection.reasons))


def _rejection_parts(group: list[Rejection], *, verbose: bool) -> list[str | tuple[str, str]]:
    reasons = [reason.text for reason in group[0].reasons] or ["no reason is recorded"]
    said = "; ".join(reasons) if verbose else reasons[0]
    more = len(reasons) - 1
    others = [] if verbose or not more else [(f" ({words.counted(more, 'more reason')})", "dim")]
    return [f"{words.title(group[0].framework)} {_builds(group, verbose=verbose)}: ", said, *others]


def _builds(group: list[Rejection], *, verbose: bool) -> str:
    """Return builds in a few words: "2.15.0 and 2.14.1 cu130", "for cu132, cu130 and cu126 (28 builds)"."""
    computes = tuple(dict.fromkeys(each.compute for each in group))
    if len(computes) > 1 and not verbose:
        return f"for {words.listed(computes)} ({len(group)} builds)"
    if len(computes) > 1:
        return words.listed([f"{each.version} {each.compute}" for each in group])
    versions = [each.version for each in group]
    if not verbose and len(versions) > _FEW_RELEASES:
        versions = [*versions[: _FEW_RELEASES - 1], f"{len(versions) - _FEW_RELEASES + 1} others"]
    return words.listed(versions) + ("" if computes[0] == _EVERYWHERE else f" {computes[0]}")
