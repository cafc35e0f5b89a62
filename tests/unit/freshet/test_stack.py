"""What a demo hands on to its children."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.settings import Settings, load
from freshet.stack import for_children


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
