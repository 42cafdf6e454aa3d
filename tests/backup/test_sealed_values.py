"""A backup opens every sealed value, and names those that do not open."""
# ruff: noqa: ASYNC240 - no other task waits here

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, Database, builders, open_database, sealing, session_cookies, users
from hangar_dal.database.backup import back_up
from hangar_dal.errors import BackupFailed
from hangar_dal.settings import Settings
from tests.backup.copies import opened
from tests.shop import letters, tables
from tests.shop.models import Letter


async def test_a_sealed_value_that_the_keys_do_not_open_is_named_and_no_copy_is_left(
    db: Database, options: Settings, target: Path, folder: Path, key: str
) -> None:
    ada = await users.create_user(db, builders.user())
    made = [await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id)) for _ in range(12)]
    other = Settings(database_url=options.url, sealing_keys=sealing.new_key())
    with pytest.raises(BackupFailed) as caught:
        await back_up(other, target)
    assert list(folder.iterdir()) == []
    errors = {error.row["id"]: error for error in caught.value.unopened}
    assert set(errors) == {str(each.id) for each in made}
    for error in errors.values():
        assert (error.table, error.column, error.key_id) == ("session_cookies", "cookies", key.partition(":")[0])
    assert sum(str(each.id) in str(caught.value) for each in made) == 10
    assert "and 2 more" in str(caught.value)
    backup = await back_up(other, target, accept_unopened=True)
    assert (backup.opened, backup.unopened_count, len(backup.unopened)) == (0, 12, 12)
    async with open_database(opened(target, key), catalog=ACCOUNTS) as copy:
        assert await session_cookies.get_session_cookie(copy, made[0].id) == made[0]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE session_cookies SET id = upper(id)",
        "UPDATE session_cookies SET cookies = substr(cookies, 1, length(cookies) - 8) || 'AAAAAAA='",
    ],
    ids=["moved", "altered"],
)
async def test_a_sealed_value_that_was_moved_or_altered_is_found(
    db: Database, options: Settings, target: Path, change: str
) -> None:
    ada = await users.create_user(db, builders.user())
    await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
    with closing(sqlite3.connect(options.target.path)) as raw, raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute(change)
    with pytest.raises(BackupFailed, match=r"does not open with key|is not a sealed value"):
        await db.backup(target)
    assert not target.exists()


async def test_another_key_under_the_same_id_does_not_pass(
    db: Database, options: Settings, target: Path, key: str
) -> None:
    ada = await users.create_user(db, builders.user())
    await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
    wrong = f"{key.partition(':')[0]}:{sealing.new_key().partition(':')[2]}"
    with pytest.raises(BackupFailed, match="this key id now belongs to another key"):
        await back_up(Settings(database_url=options.url, sealing_keys=wrong), target)


async def test_the_sealed_columns_of_an_application_are_opened_too(db: Database, target: Path) -> None:
    await tables.create_tables(db)
    await letters.insert_letter(db, Letter(place="here", secret={"a": 1}, hint="b"))
    assert (await db.backup(target)).opened == 2


async def test_a_column_that_no_model_declares_is_compared_by_key_id(
    db: Database, options: Settings, target: Path, folder: Path, key: str
) -> None:
    """Generated columns, and broken text in another column, do not disturb it."""
    for one in (key, sealing.new_key()):
        sealed = sealing.parse_keys(one).seal(b"{}", table="no_model", column="c", bound=())
        with closing(sqlite3.connect(options.target.path)) as raw, raw:
            raw.execute("CREATE TABLE IF NOT EXISTS no_model (id TEXT PRIMARY KEY, n AS (id || 1), c TEXT, d TEXT)")
            raw.execute("INSERT INTO no_model VALUES (?, ?, CAST(x'ff' AS TEXT))", (f"a secret {one[:5]}", sealed))
        if one == key:
            assert (await db.backup(folder / "first.db")).undeclared == 1
    with pytest.raises(BackupFailed, match=r"\n  no_model\.c: sealed with key") as caught:
        await db.backup(target)
    assert "a secret" not in str(caught.value)
