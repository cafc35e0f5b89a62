"""``freshet demo``: everything at once, on this machine, with nothing installed but Python and Java."""

from __future__ import annotations

from typing import Annotated

import typer

from consumers.trainer.trials import LEAST_LABELS
from freshet.cli.options import (
    DataDir,
    Drift,
    Fresh,
    Group,
    Json,
    Keep,
    LeastLabels,
    Partitions,
    Rate,
    Seed,
    Speed,
    Traffic,
    Untrained,
    settings_from,
)

EXAMPLES = """freshet demo
freshet demo --rate 2000 --drift abrupt@100000 --fresh
freshet demo --events 350000 --rate 0 --partitions 2 --seed 7 --fresh --json"""


def demo(
    events: Annotated[
        int | None,
        typer.Option("--events", "-n", min=1, help="End after so many user events; endless, if not given."),
    ] = None,
    rate: Rate = None,
    speed: Speed = None,
    traffic: Traffic = None,
    partitions: Partitions = None,
    seed: Seed = None,
    drift: Drift = None,
    fresh: Fresh = False,
    untrained: Untrained = False,
    keep: Keep = False,
    batch: Annotated[
        bool | None,
        typer.Option(
            "--batch/--no-batch",
            help="Also move history, train batch models and promote them. Default: on; off with --json.",
        ),
    ] = None,
    least_labels: LeastLabels = LEAST_LABELS,
    json: Json = False,
    group: Group = None,
    data_dir: DataDir = None,
) -> None:
    """Start a broker, a database, a simulated shop and its learners, and show live what they learn.

    Once there are labels it moves them into the database, trains batch models on them, lets these answer beside the
    online ones, and promotes one that proves better.

    Ctrl-C ends everything and keeps the data; started again, it goes on where it was. With --json it runs to the
    end of --events, lets every label settle, and prints one JSON object.
    """
    from contracts.errors import UsageError
    from freshet.run.demo_run import Show
    from freshet.run.remembered_shop import going_on, recall
    from freshet.run.stack import start_over

    typed = {
        "data_dir": data_dir,
        "rate": rate,
        "speed": speed,
        "traffic": traffic,
        "partitions": partitions,
        "seed": seed,
        "drift": drift,
        "group": group,
    }
    settings = settings_from(**typed)
    there = recall(settings.data_dir)
    if json and events is None and (fresh or there is None or there.events is None):
        message = "--json needs an end: --events N."
        raise UsageError(message)
    if fresh:
        start_over(settings.data_dir)
        settings, there = settings_from(**typed), None  # without what the instance before had said of itself
    settings, shop = going_on(settings, there, events=events)
    arguments = ["simulate", *(["--events", str(shop.events)] if shop.events is not None else [])]
    batch_from = least_labels if (batch or (batch is None and not json)) else None
    show = Show(
        settings,
        shop,
        arguments,
        batch_from=batch_from,
        untrained=untrained,
        keep=keep,
        is_json=json,
    )
    raise typer.Exit(show.run())
