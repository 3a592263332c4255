"""Writes shared libraries for Linux on x86-64 that hold names and nothing behind them.

A program that was linked against a library is loaded only if every name that it takes from there exists, called or
not. Where the library itself cannot be had, such a file is enough. It is data, laid out by the ELF specification
(https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html) and the psABI of x86-64: no compiler is needed, and
the same names give the same bytes.
"""

from __future__ import annotations

import struct

PAGE = 0x1000
HEADER, PROGRAM_HEADER, SYMBOL, DYNAMIC = 64, 56, 24, 16
"""Sizes of the ELF header and of one entry of each table (64-bit)."""
OBJECT_BYTES = 512
"""More than any object has that is known by address alone: Open MPI's communicator, the largest, takes some 400."""

_STUB = 16
_WRITE, _GETPID, _KILL, _EXIT_GROUP = 1, 39, 62, 231
"""Numbers of Linux' system calls on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl)."""
_SIGABRT = 6
_RSI_RELATIVE = b"\x48\x8d\x35"
"""lea rsi, [rip + distance]"""


def stand_in(soname: str, functions: tuple[str, ...], objects: tuple[str, ...], message: str) -> bytes:
    """Return a library with these names. A call ends the process by SIGABRT, after one line on standard error.

    The line is "dlsetup: NAME was called, MESSAGE".
    """
    names = (*functions, *objects)
    strings, places = _strings((soname, *names))
    told = (b"dlsetup: ", f" was called, {message}\n".encode())
    tables = HEADER + 5 * PROGRAM_HEADER
    hashes = _hash_table(names)
    strings_at = tables + len(hashes) + SYMBOL * (len(names) + 1)
    told_at = strings_at + len(strings)
    code_at = _up(told_at + sum(map(len, told)))
    spots = [strings_at + places[name] for name in functions]
    code = _code(code_at, spots, told, told_at)
    dynamic_at = _up(code_at + len(code))
    symbols = _symbols(functions, objects, places, code_at, dynamic_at + DYNAMIC * 7)
    dynamic = _dynamic(
        soname=places[soname],
        hashes=tables,
        symbols=tables + len(hashes),
        strings=strings_at,
        length=len(strings),
    )
    segments = (
        _segment(1, 4, 0, told_at + sum(map(len, told)), PAGE),
        _segment(1, 5, code_at, len(code), PAGE),
        _segment(1, 6, dynamic_at, len(dynamic), PAGE, more=OBJECT_BYTES * len(objects)),
        _segment(2, 6, dynamic_at, len(dynamic), 8),
        # without this entry the loader takes the stack to be executable, which newer ones refuse
        _segment(0x6474E551, 6, 0, 0, 16),
    )
    readable = _header() + b"".join(segments) + hashes + symbols + strings + b"".join(told)
    return (readable.ljust(code_at, b"\0") + code).ljust(dynamic_at, b"\0") + dynamic


def _up(number: int) -> int:
    """Round up to the next page."""
    return -(-number // PAGE) * PAGE


def _header() -> bytes:
    """Return the header of a shared object (type 3) for x86-64 (machine 62) without sections."""
    kind = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    return kind + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, HEADER, 0, 0, HEADER, PROGRAM_HEADER, 5, 64, 0, 0)


def _segment(kind: int, rights: int, at: int, length: int, align: int, *, more: int = 0) -> bytes:
    return struct.pack("<IIQQQQQQ", kind, rights, at, at, at, length, length + more, align)


def _strings(texts: tuple[str, ...]) -> tuple[bytes, dict[str, int]]:
    """Return a string table and where each text begins in it."""
    table, places = b"\0", {}
    for text in texts:
        places[text] = len(table)
        table += text.encode("ascii") + b"\0"
    return table, places


