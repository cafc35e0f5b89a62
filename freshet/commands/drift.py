"""``freshet drift``: change the ways of a simulated shop while it runs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.drift_words import DRIFTS, OFF, read_switch
from contracts.errors import UsageError
from freshet.cli.broker_check import require_broker
from freshet.cli.command import BROKER, LIVE, command
from freshet.cli.rendering import tell

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    LIVE,
    4,
    examples="""freshet drift price-shock
        freshet drift gradual:20000
        freshet drift off""",
    takes=BROKER,
)
def drift(
    settings: Settings,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME|off", help=f"{', '.join(DRIFTS)} (gradual:N: over N events), or {OFF}."),
    ],
) -> None:
    """Switch the simulated shop to a drift, or back to its usual ways, with the sessions that begin from now on.

    A simulator takes it up within a second or two, or when it is started. What it did is noted on shop.truth, so that
    one that is started again goes on the same.
    """
    try:
        read_switch(name)
    except ValueError as error:
        raise UsageError(str(error), hint="docs/drift.md says what each of them changes.") from error
    require_broker(settings)

    from contracts.codec import encode
    from contracts.records import DriftSwitched
    from contracts.topics import CONTROL, topic_name
    from infra.kafka import connect_producer
    from infra.signatures import signatures_of

    asked = signatures_of(settings).signed(DriftSwitched(id=uuid.uuid4().hex, drift=name), 0)
    with connect_producer(settings.bootstrap) as producer:
        sent = producer.send(
            topic_name(CONTROL, settings.namespace), value=encode(asked), key=b"drift", partition=0
        )
        producer.flush()
        sent.get(timeout=30)
    tell(f"asked for {name}: sessions that begin from now on follow it")
