"""Pictures of a trained model on the newest slice, as PNG."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from models import evaluate
from models.batch.examples import Examples
from models.batch.train import Trained
from models.kinds import Classification
from models.tasks import TaskSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["importance", "plots"]

Floats = NDArray[np.float64]

_INK, _PALE, _CANDIDATE, _RIVAL = "#333333", "#bbbbbb", "#b3541e", "#2b6c8f"
_SHOWN: Final = 15
_ASKED: Final = 1_000


def plots(task: TaskSpec, trained: Trained, examples: Examples, seed: int = 0) -> dict[str, bytes]:
    """Draw all that fits the task.

    Parameters
    ----------
    task : TaskSpec
        What was asked.
    trained : Trained
        From `train`.
    examples : Examples
        Those it was trained with.
    seed : int
        Of the shuffling for the importance of features.

    Returns
    -------
    dict of str to bytes
        PNGs by name: ``calibration``, ``roc``, ``precision-recall`` or ``residuals``; ``importance``,
        ``learning-curve``.
    """
    rows = trained.split.evaluate
    label = examples.label[rows]
    answers = {trained.recipe.name: trained.judged.answer(examples.x[rows])}
    if trained.report.rival is not None:
        answers[trained.report.rival] = examples.answers[trained.report.rival][rows]
    drawn: dict[str, bytes] = {}
    if isinstance(task.kind, Classification):
        drawn["calibration"] = _calibration(label, answers, examples.session[rows])
        drawn["roc"] = _roc(label, answers)
        drawn["precision-recall"] = _precision_recall(label, answers)
    else:
        drawn["residuals"] = _residuals(label, answers)
    drawn["importance"] = _importance(importance(task, trained, examples, seed))
    drawn["learning-curve"] = _curve(task, trained)
    return drawn


def importance(task: TaskSpec, trained: Trained, examples: Examples, seed: int = 0) -> dict[str, float]:
    """By how much the mean loss grows where one feature is shuffled among rows; the largest first.

    References
    ----------
    L. Breiman, Random forests, Machine Learning, 2001.
    """
    rng = np.random.default_rng(seed)
    rows = trained.split.evaluate
    rows = rng.choice(rows, min(_ASKED, len(rows)), replace=False)
    x, label = examples.x[rows], examples.label[rows]

    def mean_loss(matrix: Floats) -> float:
        return float(task.kind.losses(label, trained.judged.answer(matrix)).mean())

    known = mean_loss(x)
    found: dict[str, float] = {}
    for place, name in enumerate(examples.names):
        shuffled = x.copy()
        shuffled[:, place] = rng.permutation(shuffled[:, place])
        found[name] = mean_loss(shuffled) - known
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _canvas(x: str, y: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure  # not pyplot: that keeps figures for the whole process

    figure = Figure(figsize=(5.0, 3.8), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    packed = io.BytesIO()
    FigureCanvasAgg(figure).print_png(packed)  # type: ignore[no-untyped-call]
    return packed.getvalue()


def _colours(answers: Mapping[str, Floats]) -> list[tuple[str, Floats, str]]:
    return [
        (name, given, colour)
        for (name, given), colour in zip(answers.items(), (_CANDIDATE, _RIVAL), strict=False)
    ]


def _calibration(label: Floats, answers: Mapping[str, Floats], session: NDArray[np.int64]) -> bytes:
    figure, axes = _canvas("answered", "happened")
    axes.plot([0, 1], [0, 1], color=_PALE, linestyle="--")
    for name, given, colour in _colours(answers):
        bins = evaluate.calibration(label, given, session)
        axes.errorbar(
            [found.answered for found in bins],
            [found.happened for found in bins],
            yerr=[2.0 * found.se if np.isfinite(found.se) else 0.0 for found in bins],
            color=colour,
            marker="o",
            label=name,
        )
    axes.legend(frameon=False)
    return _png(figure)


def _roc(label: Floats, answers: Mapping[str, Floats]) -> bytes:
    from sklearn.metrics import roc_curve

    figure, axes = _canvas("false positives", "true positives")
    axes.plot([0, 1], [0, 1], color=_PALE, linestyle="--")
    for name, given, colour in _colours(answers):
        wrong, right, _ = roc_curve(label, given)
        axes.plot(wrong, right, color=colour, label=f"{name}, area {evaluate.roc_auc(label, given):.3f}")
    axes.legend(frameon=False)
    return _png(figure)


def _precision_recall(label: Floats, answers: Mapping[str, Floats]) -> bytes:
    from sklearn.metrics import precision_recall_curve

    figure, axes = _canvas("recall", "precision")
    axes.axhline(label.mean(), color=_PALE, linestyle="--")
    for name, given, colour in _colours(answers):
        precision, recall, _ = precision_recall_curve(label, given)
        area = evaluate.average_precision(label, given)
        axes.plot(recall, precision, color=colour, label=f"{name}, mean {area:.3f}")
    axes.legend(frameon=False)
    return _png(figure)


def _residuals(label: Floats, answers: Mapping[str, Floats]) -> bytes:
    figure, axes = _canvas("answered", "order's worth minus answer")
    for name, given, colour in reversed(_colours(answers)):
        axes.scatter(given, label - given, s=4, alpha=0.3, color=colour, label=name, linewidths=0)
    axes.axhline(0.0, color=_INK, linewidth=0.8)
    # Linear around 0, logarithmic beyond: a few orders are a hundred times the usual.
    usual = float(np.median(label)) or 1.0
    axes.set_xscale("symlog", linthresh=usual)
    axes.set_yscale("symlog", linthresh=usual)
    axes.legend(frameon=False)
    return _png(figure)


def _importance(found: Mapping[str, float]) -> bytes:
    figure, axes = _canvas("loss that is added where it is shuffled", "")
    names = list(found)[:_SHOWN][::-1]
    axes.barh(names, [found[name] for name in names], color=_CANDIDATE)
    axes.tick_params(axis="y", labelsize=8)
    return _png(figure)


def _curve(task: TaskSpec, trained: Trained) -> bytes:
    figure, axes = _canvas("rows fitted", task.kind.metrics[0].title + " on the slice after them")
    found = trained.searches[trained.recipe.name]
    others = [trial for trial in found.trials if trial.parameters != found.best.parameters]
    axes.scatter(
        [trial.rows for trial in others], [trial.loss for trial in others], s=12, color=_PALE, label="others"
    )
    curve = found.curve
    axes.plot(
        [trial.rows for trial in curve],
        [trial.loss for trial in curve],
        color=_CANDIDATE,
        marker="o",
        label="chosen",
    )
    axes.set_xscale("log")
    axes.legend(frameon=False)
    return _png(figure)
