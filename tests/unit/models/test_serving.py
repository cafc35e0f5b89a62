"""Batch models beside the stream: who answers from which record on, the same however it is cut, and who breaks."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.bounds import Stage
from contracts.codec import decode_user_event
from contracts.events import UserEvent
from contracts.records import ModelInForce, ModelQuarantined, Outcome, Prediction
from models.deployments import Deployments
from models.portfolio import Portfolio
from models.serving import BatchModel, NoBatchModels
from models.tasks import TASKS, ModelSpec
from tests.batch_models import Kept, activated, trained
from tests.unit.models.streams import shop_records

FEATURES = trained().features
FIRST = 250
"""About where products are listed and shoppers come."""

Stream = list[tuple[UserEvent, int]]


@cache
def shop() -> tuple[tuple[UserEvent, int], ...]:
    return tuple(decode_user_event(value) for value in shop_records(700))


def with_activations(*activations: tuple[int, str, Stage, str]) -> Stream:
    """The shop's events, with activations put in at numbers counted from the first decision point."""
    stream: Stream = []
    for number, (event, time_ms) in enumerate(shop()):
        for at, model, stage, digest in activations:
            if FIRST + at == number:
                stream.append((activated(model, stage, digest), time_ms))
        stream.append((event, time_ms))
    return stream


def folded(stream: Stream, models: Kept | NoBatchModels, turn: int, pickled_at: int = -1) -> list[Any]:
    portfolio = Portfolio(3)
    outputs: list[Any] = []
    for start in range(0, len(stream), turn):
        for offset, (event, time_ms) in enumerate(stream[start : start + turn], start):
            outputs += portfolio.step(event, time_ms, offset)
        outputs += portfolio.complete(models)
        if start <= pickled_at < start + turn:
            portfolio = pickle.loads(pickle.dumps(portfolio))
    return outputs


def of(kind: type, outputs: Iterable[Any], task: str = "conversion") -> list[Any]:
    return [o for o in outputs if isinstance(o, kind) and o.task == task]  # type: ignore[attr-defined]


class Broken:
    """Raises, or answers with no number, from the nth row that it is shown on."""

    features = FEATURES[:3]

    def __init__(self, good_rows: int, answer: float | None) -> None:
        self.limit: float | None = None
        self.good_rows, self.wrong = good_rows, answer
        self.seen: dict[bytes, int] = {}

    def answer(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        answers = []
        for row in matrix:
            if self.seen.setdefault(row.tobytes(), len(self.seen)) < self.good_rows:
                answers.append(0.25)
            elif self.wrong is None:
                raise ArithmeticError("as told")
            else:
                answers.append(self.wrong)
        return np.array(answers)


def test_a_shadow_answers_from_its_record_on_and_a_champion_is_served() -> None:
    models = Kept()
    digest = models.add(trained(), "a")
    stream = with_activations((200, "a", "shadow", digest), (500, "a", "champion", digest))
    outputs = folded(stream, models, turn=64)
    shadow, champion = of(ModelInForce, outputs)
    assert [(o.model, o.stage, o.partition, o.offset) for o in (shadow, champion)] == [
        ("a@1", "shadow", 3, FIRST + 200),
        ("a@1", "champion", 3, FIRST + 501),
    ]
    for prediction in of(Prediction, outputs):
        online = next(iter(prediction.answers))
        if prediction.offset < shadow.offset:
            assert list(prediction.answers) == [m.name for m in TASKS["conversion"].models]
        else:
            assert list(prediction.answers)[-1] == "a@1"
            assert 0 < prediction.answers["a@1"] < 1
        assert prediction.model == ("a@1" if prediction.offset > champion.offset else online)
    assert all("a@1" not in prediction.answers for prediction in of(Prediction, outputs, "basket"))


def test_outcomes_have_the_losses_of_batch_answers_also_when_settled_in_the_turn_of_the_question() -> None:
    models = Kept()
    stream = with_activations((100, "a", "shadow", models.add(trained(), "a")))
    for turn in (1, len(stream)):
        outcomes = [o for o in of(Outcome, folded(stream, models, turn)) if "a@1" in o.answers]
        assert len(outcomes) > 50
        spec = TASKS["conversion"]
        assert all(o.losses["a@1"] == spec.kind.loss(o.label, o.answers["a@1"]) for o in outcomes)
        assert all(list(o.losses) == list(o.answers) for o in outcomes)


def test_turns_pickles_and_matrices_of_any_size_give_the_same_but_for_the_last_bits_of_batch_answers() -> (
    None
):
    models = Kept()
    stream = with_activations(
        (150, "a", "shadow", models.add(trained(0), "a")),
        (300, "b", "champion", models.add(trained(1), "b")),
        (400, "a", "champion", models.add(trained(0), "a")),
        (600, "b", "retired", ""),
    )
    one_by_one, whole = folded(stream, models, 1), folded(stream, models, len(stream))
    odd = folded(stream, models, 37, pickled_at=583)
    order = lambda o: (type(o).__name__, o.task if hasattr(o, "task") else "", o.offset)  # noqa: E731
    for found in (whole, odd):
        assert len(found) == len(one_by_one)
        for one, other in zip(sorted(found, key=order), sorted(one_by_one, key=order), strict=True):
            for name in one.__struct_fields__:
                mine, theirs = getattr(one, name), getattr(other, name)
                if name in ("answers", "losses"):
                    assert list(mine) == list(theirs)
                    assert all(mine[m] == theirs[m] for m in mine if "@" not in m)
                    assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-12)
                elif name == "prediction":
                    assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-12)
                else:
                    assert mine == theirs


