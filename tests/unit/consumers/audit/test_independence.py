"""The second implementation of the labels is a second one: it shares no code with the first."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import consumers.audit

FOLDER = Path(consumers.audit.__file__).parent
# What works the labels out, and what must be there for them; `refold` is the part that runs the learner's own fold.
INDEPENDENT = ("sightings", "labels", "expected")
ALLOWED = {
    "consumers.audit.labels",
    "consumers.audit.sightings",
    "contracts.bounds",
    "contracts.codec",
    "contracts.errors",
    "contracts.events",
    "contracts.labels",
    "infra.kafka",
}


def imported(module: str) -> set[str]:
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("module", INDEPENDENT)
def test_it_imports_nothing_of_models_or_the_learner(module: str) -> None:
    ours = {
        name
        for name in imported(module)
        if name.split(".")[0] in ("consumers", "contracts", "infra", "models")
    }
    assert ours <= ALLOWED


def test_only_the_fold_itself_comes_from_the_engine() -> None:
    others = {path.stem for path in FOLDER.glob("*.py")} - set(INDEPENDENT)
    from_engine = {module for module in others if "consumers.engine" in imported(module)}
    assert from_engine == {"partition", "refold", "wiring"}
    for module in others - {"wiring"}:
        # Whose a record is, all readers judge alike.
        ours = imported(module) - {"models.belief"}
        assert not any(name.startswith(("models", "consumers.learner")) for name in ours)
