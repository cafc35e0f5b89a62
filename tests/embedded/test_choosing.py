"""What a run of the tests says about its backend, and when it ends instead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDS_A_BACKEND = (
    "tests/integration/test_postgres.py::test_a_refused_password_is_said_and_not_waited_for[wrong]"
)
NEEDS_NONE = "tests/integration/test_postgres.py::test_a_port_where_nobody_listens_is_named_with_the_reason"


def run(selected: str, **variables: str) -> subprocess.CompletedProcess[str]:
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", selected],
        cwd=ROOT,
        env=os.environ | nowhere | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_backend_that_is_none_ends_the_run_by_name():
    done = run(NEEDS_NONE, FRESHET_TEST_BACKEND="podman")
    assert done.returncode == 4
    assert "FRESHET_TEST_BACKEND must be auto, containers or embedded. Got 'podman'." in done.stderr


def test_containers_without_an_engine_fail_and_are_not_skipped():
    done = run(NEEDS_A_BACKEND, FRESHET_TEST_BACKEND="containers")
    assert done.returncode == 4
    assert "ERROR: The tests are to run in containers, and can't: no engine answers at unix:///nowhere" in (
        done.stderr
    )


def test_tests_that_need_no_backend_need_no_engine():
    done = run(NEEDS_NONE, FRESHET_TEST_BACKEND="containers")
    assert done.returncode == 0, done.stdout
    assert "integration test" not in done.stdout


def test_without_an_engine_the_run_says_that_it_is_on_the_embedded_servers_and_why():
    done = run(NEEDS_A_BACKEND, FRESHET_TEST_BACKEND="auto")
    assert done.returncode == 0, done.stdout
    reason = "embedded (no containers: no engine answers at unix:///nowhere/docker.sock"
    assert f"\nbackend: {reason}" in done.stdout
    assert f"\n1 integration test on {reason}" in done.stdout
