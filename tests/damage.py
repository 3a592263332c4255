"""Damages recorded machines at random and opens them as --host does: nothing may come of it but an answer or one error.

    python tests/damage.py --cases 100000 --seed 1 [--logs]

prints how many cases ran in how many seconds, the slowest, and each failure with what makes it again.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import os
import random
import re
import resource
import sys
import time
import traceback
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dlsetup.catalog.symptoms import load_knowledge
from dlsetup.check import run_checks
from dlsetup.commands.explain import Source, explain
from dlsetup.commands.look import look
from dlsetup.errors import UnreadableError
from dlsetup.render.as_json import explanation_json, report_json
from dlsetup.system.redaction import report_redactor
from dlsetup.system.reports import read_machine
from dlsetup.values.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

    Kind = tuple[Callable[[random.Random], str], Callable[[str], str | None]]

TESTS = Path(__file__).resolve().parent
SLOW_SECONDS = 1.0
"""What a case may cost the processor."""
LIMIT = 1024 * 1024
"""Characters of a damaged text."""

NUMBERS = ("0", "-1", "9" * 20, "9" * 5000, "1e999", "٣", "²", "0x" + "f" * 40, "NaN", "1_0", "1.", ".5", "00000000001")
"""Numbers that are none, too large for any type, or digits only to Unicode; int() refuses 4300 digits and more."""
PIECES = (
    *(
        "\0",
        "\0" * 100,
        "\ufeff",
        "\ufffd",
        "\udcff",
        "\r",
        "\r\n",
        "\n" * 50,
        "\t",
        "\x1b[31m",
        "\x85",
        "\u2028",
        "é",
        "𝔘",
    ),
    *(
        '"',
        "'",
        "\\",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "&",
        "|",
        ":",
        ",",
        "=",
        "/",
        "%s",
        "{0}",
        "$(x)",
        "`x`",
        "N/A",
        "ERR!",
    ),
    *(
        "[" * 5000,
        '{"a":' * 5000,
        "<a>" * 5000,
        "(" * 1000,
        "a" * 50_000,
        " " * 50_000,
        "-" * 5000,
        "|" * 5000,
        "::" * 1000,
    ),
)
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(12))
    + ']><nvidia_smi_log><driver_version>&m;</driver_version><gpu id="&m;"><product_name>&m;</product_name></gpu>'
    "</nvidia_smi_log>"
)
"""A billion laughs: a parser that expands entities makes ten million million letters of it."""
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><nvidia_smi_log>'
    "<driver_version>&a;</driver_version></nvidia_smi_log>"
)


@cache
def sources() -> tuple[dict[str, Any], ...]:
    """Return the recordings that are damaged: the project's, and those gathered beside it where they are."""
    shared = Path(os.environ.get("DLSETUP_SHARED") or TESTS.parents[1] / "shared") / "hosts" / "records"
    paths = [*sorted((TESTS / "hosts").glob("*/recording.json")), *sorted(shared.glob("*.json"))]
    found = []
    for path in paths:
        recording = json.loads(path.read_text(encoding="utf-8"))
        kept = ("format", "platform", "files", "commands", "env", "values")
        found.append({name: recording[name] for name in kept if name in recording})
    return tuple(found)


@cache
def texts() -> tuple[str, ...]:
    """Return all recorded texts, to splice with."""
    return tuple(
        text
        for source in sources()
        for part in ("files", "commands")
        for text in (source.get(part) or {}).values()
        if isinstance(text, str) and text
    )


def damaged_text(text: str, rng: random.Random) -> str:
    """Damage a text in one way."""
    return rng.choice(WAYS)(text, rng)


def _span(text: str, rng: random.Random) -> tuple[int, int]:
    first, second = rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)
    return min(first, second), max(first, second)


def _cut(text: str, rng: random.Random) -> str:
    at, to = _span(text, rng)
    return text[:at] + (text[to:] if rng.random() < 0.5 else "")


def _spliced(text: str, rng: random.Random) -> str:
    at, to = _span(text, rng)
    other = rng.choice(texts())
    return text[:at] + other[rng.randrange(len(other)) :] + text[to:]


def _pierced(text: str, rng: random.Random) -> str:
    at, _ = _span(text, rng)
    return text[:at] + rng.choice(PIECES) + text[at:]


