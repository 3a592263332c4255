"""pkg.extensions: were compiled extensions made for this torch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown
from dlsetup.check.commands import DEEP, pip_install, pip_uninstall
from dlsetup.check.installed import framework_packages, installed, major, torch_in
from dlsetup.check.packages.bitsandbytes import has_library
from dlsetup.check.packages.minima import new_enough
from dlsetup.check.remedies import change_packages
from dlsetup.check.requested import built_in_isolation
from dlsetup.check.requirements import needs
from dlsetup.check.versions import label, public, version

if TYPE_CHECKING:
    from dlsetup.values.environment import Distribution
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.extensions"

_PINNED = {
    "xformers": "xformers-torch-mismatch",
    "vllm": "torch-extension-abi-generic",
    "torchtext": "torch-extension-abi-generic",
}
"""Extensions whose metadata name the one torch that they were built for."""

_IPEX = "intel-extension-for-pytorch"

_LABELLED = {
    "flash-attn": "flash-attn-abi-mismatch",
    "torch-scatter": "pyg-extension-abi-mismatch",
    "torch-sparse": "pyg-extension-abi-mismatch",
    "torch-cluster": "pyg-extension-abi-mismatch",
    "torch-spline-conv": "pyg-extension-abi-mismatch",
    "pyg-lib": "pyg-extension-abi-mismatch",
}
"""Extensions whose local label names it: 2.8.3+cu12torch2.8cxx11abitrue, 2.1.2+pt25cu124.

Sources: https://github.com/Dao-AILab/flash-attention/releases, https://data.pyg.org/whl/.
"""


_OTHERS = frozenset(
    {
        *("apex", "auto-gptq", "autoawq-kernels", "causal-conv1d", "detectron2", "dgl", "exllamav2", "fbgemm-gpu"),
        *("flashinfer-python", "gsplat", "kaolin", "mamba-ssm", "mmcv", "mmcv-full", "natten", "nerfacc", "pytorch3d"),
        *("sgl-kernel", "tinycudann", "torchao", "vllm"),
    }
)
"""Extensions with a label where it names a CUDA alone, which others have for reasons of their own."""


def match(situation: Situation) -> Finding:
    """Compare what extensions record of the torch that they were built for with the installed one."""
    environment, torch = situation.environment, torch_in(situation)
    if environment is None or torch is None:
        return skip(NAME, "torch is not installed")
    there = [each for each in environment.distributions if _is_extension(situation, each)]
    found = next(filter(None, (_judged(situation, each, torch) for each in there)), None)
    found = found or has_library(situation, environment, torch) or new_enough(situation, environment, torch)
    found = found or built_in_isolation(situation)
    if found is not None:
        return found
    if not there:
        return skip(NAME, "no compiled extension is installed")
    if any(each.name in _PINNED for each in there) and environment.listed and not environment.consistent:
        return skip(NAME, "which torch the extensions were built for is not in the recording")
    return _untold(there) or ok(NAME, "compiled extensions were made for this torch")


def _is_extension(situation: Situation, distribution: Distribution) -> bool:
    if distribution.name in _PINNED or distribution.name in _LABELLED or distribution.name == _IPEX:
        return True
    # most versions have no label, and are not worth the parsing
    tag = label(distribution.version) if "+" in (distribution.version or "") else None
    if tag is None or distribution.name in framework_packages(situation):
        return False
    minor, cuda = recorded(tag)
    return minor is not None or (cuda is not None and distribution.name in _OTHERS)


def _judged(situation: Situation, extension: Distribution, torch: Distribution) -> Finding | None:
    if extension.name == _IPEX:
        return _ipex(situation, extension, torch)
    return _pinned(situation, extension) or _labelled(situation, extension, torch)


def _pinned(situation: Situation, extension: Distribution) -> Finding | None:
    mode = _PINNED.get(extension.name)
    if mode is None:
        return None
    broken = next((need for need in needs(situation, extension) if need.name == "torch" and not need.met), None)
    if broken is None:
        return None
    if extension.name == "torchtext":
        return _ended(situation, extension, str(broken))
    return fail(
        NAME,
        mode,
        f"{extension.name} was built for another torch.",
        evidence=(str(broken),),
        remedy=change_packages(
            situation,
            f"Install the {extension.name} of this torch.",
            pip_install(situation, "--upgrade", extension.name, f"torch=={broken.found}"),
            automatic=False,
            links=("https://github.com/facebookresearch/xformers#installing-xformers",),
        ),
    )


def _ended(situation: Situation, extension: Distribution, broken: str) -> Finding:
    return fail(
        NAME,
        _PINNED[extension.name],
        f"{extension.name} was built for another torch, and there is none for newer ones.",
        evidence=(broken,),
        remedy=change_packages(
            situation,
            f"Remove {extension.name}, which is no longer developed.",
            pip_uninstall(situation, extension.name),
            automatic=False,
            links=("https://github.com/pytorch/text",),
        ),
    )


def recorded(tag: str | None) -> tuple[str | None, str | None]:
    """Return the torch minor and the CUDA major in an extension's label: ("2.8", "12")."""
    text = tag or ""
    torch = re.search(r"torch(\d+\.\d+)", text)
    # pt28cu126 of PyG, torch280cu126 of NATTEN
    short = re.search(r"pt(\d)(\d+)(?=cu|cpu|$)", text) or re.search(r"torch(\d)(\d+)\d(?=cu|cpu|$)", text)
    cuda = re.search(r"cu(\d{2})", text)
    minor = torch.group(1) if torch else f"{short.group(1)}.{short.group(2)}" if short else None
    return minor, cuda.group(1) if cuda else None


