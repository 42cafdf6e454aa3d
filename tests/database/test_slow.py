"""`HANGAR_SLOW_STATEMENT`: slow statements are logged by name, others cost nothing."""

import logging

import pytest

from hangar_dal import ACCOUNTS, Settings, builders, open_database, users
from hangar_dal.database import Database, Statement
from hangar_dal.errors import UniqueViolation

SLOW = logging.getLogger("hangar_dal.slow")


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().partition(": ")[0] for record in caplog.records if record.name == SLOW.name]


async def test_a_slow_statement_is_logged_by_its_name(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    slow = settings.model_copy(update={"slow_statement": 1e-9})
    async with open_database(slow, catalog=ACCOUNTS) as db:
        caplog.clear()
        new = builders.eve_user()
        async with db.transaction() as tx:
            await users.insert_user(tx, new, hashed_password=None)
        await users.list_users(db, status=None)
        (listed,) = (record for record in caplog.records if getattr(record, "query", "") == "users.list_users")
    names = [name.removeprefix("slow statement ") for name in logged(caplog)]
    assert names == ["BEGIN", "users.insert_user", "COMMIT", "users.list_users"]
    assert (listed.rows, listed.levelno) == (1, logging.WARNING)
    assert 0 < listed.seconds < 60
    assert new.display_name not in caplog.text


async def test_a_failed_statement_is_logged_with_its_error(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    slow = settings.model_copy(update={"slow_statement": 1e-9})
    async with open_database(slow, catalog=ACCOUNTS) as db:
        first = await users.insert_user(db, builders.eve_user(), hashed_password=None)
        with pytest.raises(UniqueViolation):
            await users.insert_user(db, builders.eve_user(id=first.id), hashed_password=None)
    assert "slow statement users.insert_user: " in caplog.text
    assert caplog.text.count(" rows, then UniqueViolation") == 1


async def test_a_fast_statement_is_not_logged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    slow = settings.model_copy(update={"slow_statement": 3600.0})
    async with open_database(slow, catalog=ACCOUNTS) as db:
        await users.count_users(db)
    assert logged(caplog) == []


async def test_without_the_setting_connections_are_not_changed(database: Database) -> None:
    pool = database._writers
    connection = await pool.acquire()
    try:
        assert "run" not in vars(connection)
    finally:
        pool.release(connection)


async def test_postgresql_sees_the_name_of_the_application(
    postgres_url: str, sealing_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = Statement("show", "SELECT current_setting('application_name')", writes=False)
    for name in ("hangar_dal", "shop"):
        async with open_database(Settings(database_url=postgres_url, sealing_keys=sealing_key)) as db:
            assert (await db.run(show, ()))[0] == [(name,)]
        monkeypatch.setenv("PGAPPNAME", "shop")