def _repeated(text: str, rng: random.Random) -> str:
    at, to = _span(text, rng)
    return text[:at] + text[at:to] * rng.choice((2, 3, 200)) + text[to:]


def _replaced(text: str, rng: random.Random) -> str:
    return rng.choice((BOMB, OUTSIDE, text.swapcase(), text.upper(), text[::-1], "", text.replace("\n", " ")))


def _unpunctuated(text: str, rng: random.Random) -> str:
    return re.sub(r"[:|=,<>\[\]{}()\"]", lambda mark: rng.choice((mark.group(), mark.group(), "")), text)


def _scattered(text: str, rng: random.Random) -> str:
    return "".join(rng.choice((letter, letter, letter, chr(rng.randrange(0x11000)))) for letter in text[:5000])


def _flipped(text: str, rng: random.Random) -> str:
    """Flip bits of bytes, which then may be no UTF-8, and read them as files are read."""
    data = bytearray(text.encode("utf-8", "replace"))
    for _ in range(rng.choice((1, 3, 30))):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data.decode("utf-8", "replace")


def _numbered(text: str, rng: random.Random) -> str:
    """Put an impossible number in the place of one or of all."""
    instead = rng.choice(NUMBERS)
    found = list(re.finditer(r"\d+", text))
    if not found or rng.random() < 0.2:
        return re.sub(r"\d+", lambda _: instead, text)[:LIMIT]
    one = rng.choice(found)
    return text[: one.start()] + instead + text[one.end() :]


def _shuffled(text: str, rng: random.Random) -> str:
    """Swap lines, or the words of one."""
    lines = text.split("\n")
    if len(lines) > 1 and rng.random() < 0.7:
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        return "\n".join(lines)
    words = text.split(" ")
    rng.shuffle(words)
    return " ".join(words)


WAYS = (
    *(_cut, _spliced, _flipped, _numbered, _pierced),
    *(_shuffled, _repeated, _replaced, _unpunctuated, _scattered),
)

ODD_VALUES = (
    None,
    True,
    False,
    0,
    -1,
    10**30,
    1.5,
    float("nan"),
    "",
    "\0",
    [],
    {},
    [[]],
    {"a": {"b": []}},
    [None],
    "9" * 5000,
)


def _odd(rng: random.Random) -> Any:
    """Return an odd value of one's own: what is shared would carry one case's damage into the next."""
    return copy.deepcopy(rng.choice(ODD_VALUES))


def damaged(rng: random.Random) -> str:
    """Return the text of a file that was a recording, or one of its texts."""
    source = rng.choice(sources())
    kind = rng.random()
    if kind < 0.15:
        # somebody's paste: one text, or a few, as they are
        pasted = "\n\n".join(rng.choice(texts()) for _ in range(rng.choice((1, 1, 2, 5))))
        return damaged_text(pasted, rng)[:LIMIT]
    if kind < 0.3:
        return damaged_text(json.dumps(source), rng)[:LIMIT]
    changed = json.loads(json.dumps(source))
    for _ in range(rng.choice((1, 1, 2, 4))):
        _damage_part(changed, rng)
    return json.dumps(changed)


def _damage_part(recording: dict[str, Any], rng: random.Random) -> None:
    part = rng.choice(
        [name for name in ("files", "files", "commands", "values", "env") if recording.get(name)] or ["files"]
    )
    fields = recording.setdefault(part, {})
    if not isinstance(fields, dict) or not fields:
        recording[part] = _odd(rng)
        return
    key = rng.choice(sorted(fields))
    way = rng.random()
    if way < 0.08:
        fields[key] = _odd(rng)
    elif way < 0.16:
        fields[key] = fields[rng.choice(sorted(fields))]
    elif way < 0.2:
        fields[damaged_text(key, rng)[:2000]] = fields.pop(key)
    elif way < 0.22:
        recording[rng.choice(("platform", "format", part))] = rng.choice((_odd(rng), "linux", "windows", "darwin"))
    else:
        fields[key] = _damaged_value(fields[key], rng)


