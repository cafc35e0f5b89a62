"""No room but `models/tasks` knows a task by its name: whoever adds one touches one folder and one line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.tasks import TASKS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("contracts", "models", "infra", "consumers", "spark_jobs", "dashboard", "freshet")
NAMED = re.compile(rf"(?<![\w-])({'|'.join(TASKS)})(?![\w-])", re.IGNORECASE)
OF_BEFORE = re.compile(r"ADD COLUMN task text NOT NULL DEFAULT '\w+';")
# What a user may type is shown with a name.
SHOWN = "examples"


def sources(suffix: str) -> Iterator[Path]:
    for room in ROOMS:
        yield from (
            path
            for path in sorted((ROOT / room).rglob(f"*{suffix}"))
            if (ROOT / "models" / "tasks") not in path.parents
        )


def words_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """All texts and names in code; docstrings are for readers."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg == SHOWN:
            skipped.update(ast.walk(node))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, " ".join((node.module or "").split("."))


def test_no_code_outside_of_the_tasks_names_a_task() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:60]}"
        for path in sources(".py")
        for line, text in words_of(ast.parse(path.read_text(encoding="utf-8")))
        if NAMED.search(text)
    ]
    assert found == []


def test_no_table_or_query_names_a_task() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in sources(".sql")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        # Rows of before the column were of one task, and somebody must say which: with the step that adds it.
        if NAMED.search(line.split("--")[0]) and not OF_BEFORE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "code", ['x = "conversion"', "f(task='basket')", "from a.conversion import b", "BASKET.name"]
)
def test_a_task_that_is_named_is_found(code: str) -> None:
    assert any(NAMED.search(text) for _, text in words_of(ast.parse(code)))
