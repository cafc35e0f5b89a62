"""What the simulator knows beside chances: groups, and ranks of what came."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from models.kinds import Classification, Clustering, Kind, Ranking, Role
from models.kinds.clustering import agreement
from tests.unit.models.kinds.rows_of import columns


def test_agreement_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(7)
    for groups in (1, 2, 5):
        truth = rng.integers(0, 4, 300).astype(float)
        found = np.where(rng.random(300) < 0.6, truth, rng.integers(0, groups, 300))
        told = agreement(truth, found)
        assert told["adjusted_rand"] == pytest.approx(adjusted_rand_score(truth, found))
        assert told["nmi"] == pytest.approx(normalized_mutual_info_score(truth, found))


def test_groups_are_held_to_the_truth_where_it_is_known_and_to_nothing_elsewhere() -> None:
    kind = Clustering()
    names = [kind.lines(0, name) for name in ("a", "a", "b", "b")]
    truth = [np.nan if line is None else line.truth for line in names]
    answers = [[0, 0.1], [0, 0.2], [1, 0.3], [1, 0.1], [0, 0.5]]
    rows = columns([0.0] * 5, {"m": answers}, truth=[*truth, np.nan])
    assert kind.scores(rows, "m")["adjusted_rand"] == 1.0
    assert kind.scores(rows.where(slice(4, None)), "m")["adjusted_rand"] is None


def test_a_ranking_is_placed_between_the_best_baseline_and_the_oracle() -> None:
    kind = Ranking()
    rows = columns([1.0] * 4, {"m": [1, 2, 2, 1], "popularity": [4, 4, 4, 4]}, truth=[1, 1, 1, 1])

    def role_of(model: str) -> Role:
        return "online" if model == "m" else "baseline"

    board = kind.board(rows, ["m", "popularity"], role_of, 10)
    assert board["oracle"] == {"mrr": 1.0}
    assert board["models"]["m"]["share_of_learnable"] == pytest.approx((0.75 - 0.25) / (1.0 - 0.25))
    assert board["baselines"]["popularity"]["share_of_learnable"] == 0.0


@pytest.mark.parametrize(
    ("kind", "truth"), [(Clustering(), 1.0), (Ranking(), 0.5), (Ranking(), "a"), (Classification(), 1.5)]
)
def test_what_is_no_truth_of_the_kind_is_none(kind: Kind, truth: object) -> None:
    assert kind.lines(0, truth) is None


def test_a_chance_is_the_line_that_shares_are_worked_out_from() -> None:
    line = Classification().lines(5, 0.25)
    assert line is not None and (line.bayes, line.clairvoyant, line.bayes_blind) == (0.25, 0.25, None)