def _damaged_value(value: Any, rng: random.Random) -> Any:
    """Damage a text, wherever it lies in a value."""
    if isinstance(value, str):
        return damaged_text(value, rng)[:LIMIT]
    if isinstance(value, dict) and value:
        key = rng.choice(sorted(value))
        return {**value, key: _damaged_value(value[key], rng)}
    if isinstance(value, list) and value:
        at = rng.randrange(len(value))
        return [*value[:at], _damaged_value(value[at], rng), *value[at + 1 :]]
    return _odd(rng)


def opened(text: str) -> str | None:
    """Open a text as --host does, run the checks and write the report; None where it is refused as unreadable."""
    try:
        system = read_machine(text, "damaged.json")
    except UnreadableError:
        return None
    situation = look(system)
    findings = run_checks(situation)
    report = Report(
        command="doctor",
        host=situation.host,
        environments=(situation.environment,) if situation.environment else (),
        session=situation.session,
        storage=situation.storage,
        findings=findings,
    )
    broken = [line for finding in findings for line in finding.evidence if line.startswith("crash: ")]
    if broken:
        raise AssertionError(broken)
    return report_json(report_redactor(system).value(report))


@cache
def messages() -> tuple[str, ...]:
    """Return what logs are made of: the catalog's examples of error messages, and recorded texts."""
    examples = tuple(symptom.example for mode in load_knowledge().modes for symptom in mode.symptoms)
    return (*examples, *texts())


def damaged_log(rng: random.Random) -> str:
    """Return a log of a few messages, damaged once or more."""
    log = "\n".join(rng.choice(messages()) for _ in range(rng.choice((1, 2, 5, 20))))
    for _ in range(rng.choice((1, 1, 3))):
        log = damaged_text(log, rng)[:LIMIT]
    return log


def explained(text: str) -> str | None:
    """Explain a text as `dlsetup explain` does; None where it is refused as unreadable."""
    data = text.encode("utf-8", "surrogatepass")
    try:
        return explanation_json(explain([Source(name="-", open=lambda: io.BytesIO(data))]))
    except UnreadableError:
        return None


@dataclass(kw_only=True)
class Outcome:
    """What came of many cases."""

    cases: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)
    failures: list[tuple[int, str]] = field(default_factory=list)


def _dice(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed}/{number}")  # noqa: S311 - it has to be the same again, not unforeseen


MACHINES = (damaged, opened)
LOGS = (damaged_log, explained)


def run(cases: int, seed: int, *, seconds: float = SLOW_SECONDS, say: bool = False, kind: Kind = MACHINES) -> Outcome:
    """Open so many damaged texts, each in so many seconds; case number n of a seed is always the same."""
    make, use = kind
    outcome = Outcome()
    begin = time.perf_counter()
    for number in range(cases):
        text = make(_dice(seed, number))
        before = time.process_time()
        try:
            outcome.refused += use(text) is None
        except Exception:  # noqa: BLE001 - whatever it is, it is what was looked for
            outcome.failures.append((number, traceback.format_exc(limit=-4)))
        took = time.process_time() - before
        outcome.slowest = max(outcome.slowest, (took, number))
        if took > seconds:
            outcome.failures.append((number, f"took {took:.1f} seconds for {len(text)} characters"))
        outcome.cases += 1
        if say and outcome.cases % 10_000 == 0:
            print(f"{outcome.cases} cases, {len(outcome.failures)} failures", flush=True)
    outcome.seconds = time.perf_counter() - begin
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", action="store_true", help="explain damaged logs in place of opening machines")
    parser.add_argument("--only", type=int, help="write one case to damaged.json and open it")
    chosen = parser.parse_args()
    kind = LOGS if chosen.logs else MACHINES
    if chosen.only is not None:
        text = kind[0](_dice(chosen.seed, chosen.only))
        Path("damaged.json").write_text(text, encoding="utf-8", errors="replace")
        print(kind[1](text))
        return 0
    outcome = run(chosen.cases, chosen.seed, say=True, kind=kind)
    took, slowest = outcome.slowest
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{outcome.cases} cases in {outcome.seconds:.0f} s, {outcome.refused} refused as unreadable, at most {peak} MiB"
    )
    print(f"slowest: case {slowest}, {took:.2f} s; failures: {len(outcome.failures)}")
    for number, told in outcome.failures[:20]:
        print(f"--- case {number} of seed {chosen.seed}\n{told}")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