def _minor(text: str | None) -> str:
    return ".".join((public(text) or "").split(".")[:2])


def _labelled(situation: Situation, extension: Distribution, torch: Distribution) -> Finding | None:
    minor, cuda = recorded(label(extension.version))
    this = next((each for each in installed(situation) if each.framework == "pytorch"), None)
    own = major(this.cuda) if this is not None and this.cuda else None
    other_torch = minor is not None and minor != _minor(torch.version)
    if not other_torch and (cuda is None or own is None or cuda == own):
        return None
    other = "torch-extension-abi-generic" if other_torch else "extension-built-for-other-cuda"
    made_for = [f"torch {minor}"] if minor else []
    made_for += [f"CUDA {cuda}"] if cuda else []
    here = f"torch {torch.version}" + (f" with CUDA {this.cuda}" if this is not None and this.cuda else "")
    return fail(
        NAME,
        _LABELLED.get(extension.name, other),
        f"{extension.name} was built for another {'torch' if other_torch else 'CUDA'}.",
        evidence=(
            f"{extension.name} {extension.version} was built for {' and '.join(made_for)}",
            f"{here} is installed",
        ),
        remedy=change_packages(
            situation,
            f"Install the wheel of {extension.name} whose name has this torch, or build it against it.",
            pip_uninstall(situation, extension.name),
            pip_install(situation, "--no-build-isolation", extension.name),
            automatic=False,
            links=tuple(link for name, link in _WHEELS.items() if extension.name.startswith(name))[:1],
        ),
    )


_WHEELS = {
    "flash-attn": "https://github.com/Dao-AILab/flash-attention/releases",
    "torch-": "https://data.pyg.org/whl/",
    "pyg-lib": "https://data.pyg.org/whl/",
    "dgl": "https://www.dgl.ai/pages/start.html",
    "mmcv": "https://mmcv.readthedocs.io/en/latest/get_started/installation.html",
}
"""Where the wheels of extensions lie, by the beginning of the name."""


def _ipex(situation: Situation, ipex: Distribution, torch: Distribution) -> Finding | None:
    if _minor(ipex.version) == _minor(torch.version):
        return None
    return fail(
        NAME,
        "ipex-torch-mismatch",
        "intel-extension-for-pytorch is made for another torch.",
        evidence=(f"intel-extension-for-pytorch {ipex.version} is installed", f"torch {torch.version} is installed"),
        remedy=change_packages(
            situation,
            "Remove it; torch 2.8 and newer have what it brought.",
            pip_uninstall(situation, ipex.name),
            links=("https://pytorch.org/docs/stable/notes/get_start_xpu.html",),
        ),
    )


def _untold(there: list[Distribution]) -> Finding | None:
    untold = [each for each in there if each.name in _LABELLED and recorded(label(each.version))[0] is None]
    if not untold or version(untold[0].version) is None:
        return None
    return unknown(
        NAME,
        f"Which torch {untold[0].name} was built for is not recorded.",
        evidence=tuple(f"{each.name} {each.version} has no label" for each in untold),
        text="Find out by importing it.",
        commands=(DEEP,),
    )
