"""What all tests share: one broker and one database a run, and where recorded data may be found."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from infra.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.backend import Backend, EmbeddedBackend
from tests.backend import plugin as backend_plugin
from tests.spent import Spent

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parent.parent
NEED_SERVERS = ("batch", "chaos", "containers", "e2e", "embedded", "faults", "integration")
# Of several processes, one would be left alone with these at the end.
LONGEST = ("test_world.py", "test_laws.py")

# Two shared cores make a deadline a coin toss. Hypothesis draws new examples each time; where CI is set, the same.
settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the broker and the database of the run; no Java runs for long here, so each compiles once only."""
    # A broker's start costs 4.4 s of processor time instead of 7.1.
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
    os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1")
    # On busy cores, threads of OpenMP spin where they wait for one another.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    backend_plugin.register(config)
    config.pluginmanager.register(Spent())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in the folders of tests that need the broker or the database, and begin the longest files."""
    for item in items:
        folder = item.path.relative_to(ROOT).parts
        if folder[0] == "tests" and folder[1] in NEED_SERVERS:
            item.add_marker(pytest.mark.integration)
    items.sort(key=lambda item: item.path.name not in LONGEST)


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
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    """The embedded broker and database of this run, also where integration tests run in containers."""
    with EmbeddedBackend(tmp_path_factory.mktemp("embedded")) as backend:
        yield backend


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The broker and the database of this run; a test that stops one of them starts it again before it ends."""
    if backend_plugin.chosen(request.config).name == "embedded":
        yield request.getfixturevalue("embedded")
        return
    from tests.backend.containers import ContainersBackend

    with ContainersBackend(tmp_path_factory.mktemp("containers")) as containers:
        yield containers


@pytest.fixture(scope="session")
def embedded_kafka(embedded: EmbeddedBackend) -> EmbeddedKafka:
    """The embedded broker of this run, for tests that need just this one: what kills it, or starts processes on it.

    A test that stops it starts it again before it ends: it comes back on the same port.
    """
    return embedded.broker


@pytest.fixture(scope="session")
def embedded_postgres(embedded: EmbeddedBackend) -> EmbeddedPostgres:
    """The embedded database server of this run."""
    return embedded.database


@pytest.fixture(scope="session")
def bootstrap(backend: Backend) -> str:
    """Address of the broker of this run."""
    return backend.broker.bootstrap


@pytest.fixture
def namespace() -> str:
    """What to put before the names of this test's topics, since all tests share one broker."""
    return f"t{uuid.uuid4().hex[:10]}."


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The Spark of this run, within the test's own process."""
    from spark_jobs.session import open_session

    session = open_session("local[2]", memory="768m")
    session.conf.set("spark.sql.shuffle.partitions", "2")
    yield session
    session.stop()