def _symbols(
    functions: tuple[str, ...], objects: tuple[str, ...], places: dict[str, int], code_at: int, objects_at: int
) -> bytes:
    """Return the symbol table: global functions (0x12) in segment 2, global objects (0x11) behind the dynamic table."""
    rows = [
        struct.pack("<IBBHQQ", places[name], 0x12, 0, 2, code_at + n * _STUB, _STUB) for n, name in enumerate(functions)
    ]
    rows += [
        struct.pack("<IBBHQQ", places[name], 0x11, 0, 3, objects_at + n * OBJECT_BYTES, OBJECT_BYTES)
        for n, name in enumerate(objects)
    ]
    return bytes(SYMBOL) + b"".join(rows)


def _hash_table(names: tuple[str, ...]) -> bytes:
    """Return the table by which the loader finds symbols (DT_HASH): buckets, and chains from one symbol to the next."""
    count = len(names)
    buckets, chains = [0] * count, [0] * (count + 1)
    for number, name in enumerate(names, 1):
        bucket = _hash(name) % count
        buckets[bucket], chains[number] = number, buckets[bucket]
    table = struct.pack(f"<{2 * count + 3}I", count, count + 1, *buckets, *chains)
    return table + bytes(-len(table) % 8)


def _hash(name: str) -> int:
    """Return a name's hash by the function of the ELF specification, chapter 5."""
    result = 0
    for letter in name.encode("ascii"):
        result = (result << 4) + letter
        high = result & 0xF0000000
        result = (result ^ (high >> 24)) & ~high & 0xFFFFFFFF
    return result


def _dynamic(*, soname: int, hashes: int, symbols: int, strings: int, length: int) -> bytes:
    """Return the dynamic table: SONAME, HASH, SYMTAB, STRTAB, STRSZ, SYMENT and the end."""
    rows = ((14, soname), (4, hashes), (6, symbols), (5, strings), (10, length), (11, SYMBOL), (0, 0))
    return b"".join(struct.pack("<qQ", *row) for row in rows)


def _code(at: int, names: list[int], told: tuple[bytes, bytes], told_at: int) -> bytes:
    """Return one stub for each function, which loads its name's address and jumps to what all share."""
    shared = at + len(names) * _STUB
    stubs = b""
    for number, name in enumerate(names):
        here = at + number * _STUB
        load = _RSI_RELATIVE + struct.pack("<i", name - (here + 7))
        stubs += (load + b"\xe9" + struct.pack("<i", shared - (here + 12))).ljust(_STUB, b"\xcc")
    return stubs + _refusal(shared, told, told_at)


def _refusal(at: int, told: tuple[bytes, bytes], told_at: int) -> bytes:
    """Return the code that writes before, name and after to standard error, and ends the process."""
    code = b"\x49\x89\xf4"  # mov r12, rsi: the name
    code += _write(at + len(code), told_at, len(told[0]))
    code += b"\x31\xd2"  # xor edx, edx: the name's length
    code += b"\x41\x80\x3c\x14\x00\x74\x04\xff\xc2\xeb\xf5"  # until byte [r12 + rdx] is 0: inc edx
    code += _set_edi(2) + b"\x4c\x89\xe6" + _call(_WRITE)  # mov rsi, r12
    code += _write(at + len(code), told_at + len(told[0]), len(told[1]))
    code += _call(_GETPID) + b"\x89\xc7\xbe" + struct.pack("<I", _SIGABRT) + _call(_KILL)  # mov edi, eax; mov esi
    # where the signal is held back
    return code + _set_edi(128 + _SIGABRT) + _call(_EXIT_GROUP) + b"\x0f\x0b"


def _write(here: int, text: int, length: int) -> bytes:
    """Return the code that writes a text of the file to standard error."""
    code = _set_edi(2)
    distance = text - (here + len(code) + 7)
    code += _RSI_RELATIVE + struct.pack("<i", distance)
    return code + b"\xba" + struct.pack("<I", length) + _call(_WRITE)  # mov edx


def _set_edi(number: int) -> bytes:
    return b"\xbf" + struct.pack("<I", number)


def _call(number: int) -> bytes:
    """Return the code of a system call: mov eax, number; syscall."""
    return b"\xb8" + struct.pack("<I", number) + b"\x0f\x05"
