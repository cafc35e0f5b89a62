"""A trained model that answers: one matrix in, one number a row out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from contracts.errors import ArtefactRefused
from contracts.model_version import ModelVersion, Signature
from models.losses import CLIP
from models.registry.artefact import load
from models.registry.libraries import check_libraries

__all__ = ["BatchModel", "open_model"]

Floats = NDArray[np.float64]

_DEAREST: Final = 1e9
# Sums of floats may be taken in another order on another machine.
_CLOSE: Final = 1e-6


@cache
def _pools() -> ThreadpoolController:
    """The thread pools that scikit-learn has loaded; to be asked for when an estimator is there."""
    return ThreadpoolController()


@dataclass(frozen=True)
class BatchModel:
    """A fitted scikit-learn estimator with what it takes and gives.

    Parameters
    ----------
    signature : Signature
        Names of the columns, and how the estimator's word becomes the answer.
    estimator : object
        With ``predict_proba`` of classes 0 and 1, or ``predict``.
    """

    signature: Signature
    estimator: Any

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of the matrix, in order."""
        return self.signature.features

    def answer(self, matrix: Floats) -> Floats:
        """Answer each row.

        Parameters
        ----------
        matrix : ndarray of shape (n, n_features)
            Columns as `features` names them; finite.

        Returns
        -------
        ndarray of shape (n,)
            Probabilities of a label of 1 within [CLIP, 1 - CLIP], or amounts of 0 and more. Not finite where the
            estimator's word is not.

        Raises
        ------
        ValueError
            If `matrix` has another shape.
        """
        rows = np.asarray(matrix, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self.features):
            msg = f"The matrix must have {len(self.features)} columns. Got shape {rows.shape}."
            raise ValueError(msg)
        if not len(rows):
            return np.empty(0)
        # Threads of trees that wait for each other on two busy cores took 485 ms a row; one thread took 6.
        with _pools().limit(limits=1):
            if self.signature.answer == "probability":
                return np.clip(self._word(self.estimator.predict_proba(rows)[:, 1]), CLIP, 1.0 - CLIP)
            word = self._word(self.estimator.predict(rows))
        if self.signature.base is None:
            return np.clip(word, 0.0, _DEAREST)
        base = rows[:, self.features.index(self.signature.base)]
        with np.errstate(over="ignore"):  # bounded by `most` at once
            rest = (1.0 + base) * np.expm1(np.maximum(word, 0.0))
        most = _DEAREST if self.signature.most is None else self.signature.most
        return np.clip(base + np.minimum(rest, most), 0.0, _DEAREST)

    @staticmethod
    def _word(said: Any) -> Floats:
        return np.asarray(said, dtype=np.float64)


def open_model(version: ModelVersion, payload: bytes, is_genuine: Callable[[], bool]) -> BatchModel:
    """Verify, then read: the one way from stored bytes to a model that answers.

    Parameters
    ----------
    version : ModelVersion
        What the registry says of it.
    payload : bytes
        Its artefact.
    is_genuine : callable
        Whether our key signed `version` and `payload`. Asked before anything of `payload` is looked at.

    Raises
    ------
    ArtefactRefused
        If it is not genuine, of other versions, no skops archive, of unknown types, or does not answer its examples
        as it did when it was made.
    """
    if not is_genuine():
        msg = f"The artefact of {version.id} is not what this installation's key signed."
        raise ArtefactRefused(
            "not-genuine", msg, hint="It was changed, or made elsewhere: train it anew, or import it."
        )
    check_libraries(version.libraries, version.id)
    model = BatchModel(version.signature, load(payload))
    _check_examples(model, version)
    return model


def _check_examples(model: BatchModel, version: ModelVersion) -> None:
    signature = version.signature
    try:
        if signature.answer == "probability" and list(model.estimator.classes_) != [0, 1]:
            msg = f"{version.id} must know classes 0 and 1. Got {list(model.estimator.classes_)}."
            raise ArtefactRefused("broken", msg)
        given = model.answer(np.array(signature.example_rows).reshape(-1, len(signature.features)))
        same = np.allclose(given, signature.example_answers, rtol=_CLOSE, atol=_CLOSE)
    except ArtefactRefused:
        raise
    except Exception as error:  # an estimator of known types may still be no model at all
        msg = f"{version.id} can't answer: {type(error).__name__}: {error}"
        raise ArtefactRefused("broken", msg) from error
    if not same:
        msg = f"{version.id} must answer its examples with {signature.example_answers}. Got {given.tolist()}."
        raise ArtefactRefused("broken", msg)
