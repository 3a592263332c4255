"""What a command learned, as text for people: each part in its own file, all but the comparison named here."""

from __future__ import annotations

from dlsetup.render.console import export_svg, make_console
from dlsetup.render.text_catalog import print_catalog, print_survey
from dlsetup.render.text_everywhere import print_everywhere
from dlsetup.render.text_explain import print_explanation
from dlsetup.render.text_findings import print_error
from dlsetup.render.text_frameworks import print_choice, print_frameworks
from dlsetup.render.text_host import print_inventory
from dlsetup.render.text_plan import print_proposal
from dlsetup.render.text_questions import print_questions
from dlsetup.render.text_report import print_report
from dlsetup.render.text_smoke import print_smoke
from dlsetup.render.text_why import print_standings

__all__ = [
    "export_svg",
    "make_console",
    "print_catalog",
    "print_choice",
    "print_error",
    "print_everywhere",
    "print_explanation",
    "print_frameworks",
    "print_inventory",
    "print_proposal",
    "print_questions",
    "print_report",
    "print_smoke",
    "print_standings",
    "print_survey",
]
