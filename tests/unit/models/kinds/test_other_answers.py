"""Kinds whose answers are lists and parts: what can be one, and the metrics against figures worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from contracts.bounds import RankedItem
from models.kinds import Bandit, Clustering, Kind, NoAnswer, Ranking, Regression

BANDIT, CLUSTERING, RANKING = Bandit(), Clustering(), Ranking()
SHOWN = {"arm": "five", "propensity": 0.25, "reward": 2.0}
SESSIONS = np.arange(4)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (RANKING, [("a", 1.0), ("a", 0.5)]),
        (RANKING, [("a", math.nan)]),
        (RANKING, [("a", 2e9)]),
        (RANKING, [("\x1b[2J", 1.0)]),
        (RANKING, [(f"p{n}", 1.0) for n in range(101)]),
        (RANKING, [RankedItem("a", 1.0, {"\n": 1.0})]),
        (CLUSTERING, (1.5, 0.0)),
        (CLUSTERING, (-1, 0.0)),
        (CLUSTERING, {"cluster": 1, "distance": math.inf}),
        (BANDIT, {"arm": "five", "propensity": 0.0}),
        (BANDIT, {"arm": "", "propensity": 0.5}),
        (BANDIT, {"arm": "five", "propensity": 0.5, "estimates": {"five": math.nan}}),
        (Regression(), math.nan),
    ],
)
def test_what_no_record_can_carry_is_no_answer(kind: Kind, given: Any) -> None:
    with pytest.raises(NoAnswer):
        kind.checked(given)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (RANKING, [(np.str_("a"), np.float64(1.0)), ("b", 0)]),
        (CLUSTERING, (np.int64(3), np.float64(0.5))),
        (BANDIT, {"arm": "five", "propensity": np.float64(0.5), "estimates": {"five": 1}}),
    ],
)
def test_an_answer_is_one_again_when_it_comes_from_the_topic(kind: Kind, given: Any) -> None:
    assert kind.is_answer(kind.checked(given))


@pytest.mark.parametrize("kind", [RANKING, CLUSTERING, BANDIT])
@pytest.mark.parametrize(
    "other", [0.5, [RankedItem("a", 1.0)], {"cluster": 1.0, "distance": 0.0}, {"arm": "five"}]
)
def test_an_answer_of_another_kind_is_none(kind: Kind, other: Any) -> None:
    is_own = (kind is RANKING and isinstance(other, list)) or (kind is CLUSTERING and "cluster" in str(other))
    assert kind.is_answer(other) is is_own


def test_labels_are_held_to_their_kind() -> None:
    assert RANKING.is_label("p1") and not RANKING.is_label(1.0) and not RANKING.is_label("a\0b")
    assert not CLUSTERING.is_label(0.0)
    assert BANDIT.is_label(SHOWN) and not BANDIT.is_label(1.0)
    assert not BANDIT.is_label(SHOWN | {"propensity": 2.0}) and not BANDIT.is_label({"arm": "five"})


def test_metrics_of_a_ranking_go_by_the_place_of_what_came() -> None:
    answer = RANKING.checked([("a", 3.0), ("b", 2.0), ("c", 1.0)])
    kept = np.array([RANKING.kept(label, answer) for label in ("a", "b", "c", "x")])
    assert kept.tolist() == [1.0, 2.0, 3.0, 0.0]
    found = RANKING.evaluation(np.ones(4), kept, SESSIONS)
    assert found["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 4)
    assert found["rank_loss"] == pytest.approx(np.mean(RANKING.losses(np.ones(4), kept)))
    assert found["recall_at_10"] == 0.75
    assert found["ndcg"] == pytest.approx((1 + 1 / math.log2(3) + 1 / 2) / 4)


def test_metrics_of_a_clustering_go_by_distances_and_sizes() -> None:
    answers = [CLUSTERING.checked(one) for one in ((0, 1.0), (0, 3.0), (2, 0.0), (0, 0.0))]
    kept = np.array([CLUSTERING.kept(None, answer) for answer in answers])
    found = CLUSTERING.evaluation(np.zeros(4), kept, SESSIONS)
    assert found == {"distance": 1.0, "clusters": 2.0, "largest": 0.75}


def test_metrics_of_a_bandit_are_those_of_the_rewards_that_came() -> None:
    answer = BANDIT.checked({"arm": "five", "propensity": 1.0, "estimates": {"five": 1.0, "none": 0.5}})
    labels = [
        SHOWN,
        SHOWN | {"arm": "none", "reward": 4.0},
        SHOWN | {"propensity": 0.5, "reward": 0.0},
        SHOWN | {"arm": "other", "reward": 1.0},
    ]
    kept = np.array([BANDIT.kept(label, answer) for label in labels])
    rewards = np.array([BANDIT.kept_label(label) for label in labels])
    found = BANDIT.evaluation(rewards, kept, SESSIONS)
    assert found["ips"] == pytest.approx((4 * 2 + 2 * 0) / 4)
    assert found["snips"] == pytest.approx(8 / 6)
    # Expected 1 of its arm everywhere; corrected by 4 * (2 - 1) and 2 * (0 - 1) where it was shown.
    assert found["dr"] == pytest.approx((4 * 1 + 4 * 1 + 2 * -1) / 4)
    assert [BANDIT.loss(label, answer) for label in labels] == BANDIT.losses(rewards, kept).tolist()


def test_a_chance_of_nothing_makes_no_loss_without_end() -> None:
    label = SHOWN | {"propensity": 0.0, "reward": 1e9}
    assert BANDIT.loss(label, {"arm": "five"}) == -1e9
