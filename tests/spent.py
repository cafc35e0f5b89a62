"""Where the time of a run of pytest went, by folder: one line at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest


class Spent:
    """Adds up what each test took, its fixtures included; under xdist, where the reports of all workers arrive."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[folder_of(report.nodeid)] += report.duration  # type: ignore[assignment]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._seconds:
            terminalreporter.write_line(f"seconds by folder: {by_folder(self._seconds)}")


def folder_of(nodeid: str) -> str:
    """Folder that a test is counted under.

    Examples
    --------
    >>> folder_of("tests/unit/models/test_laws.py::test_a"), folder_of("contracts/clock.py::contracts.clock.rfc3339")
    ('tests/unit', 'doctests')
    """
    first, _, rest = nodeid.partition("/")
    return f"tests/{rest.partition('/')[0]}" if first == "tests" and "/" in rest else "doctests"


def by_folder(seconds: Mapping[str, float]) -> str:
    """Say them, the most first.

    Examples
    --------
    >>> by_folder({"tests/unit": 61.4, "tests/batch": 130.0})
    'tests/batch 130, tests/unit 61'
    """
    most_first = sorted(seconds.items(), key=lambda one: -one[1])
    return ", ".join(f"{folder} {spent:.0f}" for folder, spent in most_first)
