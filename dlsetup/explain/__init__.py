"""Recognises failure modes in what software printed: cleans the text, finds symptoms, ranks them. Pure."""

from __future__ import annotations

from dlsetup.explain.cleaning import clean, decoded
from dlsetup.explain.clues import Clues, read_clues
from dlsetup.explain.facts import Facts, facts_of
from dlsetup.explain.matching import Match, Search, Table
from dlsetup.explain.messages import recognised
from dlsetup.explain.story import explain

__all__ = [
    "Clues",
    "Facts",
    "Match",
    "Search",
    "Table",
    "clean",
    "decoded",
    "explain",
    "facts_of",
    "read_clues",
    "recognised",
]
