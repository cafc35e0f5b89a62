"""Is the simulated shop worth learning, and can it be learnt? ``python -m benchmarks.world`` prints the figures.

What a shop must be (see ``producers/simulator/parameters.py``, whose numbers were chosen so that it is):

- 5 to 15 % of sessions order, and the AUC of ``bayes`` lies between 0.84 and 0.88: neither trivial nor noise;
- ``clairvoyant`` has an AUC at least 0.02 above: what the user came for matters and is not to be had;
- ``bayes_blind`` holds at least 0.97 of the learnable: what only the oracle sees hardly matters;
- a logistic regression on the event's own fields stays below 0.6: history is needed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from math import cos, log, pi, sin
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from contracts.codec import decode, decode_user_event
from contracts.emission import Emission
from contracts.events import CartAdded, ProductViewed
from contracts.records import Truth
from contracts.topics import TRUTH
from models.evaluate import entropy, log_loss, roc_auc
from producers.simulator import Scenario, Simulator, parse_drift

__all__ = ["EVERY", "LINES", "Decisions", "Figures", "decisions_of", "figures_of", "own_fields_share"]

Floats = npt.NDArray[np.float64]
LINES: Final = ("clairvoyant", "bayes", "bayes_blind")
EVERY: Final = 4
_DAY_MS: Final = 24 * 60 * 60 * 1000


class Decisions(NamedTuple):
    """All decision points of a shop in order; the own fields of one event in `EVERY`."""

    labels: Floats
    sessions: npt.NDArray[np.str_]
    lines: dict[str, Floats]
    own_fields: list[dict[str, float | str]]
    user_events: int
    all_sessions: int


class Figures(NamedTuple):
    """See the top of the file."""

    decisions: int
    events_per_decision: float
    ordering_sessions: float
    prior_loss: float
    losses: dict[str, float]
    aucs: dict[str, float]
    blind_share: float
    own_fields_share: float


def _fields(event: ProductViewed | CartAdded, time_ms: int) -> dict[str, float | str]:
    angle = 2.0 * pi * (time_ms % _DAY_MS) / _DAY_MS
    product = event.product
    return {
        "type": type(event).__name__,
        "log_price": log(product.price),
        "discount": product.discount,
        "stock": (product.stock or 0) / 100.0,
        "category": product.category or "",
        "brand": product.brand or "",
        "quantity": float(event.quantity) if isinstance(event, CartAdded) else 0.0,
        "hour_sin": sin(angle),
        "hour_cos": cos(angle),
    }


def decisions_of(emissions: Iterable[Emission]) -> Decisions:
    """Walk through a shop and join what the oracle said with what came of it."""
    truths: list[Truth] = []
    own: list[dict[str, float | str]] = []
    ordered: set[str | None] = set()
    user_events = sessions = 0
    for emission in emissions:
        user_events += emission.counts
        sessions += emission.event_type == "SessionStarted"
        if emission.topic == TRUTH.name:
            truth = decode(TRUTH, emission.value)
            if isinstance(truth, Truth):
                truths.append(truth)
        elif emission.event_type == "OrderPlaced":
            ordered.add(decode_user_event(emission.value)[0].session_id)  # type: ignore[union-attr]
        elif emission.event_type in ("ProductViewed", "CartAdded"):
            # Its truth comes next.
            if len(truths) % EVERY == 0:
                event, time_ms = decode_user_event(emission.value)
                if isinstance(event, ProductViewed | CartAdded):
                    own.append(_fields(event, time_ms))
    return Decisions(
        labels=np.array([float(truth.session_id in ordered) for truth in truths]),
        sessions=np.array([truth.session_id for truth in truths]),
        lines={name: np.array([getattr(truth, name) for truth in truths]) for name in LINES},
        own_fields=own,
        user_events=user_events,
        all_sessions=sessions,
    )


def own_fields_share(decisions: Decisions) -> float:
    """Share of the learnable of a logistic regression on the event's own fields, on the last quarter."""
    labels = decisions.labels[::EVERY]
    cut = len(labels) * 3 // 4
    rows = DictVectorizer(sparse=False).fit_transform(decisions.own_fields)
    model = LogisticRegression(max_iter=1000).fit(rows[:cut], labels[:cut])
    prior = entropy(float(labels[cut:].mean()))
    learnt = prior - log_loss(labels[cut:], model.predict_proba(rows[cut:])[:, 1])
    return learnt / (prior - log_loss(labels[cut:], decisions.lines["bayes"][::EVERY][cut:]))


def figures_of(decisions: Decisions) -> Figures:
    """Work out the figures of a shop."""
    labels = decisions.labels
    prior = entropy(float(labels.mean()))
    losses = {name: log_loss(labels, line) for name, line in decisions.lines.items()}
    by_session = dict(zip(decisions.sessions.tolist(), labels.tolist(), strict=True))
    return Figures(
        decisions=len(labels),
        events_per_decision=decisions.user_events / len(labels),
        ordering_sessions=sum(by_session.values()) / decisions.all_sessions,
        prior_loss=prior,
        losses=losses,
        aucs={name: roc_auc(labels, line) or 0.0 for name, line in decisions.lines.items()},
        blind_share=(prior - losses["bayes_blind"]) / (prior - losses["bayes"]),
        own_fields_share=own_fields_share(decisions),
    )


def main() -> None:
    """Print the figures of one shop as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.world", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=350_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drift", type=parse_drift, default=None, help="NAME@N")
    asked = parser.parse_args()
    scenario = Scenario(seed=asked.seed, events=asked.events, drift=asked.drift)
    figures = figures_of(decisions_of(Simulator(scenario)))
    print(msgspec.json.format(msgspec.json.encode(figures._asdict()), indent=2).decode())


if __name__ == "__main__":
    main()