def test_a_new_champion_leaves_the_one_before_as_a_shadow_and_a_retired_one_its_place_to_online_ones() -> (
    None
):
    models = Kept()
    a, b = models.add(trained(0), "a"), models.add(trained(1), "b")
    stream = with_activations((100, "a", "champion", a), (250, "b", "champion", b), (400, "b", "retired", b))
    predictions = of(Prediction, folded(stream, models, 50))
    served = [p.model for p in predictions]
    assert list(dict.fromkeys(served)) == ["second-order", "a@1", "b@1"]
    assert served[-1] == "second-order"
    assert [n for n in predictions[-1].answers if "@" in n] == ["a@1"]


@pytest.mark.parametrize("wrong", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("turn", [1, 29, 10_000])
def test_a_batch_model_that_breaks_is_out_from_that_row_on_and_the_online_one_takes_its_place(
    wrong: float | None, turn: int
) -> None:
    models = Kept()
    digest = models.add(Broken(20, wrong), "broken")
    outputs = folded(with_activations((100, "bad", "champion", digest)), models, turn)
    (out,) = of(ModelQuarantined, outputs)
    answered = [p for p in of(Prediction, outputs) if p.answers.get("bad@1") is not None]
    silent = [p for p in of(Prediction, outputs) if p.answers.get("bad@1", 0) is None]
    assert max(p.offset for p in answered) < out.offset == min(p.offset for p in silent)
    assert (out.model, out.partition) == ("bad@1", 3)
    assert {p.model for p in answered} == {"bad@1"}
    assert {p.model for p in silent} == {"second-order"}


def test_who_was_quarantined_is_silent_until_it_comes_with_another_artefact() -> None:
    models = Kept()
    bad, good = models.add(Broken(0, None), "bad"), models.add(trained(), "good")
    stream = with_activations(
        (100, "m", "champion", bad), (200, "m", "champion", bad), (300, "m", "champion", good)
    )
    predictions = of(Prediction, folded(stream, models, 40))
    assert {p.model for p in predictions if p.offset < FIRST + 302} == {"second-order"}
    assert {p.model for p in predictions if p.offset > FIRST + 302} == {"m@1"}


def test_a_model_that_is_not_to_be_had_answers_nothing_and_the_stream_goes_on() -> None:
    stream = with_activations((100, "a", "champion", "0" * 64))
    predictions = of(Prediction, folded(stream, NoBatchModels(), 40))
    assert {p.model for p in predictions} == {"second-order"}
    assert predictions[-1].answers["a@1"] is None


def test_a_model_that_wants_other_features_or_answers_too_few_is_out() -> None:
    class Foreign(Broken):
        features = ("of another shop",)

    class Short(Broken):
        def answer(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.zeros(len(matrix) + 1)

    for model, why in ((Foreign(9, None), "wants a feature"), (Short(9, None), "rows with shape")):
        models = Kept()
        stream = with_activations((0, "m", "shadow", models.add(model, "m")))
        (out,) = of(ModelQuarantined, folded(stream, models, 100))
        assert why in out.reason


def test_a_model_that_raises_over_many_rows_and_over_none_of_them_alone_answers_and_that_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Lonely(Broken):
        def answer(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
            if len(matrix) > 1:
                raise MemoryError("too many")
            return super().answer(matrix)

    models = Kept()
    stream = with_activations((0, "m", "champion", models.add(Lonely(10_000, None), "m")))
    outputs = folded(stream, models, 100)
    assert of(ModelQuarantined, outputs) == []
    assert of(Prediction, outputs)[-1].model == "m@1"
    assert "MemoryError('too many'), and none of them alone" in caplog.text


def test_a_model_that_misses_a_key_of_its_own_is_out_from_that_row_on_and_not_for_its_features() -> None:
    class Keyless(Broken):
        def answer(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
            try:
                return super().answer(matrix)
            except ArithmeticError:
                raise KeyError("its own") from None

    models = Kept()
    stream = with_activations((0, "m", "shadow", models.add(Keyless(20, None), "m")))
    outputs = folded(stream, models, 100)
    (out,) = of(ModelQuarantined, outputs)
    assert out.reason == "KeyError in answer: 'its own'"
    assert min(p.offset for p in of(Prediction, outputs)) < out.offset


def test_an_activation_for_a_task_that_is_not_here_is_no_news() -> None:
    portfolio = Portfolio(0, [TASKS["basket"]])
    event = activated("a", "champion", "")
    assert portfolio.step(event, 1, 0) == []


def test_an_online_model_can_not_have_the_name_of_a_batch_model() -> None:
    from dataclasses import replace

    odd = replace(TASKS["conversion"], models=(ModelSpec("a@1", "online", dict),))
    with pytest.raises(ValueError, match="must have no @"):
        Portfolio(0, [odd])


def test_a_batch_model_is_what_the_port_says() -> None:
    model: BatchModel = trained()
    assert model.answer(np.zeros((3, len(model.features)))).shape == (3,)
    assert Deployments().answering == ()
