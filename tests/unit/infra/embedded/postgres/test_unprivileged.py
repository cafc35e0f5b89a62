"""As whom Postgres runs for root, and what that user can reach."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from infra.embedded.errors import NoUnprivilegedUser
from infra.embedded.postgres.unprivileged import Account, choose_account, reachable

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")
STRANGER = Account("stranger", 54_321, 54_321)
OWNER = Account("owner", os.geteuid(), os.getegid())


@pytest.mark.skipif(os.geteuid() == 0, reason="for root it is somebody else")
def test_an_ordinary_user_runs_it_as_themselves() -> None:
    assert choose_account() is None


@ROOT_ONLY
def test_root_runs_it_as_the_first_user_that_exists() -> None:
    nobody = pwd.getpwnam("nobody")
    assert choose_account(("no-such-user", "nobody")) == Account("nobody", nobody.pw_uid, nobody.pw_gid)


@ROOT_ONLY
def test_root_is_never_the_user() -> None:
    with pytest.raises(NoUnprivilegedUser, match="none of the users no-such-user, root exists"):
        choose_account(("no-such-user", "root"))


def test_a_folder_is_reached_through_folders_that_are_all_open(tmp_path: Path) -> None:
    folder = tmp_path / "closed" / "open"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    assert not reachable(folder, STRANGER)
    assert reachable(folder, OWNER) or not reachable(folder.parents[2], OWNER)


def test_the_group_decides_for_its_members(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(0o701)
    member = Account("member", 54_321, place.stat().st_gid)
    assert not reachable(place, member)
