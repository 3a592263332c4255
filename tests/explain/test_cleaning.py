"""Texts are read whatever their encoding, colours and the marks before their lines."""

from __future__ import annotations

import io

import pytest

from dlsetup.explain.cleaning import clean, decoded, unescaped, unprefixed

LINE = "RuntimeError: operator torchvision::nms does not exist"


def read(data: bytes, block: int = 1 << 20) -> str:
    return "".join(decoded(io.BytesIO(data), block))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("block", [7, 64, 1 << 20])
def test_a_text_is_decoded_whatever_its_encoding_and_the_size_of_its_pieces(encoding, block):
    text = "Traceback: größer\n" * 9
    data = text.encode(encoding)
    if encoding == "utf-32-le":
        data = b"\xff\xfe\0\0" + data
    # the first block tells the encoding
    assert read(data, max(block, 16)) == text


def test_bytes_that_are_no_text_do_not_hide_the_rest():
    assert LINE in read(b"\x80\x81\n" + LINE.encode())


def test_nothing_is_nothing():
    assert read(b"") == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\x1b[31mRuntime\x1b[0mError\x1b[K", "RuntimeError"),
        ("\x1b]8;;https://x.org\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\text", "text"),
        ("^[[1;31merror^[[0m", "error"),
        ("can\u2019t \u201copen\u201d", 'can\'t "open"'),
        ("CUDA\u00a0error\u202fhere", "CUDA error here"),
        ("lib\u200bcuda", "libcuda"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("R\0u\0n\0", "Run"),
    ],
)
def test_colours_quotes_blanks_and_line_ends_become_plain(before, after):
    assert clean(before) == after


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-24T10:00:00.1234567Z ",
        "[2026-11-24 10:00:00,123] ",
        "trainer-1  | ",
        "[rank3]: ",
        "[default0]:",
        "[1,2]<stderr>:",
        "Nov 24 10:00:00 node7 python[4711]: ",
        "[12345.678901] ",
        "(pid=4711) ",
        "(train_fn pid=4711, ip=10.0.0.1) ",
        "\x1b[36m(RayTrainWorker pid=812)\x1b[0m ",
        "> ",
        "> > ",
        "#12 34.56 ",
        "12: ",
        "E   ",
        "10:00:00 ",
        "│ ",
        "2026-11-24T10:00:00Z trainer-1  | [rank0]: ",
    ],
)
def test_what_launchers_and_loggers_put_before_a_line_is_taken_off(prefix):
    assert unprefixed(clean(f"{prefix}{LINE}\n{prefix}next")).splitlines()[0].strip() == LINE


@pytest.mark.parametrize(
    "line", [">>> import torch", '  File "x.py", line 3', "0: no", "RuntimeError: [Errno 12] no", "E external: no"]
)
def test_a_line_keeps_what_is_its_own(line):
    assert unprefixed(line).endswith(line.partition(": ")[2] or line)


def test_the_frame_that_is_drawn_around_a_message_is_taken_off():
    assert unprefixed("╭──╮\n│ No space left on device   │\n╰──╯").splitlines()[1] == "No space left on device"


def test_a_text_that_stands_in_json_is_read_as_it_was():
    assert unescaped('a\\nb \\"c\\" C:\\\\x') == 'a\nb "c" C:\\x'
