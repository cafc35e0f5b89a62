"""The model card: one page of HTML with everything in it, and nothing to fetch.

References
----------
M. Mitchell et al., Model cards for model reporting, FAT*, 2019.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from contracts.model_version import ModelVersion
from models.batch.examples import Examples
from models.batch.train import Trained
from models.tasks import TaskSpec

__all__ = ["model_card"]

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}h2{margin-top:2rem}.pale{color:#777}
table{border-collapse:collapse}th,td{padding:.2rem .9rem .2rem 0;text-align:right;border-bottom:1px solid #e5e5e5}
th:first-child,td:first-child{text-align:left}tr.own{font-weight:bold}
figure{display:inline-block;margin:0 1rem 1rem 0}img{max-width:27rem}code{font-size:.85em;word-break:break-all}"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{id}</title>
<meta name="viewport" content="width=device-width"><style>{style}</style></head><body>
<h1>{id}</h1>
<p class="pale">{question} · {what}</p>
<h2>How good it is</h2>
<p>On the newest {rows} rows of {sessions} sessions, from {begins} on, before it learned any of them. The other models
answered the very same rows when they were asked, each before it learned from them. {verdict}</p>
{metrics}
{left_out}
<h2>Pictures</h2>
{pictures}
<h2>What it was made of</h2>
<p>Fitted to {fitted} rows, tuned{calibrated} on {tuned} rows after them; {trials} fits were tried{cut}. No label was
learned before it was settled, and no session is in two slices. Once it was judged it was made again in the same way,
with the newest rows too.</p>
{facts}
<h2>What it is not for</h2>
<p>It knows the shop as it was in this window; shoppers change, and it does not learn on. It takes {features} features
as they are logged with each prediction, finite and within their bounds, and nothing else.</p>
</body></html>
"""


def model_card(
    task: TaskSpec,
    version: ModelVersion,
    trained: Trained,
    examples: Examples,
    pictures: Mapping[str, bytes],
) -> str:
    """Write the card of a model that has its number.

    Parameters
    ----------
    task : TaskSpec
        What it answers.
    version : ModelVersion
        As it is registered.
    trained : Trained
        From `models.batch.train`.
    examples : Examples
        Those it was trained with.
    pictures : mapping of str to bytes
        From `models.batch.plots`.
    """
    found, searched = trained.report, trained.searches[trained.recipe.name]
    verdict = ""
    if found.rival is not None and found.difference is not None and found.error is not None:
        verdict = (
            f"Its mean loss is {found.difference:+.4f} against {escape(found.rival)}, the best online model "
            f"(standard error {found.error:.4f}, clustered by session)."
        )
    begins = datetime.fromtimestamp(trained.split.evaluate_ms / 1000, UTC)
    return _PAGE.format(
        style=_STYLE,
        id=escape(version.id),
        question=escape(task.question),
        what=escape(trained.recipe.what),
        rows=f"{found.rows:,}",
        sessions=f"{found.sessions:,}",
        begins=f"{begins:%Y-%m-%d %H:%M} UTC",
        verdict=verdict,
        metrics=_metrics(found.metrics, found.kinds, trained.recipe.name),
        left_out=f"<p>Did not answer all of them: {escape(', '.join(found.left_out))}.</p>"
        if found.left_out
        else "",
        pictures="\n".join(_picture(name, png) for name, png in pictures.items()),
        fitted=f"{len(trained.split.fit):,}",
        tuned=f"{len(trained.split.tune):,}",
        calibrated=" and calibrated" if trained.recipe.is_calibrated else "",
        trials=sum(len(search.trials) for search in trained.searches.values()),
        cut=" before the time was up" if searched.is_cut else "",
        facts=_facts(version),
        features=len(examples.names),
    )


def _metrics(metrics: Mapping[str, Mapping[str, float | None]], kinds: Mapping[str, str], own: str) -> str:
    names = list(metrics[own])
    rows = [["model", "kind", *(name.replace("_", " ") for name in names)]]
    for model, found in metrics.items():
        said = ["–" if found[name] is None else f"{found[name]:,.4f}" for name in names]
        rows.append([model, kinds[model], *said])
    head, *body = rows
    lines = [_row(head, "th")]
    lines += [_row(line, "td", ' class="own"' if line[0] == own else "") for line in body]
    return f"<table>{''.join(lines)}</table>"


def _row(cells: Iterable[str], tag: str, attributes: str = "") -> str:
    return f"<tr{attributes}>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _picture(name: str, png: bytes) -> str:
    data = base64.b64encode(png).decode()
    title = escape(name.replace("-", " "))
    return (
        f"<figure><figcaption>{title}</figcaption>"
        f'<img alt="{title}" src="data:image/png;base64,{data}"></figure>'
    )


def _facts(version: ModelVersion) -> str:
    facts: dict[str, Any] = {
        "parameters": version.parameters,
        "offsets of its rows, by partition": version.data_window,
        "made with": version.libraries,
        "Freshet": version.code_version,
        "SHA-256 of the artefact": version.digest,
    }
    rows = (
        f"<tr><td>{escape(name)}</td><td><code>"
        f"{escape(value if isinstance(value, str) else json.dumps(value, sort_keys=True))}</code></td></tr>"
        for name, value in facts.items()
    )
    return f"<table>{''.join(rows)}</table>"
