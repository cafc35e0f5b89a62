"""Labels made by hand, for tests of scoring."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from models.kinds import Columns


def columns(
    labels: ArrayLike,
    answers: Mapping[str, ArrayLike],
    bayes: ArrayLike | None = None,
    *,
    clairvoyant: ArrayLike | None = None,
    blind: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    sessions: ArrayLike | None = None,
    decided_ms: ArrayLike | None = None,
) -> Columns:
    """Columns with NaN where nothing is given, and a session for each label."""
    n = len(np.asarray(labels))
    nothing = np.full(n, np.nan)

    def floats(values: ArrayLike | None) -> np.ndarray:
        return nothing if values is None else np.asarray(values, dtype=float)

    return Columns(
        floats(labels),
        floats(bayes if clairvoyant is None else clairvoyant),
        floats(bayes),
        floats(blind),
        floats(truth),
        np.asarray(range(n) if decided_ms is None else decided_ms, dtype=np.int64),
        np.asarray(range(n) if sessions is None else sessions, dtype=np.int64),
        {model: floats(values) for model, values in answers.items()},
    )
