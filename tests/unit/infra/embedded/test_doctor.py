"""What the doctor says of made-up machines and folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.embedded.data_folder import claim, lock_folder
from infra.embedded.doctor import (
    check_all,
    check_folder,
    check_jars,
    check_java,
    check_memory,
    check_python,
    check_running,
)


def test_every_check_that_fails_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "file").touch()
    checks = check_all(tmp_path / "file", cache=tmp_path / "cache")
    failed = {check.name for check in checks if not check.ok}
    assert {"Java", "network", "data folder"} <= failed
    assert all(check.advice for check in checks if not check.ok)


def test_looking_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JAVA_HOME", "")
    check_all(tmp_path / "data", cache=tmp_path / "cache")
    assert list(tmp_path.iterdir()) == []


def test_an_old_python_is_told_from_a_new_one() -> None:
    assert check_python((3, 11, 0)).ok
    assert check_python((4, 0, 0)).ok
    assert not check_python((3, 10, 14)).ok


def test_no_java_is_a_check_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    check = check_java()
    assert not check.ok
    assert "No Java was found" in check.found
    assert check.advice.startswith("Install one with")


def test_jars_that_are_not_there_yet_are_announced_but_fine(tmp_path: Path) -> None:
    check = check_jars(tmp_path)
    assert check.ok
    assert "the first start downloads it" in check.found


def test_folders_are_told_apart(tmp_path: Path) -> None:
    assert "made at the first start" in check_folder(tmp_path / "not" / "yet").found
    (tmp_path / "file").touch()
    assert not check_folder(tmp_path / "file").ok
    assert not check_folder(tmp_path / "file" / "below").ok
    assert not check_folder(tmp_path).ok  # holds a file and no marker
    claim(tmp_path / "ours")
    (tmp_path / "ours" / "more").touch()
    assert check_folder(tmp_path / "ours").ok


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert not check_folder(tmp_path).ok
    assert not check_folder(tmp_path / "below").ok


def test_a_running_instance_is_told_with_its_process(tmp_path: Path) -> None:
    assert "none runs" in check_running(tmp_path).found
    with lock_folder(tmp_path):
        assert check_running(tmp_path).found == f"runs as process {os.getpid()}"


def test_too_little_memory_is_told() -> None:
    assert check_memory(2 * 1024**3).ok
    assert not check_memory(1024**2).ok
