"""Ranges and combinations of settings, and what they print as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.settings import Settings, shown


def test_settings_made_by_hand_read_no_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRESHET_SEED", "99")
    assert Settings().seed == 7


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().seed = 8


def test_the_data_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings().data_dir == tmp_path / "freshet"
    assert Settings().secret_file == tmp_path / "freshet" / "secret.key"


def test_the_data_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings(data_dir=Path("here")).data_dir == tmp_path / "here"
    assert Settings(data_dir=Path("~/there")).data_dir == tmp_path / "there"


def test_the_secret_stands_in_the_data_folder_unless_named(tmp_path: Path):
    assert Settings(data_dir=tmp_path).secret_file == tmp_path / "secret.key"
    assert Settings(data_dir=tmp_path, secret_file=tmp_path / "k").secret_file == tmp_path / "k"


def test_a_delivery_may_not_outlive_its_transaction():
    with pytest.raises(ValidationError, match=r"below transaction_timeout_ms \(5000\). Got 5000"):
        Settings(transaction_timeout_ms=5_000, delivery_timeout_ms=5_000)


def test_the_delivery_timeout_follows_the_transaction_timeout():
    assert Settings(transaction_timeout_ms=5_000).delivery_timeout_ms == 3_750


@pytest.mark.parametrize(
    "drift", ["abrupt", "abrupt@0", "abrupt@-1", "abrupt@1e6", "sudden@10", "abrupt@10 ", "abrupt@5:5"]
)
def test_a_drift_is_one_that_there_is_at_a_number(drift: str):
    with pytest.raises(ValidationError, match="drift must be .*@N"):
        Settings(drift=drift)


def test_pacing_is_by_rate_or_by_speed():
    assert Settings(speed=60).rate == 500
    with pytest.raises(ValidationError, match="not by both"):
        Settings(rate=100, speed=60)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("partitions", 0),
        ("partitions", 257),
        ("rate", -1),
        ("rate", float("nan")),
        ("rate", float("inf")),
        ("bootstrap", "nowhere"),
        ("bootstrap", "a:9092,,b:9092"),
        ("group", "a group"),
        ("database_url", ""),
        ("snapshots_kept", 0),
        ("transaction_timeout_ms", 900_001),
    ],
)
def test_values_out_of_range_are_refused(field: str, value: Any):
    with pytest.raises(ValidationError, match=field):
        Settings(**{field: value})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://freshet:hunter2@127.0.0.1:5432/freshet",
        "postgresql://freshet:hun@ter2@127.0.0.1:5432/freshet",
        "postgresql://127.0.0.1/freshet?user=freshet&password=hunter2&connect_timeout=3",
        "host=127.0.0.1 user=freshet password=hunter2",
        r"host=127.0.0.1 password = 'hun\'ter2 and more' user=freshet",
    ],
)
def test_no_password_is_printed(url: str):
    settings = Settings(database_url=url)
    for text in (repr(settings), str(settings), str(shown(settings))):
        assert "ter2" not in text
        assert "***" in text


def test_a_password_in_a_file_shows_as_stars_and_by_the_name_of_its_file(tmp_path: Path):
    printed = shown(Settings(database_password_file=tmp_path / "password"))
    assert printed["database_url"] == "postgresql://freshet:***@127.0.0.1:5432/freshet"
    assert printed["database_password_file"] == str(tmp_path / "password")
    pairs = shown(Settings(database_url="host=::1", database_password_file=tmp_path / "password"))
    assert pairs["database_url"] == "host=::1 password=***"


def test_every_setting_says_what_it_is():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
