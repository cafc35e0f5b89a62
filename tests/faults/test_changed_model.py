"""Someone changes the code of a model and starts again: all is learnt anew from the log, and the audit agrees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts.settings import environment
from contracts.topics import PREDICTIONS
from tests.faults.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = """
from outside.part import half

class Outside:
    def predict_one(self, x):
        return half(1.0)

    def learn_one(self, x, y):
        pass
"""
PART = """
def half(number):
    return number / 2
"""
WORDS = [
    ("models/online/prior.py", "self.mean = start", "self.mean = start  # why"),
    ("outside/part.py", "\n", "# why\n"),
    ("freshet_toy.py", "\n", "# why\n"),
]
CODE = [
    ("models/online/prior.py", "return self.mean", "return 0.5 * self.mean"),
    ("freshet_toy.py", "float(self._touched)", "float(self._touched + 1)"),
    ("outside/part.py", "/ 2", "/ 4"),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the source, a package from outside, and one that adds tasks and a model by entry points."""
    for room in ("contracts", "models", "infra", "consumers"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "toy", tmp_path, dirs_exist_ok=True)
    (tmp_path / "outside").mkdir()
    for name, text in (("__init__.py", ""), ("model.py", OUTSIDE), ("part.py", PART)):
        (tmp_path / "outside" / name).write_text(text)
    return tmp_path


def change(source: Path, file: str, old: str, new: str) -> None:
    text = (source / file).read_text()
    assert old in text
    (source / file).write_text(text.replace(old, new, 1))


def learn(stage: Stage, source: Path, every_events: int) -> tuple[dict[str, Any], str]:
    """Learn what is on the log and audit it: where the worker stood at its start and what was found, what it said."""
    settings = stage.settings.model_copy(update={"snapshot_every_events": every_events})
    ran = subprocess.run(
        [sys.executable, "-P", Path(__file__).with_name("changed_process.py")],
        env=environment(settings) | {"PYTHONPATH": os.fspath(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout), ran.stderr


@pytest.mark.parametrize(
    "every_events", [1, pytest.param(1_000_000, marks=pytest.mark.long)], ids=["snapshots", "no-snapshots"]
)
def test_a_changed_model_is_learnt_anew_and_words_are_not(
    stage: Stage, events: list[bytes], source: Path, every_events: int
) -> None:
    stage.publish(events[:300])
    found, _ = learn(stage, source, every_events)
    assert found == {"how": "new", "generation": 1, "audit": []}

    for edit in WORDS:
        change(source, *edit)
    found, said = learn(stage, source, every_events)
    assert found == {"how": "snapshot" if every_events == 1 else "start", "generation": 1, "audit": []}
    assert "have changed" not in said

    # Each costs a start of seconds; what counts as a change is tried in full in the unit tests.
    edits = CODE if every_events == 1 else CODE[2:]
    for generation, edit in enumerate(edits, start=2):
        change(source, *edit)
        found, said = learn(stage, source, every_events)
        # Nothing has come since: the audit is ok all the same, for the generation is opened at once.
        assert found == {"how": "start", "generation": generation, "audit": []}
        assert "models or features have changed: their state is built anew from the log, 300 events" in said
    assert stage.journal()[-1]["generation"] == 1 + len(edits)
    assert "dear-order" in {json.loads(r.value or b"")["task"] for r in stage.records(PREDICTIONS)}
