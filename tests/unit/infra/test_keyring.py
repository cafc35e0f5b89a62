"""Keys are retired and not lost: what an old one signed is still told from what nobody signed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts.errors import EnvironmentProblem
from infra.keyring import key_id, load_keyring, rotate


def test_a_new_installation_has_one_key(tmp_path: Path):
    ring = load_keyring(tmp_path / "secret.key")
    assert (ring.retired, ring.keys) == ((), (ring.current,))
    assert load_keyring(tmp_path / "secret.key") == ring


def test_a_key_that_is_replaced_verifies_on(tmp_path: Path):
    path = tmp_path / "secret.key"
    first = load_keyring(path).current
    second = rotate(path).current
    third = rotate(path)
    assert third == load_keyring(path)
    assert len({first, second, third.current}) == 3
    assert set(third.retired) == {first, second}
    assert third.find(key_id(first)) == first
    assert third.find("0" * 16) is None
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 3, "nothing else is left behind"


def test_rotations_at_once_lose_no_key(tmp_path: Path):
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        signed = {ring.current for ring in pool.map(lambda _: rotate(path), range(16))}
    assert signed <= set(load_keyring(path).keys)
    assert len(load_keyring(path).keys) == 17


def test_a_key_retired_by_a_rotation_that_was_killed_is_not_there_twice(tmp_path: Path):
    path = tmp_path / "secret.key"
    current = load_keyring(path).current
    path.with_name(f"secret.key.retired-{key_id(current)}").hardlink_to(path)
    assert load_keyring(path).keys == (current,)
    assert rotate(path).retired == (current,)


def test_a_retired_key_that_others_may_read_is_refused(tmp_path: Path):
    path = tmp_path / "secret.key"
    rotate(path)
    (old,) = tmp_path.glob("*.retired-*")
    old.chmod(0o640)
    with pytest.raises(EnvironmentProblem, match="readable by its owner only"):
        load_keyring(path)


def test_no_key_is_shown(tmp_path: Path):
    ring = rotate(tmp_path / "secret.key")
    assert repr(ring) == "Keyring()"
