"""Data folders of their own for tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import end_all


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder with a space in its name; what still runs on it at the end of the test is killed."""
    folder = tmp_path / "data folder"
    yield folder
    end_all(folder)


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """As `folder`, for all tests of a file."""
    folder = tmp_path_factory.mktemp("shared") / "data folder"
    yield folder
    end_all(folder)
