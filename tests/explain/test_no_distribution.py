"""Why pip found nothing: decided by what stands in its message and before it."""

from __future__ import annotations

import pytest

from dlsetup.explain import Facts
from dlsetup.explain.no_distribution import parse, reasons

NOTHING = Facts()


def pip(requirement, versions="none", before=""):
    """Return what pip prints (its messages stand in pip/_internal/resolution/resolvelib/factory.py)."""
    return (
        f"{before}ERROR: Could not find a version that satisfies the requirement {requirement} "
        f"(from versions: {versions})\nERROR: No matching distribution found for {requirement}\n"
    )


@pytest.mark.parametrize(
    ("text", "facts", "mode"),
    [
        (pip("torch==2.9.1+cu128", "2.9.0, 2.9.1"), NOTHING, "local-version-pin-not-on-index"),
        (
            pip("requests", before="Looking in indexes: https://download.pytorch.org/whl/cu128\n"),
            NOTHING,
            "index-url-replaces-pypi",
        ),
        (
            pip("requests", before="Looking in indexes: https://x.org/simple, https://download.pytorch.org/whl/cpu\n"),
            NOTHING,
            None,
        ),
        (pip("torch"), NOTHING, "no-matching-wheel-for-python"),
        (pip("torch"), Facts(system="windows", architecture="arm64"), "cpu-arch-no-wheel"),
        (pip("torch", before="Python 3.12.1 [MSC v.1937 32 bit (Intel)] on win32\n"), NOTHING, "python-32bit"),
        (
            pip("tensorflow", before="fetch https://dl-cdn.alpinelinux.org/alpine/v3.20\n/ # apk add python3\n"),
            NOTHING,
            "musl-libc-no-wheels",
        ),
        (pip("tensorflow", before="Python 3.14.0 free-threading build\n"), NOTHING, "python-free-threaded"),
        (pip("torch", before="Linux box 6.1 riscv64 GNU/Linux\n"), NOTHING, "cpu-arch-no-wheel"),
        (pip("torch>=2.4", "1.13.0, 2.2.0, 2.2.1, 2.2.2"), NOTHING, "macos-x86-64-wheels-dropped"),
        (pip("torch==2.9.1", "2.5.1, 2.6.0"), NOTHING, "glibc-too-old"),
        (pip("torch==2.9.0", "2.7.1, 2.8.0"), NOTHING, "no-matching-wheel-for-python"),
        (pip("torch==1.7.1", "2.6.0, 2.7.0, 2.15.0"), NOTHING, "no-matching-wheel-for-python"),
        (pip("tensorflow==2.10.1", "2.20.0rc0, 2.20.0, 2.21.0"), NOTHING, "no-matching-wheel-for-python"),
        (pip("tensorflow-metal"), Facts(system="linux"), "uv-no-wheel-for-platform"),
        (pip("tensorflow-metal"), Facts(system="macos"), "tensorflow-metal-mismatch"),
        (pip("jax-cuda12-plugin"), Facts(system="windows"), "uv-no-wheel-for-platform"),
        (
            pip("jax-cuda12-plugin", before="$ pip download --platform win_amd64 jax-cuda12-plugin\n"),
            Facts(system="linux"),
            "uv-no-wheel-for-platform",
        ),
        (pip("my-own-package"), NOTHING, None),
        (pip("torch==2.9.1", "2.9.0, 2.10.0, 2.15.0"), NOTHING, None),
    ],
)
def test_the_reason_is_read_from_the_message_and_what_stands_before_it(text, facts, mode, knowledge):
    found = [each.mode for each in reasons(text, knowledge, facts)]
    assert found == ([mode] if mode else [])


def test_the_sentence_names_the_python_that_is_known(knowledge):
    (reason,) = reasons(pip("torch==1.7.1", "2.6.0, 2.7.0"), knowledge, Facts(python="3.13.1"))
    assert reason.summary == "torch 1.7.1 is older than Python 3.13: the first release with wheels for it is 2.6.0."


def test_pips_second_sentence_alone_is_one_message():
    (missing,) = parse("ERROR: No matching distribution found for torch==2.9.1\n")
    assert (missing.name, missing.specifier, missing.versions) == ("torch", "==2.9.1", None)


def test_a_message_that_is_wrapped_is_one():
    text = "ERROR: Could not find a version that satisfies the\n  requirement Torch_Audio[x]>=2 (from versions:\n none)"
    (missing,) = parse(text)
    assert (missing.name, missing.versions) == ("torch-audio", ())


def test_two_requirements_are_two_messages():
    assert [each.name for each in parse(pip("torch") + pip("jax"))] == ["torch", "jax"]


def test_a_network_that_fails_is_the_cause_and_pips_sentence_its_consequence(tell):
    retry = (
        "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<pip._vendor."
        "urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] "
        "Connection refused')': /simple/torch/\n"
    )
    first, *others = tell(pip("torch", before=retry))
    assert first.mode == "index-unreachable-or-proxy"
    assert {each.because for each in others if each.mode == "no-matching-wheel-for-python"} == {first.mode}


def test_another_remedy_belongs_to_a_package_of_another_system(tell):
    (finding,) = tell("on linux\n" + pip("tensorflow-metal"), facts=Facts(system="linux"))
    assert finding.summary == "tensorflow-metal is published for macOS alone."
    assert finding.remedy.commands == ("dlsetup install tensorflow",)
    assert "tensorflow-metal" in finding.evidence[0]
