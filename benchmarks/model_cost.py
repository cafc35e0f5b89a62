"""What each model and each task's features cost: microseconds an event and bytes of snapshot.

``python -m benchmarks.model_cost`` fails where a model of the portfolio is beyond what DESIGN allows: 250 us an event,
2 MB of snapshot. Processor time of this process, so that neighbours on the machine don't count.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
from dataclasses import dataclass, replace

from contracts.codec import decode_user_event
from contracts.records import Features, Outcome
from contracts.topics import USER_EVENTS
from models.online import Prior
from models.portfolio import Portfolio
from models.tasks import TASKS, ModelSpec, TaskSpec
from producers.simulator import Scenario, Simulator

MOST_US, MOST_BYTES = 250.0, 2_000_000


@dataclass(frozen=True)
class Cost:
    """Of one model: of a prediction and of learning its label, and of its pickle."""

    predict_us: float
    learn_us: float
    size_bytes: int

    @property
    def is_allowed(self) -> bool:
        """Whether the default portfolio may have it."""
        return self.predict_us + self.learn_us <= MOST_US and self.size_bytes <= MOST_BYTES


def cost_of(model: ModelSpec, asked: list[tuple[dict[str, float], float]]) -> Cost:
    """Feed a model alone what it would be asked, and its labels."""
    built = model.build()
    predicting = learning = 0.0
    for x, y in asked:
        start = time.process_time()
        built.predict_one(x)
        middle = time.process_time()
        built.learn_one(x, y)
        predicting += middle - start
        learning += time.process_time() - middle
    return Cost(1e6 * predicting / len(asked), 1e6 * learning / len(asked), len(pickle.dumps(built)))


def measure(task: TaskSpec, events: int) -> bool:
    """Print the costs of a task; whether all of them are allowed."""
    bare = Portfolio(0, (replace(task, models=(ModelSpec("prior", "baseline", Prior),)),))
    names = [feature.name for feature in task.features().declared]
    features: dict[int, dict[str, float]] = {}
    asked: list[tuple[dict[str, float], float]] = []
    folding, offset = 0.0, 0
    for emission in Simulator(Scenario(seed=1, events=events)):
        if emission.topic != USER_EVENTS.name:
            continue
        event, time_ms = decode_user_event(emission.value)
        start = time.process_time()
        outputs = bare.step(event, time_ms, offset)
        folding += time.process_time() - start
        offset += 1
        for output in outputs:
            if isinstance(output, Features):
                features[output.offset] = dict(zip(names, output.values, strict=True))
            elif isinstance(output, Outcome) and output.label is not None:
                asked.append((features.pop(output.offset), output.label))
    print(
        f"{task.name}: features of {len(names)}, visits and records "
        f"{1e6 * folding / offset:.0f} us an event, {len(pickle.dumps(bare)) / 1e6:.2f} MB after {offset} events"
    )
    fine = True
    for model in task.models:
        cost = cost_of(model, asked)
        fine = fine and cost.is_allowed
        print(
            f"  {model.name:30s} predict {cost.predict_us:6.1f} us  learn {cost.learn_us:6.1f} us  "
            f"{cost.size_bytes / 1e6:6.3f} MB  {'' if cost.is_allowed else 'TOO MUCH'}"
        )
    return fine


def main() -> int:
    """Measure every task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    given = parser.parse_args()
    return 0 if all([measure(task, given.events) for task in TASKS.values()]) else 1


if __name__ == "__main__":
    sys.exit(main())
