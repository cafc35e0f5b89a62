"""A whole training on a simulated shop: what comes out can be registered, opened and read."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from msgspec.structs import replace

from benchmarks.logged import examples_of
from contracts.model_version import ModelVersion
from models.batch import Example, Examples, Trained, model_card, plots, train, training_of
from models.registry import dump, libraries, open_model
from models.tasks import TASKS
from producers.simulator import Scenario, Simulator

pytestmark = pytest.mark.long

EVENTS = {"conversion": 8_000, "basket": 16_000}


@pytest.fixture(scope="module", params=list(EVENTS))
def made(request) -> tuple[str, Examples, Trained]:
    task = TASKS[request.param]
    examples = examples_of(Simulator(Scenario(seed=3, events=EVENTS[task.name], partitions=2)), task, 2)
    # A clock on which every look takes a second: the first candidates of each recipe, and no more.
    seconds = count()
    trained = train(task, examples, budget_s=8.0, clock=lambda: float(next(seconds)))
    return task.name, examples, trained


def version_of(task: str, trained: Trained) -> ModelVersion:
    return ModelVersion(
        task=task,
        name=trained.recipe.name,
        version=1,
        digest="0" * 64,
        signature=trained.model.signature,
        libraries=libraries(),
        code_version="0",
        data_window=trained.window,
        parameters=dict(trained.parameters),
        metrics=trained.report.as_json(),
    )


def test_it_is_held_beside_every_model_that_answered_the_same_rows(made):
    task, examples, trained = made
    found = trained.report
    assert list(found.metrics) == [trained.recipe.name, *(model.name for model in TASKS[task].models)]
    assert found.left_out == ()
    assert found.rows == len(trained.split.evaluate)
    assert found.kinds[trained.recipe.name] == "batch"
    assert found.rival is not None and found.kinds[found.rival] == "online"
    loss = next(iter(found.metrics[found.rival]))
    differ = found.metrics[trained.recipe.name][loss] - found.metrics[found.rival][loss]
    assert found.difference == pytest.approx(differ)
    worst = {"conversion": "prior", "basket": "mean"}[task]
    assert found.metrics[trained.recipe.name][loss] < found.metrics[worst][loss]


def test_every_recipe_was_tried_and_the_one_with_the_least_loss_was_taken(made):
    task, _, trained = made
    assert set(trained.searches) == set(training_of(TASKS[task]).by_name)
    best = min(trained.searches.values(), key=lambda search: search.best.loss).best
    assert trained.parameters == best.parameters


def test_it_can_be_stored_opened_and_answers_the_same(made):
    task, examples, trained = made
    opened = open_model(version_of(task, trained), dump(trained.model.estimator), lambda: True)
    rows = examples.x[trained.split.evaluate]
    assert np.array_equal(opened.answer(rows), trained.model.answer(rows))
    assert len(opened.signature.example_rows) == 3


def test_each_recipe_gives_the_same_model_for_the_same_seed_and_can_be_stored(made):
    task, examples, _ = made
    for name in training_of(TASKS[task]).by_name:
        twins = [
            train(TASKS[task], examples, recipes=[name], budget_s=0.0, clock=lambda: 0.0, seed=5)
            for _ in range(2)
        ]
        rows = examples.x[twins[0].split.evaluate]
        assert np.array_equal(twins[0].model.answer(rows), twins[1].model.answer(rows))
        assert [len(found.trials) for found in twins[0].searches.values()] == [1]
        assert open_model(version_of(task, twins[0]), dump(twins[0].model.estimator), lambda: True)


def test_what_comes_after_the_split_changes_nothing_of_what_was_learned(made):
    task, examples, _ = made
    alone = {"recipes": list(training_of(TASKS[task]).by_name)[:1], "budget_s": 0.0, "clock": lambda: 0.0}
    first = train(TASKS[task], examples, **alone)
    rows = first.split.evaluate
    x, label = examples.x.copy(), examples.label.copy()
    label[rows[1:]] = label[rows[1:]][::-1]
    x[rows[1:]] = 0.5
    other = Examples(**{**vars(examples), "x": x, "label": label})
    second = train(TASKS[task], other, **alone)
    asked = examples.x[first.split.fit]
    assert np.array_equal(first.judged.answer(asked), second.judged.answer(asked))


def test_what_is_registered_has_learned_the_newest_slice_and_what_is_judged_has_not(made):
    task, examples, trained = made
    newest = trained.split.evaluate
    assert trained.window == examples.window(np.concatenate(trained.split[:3]))
    registered, judged = (
        TASKS[task].kind.losses(examples.label[newest], model.answer(examples.x[newest])).mean()
        for model in (trained.model, trained.judged)
    )
    assert registered < judged or (task == "basket" and registered == judged)  # simulated carts hardly grow
    loss = next(iter(trained.report.metrics[trained.recipe.name]))
    assert judged == pytest.approx(trained.report.metrics[trained.recipe.name][loss])


def test_its_card_is_one_page_that_fetches_nothing_and_shows_every_picture(made):
    task, examples, trained = made
    drawn = plots(TASKS[task], trained, examples)
    pictures = {
        "conversion": {"calibration", "roc", "precision-recall"},
        "basket": {"residuals"},
    }[task] | {"importance", "learning-curve"}
    assert set(drawn) == pictures
    assert all(png.startswith(b"\x89PNG\r\n") and len(png) > 5_000 for png in drawn.values())
    version = replace(version_of(task, trained), parameters={"<script>": 1})
    page = model_card(TASKS[task], version, trained, examples, drawn)
    assert page.count("data:image/png;base64,") == len(pictures)
    assert "http" not in page and "<script" not in page
    for name in (version.id, *trained.report.metrics):
        assert name in page


def test_one_class_only_is_said():
    task = TASKS["conversion"]
    names = [feature.name for feature in task.features().declared]
    rows = [Example(0, n, f"s{n}", 10 * n, 10 * n + 5, 1.0, {}, [0.0] * len(names)) for n in range(100)]
    with pytest.raises(ValueError, match="Labels of 0 and of 1"):
        train(task, Examples.of(rows, names), budget_s=0.0, clock=lambda: 0.0)
