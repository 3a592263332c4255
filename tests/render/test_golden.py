"""The pages as they look, on consoles of fixed width without colour.

To renew a picture, delete its file, run the test, and look at what it wrote.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dlsetup.render import as_text
from dlsetup.render.text_compare import print_comparison
from dlsetup.values.plan import Proposal
from dlsetup.values.report import Report

GOLDEN = Path(__file__).parent / "golden"


def draw_inventory(console, samples):
    as_text.print_inventory(console, samples.inventory, home=samples.home, folder=samples.folder)


def draw_inventory_verbose(console, samples):
    as_text.print_inventory(console, samples.inventory, verbose=True, home=samples.home, folder=samples.folder)


def draw_inventory_unknown(console, samples):
    as_text.print_inventory(console, samples.unknown_inventory)


def draw_plan(console, samples):
    as_text.print_proposal(console, samples.proposal, home=samples.home, folder=samples.folder)


def draw_plan_verbose(console, samples):
    as_text.print_proposal(console, samples.proposal, verbose=True, home=samples.home, folder=samples.folder)


def draw_plan_unsupported(console, samples):
    as_text.print_proposal(console, samples.unsupported, home=samples.home, folder=samples.folder)


def draw_frameworks(console, samples):
    as_text.print_frameworks(console, samples.overview)


def draw_frameworks_verbose(console, samples):
    as_text.print_frameworks(console, samples.overview, verbose=True)


def draw_catalog(console, samples):
    as_text.print_catalog(console, samples.catalog)


def draw_catalog_verbose(console, samples):
    as_text.print_catalog(console, samples.catalog[:1], verbose=True)


def draw_survey(console, samples):
    as_text.print_survey(console, samples.survey)


def draw_survey_agreed(console, samples):
    as_text.print_survey(console, replace(samples.survey, disagreements=(), left=0))


def draw_survey_unreached(console, samples):
    as_text.print_survey(
        console, replace(samples.survey, disagreements=(), asked=0, indexes=samples.survey.indexes[1:])
    )


def draw_why(console, samples):
    as_text.print_standings(console, samples.standings)


def draw_why_verbose(console, samples):
    as_text.print_standings(console, samples.standings, verbose=True)


def draw_report_healthy(console, samples):
    as_text.print_report(console, samples.healthy, home=samples.home)


def draw_report_broken(console, samples):
    as_text.print_report(console, samples.broken, home=samples.home)


def draw_report_broken_verbose(console, samples):
    as_text.print_report(console, samples.broken, verbose=True, home=samples.home)


def draw_report_unknown(console, samples):
    as_text.print_report(console, samples.unanswered, home=samples.home)


def draw_report_unknown_machine(console, samples):
    as_text.print_report(console, Report(command="doctor", host=samples.unknown_inventory.host), verbose=True)


def draw_report_installed(console, samples):
    as_text.print_report(console, samples.installed, home=samples.home)


def draw_report_install_failed(console, samples):
    as_text.print_report(console, samples.install_failed, home=samples.home)


def draw_report_planned(console, samples):
    as_text.print_report(console, samples.planned, home=samples.home, folder=samples.folder)


def draw_report_mended(console, samples):
    as_text.print_report(console, samples.mended, home=samples.home)


def draw_report_to_mend(console, samples):
    as_text.print_report(console, samples.to_mend, home=samples.home)


def draw_everywhere(console, samples):
    as_text.print_everywhere(console, samples.everywhere, home=samples.home)


def draw_everywhere_well(console, samples):
    well = tuple(each for each in samples.everywhere.findings if each.status == "ok")
    proved = replace(samples.everywhere, findings=well, deep=True, smoke=(samples.trained,))
    as_text.print_everywhere(console, proved, home=samples.home)


def draw_questions(console, samples):
    as_text.print_questions(console, samples.questions)


def draw_smoke(console, samples):
    as_text.print_smoke(console, (samples.trained, samples.crashed), (samples.crash,))


def draw_smoke_show(console, samples):
    as_text.print_smoke(console, (samples.trained,), show=True)


def draw_smoke_show_little(console, samples):
    little = replace(samples.trained, losses=(0.1,), import_seconds=None, points=())
    as_text.print_smoke(console, (little, replace(samples.trained, surface=())), show=True)


def draw_compare(console, samples):
    print_comparison(console, samples.comparison, home=samples.home, folder=samples.folder)


def draw_compare_verbose(console, samples):
    print_comparison(console, samples.comparison, verbose=True, home=samples.home, folder=samples.folder)


def draw_compare_calm(console, samples):
    rows = tuple(replace(row, gaps=()) for row in samples.comparison.rows[:2])
    print_comparison(console, replace(samples.comparison, load=0.2, rows=rows, exit_code=0))


def draw_compare_missing(console, samples):
    print_comparison(console, replace(samples.comparison, rows=samples.comparison.rows[3:], notes=(), exit_code=0))


def draw_error(console, samples):
    as_text.print_error(
        console,
        "download.pytorch.org cannot be reached, and no other place has cu126 wheels for this machine",
        f"connection timed out; looked in: {samples.home}/wheels",
        "check the network and the proxy, or name a mirror: pip config set global.index-url URL",
        home=samples.home,
    )


def draw_error_short(console, samples):  # noqa: ARG001
    as_text.print_error(console, "interrupted")


def draw_explanation(console, samples):
    as_text.print_explanation(console, samples.explanation, home=samples.home)


def draw_explanation_verbose(console, samples):
    as_text.print_explanation(console, samples.explanation, verbose=True, home=samples.home)


def draw_explanation_one(console, samples):
    as_text.print_explanation(console, replace(samples.explanation, findings=samples.explanation.findings[:1]))


def draw_explanation_harmless(console, samples):
    harmless = tuple(each for each in samples.explanation.findings if each.role == "noise")
    as_text.print_explanation(console, replace(samples.explanation, findings=harmless, exit_code=0))


def draw_plan_two(console, samples):
    as_text.print_proposal(console, samples.two, home=samples.home, folder=samples.folder)


def draw_plan_two_verbose(console, samples):
    as_text.print_proposal(console, samples.two, verbose=True, home=samples.home, folder=samples.folder)


def draw_plan_none(console, samples):  # noqa: ARG001
    as_text.print_proposal(console, Proposal(status="unsupported"))


def draw_report_two(console, samples):
    as_text.print_report(console, samples.two_installed, home=samples.home)


def draw_report_many(console, samples):
    as_text.print_report(console, samples.many, home=samples.home)


def draw_report_installed_verbose(console, samples):
    as_text.print_report(console, samples.installed, verbose=True, home=samples.home)


def draw_explanation_none(console, samples):
    as_text.print_explanation(console, replace(samples.explanation, findings=(), told=(), exit_code=0))


PICTURES = {name.removeprefix("draw_"): draw for name, draw in list(globals().items()) if name.startswith("draw_")}


@pytest.mark.parametrize(
    ("width", "encoding"), [(80, "utf-8"), (40, "utf-8"), (80, "ascii")], ids=["80", "40", "80-ascii"]
)
@pytest.mark.parametrize("name", PICTURES)
def test_a_page_looks_as_it_did(name, width, encoding, samples, shown):
    drawn = shown(lambda console: PICTURES[name](console, samples), width=width, encoding=encoding)
    path = GOLDEN / f"{name}-{width}{'' if encoding == 'utf-8' else '-' + encoding}.txt"
    if not path.exists():
        path.write_text(drawn, encoding="utf-8", newline="\n")
        pytest.fail(f"{path.name} was not there: it has been written, look at it")
    assert drawn == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PICTURES)
def test_no_page_shows_the_user(name, samples, shown):
    assert "anna" not in shown(lambda console: PICTURES[name](console, samples))


@pytest.mark.parametrize("name", PICTURES)
def test_no_line_ends_in_blanks(name, samples, shown):
    lines = shown(lambda console: PICTURES[name](console, samples), width=60).splitlines()
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("name", PICTURES)
def test_only_what_is_to_be_copied_is_wider_than_the_page(name, width, samples, shown):
    lines = shown(lambda console: PICTURES[name](console, samples), width=width).splitlines()
    wide = [line.strip() for line in lines if len(line) > width]
    commands = ("dlsetup ", "uv ", "/opt/uv ", "sudo ", "rm ", "~/")
    assert [line for line in wide if " " in line and not line.startswith(commands)] == []
