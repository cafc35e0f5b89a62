"""The part of pytest that chooses the backend, says which, and counts the tests on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.backend.choice import Choice, Unavailable, choose, wanted
from tests.waiting import until

AWAITED = "FRESHET_TEST_AWAITED"
"""Names a file that is made when the images are."""

_MADE_S = 1_200.0
_NAME = "freshet-backend"


class BackendOfTheRun:
    """Chooses once a run, and only where a test needs a backend: asking for images may mean to pull them."""

    def __init__(self, wish: str) -> None:
        self.choice: Choice | None = None  # none where no test needs it
        self._wish = wish
        self._on_backend: set[str] = set()
        self._ran = 0

    @pytest.hookimpl(tryfirst=True)  # the terminal asks for the line on it in this very hook
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._on_backend = {
            item.nodeid for item in session.items if "backend" in getattr(item, "fixturenames", ())
        }
        if self._on_backend and not session.config.option.collectonly:
            try:
                self.choice = choose(self._wish, _ready_engine)
            except Unavailable as error:
                message = f"The tests are to run in containers, and can't: {error}"
                raise pytest.UsageError(message) from error

    def pytest_report_collectionfinish(self) -> list[str]:
        return [] if self.choice is None else [f"backend: {self.choice}"]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.outcome != "skipped" and report.nodeid in self._on_backend:
            self._ran += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.choice is not None:
            tests = "test" if self._ran == 1 else "tests"
            terminalreporter.write_line(f"{self._ran} integration {tests} on {self.choice}")


def register(config: pytest.Config) -> None:
    """Add it to pytest, as the environment wishes it; in CI, wait for images that are made meanwhile."""
    try:
        plugin = BackendOfTheRun(wanted(os.environ))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(plugin, _NAME)
    awaited = os.environ.get(AWAITED)
    if awaited and wanted(os.environ) == "containers":
        until(Path(awaited).exists, f"{AWAITED} names a file that is there", _MADE_S)


def chosen(config: pytest.Config) -> Choice:
    """Return what was chosen; a test asks for it by way of the fixture `backend`."""
    plugin = config.pluginmanager.get_plugin(_NAME)
    assert isinstance(plugin, BackendOfTheRun)
    assert plugin.choice is not None
    return plugin.choice


def _ready_engine() -> str:
    from tests.backend.engine import ready_engine

    return ready_engine()
