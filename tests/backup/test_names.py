"""A backup overwrites nothing, and takes every name that a file can have."""
# ruff: noqa: ASYNC240 - no other task waits here

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hangar_dal import Database
from hangar_dal.errors import BackupFailed
from hangar_dal.settings import Settings
from tests.backup.copies import TOTAL
from tests.database.ledger import column


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link", "pipe"])
async def test_nothing_is_overwritten(db: Database, target: Path, folder: Path, kind: str) -> None:
    other = folder / "other"
    match kind:
        case "file":
            target.write_bytes(b"kept")
        case "folder":
            target.mkdir()
        case "link":
            other.write_bytes(b"kept")
            target.symlink_to(other)
        case "dangling link":
            target.symlink_to(other)
        case _:
            os.mkfifo(target)
    before = {entry.name for entry in folder.iterdir()}
    with pytest.raises(BackupFailed, match="the name is taken"):
        await db.backup(target)
    assert {entry.name for entry in folder.iterdir()} == before


async def test_a_file_that_appears_meanwhile_is_not_overwritten(db: Database, target: Path, folder: Path) -> None:
    with pytest.raises(BackupFailed, match="File exists"):
        await db.backup(target, progress=lambda _, __: target.write_bytes(b"kept"))
    assert target.read_bytes() == b"kept"
    assert list(folder.iterdir()) == [target]


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal", ".key", "-migrating"])
async def test_a_name_of_the_database_itself_is_refused(db: Database, options: Settings, suffix: str) -> None:
    path = Path(f"{options.target.path}{suffix}")
    before = {entry.name for entry in path.parent.iterdir()}
    with pytest.raises(BackupFailed, match="another name"):
        await db.backup(path)
    assert {entry.name for entry in path.parent.iterdir()} == before
    assert await column(db, "SELECT sum(amount) FROM ledger") == [TOTAL]


async def test_the_database_is_recognized_behind_links(db: Database, options: Settings, folder: Path) -> None:
    path = Path(options.target.path)
    (folder / "link.db").symlink_to(path)
    os.link(path, folder / "hard.db")
    (folder / "parent").symlink_to(path.parent)
    for name in ("link.db", "hard.db", f"parent/{path.name}", f"parent/{path.name}-journal"):
        with pytest.raises(BackupFailed):
            await db.backup(folder / name)
    assert await column(db, "SELECT sum(amount) FROM ledger") == [TOTAL]


async def test_a_log_of_an_older_file_of_this_name_is_refused(db: Database, target: Path) -> None:
    Path(f"{target}-wal").write_bytes(b"old")
    with pytest.raises(BackupFailed, match=r"copy\.db-wal exists"):
        await db.backup(target)
    assert not target.exists()


@pytest.mark.parametrize("name", ["no/folder.db", "x.db/y.db", "a\0b", "x" * 255])
async def test_a_name_that_no_file_can_have_is_an_error_with_its_reason(db: Database, folder: Path, name: str) -> None:
    (folder / "x.db").write_bytes(b"")
    with pytest.raises(BackupFailed, match="no backup was made"):
        await db.backup(folder / name)
    assert [entry.name for entry in folder.iterdir()] == ["x.db"]


@pytest.mark.parametrize(
    "name", ["größe 😀.db", "100%.db", "x?mode=memory", "file:x.db", "-x.db", "a\nb.db", "x" * 240]
)
async def test_any_name_of_a_file_will_do(
    db: Database, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    await db.backup(name)
    assert [entry.name for entry in folder.iterdir()] == [name]
    with closing(sqlite3.connect(folder / name)) as raw:
        assert raw.execute("SELECT sum(amount) FROM ledger").fetchone() == (TOTAL,)


async def test_a_relative_path_stays_the_same_file_when_the_process_changes_its_directory(
    db: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    await db.backup("copy.db", progress=lambda _, __: monkeypatch.chdir("/"))
    assert [entry.name for entry in folder.iterdir()] == ["copy.db"]
