"""From what is known of a running instance to what its live board shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consumers.scoreboard.reading import role_of
from dashboard.view.live_feed import Facts
from dashboard.view.view_model import BatchSide, ModelView, TaskView, View
from models.tasks import TASKS, TaskSpec

if TYPE_CHECKING:
    from contracts.records import Metrics
    from contracts.settings import Settings
    from contracts.shop import Shop

__all__ = ["view_of"]

_ORDER = ("online", "batch", "frozen", "baseline")  # the last ones are left out on small screens


def view_of(
    facts: Facts,
    shop: Shop,
    settings: Settings,
    *,
    state: str,
    elapsed_s: float,
    note: str = "",
    batch: BatchSide | None = None,
) -> View:
    """What the board shows now."""
    batch = batch or BatchSide()
    return View(
        source=str(shop),
        bootstrap=settings.bootstrap,
        partitions=shop.partitions,
        state=state,
        elapsed_s=elapsed_s,
        events=facts.events,
        events_total=shop.events,
        events_per_s=facts.events_per_s,
        learner_lag=facts.learner_lag,
        scoreboard_lag=facts.counts.lag,
        predictions=facts.counts.predictions,
        labels=facts.counts.labels,
        late=facts.counts.late,
        dead_letters=facts.counts.dead_letters,
        passed_over=facts.counts.passed_over,
        tasks=tuple(
            _task(spec, facts, batch.tasks.get(spec.name, ""))
            for spec in TASKS.values()
            if _is_asked(spec, shop)
        ),
        latest=facts.latest,
        etl=batch.etl,
        held=facts.held,
        note=note or facts.problem,
    )


def _is_asked(spec: TaskSpec, shop: Shop) -> bool:
    # A recorded shop has no sessions.
    return shop.file is None or not spec.needs_sessions


def _task(spec: TaskSpec, facts: Facts, batch: str) -> TaskView:
    history = facts.history.get(spec.name, ())
    newest = history[-1] if history else None
    charted = spec.kind.charted
    declared = [model.name for model in spec.models]
    names = list(newest.models) if newest is not None else declared
    models = [_model(spec, name, facts.champions.stage(spec.name, name), charted, history) for name in names]
    models = [model for model in models if model.stage != "retired"]
    return TaskView(
        name=spec.name,
        question=spec.question,
        metrics=tuple(metric.name for metric in spec.kind.metrics),
        charted=charted,
        labels=max(facts.counts.labels.get(spec.name, 0), newest.labels if newest is not None else 0),
        window_labels=newest.window_labels if newest is not None else 0,
        models=tuple(sorted(models, key=lambda model: _ORDER.index(model.kind))),
        oracle=newest.oracle if newest is not None else {},
        served=facts.counts.served.get(spec.name),
        deployment=facts.champions.said(spec.name),
        batch=batch,
    )


def _model(spec: TaskSpec, name: str, stage: str, charted: str, history: tuple[Metrics, ...]) -> ModelView:
    metrics = history[-1].models[name] if history else {}
    labels = int(metrics.get("labels") or 0)
    return ModelView(
        name=name,
        kind=role_of(spec.name, name),
        metrics=metrics,
        history=tuple(at.models.get(name, {}).get(charted) for at in history),
        stage=stage,
        fewer_labels=labels if history and 0 < labels < history[-1].window_labels else None,
    )
