"""``freshet learn``: the learners, one process a partition, against any broker."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import UsageError
from freshet.cli.broker_check import answers, require_address, with_partitions_found
from freshet.cli.command import DATABASE, HTTP, PARTS, command
from freshet.cli.long_running import serve_health, waiting_as
from freshet.cli.options import (
    Untrained,
)
from freshet.cli.rendering import tell
from infra.signals import stop_event

if TYPE_CHECKING:
    from consumers.supervisor import Assignment, Listener
    from contracts.settings import Settings


@command(
    PARTS,
    3,
    examples="""freshet learn --bootstrap 127.0.0.1:9092 --database-url postgresql://freshet@127.0.0.1/freshet
        freshet learn --partition 1
        freshet learn --share
        freshet learn --http-port 9101
        freshet learn --mend-offsets""",
    takes=("partitions", "group", *DATABASE, *HTTP),
)
def learn(
    settings: Settings,
    partition: Annotated[
        list[int] | None,
        typer.Option("--partition", min=0, help="Only this one; may be given again."),
    ] = None,
    share: Annotated[
        bool,
        typer.Option(
            "--share", help="Spread the partitions over all learners of the group that are run with --share."
        ),
    ] = False,
    mend_offsets: Annotated[
        bool,
        typer.Option(
            "--mend-offsets", help="Write the group's offset again from the journal (after OffsetsMoved)."
        ),
    ] = False,
    untrained: Untrained = False,
) -> None:
    """Predict every event before learning from it, exactly once, until Ctrl-C.

    Each partition has a process of its own, started again when it dies. Topics are made where they are missing. With
    --share, run as often as you like, on as many machines: when one comes, goes or is killed, the others share anew.
    """
    stop = stop_event()
    if share and partition:
        message = (
            "--share leaves the choice of partitions to the group. Give --share or --partition, not both."
        )
        raise UsageError(message)
    if settings.origin["partitions"] != "default":
        _chosen(partition, settings.partitions)  # refused at once
    require_address(settings)

    from consumers.supervisor import Listener, StaticAssignment, WorkersMonitor, supervise
    from contracts.topics import USER_EVENTS, topic_name
    from infra.kafka import GroupMembership, LogCheck, ensure_topics
    from infra.postgres import DatabaseCheck

    with ExitStack() as held:
        listener: Listener = Listener()
        if settings.http_port is not None:
            database = DatabaseCheck(settings.database_url, settings.database_password_file)
            log = LogCheck(settings.bootstrap, topic_name(USER_EVENTS, settings.namespace))
            listener = monitor = held.enter_context(WorkersMonitor(database, log))
            held.enter_context(serve_health(settings, monitor))
        waiting = waiting_as("learner", settings)

        def prepared() -> tuple[Settings, list[int]]:
            found = with_partitions_found(settings)
            chosen = _chosen(partition, found.partitions)
            ensure_topics(found.bootstrap, found.partitions, namespace=found.namespace, group=found.group)
            return found, chosen

        if (ready := waiting.until_done(prepared, stop)) is None:
            return
        settings, chosen = ready
        assignment: Assignment = StaticAssignment(chosen)
        which = f"partitions {', '.join(map(str, chosen))}"
        if share:
            topic = topic_name(USER_EVENTS, settings.namespace)
            group = f"{settings.namespace}{settings.group}.members"
            assignment = held.enter_context(
                closing(GroupMembership(settings.bootstrap, group, topic, waiting))
            )
            which = f"a share of {settings.partitions} partitions"
        tell(f"learning {which} of {settings.bootstrap} as group {settings.group}")
        allowed = [
            flag for flag, given in (("--mend-offsets", mend_offsets), ("--untrained", untrained)) if given
        ]
        supervise(
            settings,
            assignment,
            should_stop=stop.is_set,
            arguments=allowed,
            listener=listener,
            answers=lambda: answers(settings.bootstrap),
        )


def _chosen(partitions: list[int] | None, there: int) -> list[int]:
    chosen = sorted(set(partitions)) if partitions else list(range(there))
    if chosen[-1] >= there:
        message = f"--partition must be below the number of partitions, {there}. Got {chosen[-1]}."
        raise UsageError(message)
    return chosen
