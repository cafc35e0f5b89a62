"""The laws that every model of every task obeys, or it can't be in the portfolio."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.codec import rfc3339
from contracts.events import (
    CartAdded,
    CartRemoved,
    OrderPlaced,
    Product,
    ProductViewed,
    ReviewPosted,
    UserEvent,
)
from contracts.records import Features, ModelQuarantined, Outcome, Prediction
from models.kinds import Ranking
from models.online.largest_of import LargestOf
from models.portfolio import Output, Portfolio
from models.tasks import ModelSpec, TaskSpec
from tests.unit.models.streams import (
    LAWFUL,
    MODELS,
    NAMES,
    answers,
    digests,
    examples,
    fold,
    learn,
    predict,
    shop,
    shop_records,
)

ROOT = Path(__file__).resolve().parents[3]
SEEDS = 4
every_model = pytest.mark.parametrize(("task", "spec"), MODELS, ids=NAMES)
LEARNT = [task for task in LAWFUL.values() if any(model.kind == "online" for model in task.models)]
every_task = pytest.mark.parametrize("task", LAWFUL.values(), ids=list(LAWFUL))


@every_model
@pytest.mark.parametrize("labels", [0, 1, 200])
def test_predict_one_leaves_the_state_alone(task: TaskSpec, spec: ModelSpec, labels: int) -> None:
    model = spec.build()
    stream = examples(task, labels + 20)
    for example in stream[:labels]:
        learn(model, example)
    before = pickle.dumps(model)
    for example in stream[labels:]:
        predict(model, example)
    assert pickle.dumps(model) == before


@every_model
def test_learn_one_leaves_its_input_alone(task: TaskSpec, spec: ModelSpec) -> None:
    model = spec.build()
    for example in examples(task, 20):
        kept = copy.deepcopy(example.x)
        predict(model, example)
        learn(model, example)
        assert example.x == kept
        assert list(example.x) == list(kept)


@every_model
def test_twins_fed_the_same_agree_to_the_last_bit_also_through_a_pickle(
    task: TaskSpec, spec: ModelSpec
) -> None:
    stream = examples(task, 400)
    one = answers(spec.build(), stream)
    assert one == answers(spec.build(), stream)
    assert one == answers(spec.build(), stream, cut=200)
    assert all(task.kind.is_answer(task.kind.checked(answer)) for answer in one)


# Baselines that repeat a feature have nothing to learn.
LEARNERS = [(task, model) for task, model in MODELS if model.make is not LargestOf]


@pytest.mark.parametrize(
    ("task", "spec"), LEARNERS, ids=[f"{task.name}-{model.name}" for task, model in LEARNERS]
)
def test_a_model_knows_more_after_labels_than_before(task: TaskSpec, spec: ModelSpec) -> None:
    model = spec.build()
    stream = examples(task, 600)
    # Several: of who has just come neighbours know nothing.
    before = [predict(model, example) for example in stream[-5:]]
    for example in stream:
        learn(model, example)
    assert [predict(model, example) for example in stream[-5:]] != before


def test_all_answers_are_the_same_whatever_the_hash_seed_of_the_process(tmp_path: Path) -> None:
    # Fresh processes, for the order of sets of strings is drawn when one starts. With ours, whose seed is another
    # each time, an order of two strings is the same in all of them once in 16 runs, one of three once in 1,296.
    records = shop_records(300)
    (tmp_path / "records").write_bytes(b"\n".join(records))
    program = [sys.executable, "-m", "tests.unit.models.streams"]
    running = []
    for seed in range(SEEDS):
        with (tmp_path / "records").open("rb") as source:
            environment = os.environ | {"PYTHONHASHSEED": str(seed)}
            running.append(
                subprocess.Popen(
                    program, cwd=ROOT, env=environment, stdin=source, stdout=subprocess.PIPE, text=True
                )
            )
    here = digests(records)
    assert len(here) == len(MODELS) + 1
    assert [process.communicate(timeout=300)[0].splitlines() for process in running] == [here] * SEEDS


@every_task
def test_a_portfolio_goes_on_from_a_pickle_to_the_last_bit(task: TaskSpec) -> None:
    events = list(shop(1_500))
    whole = fold(Portfolio(0, (task,)), iter(events))
    half = len(events) // 2
    first = Portfolio(0, (task,))
    start = fold(first, iter(events[:half]))
    rest = fold(pickle.loads(pickle.dumps(first)), iter(events[half:]), half)
    assert start + rest == whole


def extremes(start_ms: int) -> Iterator[tuple[UserEvent, int]]:
    """Everything a record may carry at its worst: prices, quantities, and years in between."""
    number = 0
    for years in (0, -25, 50, -7):
        time_ms = start_ms + years * 31_556_952_000
        for price, quantity, total in ((1e6, 100_000, 1e9), (0.001, 1, 0.001), (1e6, 1, 1e9)):
            product = Product(product_id="toys-0001", price=price, category="toys", discount=1.0)
            for kind in (
                ProductViewed,
                CartAdded,
                CartAdded,
                CartRemoved,
                CartAdded,
                OrderPlaced,
                ReviewPosted,
            ):
                number += 1
                fields: dict[str, object] = {"product": product, "cart_id": "x", "quantity": quantity}
                if kind is OrderPlaced:
                    fields = {"cart_id": "x", "order_id": "o", "total": total, "lines": 100_000}
                elif kind is ProductViewed:
                    fields = {"product": product}
                elif kind is ReviewPosted:
                    fields = {"product_id": "toys-0001", "text": "not good " * 455, "stars": number % 5 + 1}
                yield (
                    kind(
                        id=f"x-{number}",
                        time=rfc3339(time_ms),
                        source="extremes",
                        user_id="user-000001",
                        session_id=f"x-{years}-{price}-{quantity}",
                        **fields,
                    ),
                    time_ms,
                )


@every_task
def test_extremes_give_finite_answers_within_the_bounds_of_features(task: TaskSpec) -> None:
    portfolio = Portfolio(0, (task,))
    outputs = fold(portfolio, shop(400))
    outputs += fold(portfolio, extremes(portfolio.clock_ms), 10_000)
    outputs += fold(portfolio, shop(400), 20_000)
    assert not [output for output in outputs if isinstance(output, ModelQuarantined)]
    bounds = {feature.name: feature for feature in task.features().declared}
    asked = [output for output in outputs if isinstance(output, Prediction)]
    seen = [output for output in outputs if isinstance(output, Features)]
    assert any(output.event_id.startswith("x-") for output in asked)
    assert [output.offset for output in seen] == [output.offset for output in asked]
    for one in seen:
        pairs = zip(bounds.values(), one.values, strict=True)
        assert all(feature.low <= value <= feature.high for feature, value in pairs)
    for output in asked:
        assert all(map(task.kind.is_answer, output.answers.values()))


def losses(outputs: list[Output], after: int) -> dict[str, float]:
    """Mean loss of each model over the labels of decision points from `after` on."""
    found: dict[str, list[float]] = {}
    for output in outputs:
        if isinstance(output, Outcome) and output.offset >= after:
            for name, loss in output.losses.items():
                assert loss is not None
                found.setdefault(name, []).append(loss)
    return {name: sum(values) / len(values) for name, values in found.items()}


# Of reviews there are 50 in 8,000 events, and 5 labels: too few to hold losses to.
OFTEN = [task for task in LEARNT if task.name != "sentiment"]


@pytest.mark.parametrize("task", OFTEN, ids=[task.name for task in OFTEN])
def test_after_extremes_the_loss_is_no_higher_than_without_them(task: TaskSpec) -> None:
    task = replace(task, models=tuple(model for model in task.models if model.kind != "frozen"))
    # A list costs ten times what a number does.
    events = list(shop(2_500 if isinstance(task.kind, Ranking) else 8_000))
    half = len(events) // 2
    plain = losses(fold(Portfolio(0, (task,)), iter(events)), half)
    portfolio = Portfolio(0, (task,))
    outputs = fold(portfolio, iter(events[:half]))
    # Without the one from the future: the clock would stand still for years, and nothing fall silent.
    worst = [
        (event, time_ms) for event, time_ms in extremes(portfolio.clock_ms) if time_ms <= portfolio.clock_ms
    ]
    fold(portfolio, iter(worst), 1_000_000)
    outputs += fold(portfolio, iter(events[half:]), half)
    kinds = {model.name: model.kind for model in task.models}
    for name, loss in losses(outputs, half).items():
        # Nine wild orders among some 500 visits are news: who learns fast from few labels pays 2.7 % for them, at
        # a loss far below that of one who learns slowly (0.393 to 0.425).
        # A baseline may take longer: nothing is learnt from it, and it is there to be beaten.
        assert loss < (1.03 if kinds[name] == "online" else 4.0) * plain[name], name
