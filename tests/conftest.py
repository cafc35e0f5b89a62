"""What all tests share: one broker and one database a run, and where recorded data may be found."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from infra.embedded import EmbeddedKafka, EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent
NEED_BACKENDS = ("integration", "e2e", "faults")

# Two shared cores make a deadline a coin toss; CI prints the seed that failed.
settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in the folders of tests that need the broker or the database."""
    for item in items:
        folder = item.path.relative_to(ROOT).parts
        if folder[0] == "tests" and folder[1] in NEED_BACKENDS:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees none of the user's own FRESHET_ settings, but for those reserved for tests."""
    for name in list(os.environ):
        if name.startswith("FRESHET_") and not name.startswith("FRESHET_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder with online_retail.csv.gz: FRESHET_TEST_DATA, else ../shared/data beside the checkout."""
    folder = Path(os.environ.get("FRESHET_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "online_retail.csv.gz").is_file():
        pytest.skip(f"no online_retail.csv.gz in {folder}: set FRESHET_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def embedded_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """The broker of this run, started by the first test that asks for it.

    A test that stops it starts it again before it ends: it comes back on the same port.
    """
    from infra.embedded import EmbeddedKafka

    # A worker that was killed leaves its transaction open until its timeout; the broker looks every 10 s unless told.
    overrides = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000"}
    with EmbeddedKafka(tmp_path_factory.mktemp("broker"), overrides) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def bootstrap(embedded_kafka: EmbeddedKafka) -> str:
    """Address of the broker of this run."""
    return embedded_kafka.bootstrap


@pytest.fixture(scope="session")
def embedded_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """The database server of this run, started by the first test that asks for it."""
    from infra.embedded import EmbeddedPostgres

    with EmbeddedPostgres(tmp_path_factory.mktemp("database")) as postgres:
        yield postgres


@pytest.fixture
def namespace() -> str:
    """What to put before the names of this test's topics, since all tests share one broker."""
    return f"t{uuid.uuid4().hex[:10]}."
