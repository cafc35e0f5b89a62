"""Small fitted models, and what an attacker would put in their place."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from contracts.model_version import ModelVersion, Signature
from models.registry import BatchModel, dump, libraries
from models.tasks import TASKS

FEATURES = tuple(feature.name for feature in TASKS["conversion"].features().declared[:3])


def rows(count: int = 300) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.0, 2.0, size=(count, len(FEATURES)))


@cache
def fitted(kind: str) -> Any:
    x = rows()
    y = (x[:, 0] > x[:, 1]).astype(float)
    columns = ColumnTransformer([("scaled", StandardScaler(), [0, 1]), ("as they are", "passthrough", [2])])
    if kind == "amount":
        return Pipeline(
            [("columns", columns), ("model", HistGradientBoostingRegressor(max_iter=3, random_state=0))]
        ).fit(x, np.log1p(x[:, 1]))
    if kind == "logistic":
        return Pipeline([("columns", columns), ("model", LogisticRegression())]).fit(x, y)
    trees = HistGradientBoostingClassifier(max_iter=3, random_state=0)
    if kind == "averaged":
        both = [("logistic", LogisticRegression()), ("trees", trees)]
        return Pipeline([("model", VotingClassifier(both, voting="soft"))]).fit(x, y)
    whole = Pipeline([("columns", columns), ("model", trees)]).fit(x, y)
    return CalibratedClassifierCV(FrozenEstimator(whole), method="sigmoid").fit(x, y)


def version_of(kind: str = "trees", **other: Any) -> tuple[ModelVersion, bytes]:
    estimator = fitted(kind)
    bare = (
        Signature(features=FEATURES, answer="amount", base=FEATURES[0], most=10.0)
        if kind == "amount"
        else Signature(features=FEATURES, answer="probability")
    )
    examples = rows(3)
    answers = BatchModel(bare, estimator).answer(examples)
    values: dict[str, Any] = {
        "task": "basket" if kind == "amount" else "conversion",
        "name": kind,
        "digest": "0" * 64,
        "libraries": libraries(),
        "code_version": "0",
        "data_window": {"0": (0, 300)},
        "parameters": {"rate": 0.1},
        "metrics": {"rows": 300, "loss": 1e16},
        "signature": Signature(
            **{name: getattr(bare, name) for name in ("features", "answer", "base", "most")},
            example_rows=tuple(map(tuple, examples.tolist())),
            example_answers=tuple(answers.tolist()),
        ),
    }
    return ModelVersion(**(values | other)), dump(estimator)


class _Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable, tuple]:
        return Path.touch, (self.path,)


def bomb(path: Path) -> bytes:
    """A pickle that makes the file `path` when it is read."""
    return pickle.dumps(_Bomb(path))


def with_schema(payload: bytes, change: Callable[[str], str]) -> bytes:
    """The same archive with another schema."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(payload)) as old, zipfile.ZipFile(packed, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            new.writestr(entry, change(data.decode()) if entry == "schema.json" else data)
    return packed.getvalue()


def with_first_class(payload: bytes, module: str, name: str) -> bytes:
    """The same archive, whose outermost object is of another type."""

    def change(schema: str) -> str:
        told = json.loads(schema)
        told["__module__"], told["__class__"] = module, name
        return json.dumps(told)

    return with_schema(payload, change)
