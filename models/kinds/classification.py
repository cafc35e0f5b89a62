"""Classification: an answer is the probability of a label of 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Final

import numpy as np

from models.evaluate.clustered import calibration, clustered_se, expected_calibration_error, is_leak
from models.evaluate.expected import expected_share, expected_share_se
from models.evaluate.metrics import average_precision, entropy, log_loss, log_losses, realised_share, roc_auc
from models.kinds.kind import Floats, Ints, Metric, Role, Scalar, Scores, number
from models.kinds.scored import Columns, Lines
from models.losses import CLIP, log_loss_of

__all__ = ["Classification", "blind_loss", "leaks", "reliability", "standard_error"]

_SHARES: Final = ("share_of_learnable", "share_se", "share_realised")
_OF_WINDOW: Final = ("labels", "log_loss", *_SHARES)


@dataclass(frozen=True)
class Classification(Scalar):
    """A probability is asked for; labels are 0 or 1."""

    name: ClassVar = "classification"
    metrics: ClassVar = (
        Metric("log_loss", "log loss", "loss"),
        Metric("roc_auc", "ROC AUC", "ratio"),
        Metric("average_precision", "avg prec", "ratio"),
        Metric("share_of_learnable", "learnable", "share"),
        Metric("ece", "ECE", "ratio"),
    )
    charted: ClassVar = "share_of_learnable"
    batch_answer: ClassVar = "probability"

    def checked(self, given: Any) -> float:
        """Within [CLIP, 1 - CLIP]; see `Kind`.

        Examples
        --------
        >>> Classification().checked(1.2)
        0.9999
        """
        return min(max(number(given), CLIP), 1.0 - CLIP)

    def is_label(self, label: Any) -> bool:
        """See `Kind`."""
        return label in (0.0, 1.0)

    def loss(self, label: float, answer: float) -> float:
        """Log loss in nats."""
        return log_loss_of(label, answer)

    def lines(self, told_ms: int, truth: Any) -> Lines | None:
        """The chance of a label of 1, which none can know better: one line for two."""
        if not (isinstance(truth, float | int) and 0.0 <= truth <= 1.0):
            return None
        return Lines(told_ms, clairvoyant=float(truth), bayes=float(truth))

    def losses(self, labels: Floats, kept: Floats) -> Floats:
        """Log losses in nats."""
        return log_losses(labels, kept)

    def say(self, answer: float) -> str:
        """See `Kind`.

        Examples
        --------
        >>> Classification().say(0.1234)
        '12.3 %'
        """
        return f"{100.0 * answer:.1f} %"

    def scores(self, columns: Columns, model: str) -> Scores:
        """How many labels one model answered, and its metrics on these.

        The share of the learnable is that of losses averaged over what the oracle says of the label, with its standard
        error by session; "share_realised" is that of the losses that came. Prior and oracle are taken on the labels
        that the model answered; None where there are none, or no truth. "ece" is the expected calibration error,
        against the labels that came; "ece_truth" against what the oracle says.
        """
        rows, answers = columns.answered_by(model)
        if not len(rows):
            names = ("log_loss", "roc_auc", "average_precision", *_SHARES, "ece", "ece_truth")
            return {"labels": 0, **dict.fromkeys(names)}
        return {
            "labels": len(rows),
            "log_loss": log_loss(rows.labels, answers),
            "roc_auc": roc_auc(rows.labels, answers),
            "average_precision": average_precision(rows.labels, answers),
            **_shares(rows, answers),
            "ece": expected_calibration_error(calibration(rows.labels, answers, rows.sessions)),
            "ece_truth": _finite(expected_calibration_error(calibration(rows.bayes, answers, rows.sessions))),
        }

    def oracle(self, columns: Columns) -> Scores:
        """Log losses of clairvoyant, bayes, bayes_blind and prior, which is the entropy of the labels' mean."""
        if not len(columns):
            return dict.fromkeys(("clairvoyant", "bayes", "bayes_blind", "prior"))
        labels = columns.labels
        known = bool(np.isfinite(columns.bayes).all())
        return {
            "clairvoyant": log_loss(labels, columns.clairvoyant) if known else None,
            "bayes": log_loss(labels, columns.bayes) if known else None,
            "bayes_blind": blind_loss(columns) if known else None,
            "prior": entropy(labels),
        }

    def board(
        self, columns: Columns, order: Sequence[str], role_of: Callable[[str], Role], window: int
    ) -> dict[str, Any]:
        """See `Kind`; where the truth of some labels is not known, those are left out."""
        recent = columns.newest(window)
        models = {}
        for model in order:
            scores, newest = self.scores(columns, model), self.scores(recent, model)
            models[model] = {
                "labels": scores.pop("labels"),
                "log_loss": scores.pop("log_loss"),
                "se": standard_error(columns, model),
                **scores,
                "calibration": reliability(columns, model),
                "window": {name: newest[name] for name in _OF_WINDOW},
            }
        oracle = {**self.oracle(columns), "leaks": leaks(columns)}
        return {"labels": len(columns), "oracle": oracle, "models": models}

    def evaluation(self, labels: Floats, kept: Floats, sessions: Ints) -> Mapping[str, float | None]:
        """See `Kind`."""
        return {
            "log_loss": log_loss(labels, kept),
            "roc_auc": roc_auc(labels, kept),
            "average_precision": average_precision(labels, kept),
            "calibration_error": expected_calibration_error(calibration(labels, kept, sessions)),
        }

    def why_not_trainable(self, labels: Floats) -> str | None:
        """See `Kind`."""
        found = np.unique(labels).tolist()
        return None if len(found) > 1 else f"Labels of 0 and of 1 must be there. Got {found} only."


