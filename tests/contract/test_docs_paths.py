"""Every path that the page on the architecture names is there: a page on where things are must not lie."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = "contracts|models|infra|producers|consumers|spark_jobs|dashboard|freshet|tests|docs"


def missing(text: str) -> list[str]:
    """Paths in code spans that begin with a room and are not in the tree."""
    named = re.findall(rf"`((?:{ROOMS})/[\w./-]+)`", text)
    return [path for path in named if not (ROOT / path).exists()]


def test_every_path_of_the_page_is_there():
    text = (ROOT / "docs/architecture.md").read_text()
    assert "`consumers/lifecycle/life.py`" in text
    assert missing(text) == []


def test_one_that_is_gone_would_be_named():
    assert missing("in `models/portfolio.py` and `models/gone.py`") == ["models/gone.py"]
