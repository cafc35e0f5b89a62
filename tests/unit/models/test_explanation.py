"""Explanations add up to the answers of the models that give them, and asking for one changes nothing."""

from __future__ import annotations

import pickle

import pytest

from contracts.records import Prediction
from models.explanation import Explains, Explanation
from models.features.words import words_of
from models.portfolio import Portfolio
from models.tasks import ModelSpec, TaskSpec
from tests.unit.models.streams import LAWFUL, MODELS, NAMES, examples, learn, shop

EXPLAINING = [(task, spec) for task, spec in MODELS if isinstance(spec.build(), Explains)]


def test_every_model_of_numbers_explains_itself() -> None:
    silent = [
        name
        for name, (task, spec) in zip(NAMES, MODELS, strict=True)
        if task.name in ("conversion", "basket", "sentiment") and not isinstance(spec.build(), Explains)
    ]
    assert not silent


@pytest.mark.parametrize("labels", [0, 1, 200])
@pytest.mark.parametrize(("task", "spec"), EXPLAINING, ids=[f"{t.name}-{m.name}" for t, m in EXPLAINING])
def test_parts_add_up_to_the_answer_and_leave_the_state_alone(
    task: TaskSpec, spec: ModelSpec, labels: int
) -> None:
    model = spec.build()
    assert isinstance(model, Explains)
    stream = examples(task, labels + 20)
    for example in stream[:labels]:
        learn(model, example)
    before = pickle.dumps(model)
    for example in stream[labels:]:
        said = model.explain_one(example.x)
        assert said is not None
        assert said.total == pytest.approx(said.start + sum(said.parts.values()), rel=1e-12)
        assert said.answer == pytest.approx(model.predict_one(example.x), rel=1e-9, abs=1e-9)
        assert set(said.parts) <= set(example.x) | set(words_of(example.x.get("text", "")).spelled)
    assert pickle.dumps(model) == before


def test_models_that_are_watched_answer_and_learn_as_ever_and_tell_of_each_answer() -> None:
    plain, watched = Portfolio(0, LAWFUL.values()), Portfolio(0, LAWFUL.values())
    told: list[tuple[str, Explanation | None]] = []
    for task in LAWFUL:
        watched.watch(task, lambda model, _x, said: told.append((model, said)))
    answers = 0
    for offset, (event, time_ms) in enumerate(shop(600)):
        expected = plain.step(event, time_ms, offset)
        given = watched.step(event, time_ms, offset)
        assert repr(given) == repr(expected)
        answers += sum(len(one.answers) for one in expected if isinstance(one, Prediction))
    assert len(told) == answers > 500
