"""Whose a data folder is, who runs on it, and what wiping takes."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from infra.embedded.data_folder import (
    MARKER,
    claim,
    lock_folder,
    lock_holder,
    naming_disk_trouble,
    need_disk,
    wipe,
)
from infra.embedded.errors import DataFolderForeign, DataFolderInUse, DataFolderUnusable, DiskFull
from infra.embedded.server import hold_folder


def holder(data_dir: Path) -> int | None:
    with lock_holder(data_dir) as pid:
        return pid


def test_a_new_or_empty_folder_becomes_ours(tmp_path: Path) -> None:
    claim(tmp_path / "a b" / "new")
    assert (tmp_path / "a b" / "new" / MARKER).is_file()
    claim(tmp_path / "a b" / "new")


def test_a_folder_that_holds_but_our_key_becomes_ours(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    claim(tmp_path)
    assert (tmp_path / MARKER).is_file()


def test_a_folder_with_somebody_elses_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(DataFolderForeign, match=r"holds thesis\.tex"):
        claim(tmp_path)
    with pytest.raises(DataFolderForeign, match="was not made by Freshet"):
        wipe(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for data_dir in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataFolderUnusable, match="must be a folder"):
            claim(data_dir)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataFolderUnusable, match="can't be written"):
        claim(tmp_path)


def test_the_second_to_lock_is_told_who_is_the_first(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        assert holder(tmp_path) == os.getpid()
        with (
            pytest.raises(DataFolderInUse, match=f"as process {os.getpid()}") as caught,
            lock_folder(tmp_path),
        ):
            pass
        assert caught.value.pid == os.getpid()
    assert holder(tmp_path) is None
    with lock_folder(tmp_path):
        pass


def test_looking_who_runs_makes_no_start_fail(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        pass
    with lock_holder(tmp_path) as pid:
        assert pid is None
        # A start that meets the look waits for it rather than say that an instance runs; two looks may meet.
        assert holder(tmp_path) is None


def test_nobody_runs_on_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert holder(tmp_path / "gone") is None


def test_wiping_takes_everything_but_the_key(tmp_path: Path) -> None:
    claim(tmp_path)
    for name in ("kafka", "postgres", "state"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "file").touch()
    (tmp_path / "secret.key").write_text("k")
    (tmp_path / "runtime.json").write_text("{}")
    wipe(tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {MARKER, "lock", "secret.key"}
    claim(tmp_path)


def test_wiping_follows_no_link_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    data_dir = tmp_path / "data"
    claim(data_dir)
    (data_dir / "link").symlink_to(outside)
    wipe(data_dir)
    assert (outside / "file").exists()
    assert not (data_dir / "link").is_symlink()


def test_what_is_not_there_is_wiped_already(tmp_path: Path) -> None:
    wipe(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


def test_a_folder_on_which_an_instance_runs_is_not_wiped(tmp_path: Path) -> None:
    claim(tmp_path)
    (tmp_path / "file").touch()
    with lock_folder(tmp_path), pytest.raises(DataFolderInUse):
        wipe(tmp_path)
    assert (tmp_path / "file").exists()


def test_a_server_that_still_runs_is_told_from_one_that_has_ended(tmp_path: Path) -> None:
    with (
        hold_folder(tmp_path, "A broker", wait_s=0),
        pytest.raises(DataFolderInUse, match=f"A broker already runs on {tmp_path}"),
        hold_folder(tmp_path, "A broker", wait_s=0),
    ):
        pass
    with hold_folder(tmp_path, "A broker", wait_s=0):
        pass


def test_too_little_disk_is_said_in_figures(tmp_path: Path) -> None:
    need_disk(tmp_path, 1)
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(DiskFull, match=rf"GiB must be free on the disk of {tmp_path}; [0-9.]+ GiB are"):
        need_disk(tmp_path, free + 10 * 1024**3)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, DiskFull), (errno.EROFS, DataFolderUnusable), (errno.EACCES, DataFolderUnusable)],
)
def test_trouble_with_the_disk_is_told_as_what_it_is(
    tmp_path: Path, number: int, expected: type[Exception]
) -> None:
    with pytest.raises(expected, match="/a/file can't be"), naming_disk_trouble(tmp_path):
        raise OSError(number, os.strerror(number), "/a/file")
    with pytest.raises(FileNotFoundError), naming_disk_trouble(tmp_path):
        raise FileNotFoundError(errno.ENOENT, "other trouble stays what it is")
