"""Where batch models stand, as told on ``ml.models``: for the live board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.records import ModelInForce, ModelNews, ModelQuarantined, Prediction

__all__ = ["Champions"]


@dataclass(frozen=True)
class Champions:
    """By task and partition, the batch champion; and of what broke, from which offset on.

    Examples
    --------
    >>> told = ModelInForce(task="t", model="a@1", stage="champion", digest="", change=None, partition=0, offset=900,
    ...                     time="2026-01-05T08:00:00.000Z")
    >>> champions = Champions().after(told)
    >>> champions.said("t"), champions.said("u")
    ('a@1 since 0:900', '')
    """

    standing: Mapping[tuple[str, int], ModelInForce] = field(default_factory=dict)
    out: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    stages: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def after(self, news: ModelNews) -> Champions:
        """Take in one record of the topic."""
        if isinstance(news, ModelQuarantined):
            out = {**self.out, (news.task, news.model, news.partition): news.offset}
            return Champions(self.standing, out, self.stages)
        if not isinstance(news, ModelInForce):
            return self
        standing = dict(self.standing)
        at = (news.task, news.partition)
        if news.stage == "champion":
            standing[at] = news
        elif at in standing and standing[at].model == news.model:
            del standing[at]
        return Champions(standing, self.out, self._stages_after(news))

    def answered(self, one: Prediction) -> Champions:
        """Take in a prediction: a model that answers behind the offset is not out, whoever said so."""
        out = {
            (task, model, partition): offset
            for (task, model, partition), offset in self.out.items()
            if (task, partition) != (one.task, one.partition)
            or one.offset <= offset
            or one.answers.get(model) is None
        }
        return self if len(out) == len(self.out) else Champions(self.standing, out, self.stages)

    def _stages_after(self, news: ModelInForce) -> dict[tuple[str, str], str]:
        stages = dict(self.stages)
        if news.stage == "champion":  # the one before goes on answering
            before = [at for at, stage in stages.items() if at[0] == news.task and stage == "champion"]
            stages.update(dict.fromkeys(before, "shadow"))
        stages[news.task, news.model] = news.stage
        return stages

    def stage(self, task: str, model: str) -> str:
        """Where a model stands: ``shadow``, ``champion``, ``retired``, ``quarantine``; empty if nothing was told."""
        stage = self.stages.get((task, model), "")
        broke = any(at[:2] == (task, model) for at in self.out)
        return "quarantine" if broke and stage != "retired" else stage

    def said(self, task: str) -> str:
        """Who is champion since which offsets (partition:offset), and where it broke; empty without one."""
        parts: dict[str, list[str]] = {}
        for one in self._of(task):
            broke = self._out(one)
            said = f"{one.partition}:{one.offset:,}" + ("" if broke is None else f" (out at {broke:,})")
            parts.setdefault(one.model, []).append(said)
        return ", ".join(f"{model} since {' '.join(at)}" for model, at in parts.items())

    def _of(self, task: str) -> list[ModelInForce]:
        return [one for (of, _), one in sorted(self.standing.items()) if of == task]

    def _out(self, one: ModelInForce) -> int | None:
        return self.out.get((one.task, one.model, one.partition))
