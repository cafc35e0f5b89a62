"""``freshet learn``: the learners, one process a partition, against any broker."""

from __future__ import annotations

from typing import Annotated

import typer

from contracts.errors import UsageError
from freshet.options import Bootstrap, DatabaseUrl, DataDir, Group, Partitions, PasswordFile, settings_from
from freshet.reach import need_broker, with_partitions_found
from freshet.render import tell
from freshet.service import until_told

EXAMPLES = """freshet learn --bootstrap 127.0.0.1:9092 --database-url postgresql://freshet@127.0.0.1/freshet
freshet learn --partition 1
freshet learn --share
freshet learn --mend-offsets"""


def learn(
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

    Each partition has a process of its own, started again when it dies. Topics are made where they are missing. With
    --share, run as often as you like, on as many machines: when one comes, goes or is killed, the others share anew.
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
    if share and partition:
        message = (
            "--share leaves the choice of partitions to the group. Give --share or --partition, not both."
        )
        raise UsageError(message)
    need_broker(settings)
    settings = with_partitions_found(settings)
    chosen = sorted(set(partition)) if partition else list(range(settings.partitions))
    if chosen[-1] >= settings.partitions:
        message = (
            f"--partition must be below the number of partitions, {settings.partitions}. Got {chosen[-1]}."
        )
        raise UsageError(message)

    from consumers.supervisor import Fixed, supervise
    from contracts.topics import USER_EVENTS, topic_name
    from infra.kafka import GroupMembership, ensure_topics

    ensure_topics(settings.bootstrap, settings.partitions, namespace=settings.namespace, group=settings.group)
    allowed = [
        flag for flag, given in (("--mend-offsets", mend_offsets), ("--untrained", untrained)) if given
    ]
    if not share:
        which = f"partitions {', '.join(map(str, chosen))}"
        tell(f"learning {which} of {settings.bootstrap} as group {settings.group}")
        supervise(settings, Fixed(chosen), should_stop=told.is_set, arguments=allowed)
        return
    tell(
        f"learning a share of the {settings.partitions} partitions of {settings.bootstrap} as group {settings.group}"
    )
    topic = topic_name(USER_EVENTS, settings.namespace)
    membership = GroupMembership(settings.bootstrap, f"{settings.namespace}{settings.group}.members", topic)
    try:
        supervise(settings, membership, should_stop=told.is_set, arguments=allowed)
    finally:
        membership.close()
