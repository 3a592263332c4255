"""Microsoft's ended plugins for any DirectX 12 GPU, which hold frameworks at one old release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, warn
from dlsetup.check.commands import pip_uninstall
from dlsetup.check.remedies import change_packages
from dlsetup.check.versions import normal, public, requirement

if TYPE_CHECKING:
    from dlsetup.check.installed import Installed
    from dlsetup.values.environment import Distribution
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "fit.accelerator"
MODE = "directml-or-other-backend"

PLUGINS = {"pytorch": "torch-directml", "tensorflow": "tensorflow-directml-plugin"}
LINKS = ("https://learn.microsoft.com/windows/ai/directml/gpu-pytorch-windows",)


def plugin_of(situation: Situation, framework: str) -> Distribution | None:
    """Return the installed plugin of a framework."""
    environment = situation.environment
    name = PLUGINS.get(framework)
    return environment.distribution(name) if environment is not None and name is not None else None


def mismatched(situation: Situation, this: Installed) -> Finding | None:
    """Hold a framework against the one release that its plugin is made for."""
    plugin = plugin_of(situation, this.framework)
    for rule in situation.catalog.companions:
        if plugin is None or normal(rule.package) != plugin.name or public(rule.version) != public(plugin.version):
            continue
        wanted = requirement(rule.requires)
        if wanted is None or wanted.specifier.contains(this.version, prereleases=True):
            return None
        return fail(
            NAME,
            MODE,
            f"{plugin.name} is made for another {this.title}, so it cannot be loaded.",
            evidence=(
                f"{plugin.name} {plugin.version} goes with {wanted}",
                f"{this.package} {this.version} is installed",
            ),
            remedy=change_packages(
                situation,
                f"Remove {plugin.name}, which is no longer developed; or give it an environment of its own.",
                pip_uninstall(situation, plugin.name),
                automatic=False,
                links=LINKS,
            ),
        )
    return None


def outlived(situation: Situation, this: Installed, plugin: Distribution, accelerator: str) -> Finding:
    """Say that a build for the GPU itself has taken the plugin's place."""
    return warn(
        NAME,
        MODE,
        f"{this.title} reaches the GPU by {plugin.name}, which is no longer developed.",
        evidence=(f"{plugin.name} {plugin.version} is installed", f"{this.title} has builds for {accelerator}"),
        remedy=change_packages(
            situation,
            f"Install {this.title} for this GPU into an environment of its own.",
            f"dlsetup install {this.framework} --accelerator {accelerator} --env .venv-dl",
            automatic=False,
            links=LINKS,
        ),
    )


def serves(this: Installed, plugin: Distribution) -> Finding:
    """Say that the GPU is used, by what there is for it."""
    return ok(NAME, f"{this.title} uses the GPU by {plugin.name} {plugin.version}, which has ended", mode=MODE)
