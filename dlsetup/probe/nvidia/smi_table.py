"""The table that `nvidia-smi` prints without options, of every generation since driver 340."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dlsetup.probe.answers import clean, usable
from dlsetup.probe.nvidia.chips import board_architecture
from dlsetup.probe.nvidia.reading import Reading, cuda_version, driver_version, mebibytes, trouble
from dlsetup.probe.sighting import Sighting, address
from dlsetup.values.host import Gpu

_DRIVER = re.compile(r"\b(?:Driver|KMD) Version:?\s+([\w./!-]+)")
_CUDA = re.compile(r"\bCUDA (?:UMD )?Version:?\s+([\w./!-]+)")
_ROW = re.compile(
    r"^\s*\|\s*(?P<index>\d{1,3})\s+(?P<name>\S.*?)\s*\|\s*"
    r"(?P<at>[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])\s+\S+\s*\|(?P<ecc>[^|]*)\|"
)
_MODE = re.compile(r"\s*\b(On|Off|WDDM|TCC|MCDM|N/A|ERR!)\s*$")
_MEMORY = re.compile(r"\|[^|]*?/\s*(?P<total>\d+)\s*MiB\s*\|")
_UNIFIED = re.compile(r"^\s*\|[^|]*\|\s*(?:Not Supported|N/A)\s*\|")
_MIG = re.compile(r"^\s*\|[^|]*\|[^|]*\|\s*(Enabled|Disabled|N/A)\*?\s*\|\s*$")
_VIRTUAL = re.compile(r"^GRID [A-Z]+\d+\w*-\d+\w+$|^NVIDIA [A-Z]+\d+\w*-\d+[ABCQ]$|^NVIDIA RTX\w+-\d+[ABCQ]$")


@dataclass(kw_only=True)
class _Row:
    """One GPU's rows while they are read."""

    index: int
    name: str
    place: str
    memory: int | None = None
    mig: bool | None = None


def parse(text: str) -> Reading:
    """Read the table, whole or cut off, and the error that may stand in its place."""
    plain = clean(text)
    rows: list[_Row] = []
    for line in plain.splitlines():
        if re.match(r"\s*\|\s*(?:MIG devices|Processes|Compute processes)", line):
            break
        _read_line(line, rows)
    driver, cuda = _DRIVER.search(plain), _CUDA.search(plain)
    said = trouble(plain)
    troubles = [f"GPU {row.index} answers ERR!" for row in rows if row.name == "ERR!"]
    if cuda and cuda.group(1) == "ERR!":
        # the CUDA library and the driver do not fit: https://github.com/microsoft/WSL/issues/11589
        troubles.append("nvidia-smi prints ERR! as its CUDA version")
    return Reading(
        sightings=tuple(_sighting(row) for row in rows),
        version=driver_version(driver.group(1)) if driver else None,
        cuda=cuda_version(cuda.group(1)) if cuda else None,
        state=said.state or ("error" if troubles else None),
        detail=said.detail or next(iter(troubles), None),
    )


def _read_line(line: str, rows: list[_Row]) -> None:
    match = _ROW.match(line)
    if match:
        name = _MODE.sub("", match["name"]).strip()
        rows.append(_Row(index=int(match["index"]), name=name, place=match["at"]))
        return
    if not rows:
        return
    memory, mig = _MEMORY.search(line), _MIG.match(line)
    if memory and rows[-1].memory is None:
        rows[-1].memory = mebibytes(memory["total"])
    elif mig and rows[-1].mig is None:
        rows[-1].mig = mig.group(1) == "Enabled"


def _sighting(row: _Row) -> Sighting:
    cut = row.name.endswith("...")
    name = usable(row.name)
    return Sighting(
        gpu=Gpu(
            vendor="nvidia",
            name=name,
            architecture=board_architecture(name),
            memory_bytes=row.memory,
            mig=row.mig,
            virtual=is_virtual(name),
        ),
        address=address(row.place),
        index=row.index,
        cut=cut,
    )


def is_virtual(name: str | None) -> bool | None:
    """Tell a vGPU by its name ("GRID T4-4C", "NVIDIA A10-24Q"); None where the name does not tell."""
    return True if name and _VIRTUAL.match(name) else None
