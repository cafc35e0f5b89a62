"""Tables in the docs that derive from declarations say what the declarations say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.settings import Settings
from contracts.topics import TOPICS, topic_name

DOCS = Path(__file__).resolve().parents[2] / "docs"


def topics() -> str:
    rows = ["| topic | key | what | kept | partitions |", "| --- | --- | --- | --- | --- |"]
    for topic in TOPICS:
        config = dict(topic.config)
        kept = "by time" if config["cleanup.policy"] == "delete" else "compacted"
        if config.get("retention.ms") == "-1":
            kept = "for ever"
        name = topic_name(topic, group="<group>" if topic.per_group else None)
        many = "as the main input" if topic.follows_input else "1"
        rows.append(f"| `{name}` | {topic.key} | {topic.what} | {kept} | {many} |")
    return "\n".join(rows)


def settings() -> str:
    home = str(Path.home())
    rows = ["| setting | default | range | what it is |", "| --- | --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = getattr(Settings(), name)
        shown = "" if default in (None, "") else f"`{str(default).replace(home, '~')}`"
        parts = {
            kind: getattr(part, kind)
            for part in field.metadata
            for kind in ("gt", "ge", "le")
            if hasattr(part, kind)
        }
        low = f"above {parts['gt']:,}" if "gt" in parts else f"{parts['ge']:,}" if "ge" in parts else ""
        top = parts.get("le")
        span = f"{low} to {top:,.0f}" if top is not None and top < 2**53 else low and f"{low} or more"
        rows.append(f"| `FRESHET_{name.upper()}` | {shown} | {span} | {field.description} |")
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("page", "name", "table"), [("architecture.md", "topics", topics), ("settings.md", "settings", settings)]
)
def test_a_table_in_the_docs_is_what_the_code_declares(page, name, table, monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", text, re.DOTALL)
    assert found is not None
    assert found[1].strip() == table(), f"put this between the marks in docs/{page}:\n{table()}"
