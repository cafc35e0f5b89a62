"""Where batch models stand, as told on ``ml.models``: for the live board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.records import ModelInForce, ModelNews, ModelQuarantined, Prediction
from models.deployments import champion_of

__all__ = ["Champions"]


@dataclass(frozen=True)
class Champions:
    """What was told of the batch models that answer; and of what broke, from which offset on.

    Examples
    --------
    >>> told = ModelInForce(task="t", model="a@1", stage="champion", digest="", change=None, partition=0, offset=900,
    ...                     time="2026-01-05T08:00:00.000Z")
    >>> champions = Champions().after(told)
    >>> champions.said("t"), champions.said("u")
    ('a@1 since 0:900', '')
    """

    told: tuple[ModelInForce, ...] = ()
    out: Mapping[tuple[str, str, int], int] = field(default_factory=dict)

    def after(self, news: ModelNews) -> Champions:
        """Take in one record of the topic."""
        if isinstance(news, ModelQuarantined):
            return Champions(self.told, {**self.out, (news.task, news.model, news.partition): news.offset})
        return Champions((*self.told, news), self.out) if isinstance(news, ModelInForce) else self

    def answered(self, one: Prediction) -> Champions:
        """Take in a prediction: a model that answers behind the offset is not out, whoever said so."""
        out = {
            (task, model, partition): offset
            for (task, model, partition), offset in self.out.items()
            if (task, partition) != (one.task, one.partition)
            or one.offset <= offset
            or one.answers.get(model) is None
        }
        return self if len(out) == len(self.out) else Champions(self.told, out)

    def stage(self, task: str, model: str) -> str:
        """Where a model stands: ``shadow``, ``champion``, ``retired``, ``quarantine``; empty if nothing was told."""
        stage = ""
        for one in self.told:
            if one.task == task and one.model == model:
                stage = one.stage
            elif one.task == task and one.stage == "champion" and stage == "champion":
                stage = "shadow"  # the one before goes on answering
        broke = any(at[:2] == (task, model) for at in self.out)
        return "quarantine" if broke and stage != "retired" else stage

    def said(self, task: str) -> str:
        """Who is champion since which offsets (partition:offset), and where it broke; empty without one."""
        parts: dict[str, list[str]] = {}
        for one in self.of(task):
            broke = self.out.get((task, one.model, one.partition))
            said = f"{one.partition}:{one.offset:,}" + ("" if broke is None else f" (out at {broke:,})")
            parts.setdefault(one.model, []).append(said)
        return ", ".join(f"{model} since {' '.join(at)}" for model, at in parts.items())

    def of(self, task: str) -> list[ModelInForce]:
        """The champion of each partition that has one."""
        mine = [one for one in self.told if one.task == task]
        found = [
            champion_of(one for one in mine if one.partition == p)
            for p in sorted({o.partition for o in mine})
        ]
        return [one for one in found if one is not None]
