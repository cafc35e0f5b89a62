"""kafka-python's own lines go to a file of the data folder, or nowhere; never to where ours go."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded.data_folder import MARKER
from infra.kafka import keep_client_lines


@pytest.fixture
def client() -> Iterator[logging.Logger]:
    """The client's logger, as it was at the end."""
    logger = logging.getLogger("kafka")
    before = logger.propagate, logger.level, logger.handlers
    yield logger
    for handler in logger.handlers:
        handler.close()
    logger.propagate, logger.level, logger.handlers = before


def test_they_go_to_a_file_of_their_own(
    client: logging.Logger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / MARKER).touch()
    keep_client_lines(tmp_path, "learner-3")
    assert not list(tmp_path.glob("logs/*"))  # as long as it says nothing
    logging.getLogger("kafka.net.manager").error("Connection failed")
    logging.getLogger("kafka.net.manager").info("Connected")
    (line,) = (tmp_path / "logs" / "learner-3-kafka.log").read_text().splitlines()
    assert line.endswith("kafka.net.manager: Connection failed")
    assert not caplog.records


def test_in_a_folder_that_is_not_ours_nothing_is_made(
    client: logging.Logger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep_client_lines(tmp_path, "learner")
    keep_client_lines(tmp_path / "not there", "learner")
    client.error("Connection failed")
    assert not list(tmp_path.iterdir())
    assert not caplog.records
