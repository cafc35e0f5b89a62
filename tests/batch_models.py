"""Trained scikit-learn models behind the port that the learner asks, and the events that put them in their place."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from contracts.bounds import Stage
from contracts.events import ModelActivated
from models.serving import BatchModel
from models.tasks import TASKS

TIME = "2026-01-05T08:00:00.000Z"
Floats = NDArray[np.float64]


@dataclass
class Estimator:
    """A fitted classifier and the columns that it takes."""

    estimator: LogisticRegression
    features: tuple[str, ...]

    def answer(self, matrix: Floats) -> Floats:
        return np.asarray(self.estimator.predict_proba(matrix)[:, 1])


@cache
def trained(seed: int = 0) -> Estimator:
    """A logistic regression of conversion's features, on made-up labels: what it answers is for no test to judge."""
    rng = np.random.default_rng(seed)
    features = tuple(feature.name for feature in TASKS["conversion"].features().declared)
    rows = rng.random((400, len(features)))
    labels = rows[:, :5].sum(axis=1) + rng.normal(0, 0.3, 400) > 2.5
    return Estimator(LogisticRegression(C=0.1).fit(rows, labels), features)


@dataclass
class Kept:
    """Models by digest; `asked` says by whom."""

    models: dict[str, BatchModel] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    wanted: list[tuple[str, str]] = field(default_factory=list)

    def get(self, model_id: str, digest: str) -> BatchModel | None:
        self.asked.append((model_id, digest))
        return self.models.get(digest)

    def retain(self, standing: Collection[tuple[str, str]]) -> None:
        self.wanted = list(standing)

    def add(self, model: BatchModel, name: str) -> str:
        digest = hashlib.sha256(name.encode()).hexdigest()
        self.models[digest] = model
        return digest


@dataclass(frozen=True)
class Folder:
    """Artefacts as files of a folder, ``<digest>.pickle``: for tests with processes of their own."""

    path: Path

    def keep(self, model: BatchModel) -> str:
        data = pickle.dumps(model)
        digest = hashlib.sha256(data).hexdigest()
        (self.path / f"{digest}.pickle").write_bytes(data)
        return digest

    def load(self, model_id: str, digest: str) -> BatchModel:
        made: BatchModel = pickle.loads((self.path / f"{digest}.pickle").read_bytes())
        return made


def activated(
    model: str, stage: Stage, digest: str, task: str = "conversion", version: str = "1"
) -> ModelActivated:
    return ModelActivated(
        id=f"{model}-{stage}", time=TIME, source="freshet", task=task, model=model, version=version, stage=stage,
        digest=digest, change=f"c-{model}-{stage}",
    )  # fmt: skip
