"""Streams that models and portfolios are fed in tests, and digests of what they answer.

Run as a program it prints one digest a model and one of the whole portfolio: the same ones in every process,
whatever its hash seed.
"""

from __future__ import annotations

import hashlib
import pickle
import random
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from contracts.codec import decode_user_event, encode
from contracts.events import UserEvent
from contracts.topics import USER_EVENTS
from models.kinds import Classification, Ranking
from models.online import OnlineModel
from models.online.protocol import BlendsAnswers
from models.portfolio import Output, Portfolio
from models.tasks import TASKS, ModelSpec, TaskSpec
from models.tasks.segments.task import SEGMENTS
from models.tasks.taste.task import TASTE
from models.visits import visit_of

# Taste and segments obey the laws before they are asked.
LAWFUL = {**TASKS, TASTE.name: TASTE, SEGMENTS.name: SEGMENTS}
MODELS = [(task, model) for task in LAWFUL.values() for model in task.models]
NAMES = [f"{task.name}-{model.name}" for task, model in MODELS]


class Example(NamedTuple):
    """What a model sees, the label, and what the others of its task answered."""

    x: dict[str, Any]
    y: Any
    others: dict[str, Any] = {}


def examples(task: TaskSpec, count: int, seed: int = 0) -> list[Example]:
    """Random features within their bounds, at least 12 of them, and labels that follow from them."""
    if isinstance(task.kind, Ranking):
        return seen(task.name, count)
    rng = random.Random(seed)
    declared = task.features().declared
    made = []
    for _ in range(count):
        x: dict[str, Any] = {f.name: rng.uniform(f.low, min(f.high, 1e3)) for f in declared}
        x |= {f"padding_{n}": rng.random() for n in range(12 - len(x))}
        pull = sum((x[f.name] - f.low) / (f.high - f.low) for f in declared[:3]) / min(len(declared), 3)
        hit = rng.random() < pull
        if "text_words" in x:
            hit, text = review(rng)
            x["text"] = text
        worth = x.get("cart_total", 0.0) + 10.0 + 100.0 * pull
        made.append(Example(x, float(hit) if isinstance(task.kind, Classification) else worth))
    return made


def review(rng: random.Random) -> tuple[bool, str]:
    """Whether a review is a happy one, and its text; the hash seed of a process may not change it."""
    happy = rng.random() < 0.6
    words = ("good", "lovely", "solid") if happy else ("bad", "flimsy", "ugly")
    clauses = " and ".join(f"it is {rng.choice(words)}" for _ in range(6))
    return happy, f"{clauses} and the item{rng.randrange(1_000)} is not {rng.choice(('round', 'blue'))}"


@cache
def seen(name: str, count: int) -> list[Example]:
    """What models of a task saw in a simulated shop that has a label: where a list is asked for, numbers do not do."""
    task = LAWFUL[name]
    features, models = task.features(), {model.name: model.build() for model in task.models}
    waiting: dict[str | None, list[tuple[UserEvent, dict[str, float]]]] = {}
    made: list[Example] = []
    for event, time_ms in shop(6 * count):
        visit = visit_of(event)
        for asked, x in waiting.pop(visit, []):
            settled = task.label.when_followed(asked, event)
            if settled is None:
                waiting.setdefault(visit, []).append((asked, x))
                continue
            others: dict[str, Any] = {}
            for name, model in models.items():
                if not isinstance(model, BlendsAnswers):
                    others[name] = model.predict_one(x)
                    model.learn_one(x, settled.label)
            made.append(Example(x, settled.label, others))
        if visit is not None and task.asks(event):
            waiting.setdefault(visit, []).append((event, features.values(event, time_ms)))
        features.fold(event, time_ms)
    return made[:count]


def predict(model: OnlineModel, example: Example) -> Any:
    """An answer of a model, given those of the others where it blends them."""
    if isinstance(model, BlendsAnswers):
        return model.blend(example.x, example.others)
    return model.predict_one(example.x)


def learn(model: OnlineModel, example: Example) -> None:
    """Let a model learn one label."""
    if isinstance(model, BlendsAnswers):
        model.learn_blend(example.x, example.others, example.y)
    else:
        model.learn_one(example.x, example.y)


def answers(model: OnlineModel, stream: list[Example], cut: int | None = None) -> list[Any]:
    """Predict, then learn, each with a delay of three; at `cut` the model goes through a pickle."""
    given = []
    for n, example in enumerate(stream):
        if n == cut:
            model = pickle.loads(pickle.dumps(model))
        given.append(predict(model, example))
        if n >= 3:
            learn(model, stream[n - 3])
    return given


def shop_records(events: int, seed: int = 5) -> list[bytes]:
    """Return the main input of a simulated shop."""
    from producers.simulator import Scenario, Simulator  # those who only read records need no shop

    simulator = Simulator(Scenario(seed=seed, events=events))
    return [emission.value for emission in simulator if emission.topic == USER_EVENTS.name]


def shop(events: int, seed: int = 5) -> Iterator[tuple[UserEvent, int]]:
    """Yield the events of a simulated shop with their times."""
    yield from map(decode_user_event, shop_records(events, seed))


def digest_of_model(task: TaskSpec, spec: ModelSpec) -> str:
    """Digest of a model's answers to 300 examples."""
    given = answers(spec.build(), examples(task, 300))
    return hashlib.blake2b(repr(given).encode(), digest_size=8).hexdigest()


def digest_of_outputs(outputs: list[Output]) -> str:
    """Digest of the bytes of outputs."""
    return hashlib.blake2b(b"\n".join(encode(output) for output in outputs), digest_size=8).hexdigest()


def fold(portfolio: Portfolio, stream: Iterator[tuple[UserEvent, int]], start: int = 0) -> list[Output]:
    """Feed a portfolio, offsets counted from `start`."""
    outputs: list[Output] = []
    for offset, (event, time_ms) in enumerate(stream, start):
        outputs += portfolio.step(event, time_ms, offset)
    return outputs


def digests(records: list[bytes]) -> list[str]:
    """All of them, a line each; the portfolio is fed `records` of the main input."""
    lines = [f"{name} {digest_of_model(*pair)}" for name, pair in zip(NAMES, MODELS, strict=True)]
    outputs = fold(Portfolio(0), (decode_user_event(record) for record in records))
    return [*lines, f"portfolio {digest_of_outputs(outputs)}"]


if __name__ == "__main__":
    print("\n".join(digests(sys.stdin.buffer.read().splitlines())))
