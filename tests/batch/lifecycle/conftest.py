"""A town for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.lifecycle.town import Town
from tests.integration.conftest import FreshDatabase


@pytest.fixture
def town(bootstrap: str, namespace: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Town]:
    made = Town(bootstrap, namespace, fresh_database, tmp_path)
    yield made
    made.close()
