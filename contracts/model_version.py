"""What is known of a trained model: where it came from, what it takes, and what decides its answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

__all__ = ["ModelVersion", "Signature"]

_Name = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,62}\Z")]


class Signature(Struct, frozen=True, kw_only=True):
    """What a model takes and gives.

    Parameters
    ----------
    features : tuple of str
        Columns of the matrix that it takes, in order, as float64.
    answer : str
        ``probability`` (of a label of 1) or ``amount`` (in currency).
    base : str, optional
        An amount that grows: the estimator says log((1 + answer) / (1 + this feature)).
    most : float, optional
        With `base`, the most that an answer adds to it.
    example_rows, example_answers : tuple
        A few rows and their answers when the model was made. A loaded model must give the same answers.
    """

    features: tuple[str, ...]
    answer: Literal["probability", "amount"]
    base: str | None = None
    most: float | None = None
    example_rows: tuple[tuple[float, ...], ...] = ()
    example_answers: tuple[float, ...] = ()


class ModelVersion(Struct, frozen=True, kw_only=True):
    """One entry of the registry, without its artefact.

    Parameters
    ----------
    task, name : str
        The task, and the recipe by which it was trained.
    version : int
        From 1 on, by task and name. 0 before it is registered.
    digest : str
        SHA-256 of the artefact, hex.
    signature : Signature
        What it takes and gives.
    libraries : dict of str to str
        Versions with which it was made. It is opened only with the same ones.
    code_version : str
        Of Freshet.
    data_window : dict of str to (int, int)
        By partition of the main input, the offsets [from, to) of the decision points it was trained on.
    parameters : dict
        With which it was trained.
    metrics : dict
        On the newest slice before it learned that, beside the other models; see `models.batch.Report.as_json`.
    signed : bool
        Whether the key of this installation signed it first. False for what was imported unsigned.
    source : str
        ``trained``, or what it was imported from.
    stage : str
        ``registered`` at first. Not sealed: it is what changes.
    registered_at : datetime, optional
        By the database's clock. Not sealed.
    imported : bool
        Whether it came in by an import, signed or not. Not sealed: where it was made, it was not.
    """

    task: _Name
    name: _Name
    version: Annotated[int, Meta(ge=0)] = 0
    digest: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    signature: Signature
    libraries: dict[str, str]
    code_version: str
    data_window: dict[str, tuple[int, int]]
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    signed: bool = True
    source: str = "trained"
    stage: str = "registered"
    registered_at: datetime | None = None
    imported: bool = False

    @property
    def id(self) -> str:
        """``task/name@version``."""
        return f"{self.task}/{self.name}@{self.version}"

    def sealed(self) -> str:
        """All that a signature covers beside the artefact, as one text; equal versions give equal texts.

        Examples
        --------
        >>> from msgspec.structs import replace
        >>> one = ModelVersion(task="basket", name="trees", digest="0" * 64, libraries={}, code_version="1",
        ...     signature=Signature(features=("a",), answer="amount"), data_window={}, parameters={}, metrics={})
        >>> one.sealed() == replace(one, stage="shadow").sealed() != replace(one, version=2).sealed()
        True
        """
        fixed = msgspec.to_builtins(self) | {"stage": "", "registered_at": None}
        del fixed["imported"]
        return msgspec.json.encode(fixed, order="sorted").decode()
