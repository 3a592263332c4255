"""pkg.jax: do jax, jaxlib and the GPU plugins agree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.commands import dlsetup_install, pip_uninstall
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import needs
from dlsetup.check.versions import normal, public, requirement

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.finding import Finding, Remedy
    from dlsetup.values.situation import Situation

NAME = "pkg.jax"
INSTALL = "https://docs.jax.dev/en/latest/installation.html"


def agree(situation: Situation) -> Finding:
    """Compare jaxlib and the plugins with what jax's own metadata allow."""
    environment = situation.environment
    jax = environment.distribution("jax") if environment else None
    if environment is None or jax is None:
        return skip(NAME, "JAX is not installed")
    found = _jaxlib(situation, jax) or _plugins(situation, environment, jax) or _metal(situation, environment, jax)
    if found is None and environment.listed and not environment.consistent:
        return skip(NAME, "what JAX and its plugins require is not in the recording")
    return found or ok(NAME, f"jax {jax.version}, jaxlib {environment.version('jaxlib')}")


def _again(situation: Situation, text: str, *options: str) -> Remedy:
    return change_packages(situation, text, dlsetup_install(situation, "jax", *options), links=(INSTALL,))


def _jaxlib(situation: Situation, jax: Distribution) -> Finding | None:
    broken = next((need for need in needs(situation, jax) if need.name == "jaxlib" and not need.met), None)
    if broken is None:
        return None
    return fail(
        NAME,
        "jax-jaxlib-version-skew",
        "jax and jaxlib do not belong together.",
        evidence=(str(broken),),
        remedy=_again(situation, "Install both anew."),
    )


def _plugins(situation: Situation, environment: Environment, jax: Distribution) -> Finding | None:
    plugins = [each for each in environment.distributions if re.fullmatch(r"jax-(?:cuda|rocm)\d+-plugin", each.name)]
    if len(plugins) > 1:
        return fail(
            NAME,
            "jax-plugin-version-skew",
            "Two GPU plugins of JAX are installed, of which it can use one.",
            evidence=tuple(f"{each.name} {each.version} is installed" for each in plugins),
            remedy=change_packages(
                situation,
                "Remove the older one.",
                pip_uninstall(situation, plugins[0].name, plugins[0].name.replace("-plugin", "-pjrt")),
                links=(INSTALL,),
            ),
        )
    extras = tuple(each.name.removeprefix("jax-").removesuffix("-plugin") for each in plugins)
    for need in needs(situation, jax, extras):
        if need.there and not need.met and re.fullmatch(r"jax-(?:cuda|rocm)\d+-(?:plugin|pjrt)", need.name):
            return _skew(situation, str(need))
    for plugin in plugins:
        for need in needs(situation, plugin):
            if need.name.endswith("-pjrt") and not need.met:
                return _skew(situation, str(need))
        pjrt = environment.distribution(plugin.name.replace("-plugin", "-pjrt"))
        # each plugin requires the pjrt of its own version; a list does not tell requirements
        if environment.listed and pjrt is not None and pjrt.version != plugin.version:
            return _skew(
                situation, f"{plugin.name} {plugin.version} goes with {pjrt.name} of its version, not {pjrt.version}"
            )
    return None


def _skew(situation: Situation, evidence: str) -> Finding:
    return fail(
        NAME,
        "jax-plugin-version-skew",
        "JAX's GPU plugin is of another release than JAX, so JAX will not use it.",
        evidence=(evidence,),
        remedy=_again(situation, "Install JAX and its plugin anew, as one release.", "--accelerator", "cuda"),
    )


def _metal(situation: Situation, environment: Environment, jax: Distribution) -> Finding | None:
    metal = environment.distribution("jax-metal")
    for rule in situation.catalog.companions:
        if metal is None or normal(rule.package) != "jax-metal" or rule.version != public(metal.version):
            continue
        found = requirement(rule.requires)
        if found is not None and not found.specifier.contains(public(jax.version) or "", prereleases=True):
            return fail(
                NAME,
                "jax-metal-incompatible",
                "jax-metal does not work with this JAX.",
                evidence=(f"jax-metal {metal.version} fits jax {found.specifier}", f"jax {jax.version} is installed"),
                remedy=change_packages(
                    situation,
                    "Remove jax-metal, which is no longer maintained; JAX then runs on the processor.",
                    pip_uninstall(situation, "jax-metal"),
                    links=(INSTALL,),
                ),
            )
    return None
