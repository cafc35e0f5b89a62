"""``freshet demo``: everything at once, on this machine, with nothing installed but Python and Java."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from consumers.trainer.trials import LEAST_LABELS
from freshet.cli.command import LIVE, LOCAL, command
from freshet.cli.options import (
    Fresh,
    Json,
    Keep,
    LeastLabels,
    Untrained,
    read_again,
)

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    LIVE,
    1,
    examples="""freshet demo
        freshet demo --rate 2000 --drift abrupt@100000 --fresh
        freshet demo --events 350000 --rate 0 --partitions 2 --seed 7 --fresh --json""",
    takes=("rate", "speed", "traffic", "partitions", "seed", "drift", "group", *LOCAL),
)
def demo(
    settings: Settings,
    events: Annotated[
        int | None,
        typer.Option("--events", "-n", min=1, help="End after so many user events; endless, if not given."),
    ] = None,
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

    there = recall(settings.data_dir)
    if json and events is None and (fresh or there is None or there.events is None):
        message = "--json needs an end: --events N."
        raise UsageError(message)
    if fresh:
        start_over(settings.data_dir)
        settings, there = read_again(settings), None  # without what the instance before had said of itself
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
