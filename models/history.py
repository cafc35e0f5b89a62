"""Features over the history: the fold that serves, with no models in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from contracts.clock import TickClock
from contracts.codec import decode_user_event
from contracts.events import ModelActivated
from contracts.records import Features, Prediction
from models.portfolio import Portfolio
from models.serving import NoBatchModels
from models.tasks import TaskSpec

__all__ = ["DecisionPoint", "FeatureHistory"]

_NONE_ANSWERS: Final = NoBatchModels()


class DecisionPoint(NamedTuple):
    """An event that the task is asked of, and the values of its features in declared order."""

    offset: int
    event_id: str
    values: list[float]


class FeatureHistory:
    """One task's decision points in one partition, from its records as they stand on the log.

    It is `models.portfolio.Portfolio` without the task's models, so that decision points and features come from the
    same code that serves. No model changes the state of features, so this gives the same features.

    Parameters
    ----------
    task : TaskSpec
        Whose features; its models need not be there.
    partition : int
        Which partition.
    """

    def __init__(self, task: TaskSpec, partition: int) -> None:
        self._portfolio = Portfolio(partition, (replace(task, models=()),))
        self._clock = TickClock()

    def step(self, value: bytes | None, offset: int) -> list[DecisionPoint]:
        """Fold the next record in.

        Parameters
        ----------
        value : bytes or None
            As it stood on the topic.
        offset : int
            Of the record.

        Returns
        -------
        list of DecisionPoint
            Of the task. One that is asked when visits end may be asked of several visits, whose last events stand
            further ahead.

        Raises
        ------
        BadRecord
            If it is none that a learner takes; the state is then as before.
        """
        event, time_ms = decode_user_event(value)
        if isinstance(event, ModelActivated):
            # A genuine one moves no clock and asks nothing; who forged one is for those with the key to tell.
            return []
        self._clock.admit(event, time_ms)
        outputs = self._portfolio.step(event, time_ms, offset)
        self._portfolio.complete(_NONE_ANSWERS)
        asked = (output for output in outputs if isinstance(output, Prediction))
        seen = (output for output in outputs if isinstance(output, Features))
        return [DecisionPoint(a.offset, a.event_id, s.values) for a, s in zip(asked, seen, strict=True)]
