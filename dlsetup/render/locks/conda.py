"""environment.yml: conda brings the interpreter, pip the pinned wheels, which conda's channels do not have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dlsetup.render.locks.pins import minor, titles
from dlsetup.render.locks.requirements import pin_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlsetup.values.plan import Plan


def text(plans: Sequence[Plan]) -> str:
    """Return the file. A JSON string is a YAML string too, so nothing in it needs a writer of YAML."""
    lines = [
        *titles(plans),
        "# made by dlsetup plan --lock",
        "name: dlsetup",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - {json.dumps(f'python={minor(plans[0])}')}",
        "  - pip",
        "  - pip:",
        '      - "--require-hashes"',
        *(f"      - {json.dumps(line)}" for line in pin_lines(plans)),
    ]
    variables = dict(pair for plan in plans for pair in plan.variables)
    if variables:
        lines += ["variables:", *(f"  {name}: {json.dumps(value)}" for name, value in sorted(variables.items()))]
    return "\n".join(lines) + "\n"
