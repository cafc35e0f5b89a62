"""Signatures: what they cover, and where the key may lie."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts.errors import EnvironmentProblem
from infra.signing import KEY_BYTES, load_key, sign, verify

KEY = bytes(range(32))
WHOLE = {"kind": "snapshot", "name": "learner", "versions": ["0", "7"], "log": "abc", "payload": b"state"}


def test_what_was_signed_verifies_and_what_was_changed_does_not():
    mac = sign(KEY, **WHOLE)
    assert verify(KEY, mac, **WHOLE)
    assert not verify(bytes(32), mac, **WHOLE)
    assert not verify(KEY, mac[:-1], **WHOLE)
    assert not verify(KEY, b"", **WHOLE)


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "model"},
        {"name": "learner2"},
        {"versions": ["0", "8"]},
        {"versions": ["07"]},
        {"versions": ["0", "7", ""]},
        {"log": "abd"},
        {"payload": b"State"},
        {"kind": "snapshotlearner", "name": ""},
        {"name": "learnerabc", "log": ""},
        {"versions": ["0"], "payload": b"7state"},
    ],
    ids=str,
)
def test_no_artefact_can_be_put_in_the_place_of_another(other):
    assert not verify(KEY, sign(KEY, **WHOLE), **(WHOLE | other))


def test_a_missing_key_is_made_for_its_owner_only_and_stays_the_same(tmp_path: Path):
    path = tmp_path / "folder" / "secret.key"
    key = load_key(path)
    assert len(key) == KEY_BYTES
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path) == key
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path):
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: load_key(path), range(64)))
    assert len(keys) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int):
    path = tmp_path / "secret.key"
    load_key(path)
    path.chmod(mode)
    with pytest.raises(EnvironmentProblem, match="readable by its owner only"):
        load_key(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user_is_refused(tmp_path: Path):
    path = tmp_path / "secret.key"
    load_key(path)
    os.chown(path, 12_345, -1)
    with pytest.raises(EnvironmentProblem, match="It is user 12345's"):
        load_key(path)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, size: int):
    path = tmp_path / "secret.key"
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    with pytest.raises(EnvironmentProblem, match=f"must be a file of 32 bytes. Got {size}"):
        load_key(path)


def test_a_folder_in_the_place_of_the_key_is_an_error_with_its_name(tmp_path: Path):
    with pytest.raises(EnvironmentProblem, match=str(tmp_path)):
        load_key(tmp_path)
