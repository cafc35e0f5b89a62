"""A data folder is this user's own: nobody else can look or write into it, or has made it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.embedded.data_folder import MARKER, claim, wipe
from infra.embedded.doctor import check_folder
from infra.embedded.errors import DataFolderForeign
from infra.embedded.ownership import close_to_others, need_own_folder
from infra.embedded.running import stop_running

NOBODY = 12_345


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    claim(folder)
    os.chown(folder, NOBODY, -1)
    folder.chmod(0o755)
    for use in (claim, wipe, stop_running):
        with pytest.raises(
            DataFolderForeign, match=f"must belong to root, who runs this. It belongs to user {NOBODY}"
        ):
            use(folder)
    assert mode(folder) == 0o755
    assert (folder / MARKER).exists()
    assert not check_folder(folder).ok


@pytest.mark.parametrize("looser", [0o775, 0o757, 0o1777])
def test_a_folder_that_others_may_write_is_refused_with_the_way_out(tmp_path: Path, looser: int) -> None:
    folder = tmp_path / "loose"
    claim(folder)
    folder.chmod(looser)
    with pytest.raises(DataFolderForeign, match=f"Its mode is {looser:04o}: others may have put") as refused:
        claim(folder)
    assert refused.value.hint is not None and f"chmod 700 {folder}" in refused.value.hint
    folder.chmod(0o700)
    claim(folder)


def test_a_new_folder_is_closed_and_one_that_others_may_read_is_closed_at_the_next_start(
    tmp_path: Path,
) -> None:
    before = os.umask(0o002)
    try:
        (tmp_path / "empty").mkdir()
        for name in ("empty", "new"):
            claim(tmp_path / name)
            assert mode(tmp_path / name) == 0o700
    finally:
        os.umask(before)
    (tmp_path / "new").chmod(0o755)
    claim(tmp_path / "new")
    assert mode(tmp_path / "new") == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="Postgres has another user for root only")
def test_for_root_the_user_of_postgres_still_passes_to_data_that_are_there(tmp_path: Path) -> None:
    for name in ("postgres/data", "kafka", "logs"):
        (tmp_path / name).mkdir(parents=True)
    close_to_others(tmp_path)
    assert [mode(tmp_path / name) for name in (".", "kafka", "logs")] == [0o711, 0o700, 0o700]


def test_a_folder_that_is_not_there_is_nobodys(tmp_path: Path) -> None:
    need_own_folder(tmp_path / "none")
