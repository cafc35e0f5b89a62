"""How far the segments agree with the personas of the simulated shop, online and in one go: adjusted Rand.

``python -m benchmarks.segments --seeds 5 --events 100000``; takes half a minute a seed.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise

import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from contracts.codec import decode, decode_user_event
from contracts.records import Features, Prediction, Truth
from contracts.topics import TRUTH, USER_EVENTS
from models.kinds import Clustering
from models.kinds.clustering import agreement
from models.portfolio import Portfolio
from models.tasks.segments.task import SEGMENTS
from producers.simulator import Scenario, Simulator

_TASK = SEGMENTS
_EDGES = (0, 2_500, 5_000, 10_000, 15_000)


def _measure(seed: int, events: int) -> dict[str, list[float]]:
    portfolio, offset, spent_s = Portfolio(0, (_TASK,)), 0, 0.0
    kind = Clustering()
    truths: dict[str, float] = {}
    visits: list[tuple[str, dict[str, float], list[float]]] = []
    for emission in Simulator(Scenario(seed=seed, events=events)):
        if emission.topic == TRUTH.name and emission.event_type == Truth.__name__:
            told = decode(TRUTH, emission.value)
            line = kind.lines(0, told.persona)
            if line is not None and line.truth is not None:
                truths[told.session_id] = line.truth
        elif emission.topic == USER_EVENTS.name:
            event, time_ms = decode_user_event(emission.value)
            start = time.process_time()
            outputs = portfolio.step(event, time_ms, offset)
            spent_s += time.process_time() - start
            offset += 1
            answers: list[dict[str, float]] = []
            for output in outputs:
                if isinstance(output, Prediction):
                    answers.append(
                        {m: kind.checked(answer)["cluster"] for m, answer in output.answers.items()}
                    )
                    session = output.session_id
                elif isinstance(output, Features):
                    visits.append((session, answers[-1], list(output.values)))
    known = [one for one in visits if one[0] in truths]
    truth = np.array([truths[session] for session, _, _ in known])
    names = [feature.name for feature in _TASK.features().declared]
    x = np.array([values for _, _, values in known])
    told_of = StandardScaler().fit_transform(x[:, [names.index("narrow"), names.index("searching")]]) * (
        1.0,
        0.4,
    )
    found = {model.name: np.array([answers[model.name] for _, answers, _ in known]) for model in _TASK.models}
    figures: dict[str, list[float]] = {name: [] for name in (*found, "batch k-means", "told the truth")}
    for low, high in pairwise(edge for edge in _EDGES if edge <= len(known)):
        part = slice(low, high)
        found["batch k-means"] = np.zeros(len(known))
        found["batch k-means"][part] = KMeans(4, n_init=5, random_state=0).fit_predict(told_of[part])
        # Who is told the personas of all other visits: what these features can say at most, and a little more.
        scaled = StandardScaler().fit_transform(x)
        learnt = LogisticRegression(max_iter=300).fit(np.delete(scaled, part, axis=0), np.delete(truth, part))
        found["told the truth"] = np.zeros(len(known))
        found["told the truth"][part] = learnt.predict(scaled[part])
        for name, clusters in found.items():
            figures[name].append(agreement(truth[part], clusters[part])["adjusted_rand"])
    figures["us an event"] = [1e6 * spent_s / events]
    return figures


def main() -> None:
    """Measure each seed, and print means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--events", type=int, default=100_000)
    given = parser.parse_args()
    runs = [_measure(seed, given.events) for seed in range(1, given.seeds + 1)]
    print("visits         " + "  ".join(f"{low:>6}-{high:<6}" for low, high in pairwise(_EDGES)))
    for name in runs[0]:
        rows = np.array([run[name] for run in runs])
        said = (
            f"{mean:8.3f} ± {se:.3f}"
            for mean, se in zip(rows.mean(0), rows.std(0) / len(rows) ** 0.5, strict=True)
        )
        print(f"{name:18}" + " ".join(said))


if __name__ == "__main__":
    main()
