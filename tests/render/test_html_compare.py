"""The page of a comparison: whole in itself, true to the figures, and readable by whoever cannot see the bars."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlsetup.render.html_compare import comparison_page
from dlsetup.render.measures import MEASURES, busy, machine, seconds
from dlsetup.values.comparison import Comparison, ComparisonRow, ImportTime
from dlsetup.values.host import Gap, Gpu, Host

VOID = {"meta", "rect", "line"}


class Reader(HTMLParser):
    """Reads a page, and notes what is open, what is where and what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self.tags.append((tag, known))
        self.loads += [known[name] for name in ("src", "href", "action", "data") if name in known]
        self.loads += [tag] if tag in {"script", "link", "iframe", "object", "img", "form"} else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def page(samples):
    return comparison_page(samples.comparison, home=samples.home, folder=samples.folder)


def test_the_page_is_whole_and_loads_nothing(page):
    read = Reader(page)
    assert read.open == []
    assert read.loads == []
    assert "url(" not in page
    assert "@import" not in page
    assert "http" not in page


def test_every_figure_of_every_framework_is_there_in_words(page, samples):
    text = " ".join("".join(Reader(page).texts).split())
    for row in samples.comparison.rows:
        for measure in MEASURES:
            value = measure.value(row)
            if value is not None:
                assert text.count(measure.say(value)) >= 2, (row.framework, measure.name)
    assert "no index tells the size of every file" in text
    assert "the processor lacks AVX" in text
    assert "it is published for macos-arm64" in text


def test_it_can_be_read_without_seeing_it(page):
    read = Reader(page)
    assert read.all("html")[0]["lang"] == "en"
    assert all(each.get("scope") in {"row", "col"} for each in read.all("th"))
    # what a bar shows stands beside it as a number
    assert all(each.get("aria-hidden") == "true" for each in read.all("svg"))
    named = {each["aria-labelledby"] for each in read.all("section")}
    assert named == {each["id"] for each in read.all("h2") if "id" in each}
    scrolled = next(each for each in read.all("div") if each.get("class") == "wide")
    assert (scrolled["role"], scrolled["tabindex"]) == ("region", "0")
    assert scrolled["aria-label"]


def test_it_has_colours_for_light_and_dark(page):
    assert "color-scheme: light dark" in page
    dark = page.partition("@media (prefers-color-scheme: dark)")[2].partition("}")[0]
    light = page.partition(":root")[2].partition("}")[0]
    assert set(re.findall(r"--\w+", dark)) == set(re.findall(r"--\w+", light))


def luminance(color):
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_bars_stand_out_from_the_paper(page, scheme):
    block = page.partition("dark) {")[2] if scheme == "dark" else page.partition("<style>")[2].partition("@media")[0]
    colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block.partition("}")[0]))
    paper = luminance(colors["paper"])
    for name, least in (("ink", 7), ("soft", 4.5), ("bad", 4.5), ("bar", 3)):
        high, low = sorted((luminance(colors[name]), paper), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= least, name


def test_bars_are_as_long_as_the_figures_say(samples):
    rows = tuple(replace(samples.comparison.rows[0], train_seconds=each, import_time=None) for each in (2.0, 8.0, 0.0))
    drawn = comparison_page(replace(samples.comparison, rows=rows)).partition('id="train_seconds"')[2]
    assert re.findall(r'class="value" width="([\d.]+%)"', drawn)[:3] == ["25.00%", "100.00%", "0.00%"]


def test_the_first_import_and_the_spread_are_drawn_on_the_same_scale(page):
    part = page.partition('id="import_time"')[2].partition("</section>")[0]
    # three times the median is the longest
    assert 'class="first" width="100.00%"' in part
    assert 'class="value" width="33.33%"' in part
    assert "2.04 to 2.55 s, 6.38 s the first time" in part


def test_a_measure_that_nobody_has_draws_no_bars(samples):
    rows = tuple(replace(row, peak_memory_bytes=None) for row in samples.comparison.rows)
    assert 'id="peak_memory_bytes"' not in comparison_page(replace(samples.comparison, rows=rows))


def test_nobody_is_named_and_nobody_wins(page):
    assert "anna" not in page
    assert not re.search(r"\b(?:best|fastest|winner|wins|slowest|better|recommend)", page, re.IGNORECASE)


NASTY = st.sampled_from(("<script>alert(1)</script>", '"><img src=x>', "&amp;", "\x1b[31m", "\u202e", "]]>", "日本"))
number = st.none() | st.floats(0, 1e9)
count = st.none() | st.integers(0, 2**60)
rows = st.builds(
    ComparisonRow,
    framework=NASTY,
    title=NASTY,
    state=NASTY,
    ended=st.none() | NASTY,
    successor=st.none() | NASTY,
    outcome=st.sampled_from(("measured", "failed", "missing")),
    supported=st.none() | NASTY,
    obstacles=st.lists(NASTY, max_size=2).map(tuple),
    environment=st.none() | NASTY,
    python=st.none() | NASTY,
    version=st.none() | NASTY,
    backend=st.none() | NASTY,
    accelerator=st.none() | NASTY,
    download_bytes=count,
    installed_bytes=count,
    import_time=st.none()
    | st.builds(
        ImportTime,
        imported=NASTY,
        first_seconds=st.floats(0, 1e9),
        median_seconds=st.floats(0, 1e9),
        least_seconds=st.floats(0, 1e9),
        most_seconds=st.floats(0, 1e9),
        runs=st.just(3),
        start_seconds=st.floats(0, 1),
    ),
    train_seconds=number,
    peak_memory_bytes=count,
    gaps=st.lists(st.builds(Gap, what=st.just("import_time"), why=NASTY), max_size=1).map(tuple),
)


@given(found=st.lists(rows, max_size=3).map(tuple))
@settings(deadline=None, max_examples=60)
def test_whatever_the_values_hold_they_steer_nothing(found):
    page = comparison_page(Comparison(host=Host(), load=None, rows=found))
    read = Reader(page)
    assert read.open == []
    assert read.loads == []
    assert "\x1b" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0.00 s"), (9.994, "9.99 s"), (9.996, "10.0 s"), (99.94, "99.9 s"), (185, "3 min 5 s")]
)
def test_times_have_as_many_digits_as_tell_two_apart(value, said):
    assert seconds(value) == said


@pytest.mark.parametrize(
    ("before", "after", "cores", "told"),
    [
        (1.0, 0.1, 2, ["began"]),
        (0.9, 3.4, 2, []),
        (0.1, 3.5, 2, ["ended"]),
        (8.0, 9.0, 4, ["began", "ended"]),
        (None, None, 2, []),
        (9.0, 9.0, None, []),
    ],
)
def test_a_busy_machine_is_told_where_it_is_known(samples, before, after, cores, told):
    host = samples.comparison.host
    host = replace(host, cpu=replace(host.cpu, logical_cores=cores))
    said = busy(replace(samples.comparison, host=host, load=before, load_after=after)) or ""
    assert [when for when in ("began", "ended") if when in said] == told


def test_a_machine_of_which_nothing_is_known_claims_nothing():
    assert machine(Host()) == "no GPU"
    assert machine(Host(gaps=(Gap(what="gpus", why="not asked"),))) == "GPUs not known"
    assert machine(Host(gpus=(Gpu(vendor="nvidia"),))) == "NVIDIA"
