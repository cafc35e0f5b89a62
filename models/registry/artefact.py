"""An estimator as bytes and back, by skops: no pickle, and no type that is not on a list.

A type that is known may still hold what crashes: compiled code follows numbers in scikit-learn's objects without
looking. Trees are held to their bounds here, before anything is asked of them; whatever else is compiled and takes
its bounds from the file, as support vectors and sparse matrices do, is refused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from contracts.errors import ArtefactRefused

__all__ = ["ALLOWED_TYPES", "MOST_BYTES", "dump", "load"]

ALLOWED_TYPES: Final = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils._bunch.Bunch",
)
"""What an artefact may hold beside what skops itself trusts: scikit-learn's estimators and losses, NumPy's types.

Neighbours are not among them, nor single trees: compiled classes that take their memory from the file.
"""

_NO_COMPILED_CODE: Final = (
    "builtins",
    "numpy",
    "sklearn._loss",
    "sklearn.base",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.dummy",
    "sklearn.ensemble._hist_gradient_boosting",  # but for its trees
    "sklearn.ensemble._voting",
    "sklearn.frozen",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.utils",
)
"""Modules whose objects answer by NumPy, which knows how long its arrays are."""

MOST_BYTES: Final = 256 * 2**20
"""An artefact is no larger than this, packed or unpacked."""


def dump(estimator: Any) -> bytes:
    """`estimator` as bytes that `load` takes.

    Raises
    ------
    ArtefactRefused
        ``unknown-type``, if it holds what `load` would refuse.
    """
    from skops import io as skops_io

    payload: bytes = skops_io.dumps(estimator, compression=zipfile.ZIP_DEFLATED)
    _check_types(skops_io.get_untrusted_types(data=payload))
    return payload


def load(payload: bytes) -> Any:
    """The estimator in `payload`, built of known types only. Verify the signature first: see `open_model`.

    Raises
    ------
    ArtefactRefused
        ``not-skops``, ``unknown-type`` or ``broken``. Nothing of it was run then.
    """
    from skops import io as skops_io

    try:
        _check_archive(payload)
        _check_types(skops_io.get_untrusted_types(data=payload))
        estimator = skops_io.loads(payload, trusted=list(ALLOWED_TYPES))
        _check_parts(estimator)
    except ArtefactRefused:
        raise
    except Exception as error:  # whatever skops, NumPy or a constructor finds wrong with it
        msg = f"The artefact can't be read: {type(error).__name__}: {error}"
        raise ArtefactRefused("broken", msg) from error
    return estimator


def _check_archive(payload: bytes) -> None:
    refused = "An artefact must be a skops archive. Got {}."
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        msg = refused.format(f"{len(payload):,} bytes that are no archive (a pickle is never read)")
        raise ArtefactRefused("not-skops", msg) from error
    if not any(entry.filename == "schema.json" for entry in entries):
        msg = refused.format("an archive without schema.json")
        raise ArtefactRefused("not-skops", msg)
    size = max(len(payload), sum(entry.file_size for entry in entries))
    if size > MOST_BYTES:
        msg = f"An artefact must be within {MOST_BYTES:,} bytes, unpacked too. Got {size:,}."
        raise ArtefactRefused("not-skops", msg)


def _check_types(found: list[str]) -> None:
    unknown = sorted(set(found) - set(ALLOWED_TYPES))
    if unknown:
        msg = f"An artefact may hold known types only. Got {', '.join(unknown)}."
        raise ArtefactRefused("unknown-type", msg)


def _check_parts(estimator: Any) -> None:
    for part, columns in _parts(estimator, 0, set()):
        kind = type(part)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if not any(
            kind.__module__ == known or kind.__module__.startswith(f"{known}.") for known in _NO_COMPILED_CODE
        ):
            msg = f"An artefact may hold what answers by NumPy, and forests of gradient boosting. Got {name}."
            raise ArtefactRefused("unknown-type", msg)
        inside = getattr(part, "__dict__", {})
        if any(callable(getattr(kind, attribute, None)) for attribute in inside):
            msg = f"What an artefact holds must not put anything in place of a method. {name} does."
            raise ArtefactRefused("broken", msg)
        # Either way no one would hold the matrix to the number of columns that the trees are held to.
        if "_predictors" in inside and (inside.get("_preprocessor") is not None or inside.get("_in_fit")):
            msg = "A forest must take its matrix as it comes, and be fitted. Got one that does not."
            raise ArtefactRefused("broken", msg)
        if kind.__name__ == "TreePredictor" and not _is_sound(part, columns):
            msg = (
                "A tree must lead from its root downwards, by features that there are. Got one that does not."
            )
            raise ArtefactRefused("broken", msg)


def _is_sound(tree: Any, columns: int) -> bool:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    nodes = getattr(tree, "nodes", None)
    if not isinstance(nodes, np.ndarray) or nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1:
        return False
    inner = nodes["is_leaf"] == 0
    numbers = np.arange(len(nodes))[inner]
    return len(nodes) > 0 and bool(
        all(
            ((nodes[side][inner] > numbers) & (nodes[side][inner] < len(nodes))).all()
            for side in ("left", "right")
        )
        and ((nodes["feature_idx"][inner] >= 0) & (nodes["feature_idx"][inner] < columns)).all()
        and (nodes["is_categorical"] == 0).all()
        and np.isin(nodes["is_leaf"], (0, 1)).all()
        and np.isfinite(nodes["value"]).all()
    )


def _parts(part: Any, columns: int, seen: set[tuple[int, int]]) -> Iterator[tuple[Any, int]]:
    """Everything that `part` is made of, each with how many columns the forest around it takes; 0 outside of one."""
    if (id(part), columns) in seen or isinstance(part, (str, bytes, int, float, type)):
        return
    seen.add((id(part), columns))
    if isinstance(part, dict):
        inner = [*part.values()]
    elif isinstance(part, (list, tuple, set)):
        inner = [*part]
    elif isinstance(part, np.ndarray):
        inner = part.ravel().tolist() if part.dtype.hasobject else []
    else:
        inside = getattr(part, "__dict__", {})
        yield part, columns
        inner = [*inside.values()]
        if "_predictors" in inside:  # scikit-learn holds the matrix to this number, where there is one
            columns = int(inside.get("n_features_in_", 0))
    for one in inner:
        yield from _parts(one, columns, seen)
