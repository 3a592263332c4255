"""What every test of explain uses: the package's own symptoms, and a function that explains a text by them."""

from __future__ import annotations

import pytest

from dlsetup.catalog.symptoms import load_knowledge
from dlsetup.explain import Search, Table, clean, explain, facts_of, read_clues


@pytest.fixture(scope="session")
def knowledge():
    """Return what the package knows of failure modes."""
    return load_knowledge()


@pytest.fixture(scope="session")
def tell(knowledge):
    """Return a function that gives the findings of a text."""

    table = Table(knowledge.modes)

    def told(text, *, facts=None, checks=()):
        search = Search(table)
        search.read([text])
        plain = clean(text)
        known = facts or facts_of(None, read_clues(plain))
        return explain(search.matches(), knowledge, known, checks, text=plain)

    return told


@pytest.fixture(scope="session")
def modes(tell):
    """Return a function that gives the modes of a text, the likeliest first."""
    return lambda text, **more: [finding.mode for finding in tell(text, **more)]
