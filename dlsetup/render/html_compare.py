"""A comparison as a page with bars: one file, without scripts, that loads nothing from the network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from dlsetup.render import measures, words
from dlsetup.render.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.render.measures import Measure
    from dlsetup.values.comparison import Comparison, ComparisonRow
    from dlsetup.values.finding import Finding

TITLE = "Deep learning frameworks on one machine"

STYLE = """\
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #58585e; --paper: #ffffff; --line: #d4d4da;
  --bar: #2b6cb0; --pale: #b9cfe8; --mark: #10335f; --bad: #a4201b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf0; --soft: #a9a9b2; --paper: #17171a; --line: #3c3c44;
    --bar: #6ea8e8; --pale: #2c4664; --mark: #dcebfb; --bad: #ff9a90; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .1rem; }
p { margin: .3rem 0; }
.soft, caption, .why { color: var(--soft); }
.bad { color: var(--bad); font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
.bars { margin-top: .4rem; }
.bars th { width: 11rem; font-weight: 400; }
.bars td { border: 0; } .bars th { border: 0; }
.bars .number { width: 6rem; }
.bar { display: block; width: 100%; height: 1.2rem; margin-top: .15rem; }
.bar .value { fill: var(--bar); } .bar .first { fill: var(--pale); }
.bar line { stroke: var(--mark); stroke-width: 2; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { main { max-width: none; } .bar rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def comparison_page(comparison: Comparison, *, home: str | None = None, folder: str | None = None) -> str:
    """Return the page: the table of all figures, then each measure as bars, then what failed."""
    body = [f"<h1>{TITLE}</h1>", *_machine(comparison), *_table(comparison)]
    for measure in MEASURES:
        body += _bars(comparison, measure)
    body += _failures(comparison, home, folder)
    body += _notes(comparison, home, folder)
    content = "\n".join(body)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{TITLE}</title>\n'
        f"<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{content}\n</main>\n</body>\n</html>\n"
    )


def _text(text: str, home: str | None = None, folder: str | None = None) -> str:
    """Write data so that nothing in it is read as markup, and no user name is shown."""
    short = words.without_home(words.without_folder(text, folder), home)
    return escape(words.clean(short))


def _machine(comparison: Comparison) -> Iterator[str]:
    said = "; ".join([measures.machine(comparison.host), *measures.python_notes(comparison)])
    yield f"<p>{_text(said)}</p>"
    busy = measures.busy(comparison)
    if busy:
        yield f'<p class="bad">{_text(busy[0].upper() + busy[1:])}.</p>'
    for note in comparison.notes:
        yield f"<p>{_text(note)}.</p>"
    if measures.measured(comparison):
        yield f'<p class="soft">{_text(measures.CAUTION)}</p>'


def _table(comparison: Comparison) -> Iterator[str]:
    yield '<div class="wide" role="region" aria-label="All figures" tabindex="0">'
    yield "<table>\n<caption>All figures, in the order in which they were asked for</caption>"
    heads = ["Framework", "Project", "Supported here", "Trained on", *(each.title for each in MEASURES)]
    first = len(heads) - len(MEASURES)
    cells = (f'<th scope="col"{_right(number >= first)}>{_text(head)}</th>' for number, head in enumerate(heads))
    yield f"<thead><tr>{''.join(cells)}</tr></thead>\n<tbody>"
    for row in comparison.rows:
        yield f"<tr>{''.join(_cells(row))}</tr>"
    yield "</tbody>\n</table>\n</div>"


def _cells(row: ComparisonRow) -> Iterator[str]:
    below = measures.below(row)
    on = f' <span class="soft">on {_text(below)}</span>' if below else ""
    yield f'<th scope="row">{_text(measures.name(row))}{on}</th>'
    yield f"<td>{_text(measures.state(row))}</td>"
    yield f"<td>{_text(row.supported or 'no')}</td>"
    trained = {"failed": '<span class="bad">fails</span>', "missing": '<span class="soft">not installed</span>'}
    yield f"<td>{trained.get(row.outcome) or _text(row.accelerator or words.NOT_KNOWN)}</td>"
    for measure in MEASURES:
        value = measure.value(row)
        said = '<span class="soft">-</span>' if value is None else _text(measure.say(value))
        yield f"<td{_right(True)}>{said}</td>"


def _right(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


def _bars(comparison: Comparison, measure: Measure) -> Iterator[str]:
    """Draw one measure: the longest bar is the largest value."""
    known = [measure.value(row) for row in comparison.rows]
    if all(value is None for value in known):
        return
    imports = [row.import_time for row in comparison.rows if row.import_time and measure.name == "import_time"]
    ends = [end for each in imports for end in (each.first_seconds, each.most_seconds)]
    largest = max(value for value in (*known, *ends) if value is not None)
    yield f'<section aria-labelledby="{measure.name}">\n<h2 id="{measure.name}">{_text(measure.title)}</h2>'
    pale = " The pale bar is the first import, which compiles; the thin line spans the later ones."
    told = _text(measure.told[0].upper() + measure.told[1:]) + "."
    yield f'<p class="soft">{told}{pale if imports else ""}</p>'
    yield '<table class="bars">\n<tbody>'
    for row, value in zip(comparison.rows, known, strict=True):
        yield _bar(row, measure, value, largest)
    yield "</tbody>\n</table>\n</section>"


def _bar(row: ComparisonRow, measure: Measure, value: float | None, largest: float) -> str:
    head = f'<tr><th scope="row">{_text(measures.name(row))}</th>'
    if value is None:
        return f'{head}<td colspan="2" class="why">{_text(measures.why_not(row, measure))}</td></tr>'
    more = measures.spread(row) if measure.name == "import_time" else ""
    title = f'<div class="soft">{_text(more)}</div>' if more else ""
    drawing = "".join(_drawing(row, measure, value, largest))
    return (
        f'{head}<td class="number">{_text(measure.say(value))}</td>'
        f'<td><svg class="bar" aria-hidden="true" focusable="false">{drawing}</svg>{title}</td></tr>'
    )


def _drawing(row: ComparisonRow, measure: Measure, value: float, largest: float) -> Iterator[str]:
    took = row.import_time if measure.name == "import_time" else None
    if took is not None:
        yield f'<rect class="first" width="{_share(took.first_seconds, largest)}" height="100%"/>'
    yield f'<rect class="value" width="{_share(value, largest)}" y="15%" height="70%"/>'
    if took is not None:
        least, most = _share(took.least_seconds, largest), _share(took.most_seconds, largest)
        yield f'<line x1="{least}" x2="{most}" y1="50%" y2="50%"/>'


def _share(value: float, largest: float) -> str:
    return f"{100 * value / largest:.2f}%" if largest > 0 else "0%"


def _failures(comparison: Comparison, home: str | None, folder: str | None) -> Iterator[str]:
    findings = [finding for row in comparison.rows for finding in row.findings]
    if findings:
        yield "<h2>What failed</h2>"
    for finding in findings:
        yield f'<p><span class="bad">fail</span> {_text(finding.summary, home, folder)}</p>'
        yield from _details(finding, home, folder)


def _details(finding: Finding, home: str | None, folder: str | None) -> Iterator[str]:
    lines = [f"<li>{_text(fact, home, folder)}</li>" for fact in finding.evidence]
    if finding.remedy is not None:
        lines.append(f"<li>To mend it: {_text(finding.remedy.text, home, folder)}</li>")
        lines += [f"<li><code>{_text(words.typed(each, home))}</code></li>" for each in finding.remedy.commands]
    if lines:
        yield f"<ul>{''.join(lines)}</ul>"


def _notes(comparison: Comparison, home: str | None, folder: str | None) -> Iterator[str]:
    yield "<h2>Where this was measured</h2>\n<ul>"
    for row in comparison.rows:
        yield f"<li>{_text(_where(row), home, folder)}</li>"
    yield "</ul>"


def _where(row: ComparisonRow) -> str:
    successor = f" The project is retired; {row.successor} is named instead." if row.successor else ""
    if row.outcome == "missing":
        why = f"not measured: {row.obstacles[0]}" if row.obstacles and not row.supported else "not installed"
        return f"{measures.name(row)}: {why}.{successor}"
    python = f", Python {row.python}" if row.python else ""
    place = "a new environment, removed again" if row.temporary else row.environment or words.NOT_KNOWN
    packages = f", {words.counted(row.packages, 'package')}" if row.packages else ""
    return f"{measures.name(row)}: {place}{python}{packages}.{successor}"
