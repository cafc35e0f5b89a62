"""The conversion pipelines on real sessions: what is known to be reachable is reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from benchmarks.online_shoppers import AUC, PRECISION, folded, shoppers

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.long
def test_boosted_trees_tell_shoppers_from_visitors_as_well_as_is_known_to_be_possible():
    folder = Path(os.environ.get("FRESHET_TEST_DATA") or ROOT.parent / "shared" / "data")
    file = folder / "online_shoppers.csv.gz"
    if not file.is_file():
        pytest.skip(f"no online_shoppers.csv.gz in {folder}: set FRESHET_TEST_DATA to its folder")
    data = shoppers(file)
    assert data.x.shape == (12_330, len(data.columns.names))
    with threadpool_limits(limits=1, user_api="openmp"):
        auc, precision = folded(data, "boosted-trees", folds=3).mean(axis=0)
    # A third fewer rows to learn from than with ten folds.
    assert auc > AUC - 0.005
    assert precision > PRECISION - 0.01
