"""What a demo hands on to its children, and how it starts those aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.settings import Settings, load
from freshet.run.processes import Processes
from freshet.run.stack import Stack, for_children


@pytest.mark.parametrize("port", [None, 9101])
def test_children_get_the_settings_but_no_port_also_where_dotenv_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int | None
):
    (tmp_path / ".env").write_text("FRESHET_HTTP_PORT=9102\n")
    monkeypatch.setenv("FRESHET_HTTP_PORT", "9103")
    env = for_children(Settings(data_dir=tmp_path, seed=3, http_port=port))
    for name, value in env.items():
        if name.startswith("FRESHET_"):
            monkeypatch.setenv(name, value)
    found = load(folder=tmp_path)
    assert (found.http_port, found.seed) == (None, 3)


class Noted(Processes):
    """Starts nothing."""

    def __init__(self) -> None:
        self.started: dict[str, dict[str, Any]] = {}

    def start(self, name, arguments, **how) -> None:
        """Note it."""
        self.started[name] = how


def test_the_batch_side_is_started_again_also_when_something_was_away_at_its_start(tmp_path: Path):
    stack = Stack(tmp_path, {}, keep=False, note=lambda _line: None)
    processes = stack._processes = Noted()
    stack.start_batch(5_000)
    assert list(processes.started) == ["etl", "trainer"]
    for how in processes.started.values():
        assert how["is_aside"]
        assert not how.get("is_final")
