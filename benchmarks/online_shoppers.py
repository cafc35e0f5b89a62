"""Whether the pipelines are sound: conversion's on real sessions, UCI's Online Shoppers Purchasing Intention data.

``python -m benchmarks.online_shoppers FILE`` prints ROC AUC and average precision of each conversion recipe with its
default parameters, by ten stratified folds, and fails where boosted trees are below what is known to be reachable.

References
----------
C. O. Sakar et al., Real-time prediction of online shoppers' purchasing intention using multilayer perceptron and LSTM
recurrent neural networks, Neural Computing and Applications, 2019.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import StratifiedKFold, train_test_split
from threadpoolctl import threadpool_limits

from models import evaluate
from models.batch import Columns, training_of
from models.tasks import TASKS

AUC, PRECISION = 0.93, 0.74
_NUMBERS = ("Administrative", "Informational", "ProductRelated", "BounceRates", "ExitRates", "SpecialDay")
_AMOUNTS = ("Administrative_Duration", "Informational_Duration", "ProductRelated_Duration", "PageValues")
_CHOICES = ("Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType")


class Shoppers(NamedTuple):
    """Sessions with whether they ended in an order."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    columns: Columns


def shoppers(file: Path) -> Shoppers:
    """Read the CSV, gzipped: a column of 0 and 1 for each choice of what is no number."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    choices = [(name, value) for name in _CHOICES for value in sorted({row[name] for row in rows})]
    x = [
        [float(row[name]) for name in (*_NUMBERS, *_AMOUNTS)]
        + [float(row["Weekend"] in ("1", "TRUE"))]
        + [float(row[name] == value) for name, value in choices]
        for row in rows
    ]
    y = [float(row["Revenue"] in ("1", "TRUE")) for row in rows]
    names = (*_NUMBERS, *_AMOUNTS, "Weekend", *(f"{name}={value}" for name, value in choices))
    first, second = len(_NUMBERS), len(_NUMBERS) + len(_AMOUNTS)
    columns = Columns(
        names,
        numbers=tuple(range(first)),
        amounts=tuple(range(first, second)),
        flags=tuple(range(second, len(names))),
    )
    return Shoppers(np.array(x), np.array(y), columns)


def folded(data: Shoppers, name: str, folds: int, seed: int = 0) -> NDArray[np.float64]:
    """ROC AUC and average precision of each fold: shape (folds, 2)."""
    recipe = training_of(TASKS["conversion"]).by_name[name]
    found = []
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(data.x, data.y):
        rows, held = train_test_split(train, test_size=0.1, stratify=data.y[train], random_state=seed)
        fitted = recipe.make(data.columns, seed, recipe.defaults).fit(data.x[rows], data.y[rows])
        if recipe.is_calibrated:
            fitted = CalibratedClassifierCV(FrozenEstimator(fitted), method="sigmoid")
            fitted.fit(data.x[held], data.y[held])
        p = fitted.predict_proba(data.x[test])[:, 1]
        label = data.y[test]
        found.append((evaluate.roc_auc(label, p) or 0.0, evaluate.average_precision(label, p) or 0.0))
    return np.array(found)


def main() -> int:
    """Run as the module says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="online_shoppers.csv.gz")
    parser.add_argument("--folds", type=int, default=10)
    given = parser.parse_args()
    data = shoppers(given.file)
    print(f"{len(data.y):,} sessions, {data.y.mean():.1%} with an order, {data.x.shape[1]} columns")
    fine = True
    with threadpool_limits(limits=1, user_api="openmp"):
        for name in training_of(TASKS["conversion"]).by_name:
            figures = folded(data, name, given.folds)
            (auc, precision), (auc_sd, precision_sd) = figures.mean(axis=0), figures.std(axis=0)
            print(
                f"{name:15} ROC AUC {auc:.4f} (sd {auc_sd:.4f})  "
                f"average precision {precision:.4f} (sd {precision_sd:.4f})",
                flush=True,
            )
            if name == "boosted-trees":
                fine = auc >= AUC and precision >= PRECISION
    print(f"boosted-trees at least {AUC} and {PRECISION}: {'yes' if fine else 'NO'}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
