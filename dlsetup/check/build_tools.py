"""env.build: what installed frameworks start or compile with: Java, a C compiler, a CUDA toolkit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check import compiling
from dlsetup.check.answers import fail, ok, skip, unknown
from dlsetup.check.commands import unset
from dlsetup.check.versions import older
from dlsetup.values.finding import Remedy, Status

if TYPE_CHECKING:
    from dlsetup.values.build import JavaRule
    from dlsetup.values.environment import Distribution, Java
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "env.build"

_MODE = "spark-java-missing-or-old"


def tools_suit(situation: Situation) -> Finding:
    """Look at Java where Spark needs it, and at compilers where something compiles while it runs."""
    java = java_suits(situation)
    if java.status not in {Status.OK, Status.SKIP}:
        return java
    return compiling.compiles(situation) or java


def java_suits(situation: Situation) -> Finding:
    """Hold the Java that Spark would start against what the installed pyspark runs on."""
    environment, java = situation.environment, situation.java
    spark = environment.distribution("pyspark") if environment else None
    rule = _rule(situation, spark) if spark else None
    if spark is None or rule is None:
        return skip(NAME, "nothing that is installed needs a compiler or Java")
    if java is None:
        return skip(NAME, "whether there is Java was not looked for")
    if java.path is None:
        return _trouble(situation, spark, rule, "there is none", java)
    if java.major is None:
        return unknown(
            NAME,
            "Which Java Spark would start is not known.",
            evidence=(f"{java.path} does not tell its version",),
            text="Ask it yourself.",
            commands=(f"{java.path} -version",),
        )
    if java.major < rule.oldest or (rule.newest is not None and java.major > rule.newest):
        return _trouble(situation, spark, rule, f"{java.path} is Java {java.version}", java)
    return ok(NAME, f"pyspark {spark.version} has Java {java.version}", evidence=(f"it would start {java.path}",))


def _rule(situation: Situation, distribution: Distribution) -> JavaRule | None:
    """Return the rule of the newest release that is not newer than the installed one."""
    rules = [
        each
        for each in situation.catalog.java
        if each.package == distribution.name and not older(distribution.version, each.from_)
    ]
    return next((each for each in rules if not any(older(each.from_, other.from_) for other in rules)), None)


def _trouble(situation: Situation, spark: Distribution, rule: JavaRule, seen: str, java: Java) -> Finding:
    fits = f"Java {rule.oldest}" + (" or newer" if rule.newest is None else f" to {rule.newest}")
    if rule.newest == rule.oldest:
        fits = f"Java {rule.oldest}, and no other"
    where = f"JAVA_HOME is {java.home}" if java.home else "JAVA_HOME is not set, so the first java on the PATH counts"
    return fail(
        NAME,
        _MODE,
        f"Spark does not find a Java that pyspark {spark.version} runs on.",
        evidence=(f"{seen}; {where}", f"it needs {fits}"),
        remedy=_remedy(situation, fits, java),
    )


def _remedy(situation: Situation, fits: str, java: Java) -> Remedy:
    host = situation.host
    wanted = (host.os.distribution or "", host.os.system or "")
    supply = next((each for name in wanted for each in situation.catalog.supplies if name in each.names), None)
    commands = (supply.command,) if supply is not None and "or newer" in fits else ()
    again = (unset(situation, "JAVA_HOME"),) if java.home else ()
    return Remedy(
        text=f"Install {fits}" + (", and let JAVA_HOME name it or be unset." if java.home else "."),
        commands=(*commands, *again),
        needs_root=any(command.startswith("sudo ") for command in commands),
        links=("https://spark.apache.org/docs/latest/",),
    )
