"""Which source wins, what is refused, and how it is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.errors import SettingsError
from contracts.settings import Settings, load, sources


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with the data folder beside."""
    monkeypatch.setenv("FRESHET_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def dotenv(text: str) -> None:
    Path(".env").write_text(text, encoding="utf-8")


def runtime(folder: Path, content: object) -> None:
    (folder / "data" / "runtime.json").write_text(json.dumps(content), encoding="utf-8")


def test_the_nearest_source_wins(folder: Path, monkeypatch: pytest.MonkeyPatch):
    found: dict[str, str] = {}

    def note() -> None:
        settings = load({"bootstrap": flag})
        found[sources(settings)["bootstrap"]] = settings.bootstrap

    flag = None
    note()
    runtime(folder, {"bootstrap": "runtime:1"})
    note()
    dotenv("FRESHET_BOOTSTRAP=dotenv:1\n")
    note()
    monkeypatch.setenv("FRESHET_BOOTSTRAP", "environment:1")
    note()
    flag = "flag:1"
    note()
    assert found == {
        "default": "127.0.0.1:9092",
        "runtime file": "runtime:1",
        ".env": "dotenv:1",
        "environment": "environment:1",
        "flag": "flag:1",
    }


def test_ports_of_compose_are_where_its_broker_and_database_are_looked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    dotenv("FRESHET_DOCKER_KAFKA_PORT=19092\nFRESHET_DOCKER_POSTGRES_PORT=15432\n")
    settings = load()
    assert settings.bootstrap == "127.0.0.1:19092"
    assert settings.database_url == "postgresql://freshet@127.0.0.1:15432/freshet"
    assert sources(settings)["bootstrap"] == "FRESHET_DOCKER_KAFKA_PORT (.env)"
    monkeypatch.setenv("FRESHET_DOCKER_KAFKA_PORT", "29092")  # as compose has it: nearer than .env
    assert load().bootstrap == "127.0.0.1:29092"
    runtime(folder, {"bootstrap": "runtime:1"})
    assert load().bootstrap == "runtime:1"


@pytest.mark.parametrize("port", ["0", "65536", "kafka", "127.0.0.1:9092", "٣"])
def test_a_port_of_compose_that_is_none_is_named(port: str):
    dotenv(f"FRESHET_DOCKER_KAFKA_PORT={port}\n")
    with pytest.raises(SettingsError, match=r"FRESHET_DOCKER_KAFKA_PORT \(\.env\) must be a port"):
        load()


def test_the_runtime_file_is_looked_for_in_the_data_folder_that_was_typed(folder: Path):
    (folder / "other").mkdir()
    (folder / "other" / "runtime.json").write_text('{"bootstrap": "other:1", "pid": 12}')
    assert load({"data_dir": folder / "other"}).bootstrap == "other:1"
    assert load({"data_dir": "../other"}).bootstrap == "other:1"


def test_of_the_runtime_file_only_what_names_the_instance_counts(folder: Path):
    runtime(folder, {"bootstrap": None, "seed": 99, "partitions": 4, "pid": 1})
    settings = load()
    assert (settings.partitions, settings.seed, settings.bootstrap) == (4, 7, "127.0.0.1:9092")
    runtime(folder, ["no", "object"])
    assert load().partitions == 2


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_a_broken_runtime_file_is_named(folder: Path, content: bytes):
    (folder / "data" / "runtime.json").write_bytes(content)
    with pytest.raises(SettingsError, match=r"runtime\.json must be the JSON .* delete it"):
        load()


def test_an_unknown_name_in_the_environment_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRESHET_PARTITION", "4")
    with pytest.raises(
        SettingsError, match="FRESHET_PARTITION in the environment.*nearest is FRESHET_PARTITIONS"
    ):
        load()


def test_an_unknown_name_in_dotenv_is_refused_with_the_nearest():
    dotenv("FRESHET_SEEED=1\n")
    with pytest.raises(SettingsError, match=r"FRESHET_SEEED in .*\.env is no.*nearest is FRESHET_SEED"):
        load()


def test_other_names_and_reserved_ones_are_left_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRESHET_TEST_DATA", "/anywhere")
    monkeypatch.setenv("FRESHET_DOCKER_TAG", "1")
    dotenv("POSTGRES_PASSWORD=x\nFRESHET_DOCKER_UID=1\nFRESHET_TEST_DATA=y\nfreshet_seed=8\n")
    assert load().seed == 8


def test_empty_values_are_as_good_as_unset(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRESHET_DRIFT", "")
    dotenv("FRESHET_SEED=\nFRESHET_RATE\n")
    settings = load()
    assert (settings.drift, settings.seed, settings.rate) == (None, 7, 500)
    assert set(sources(settings).values()) == {"environment", "default"}


def test_a_dotenv_that_is_not_utf8_is_named():
    Path(".env").write_bytes(b"FRESHET_GROUP=\xff\n")
    with pytest.raises(SettingsError, match=r"\.env must be a readable file"):
        load()


def test_what_is_malformed_is_said_under_the_name_it_was_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRESHET_PARTITIONS", "many")
    with pytest.raises(SettingsError) as caught:
        load({"snapshots_kept": 0})
    said = str(caught.value)
    assert "FRESHET_PARTITIONS (environment) must be a valid integer" in said
    assert "Got 'many'. Partitions of the main input" in said
    assert "--snapshots-kept must be greater than or equal to 1. Got 0." in said
    assert "pydantic" not in said
    assert caught.value.exit_code == 2


def test_what_does_not_fit_together_is_said_in_its_own_words():
    with pytest.raises(SettingsError, match=r"^delivery_timeout_ms must be below"):
        load({"delivery_timeout_ms": 60_000})


def test_an_unknown_flag_is_refused():
    with pytest.raises(SettingsError, match="colour is no setting"):
        load({"colour": "red"})


def test_the_nearer_of_rate_and_speed_is_meant():
    dotenv("FRESHET_RATE=100\n")
    fast = load({"speed": 60.0})
    assert (fast.rate, fast.speed, sources(fast)["rate"]) == (500, 60, "default")
    dotenv("FRESHET_SPEED=60\n")
    slow = load({"rate": 100.0})
    assert (slow.rate, slow.speed) == (100, None)
    with pytest.raises(SettingsError, match="not by both"):
        load({"rate": 100.0, "speed": 60.0})


def test_settings_by_hand_say_so():
    told = sources(Settings(seed=1))
    assert (told["seed"], told["rate"]) == ("argument", "default")
