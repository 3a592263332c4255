"""pylock.toml (PEP 751): one platform's lock as the resolver wrote it, or those of several in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlsetup.render.locks.pins import either, marker_of, merged, minor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlsetup.render.locks.pins import Pin
    from dlsetup.values.plan import Plan


def text(plans: Sequence[Plan]) -> str:
    """Return the lock of one platform, or of several together, each package with its condition."""
    if len(plans) == 1:
        return plans[0].lock
    import tomli_w

    document = {
        "lock-version": "1.0",
        "environments": [marker_of(plan) for plan in plans],
        "requires-python": f">={min((minor(plan) for plan in plans), key=_number)}",
        "created-by": "dlsetup",
        "packages": [_row(pin) for pin in merged(plans)],
    }
    return tomli_w.dumps(document)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _row(pin: Pin) -> dict[str, Any]:
    row = {key: value for key, value in pin.row.items() if key not in {"wheels", "sdist", "marker"}}
    if pin.markers:
        # PEP 751 evaluates it before anything of the package is looked at
        row = {"name": row.pop("name"), "version": row.pop("version"), "marker": either(pin.markers), **row}
    wheels = [file for file in pin.files if _is_wheel(file)]
    others = [file for file in pin.files if not _is_wheel(file)]
    if others:
        row["sdist"] = others[0]
    return {**row, "wheels": wheels} if wheels else row


def _is_wheel(file: dict[str, Any]) -> bool:
    name = str(file.get("name") or file.get("url") or file.get("path") or "")
    return name.partition("#")[0].endswith(".whl")
