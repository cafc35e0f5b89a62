"""What is judged against the truth stays with the scores: no learner, gate or batch model may ask for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import models.evaluate

ROOT = Path(models.evaluate.__file__).parents[2]
OF_TRUTH = {
    "TRUTH", "Truth", "TruthRecord", "expected_log_losses", "expected_share", "expected_share_se", "is_leak",
    "realised_share", "recovery", "trailing_shares",
}  # fmt: skip
KNOW = ("contracts", "models", "consumers.scoreboard")
# All that learns, serves, trains or judges; beside these there are scores, the simulator, and who shows or audits them.
LEARNS = (
    "models/batch", "models/features", "models/online", "models/registry", "models/tasks",
    "models/evaluate/promotion.py", "models/history.py", "models/portfolio.py", "models/deployments.py",
    "models/serving.py", "models/visits.py", "consumers/engine", "consumers/learner", "consumers/lifecycle",
    "consumers/supervisor", "consumers/trainer",
)  # fmt: skip


def files() -> Iterator[Path]:
    for where in LEARNS:
        path = ROOT / where
        assert path.exists(), where
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def names_in(source: str) -> set[str]:
    """What is imported from the rooms that know the truth, and every attribute that is asked for."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(KNOW):
            found |= {alias.name for alias in node.names} | set((node.module or "").split("."))
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return found


def test_nothing_that_learns_asks_for_a_score_against_the_truth() -> None:
    asked = {
        path.relative_to(ROOT): names_in(path.read_text()) & (OF_TRUTH | {"scoreboard"}) for path in files()
    }
    assert {path: names for path, names in asked.items() if names} == {}


def test_such_a_question_would_be_seen() -> None:
    assert names_in("from models.evaluate import expected_share") & OF_TRUTH
    assert names_in("from models.evaluate.recovery import Recovery") & OF_TRUTH
    assert names_in("evaluate.expected_share(p, q)") & OF_TRUTH