def _finite(value: float | None) -> float | None:
    """`value`, or None where it is no number: JSON has no NaN."""
    return value if value is not None and isfinite(value) else None


def _shares(rows: Columns, answers: Floats) -> Scores:
    if not np.isfinite(rows.bayes).all():
        return dict.fromkeys(_SHARES)
    found = (
        expected_share(rows.bayes, answers),
        _finite(expected_share_se(rows.bayes, answers, rows.sessions)),
        realised_share(rows.labels, answers, rows.bayes),
    )
    return dict(zip(_SHARES, found, strict=True))


def reliability(columns: Columns, model: str) -> list[Scores]:
    """What came, and what the oracle says, of ten groups of answers, from the lowest to the highest."""
    rows, answers = columns.answered_by(model)
    if not len(rows):
        return []
    came = calibration(rows.labels, answers, rows.sessions)
    true = calibration(rows.bayes, answers, rows.sessions)  # of the same answers, so the same bins
    return [
        {
            "labels": one.count,
            "answered": one.answered,
            "came": one.happened,
            "se": _finite(one.se),
            "truth": _finite(known.happened),
        }
        for one, known in zip(came, true, strict=True)
    ]


def standard_error(columns: Columns, model: str) -> float | None:
    """Standard error of a model's log loss, clustered by session; None for fewer than two sessions."""
    rows, answers = columns.answered_by(model)
    return _finite(clustered_se(log_losses(rows.labels, answers), rows.sessions)) if len(rows) else None


def blind_loss(columns: Columns) -> float | None:
    """Log loss of bayes_blind, as it would be on all of these labels.

    It costs more than the other lines and is there for a sample of the decision points only, whose labels have a mean
    of their own. Its share of the learnable is taken on that sample, with prior and bayes on the same sample, and put
    between prior and bayes of all labels: so it can be compared with the losses beside it.
    """
    sample = columns.where(np.isfinite(columns.bayes_blind))
    if not len(sample):
        return None
    share = realised_share(sample.labels, sample.bayes_blind, sample.bayes)
    if share is None:
        return None
    prior = entropy(columns.labels)
    return prior - share * (prior - log_loss(columns.labels, columns.bayes))


def leaks(columns: Columns) -> list[str]:
    """The models that are better than any can be that knows no label; none where there is no oracle."""
    found = []
    for model in columns.answers:
        rows, answers = columns.answered_by(model)
        if len(rows) and np.isfinite(rows.bayes).all():
            bayes = log_losses(rows.labels, rows.bayes)
            if is_leak(log_losses(rows.labels, answers), bayes, rows.sessions):
                found.append(model)
    return found
