"""What all tests share: where recorded data may be found, and which folders need a broker or a database."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
