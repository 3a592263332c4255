"""What a command learned, as one JSON object for programs. The shapes stand in `schemas/` and do not change."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from dlsetup.values.environment import Distribution, Environment, Interpreter
from dlsetup.values.plan import Plan, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.values.comparison import Comparison
    from dlsetup.values.finding import Question
    from dlsetup.values.overview import FrameworkOverview
    from dlsetup.values.plan import Proposal, Standing
    from dlsetup.values.report import Inventory, Report
    from dlsetup.values.survey import FrameworkRows, Survey
    from dlsetup.values.symptom import Explanation

_SHOWN: dict[type, str] = {
    Plan: "frameworks accelerator compute python environment packages steps reasons rejected",
    Step: "title argv",
    Environment: "path kind interpreter distributions leftovers torch home writable problem",
    Interpreter: (
        "path version implementation bits free_threaded architecture platform prefix base_prefix purelib stdlib "
        "externally_managed user_site missing_modules problem"
    ),
    Distribution: "name version",
}
"""What programs are told of values that hold more, for the stages among themselves; of all others, every field."""

_NAMES: dict[type, tuple[str, ...]] = {}


def host_json(inventory: Inventory, *, indent: int | None = None) -> str:
    """Return the machine, its interpreters and its disks: `dlsetup.host/1`."""
    return _answer(
        "host",
        {
            "host": _plain(inventory.host),
            "interpreters": _plain(inventory.interpreters),
            "storage": _plain(inventory.storage),
        },
        indent,
    )


def proposal_json(proposal: Proposal, *, indent: int | None = None) -> str:
    """Return the plans and what was rejected for them: `dlsetup.plan/1`."""
    return _answer("plan", {"status": proposal.status, "plans": _plain(proposal.plans)}, indent)


def why_json(standings: Iterable[Standing], *, indent: int | None = None) -> str:
    """Return how a line of builds stands for each framework: `dlsetup.why/1`."""
    return _answer("why", {"standings": _plain(tuple(standings))}, indent)


def frameworks_json(rows: Iterable[FrameworkOverview], *, indent: int | None = None) -> str:
    """Return what there is for a machine: `dlsetup.frameworks/1`."""
    return _answer("frameworks", {"frameworks": _plain(tuple(rows))}, indent)


def catalog_json(frameworks: Iterable[FrameworkRows], *, indent: int | None = None) -> str:
    """Return what the catalog knows: `dlsetup.catalog/1`."""
    return _answer("catalog", {"frameworks": _plain(tuple(frameworks))}, indent)


def survey_json(survey: Survey, *, exit_code: int, indent: int | None = None) -> str:
    """Return what the indexes say of the catalog: `dlsetup.catalog-check/1`."""
    return _answer("catalog-check", {**_fields(survey), "exit_code": exit_code}, indent)


def report_json(report: Report, *, indent: int | None = None) -> str:
    """Return what doctor or install found out and did: `dlsetup.report/1`."""
    return _answer(
        "report",
        {
            "host": _plain(report.host),
            "environments": _plain(report.environments),
            "findings": _plain(report.findings),
            "smoke": _plain(report.smoke),
            "plans": None if report.proposal is None else _plain(report.proposal.plans),
            "outcomes": _plain(report.outcomes),
            "repairs": None if report.repairs is None else _plain(report.repairs),
            "exit_code": report.exit_code,
        },
        indent,
    )


def questions_json(questions: Iterable[Question], *, indent: int | None = None) -> str:
    """Return what doctor can be asked: `dlsetup.checks/1`."""
    return _answer("checks", {"checks": _plain(tuple(questions))}, indent)


def smoke_json(report: Report, *, indent: int | None = None) -> str:
    """Return what the smoke tests measured: `dlsetup.smoke/1`."""
    return _answer(
        "smoke",
        {"results": _plain(report.smoke), "findings": _plain(report.findings), "exit_code": report.exit_code},
        indent,
    )


def comparison_json(comparison: Comparison, *, indent: int | None = None) -> str:
    """Return what frameworks came to side by side: `dlsetup.comparison/1`."""
    return _answer("comparison", _fields(comparison), indent)


def explanation_json(explanation: Explanation, *, indent: int | None = None) -> str:
    """Return what a text was recognised as, best first: `dlsetup.explanation/1`."""
    return _answer(
        "explanation",
        {
            "findings": _plain(explanation.findings),
            "facts": [{"fact": fact, "value": value} for fact, value in explanation.told],
            "texts": _plain(explanation.names),
            "exit_code": explanation.exit_code,
        },
        indent,
    )


def error_json(*, kind: str, what: str, seen: str, do: str, exit_code: int, indent: int | None = None) -> str:
    """Return why a command ended before its work was done: `dlsetup.error/1`."""
    return _answer("error", {"kind": kind, "what": what, "seen": seen, "do": do, "exit_code": exit_code}, indent)


def recorded_json(file: str, size_bytes: int) -> str:
    """Return where a machine's answers were written: `dlsetup.recorded/1`."""
    return _answer("recorded", {"file": file, "size_bytes": size_bytes}, None)


def _answer(kind: str, content: dict[str, Any], indent: int | None) -> str:
    # ASCII is UTF-8 whatever encoding stdout has (a pipe on Windows has none of Unicode's), and JSON's own escapes
    # also carry the lone surrogates that stand for file names that are not UTF-8
    return json.dumps({"schema": f"dlsetup.{kind}/1", **content}, allow_nan=False, indent=indent) + "\n"


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Turn a value into what JSON knows: keys are the names of the fields, an unknown number is null."""
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if isinstance(value, Environment):
        return _environment(value)
    if is_dataclass(value):
        return _fields(value)
    return _atom(value)


def _atom(value: Any) -> str | float | None:  # noqa: ANN401
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        # a loss that ran away is no number to JSON (RFC 8259, section 6)
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, int)) else str(value)


def _fields(value: Any) -> dict[str, Any]:  # noqa: ANN401
    kind = type(value)
    names = _NAMES.get(kind)
    if names is None:
        shown = _SHOWN.get(kind)
        names = _NAMES[kind] = tuple(shown.split() if shown else (field.name for field in fields(value)))
    return {name: _plain(getattr(value, name)) for name in names}


def _environment(environment: Environment) -> dict[str, Any]:
    content = _fields(environment)
    return {
        "path": content.pop("path"),
        "kind": content.pop("kind"),
        "python": environment.interpreter.version,
        **content,
    }
