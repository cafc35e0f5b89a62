"""Containers from the compose file; tests that need an engine say so where there is none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.containers.stack import IMAGE, SPARK_IMAGE, Stack, docker

PARTITIONS = 6


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine with compose."""
    for argv in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            found = subprocess.run(argv, capture_output=True, text=True, check=False)
            why = found.stderr.strip().splitlines()[-1:] if found.returncode else None
        except FileNotFoundError:
            why = ["there is no docker"]
        if why is not None:
            said = f"`{' '.join(argv)}` must work for the tests of the containers: {' '.join(why)}"
            if os.environ.get("FRESHET_TEST_BACKEND") == "containers":
                pytest.fail(said, pytrace=False)
            pytest.skip(said)


@pytest.fixture(scope="session")
def app_image(engine: None) -> str:
    """The image of this checkout."""
    Stack(1).compose("build", "--quiet", "learner")
    return IMAGE


@pytest.fixture(scope="session")
def spark_image(engine: None) -> str:
    """The image of this checkout that has Spark."""
    Stack(1, COMPOSE_PROFILES="batch").compose("build", "--quiet", "etl")
    return SPARK_IMAGE


@pytest.fixture(scope="module")
def stack(app_image: str) -> Iterator[Stack]:
    """All of it, up from nothing: six partitions, spread over three learners."""
    one = Stack(3, FRESHET_PARTITIONS=str(PARTITIONS), FRESHET_RATE="150")
    try:
        one.up()
        yield one
    finally:
        one.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
    assert docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={one.project}") == ""
