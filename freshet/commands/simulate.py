"""``freshet simulate``: the simulated shop, against any broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import UsageError
from freshet.cli.broker_check import require_address, with_partitions_found
from freshet.cli.command import BROKER, HTTP, PARTS, command
from freshet.cli.long_running import waiting_as
from freshet.cli.rendering import tell
from infra.signals import stop_event

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    PARTS,
    2,
    examples="""freshet simulate --bootstrap 127.0.0.1:9092 --rate 1000
        freshet simulate --events 350000 --rate 0 --drift abrupt@175000""",
    takes=("rate", "speed", "traffic", "partitions", "seed", "drift", *BROKER, *HTTP),
)
def simulate(
    settings: Settings,
    events: Annotated[
        int | None,
        typer.Option("--events", "-n", min=1, help="Close after so many user events; never, if not given."),
    ] = None,
) -> None:
    """Send the events of a simulated shop, and the truth beside them, until all are sent or Ctrl-C.

    The same seed, traffic, drift, events and partitions give the same bytes. What the log holds already is not sent
    again. Topics are made where they are missing. `freshet drift` switches its ways while it runs.
    """
    stop = stop_event()
    if settings.traffic is not None and settings.traffic % 1:
        message = f"--traffic must be a whole number of sessions an hour. Got {settings.traffic:g}."
        raise UsageError(message)
    require_address(settings)
    waiting = waiting_as("simulator", settings)
    found = waiting.until_done(lambda: with_partitions_found(settings), stop)
    if found is None:
        return
    settings = found

    from freshet.cli.sending import send
    from freshet.cli.switching import switching
    from producers.simulator import TRAFFIC, Scenario, Simulator, parse_drift

    scenario = Scenario(
        seed=settings.seed,
        events=events,
        partitions=settings.partitions,
        traffic=int(settings.traffic) if settings.traffic is not None else TRAFFIC,
        drift=parse_drift(settings.drift) if settings.drift is not None else None,
    )
    tell(f"sending {scenario.source} to {settings.bootstrap}, {settings.partitions} partitions")
    with switching(settings, stop, waiting) as switches:
        sent = send(
            Simulator(scenario, switches=switches),
            settings,
            stop,
            total=events,
            unit="user events",
            done=lambda at: at.user_events,
            waiting=waiting,
            caught_up=switches.go_live,
        )
    tell(f"sent {sent.user_events:,} user events{'' if sent.is_complete else ', and more would follow'}")
