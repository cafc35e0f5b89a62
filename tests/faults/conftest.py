"""A stage for each test, on the broker and database of the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.settings import Settings
from infra.embedded import EmbeddedKafka, EmbeddedPostgres
from infra.postgres import migrate, read_password
from tests.faults.stage import Stage, shop_events


@pytest.fixture(scope="session")
def events() -> list[bytes]:
    """What a small shop's users did."""
    return [e.value for e in shop_events(1500)]


@pytest.fixture(scope="session")
def new_stage(
    embedded_kafka: EmbeddedKafka,
    embedded_postgres: EmbeddedPostgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Stage]:
    """Make a stage in a namespace."""
    migrate(embedded_postgres.conninfo, read_password(embedded_postgres.password_file))
    folder: Path = tmp_path_factory.mktemp("stage")

    def make(namespace: str) -> Stage:
        return Stage(
            Settings(
                bootstrap=embedded_kafka.bootstrap,
                database_url=embedded_postgres.conninfo,
                database_password_file=embedded_postgres.password_file,
                data_dir=folder,
                namespace=namespace,
                group=f"g-{namespace[:-1]}",
                partitions=1,
                transaction_timeout_ms=30_000,
                delivery_timeout_ms=20_000,
            )
        )

    return make


@pytest.fixture
def stage(new_stage: Callable[[str], Stage], namespace: str) -> Stage:
    """A stage of this test's own."""
    return new_stage(namespace)
