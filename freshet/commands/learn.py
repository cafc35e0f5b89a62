"""``freshet learn``: the learners, one process a partition, against any broker."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import UsageError
from freshet.monitored import monitored
from freshet.options import (
    Bootstrap,
    DatabaseUrl,
    DataDir,
    Group,
    HttpHost,
    HttpPort,
    Partitions,
    PasswordFile,
    settings_from,
)
from freshet.reach import need_broker
from freshet.render import tell
from freshet.service import until_told

if TYPE_CHECKING:
    from consumers.supervisor import Watch
    from contracts.settings import Settings

EXAMPLES = """freshet learn --bootstrap 127.0.0.1:9092 --database-url postgresql://freshet@127.0.0.1/freshet
freshet learn --partition 1
freshet learn --http-port 9101
freshet learn --mend-offsets"""


def learn(
    partition: Annotated[
        list[int] | None,
        typer.Option("--partition", min=0, help="Only this one; may be given again."),
    ] = None,
    mend_offsets: Annotated[
        bool,
        typer.Option(
            "--mend-offsets", help="Write the group's offset again from the journal (after OffsetsMoved)."
        ),
    ] = False,
    untrained: Annotated[
        bool, typer.Option("--untrained", help="Where the state is lost, start new models (after StateLost).")
    ] = False,
    partitions: Partitions = None,
    group: Group = None,
    data_dir: DataDir = None,
    bootstrap: Bootstrap = None,
    database_url: DatabaseUrl = None,
    password_file: PasswordFile = None,
    http_port: HttpPort = None,
    http_host: HttpHost = None,
) -> None:
    """Predict every event before learning from it, exactly once, until Ctrl-C.

    Each partition has a process of its own, started again when it dies. Topics are made where they are missing.
    """
    told = until_told()
    settings = settings_from(
        data_dir=data_dir,
        bootstrap=bootstrap,
        database_url=database_url,
        database_password_file=password_file,
        partitions=partitions,
        group=group,
        http_port=http_port,
        http_host=http_host,
    )
    chosen = sorted(set(partition)) if partition else list(range(settings.partitions))
    if chosen[-1] >= settings.partitions:
        message = (
            f"--partition must be below the number of partitions, {settings.partitions}. Got {chosen[-1]}."
        )
        raise UsageError(message)
    need_broker(settings)

    from consumers.supervisor import Unwatched, WorkersMonitor
    from infra.postgres import DatabaseCheck

    allowed = [
        flag for flag, given in (("--mend-offsets", mend_offsets), ("--untrained", untrained)) if given
    ]
    if settings.http_port is None:
        _learn(settings, chosen, told, allowed, Unwatched())
        return
    database = DatabaseCheck(settings.database_url, settings.database_password_file)
    with WorkersMonitor(database) as monitor, monitored(settings, monitor):
        _learn(settings, chosen, told, allowed, monitor)


def _learn(settings: Settings, chosen: list[int], told: Event, allowed: list[str], watch: Watch) -> None:
    from consumers.supervisor import supervise
    from infra.kafka import ensure_topics

    ensure_topics(settings.bootstrap, settings.partitions, namespace=settings.namespace, group=settings.group)
    tell(
        f"learning partitions {', '.join(map(str, chosen))} of {settings.bootstrap} as group {settings.group}"
    )
    supervise(settings, chosen, should_stop=told.is_set, arguments=allowed, watch=watch)
