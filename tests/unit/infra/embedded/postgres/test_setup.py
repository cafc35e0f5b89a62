"""The password, and whose the database's files are."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from infra.embedded.errors import DataFolderUnusable
from infra.embedded.postgres.setup import environment, initialise, keep_password
from infra.embedded.postgres.unprivileged import Account


def test_the_password_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        password = keep_password(tmp_path)
    finally:
        os.umask(before)
    assert len(password) >= 24
    assert keep_password(tmp_path) == password
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    assert (tmp_path / "pgpass").read_text() == f"127.0.0.1:*:*:freshet:{password}\n"


def test_two_data_folders_have_two_passwords(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert keep_password(tmp_path / "a") != keep_password(tmp_path / "b")


def test_a_database_that_another_user_made_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    stranger = Account("stranger", os.geteuid() + 1, os.getegid())
    with pytest.raises(DataFolderUnusable, match=f"belongs to user {os.geteuid()}, and would run as user"):
        initialise(tmp_path, tmp_path, stranger, "secret", 0)
    initialise(tmp_path, tmp_path, None, "secret", 0)  # ours: left alone


def test_postgres_knows_nothing_of_the_users_own_settings_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/elsewhere")
    monkeypatch.setenv("LC_MESSAGES", "de_DE.UTF-8")
    found = environment()
    assert "PGDATA" not in found
    assert "LC_MESSAGES" not in found
    assert found["LC_ALL"] == "C"
