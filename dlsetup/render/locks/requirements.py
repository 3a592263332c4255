"""requirements.txt with hashes, for pip and uv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render.locks.pins import marker_of, merged, titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dlsetup.render.locks.pins import Pin
    from dlsetup.values.plan import Plan


def text(plans: Sequence[Plan]) -> str:
    """Return the pins of one or several platforms."""
    lines = [
        *titles(plans),
        "# made by dlsetup plan --lock; install with: pip install --no-deps --require-hashes -r FILE",
    ]
    held = [each for plan in plans for each in plan.build_constraints]
    if held:
        lines.append(f"# what builds its source archives is held to: {', '.join(dict.fromkeys(held))}")
    for line in pin_lines(plans):
        requirement, _, digests = line.partition(" --hash=")
        lines += [f"{requirement} \\", *_hashes(digests)] if digests else [requirement]
    return "\n".join(lines) + "\n"


def _hashes(digests: str) -> list[str]:
    each = digests.split(" --hash=")
    return [f"    --hash={digest}" + (" \\" if number < len(each) else "") for number, digest in enumerate(each, 1)]


def pin_lines(plans: Sequence[Plan]) -> Iterator[str]:
    """Yield one requirement a line, with its condition and hashes.

    What comes from a framework's own index is named by its address: an extra index would be asked for all the rest too,
    and serve packages of the same names.
    """
    for pin in merged(plans):
        yield from _own(pin, plans) if pin.own and pin.addresses else _named(pin)


def _named(pin: Pin) -> Iterator[str]:
    condition = f" ; {pin.marker}" if pin.markers else ""
    yield f"{pin.name}=={pin.version}{condition}" + "".join(f" --hash={each}" for each in pin.digests)


def _own(pin: Pin, plans: Sequence[Plan]) -> Iterator[str]:
    """Yield a line for each file: two platforms have two addresses."""
    for file in pin.files:
        markers = [marker_of(plan) for plan in plans if _has(plan, file)]
        condition = f" ; {' or '.join(markers)}" if len(plans) > 1 and all(markers) else ""
        digests = "".join(f" --hash={name}:{value}" for name, value in file.get("hashes", {}).items())
        yield f"{pin.name} @ {file['url']}{condition}{digests}"


def _has(plan: Plan, file: dict[str, object]) -> bool:
    return str(file["url"]) in plan.lock
