"""How much of what can be learnt the conversion models learn: simulator to portfolio, in memory, no broker.

``python -m benchmarks.conversion --seeds 1 2 3 --partitions 1 2`` prints a table over the last 50,000 settled labels;
``--drift 175000`` adds how deep the drift goes and when each model is back.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from contracts.codec import decode, decode_user_event
from contracts.records import ModelQuarantined, Outcome, Truth
from contracts.topics import TRUTH, USER_EVENTS
from models import evaluate
from models.portfolio import Portfolio
from models.tasks import TASKS
from producers.simulator import Abrupt, Scenario, Simulator

LABELS = 50_000
TASK = TASKS["conversion"]
NAMES = tuple(model.name for model in TASK.models)


@dataclass
class Run:
    """Labels in the order in which they settled, with every model's answer and the oracle's lines."""

    labels: list[float] = field(default_factory=list)
    answers: list[list[float]] = field(default_factory=list)
    oracle: list[tuple[float, float, float]] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    decisions: int = 0
    seconds: float = 0.0


def run(scenario: Scenario) -> Run:
    """Fold a whole shop, one portfolio a partition."""
    portfolios = [Portfolio(partition, (TASK,)) for partition in range(scenario.partitions)]
    offsets = [0] * scenario.partitions
    truths: dict[str, Truth] = {}
    done = Run()
    for emission in Simulator(scenario):
        if emission.topic == TRUTH.name:
            truth = decode(TRUTH, emission.value)
            if isinstance(truth, Truth):
                truths[truth.event_id] = truth
        elif emission.topic == USER_EVENTS.name:
            event, time_ms = decode_user_event(emission.value)
            began = time.perf_counter()
            outputs = portfolios[emission.partition].step(event, time_ms, offsets[emission.partition])
            done.seconds += time.perf_counter() - began
            offsets[emission.partition] += 1
            for output in outputs:
                if isinstance(output, Outcome):
                    _note(done, output, truths.pop(output.event_id))
                elif isinstance(output, ModelQuarantined):
                    msg = f"no model may be quarantined by a simulated shop. Got {output}."
                    raise AssertionError(msg)
    done.decisions = len(done.labels)
    return done


def _note(done: Run, outcome: Outcome, truth: Truth) -> None:
    done.labels.append(1.0 if outcome.label else 0.0)
    done.answers.append([one if isinstance(one, float) else np.nan for one in outcome.answers.values()])
    done.oracle.append((truth.clairvoyant, truth.bayes, truth.bayes_blind or np.nan))
    done.sessions.append(outcome.session_id)
    done.numbers.append(int(outcome.event_id[2:]))


def lines(done: Run, scenario: Scenario) -> Iterator[str]:
    """Say what came out, a line a model."""
    last = slice(-LABELS, None)
    labels, oracle = np.array(done.labels)[last], np.array(done.oracle)[last]
    answers, sessions = np.array(done.answers)[last], np.array(done.sessions)[last]
    yield (
        f"seed {scenario.seed}, {scenario.partitions} partitions: {done.decisions} decision points, "
        f"{1e6 * done.seconds / max(scenario.events or 1, 1):.0f} us an event; "
        f"prior {evaluate.entropy(labels):.4f}, bayes {evaluate.log_loss(labels, oracle[:, 1]):.4f} "
        f"(AUC {evaluate.roc_auc(labels, oracle[:, 1]):.3f}), "
        f"clairvoyant {evaluate.log_loss(labels, oracle[:, 0]):.4f}"
    )
    after = np.array(done.numbers) > (scenario.drift.at_events if scenario.drift else 0)
    for name, given in [("bayes_blind", oracle[:, 2]), *zip(NAMES, answers.T, strict=True)]:
        # The blind line is worked out for a sample of the decision points only.
        known = np.isfinite(given)
        y, p, bayes = labels[known], given[known], oracle[known, 1]
        leak = evaluate.is_leak(evaluate.log_losses(y, p), evaluate.log_losses(y, bayes), sessions[known])
        line = (
            f"  {name:22s} share {evaluate.expected_share(bayes, p):6.3f}  "
            f"log loss {evaluate.log_loss(y, p):.4f}  AUC {evaluate.roc_auc(y, p):.3f}"
            f"{'  LEAK' if leak else ''}"
        )
        if scenario.drift and name in NAMES:
            back = evaluate.recovery(
                np.array(done.oracle)[after, 1],
                np.array(done.answers)[after, NAMES.index(name)],
            )
            line += f"  lowest {back.lowest_share:6.3f}  end {back.share_at_end:6.3f}"
            line += f"  back after {back.back_after_decisions}"
        yield line


def main() -> None:
    """Run each scenario and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--partitions", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--events", type=int, default=350_000)
    parser.add_argument(
        "--drift", type=int, default=None, help="user event at which the shop changes abruptly"
    )
    given = parser.parse_args()
    for partitions in given.partitions:
        for seed in given.seeds:
            drift = Abrupt(given.drift) if given.drift else None
            scenario = Scenario(seed=seed, events=given.events, partitions=partitions, drift=drift)
            for line in lines(run(scenario), scenario):
                print(line, flush=True)


if __name__ == "__main__":
    main()
