"""``freshet learn``: the learners, one process a partition, against any broker."""

from __future__ import annotations

from typing import Annotated

import typer

from contracts.errors import UsageError
from freshet.options import Bootstrap, DatabaseUrl, DataDir, Group, Partitions, PasswordFile, settings_from
from freshet.reach import need_broker
from freshet.render import tell
from freshet.service import until_told

EXAMPLES = """freshet learn --bootstrap 127.0.0.1:9092 --database-url postgresql://freshet@127.0.0.1/freshet
freshet learn --partition 1
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
    )
    chosen = sorted(set(partition)) if partition else list(range(settings.partitions))
    if chosen[-1] >= settings.partitions:
        message = (
            f"--partition must be below the number of partitions, {settings.partitions}. Got {chosen[-1]}."
        )
        raise UsageError(message)
    need_broker(settings)

    from consumers.supervisor import supervise
    from infra.kafka import ensure_topics

    ensure_topics(settings.bootstrap, settings.partitions, namespace=settings.namespace, group=settings.group)
    tell(
        f"learning partitions {', '.join(map(str, chosen))} of {settings.bootstrap} as group {settings.group}"
    )
    allowed = [
        flag for flag, given in (("--mend-offsets", mend_offsets), ("--untrained", untrained)) if given
    ]
    supervise(settings, chosen, should_stop=told.is_set, arguments=allowed)
