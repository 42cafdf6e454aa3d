"""No setting of a role, a database or the environment changes what a statement means or what a value becomes."""

import asyncio
import re
from contextlib import closing
from datetime import UTC, date, datetime
from urllib.parse import quote

import psycopg
import pytest

from hangar_dal import ACCOUNTS, migrations, sealing
from hangar_dal.database import Database, Statement, open_database
from hangar_dal.errors import ReadOnlyTransaction, SettingsError
from hangar_dal.migrations.targets import target_of
from hangar_dal.settings import Settings
from tests.database.ledger import column
from tests.helpers.pgbouncer import store_settings

# Each changes what a statement means, or how the server writes a value.
MEANINGS = {
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "iso_8601",
    "array_nulls": "off",
    "bytea_output": "escape",
    "extra_float_digits": "0",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
}


def store(url: str, settings: dict[str, str]) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        for name, value in settings.items():
            owner.execute(
                f"ALTER ROLE CURRENT_USER IN DATABASE {owner.info.dbname} SET {name} = {value or chr(39) * 2}".encode()
            )


@pytest.mark.parametrize("source", ["the role", "the URL", "the environment"])
async def test_no_setting_of_a_session_changes_statements_and_values(
    postgres_url: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {name: value for name, value in MEANINGS.items() if name != "DateStyle"}
    options = " ".join(f"-c {name}={value}" for name, value in others.items())
    url = postgres_url
    if source == "the role":
        store(postgres_url, MEANINGS)
    elif source == "the URL":
        url += f"&options={quote(options + ' -c DateStyle=SQL,DMY')}"
    else:
        monkeypatch.setenv("PGOPTIONS", options)
        monkeypatch.setenv("PGDATESTYLE", MEANINGS["DateStyle"])
    settings = Settings(database_url=url, sealing_keys=sealing.new_key(), pool_size=1)

    async def check(db: Database) -> None:
        assert await column(db, "SELECT CAST(:x AS float8)", x=0.1 + 0.2) == [0.1 + 0.2]
        assert await column(db, "SELECT CAST(:x AS text[])", x=[None, "NULL"]) == [[None, "NULL"]]
        assert await column(db, "SELECT timestamptz '2026-03-04 UTC'") == [datetime(2026, 3, 4, tzinfo=UTC)]
        assert await column(db, "SELECT CAST('03/04/2026' AS date)") == [date(2026, 3, 4)]
        assert await column(db, "SELECT 'a\\b' || CAST(CAST('\\x00' AS bytea) AS text)") == ["a\\b\\x00"]
        assert await column(db, "SELECT CAST(interval '1 day' AS text)") == ["1 day"]
        assert await column(db, "SELECT (1 = NULL) IS NULL") == [True]

    async with open_database(settings, catalog=ACCOUNTS) as db:
        await check(db)
        with pytest.raises(LookupError):
            async with db.transaction() as tx:
                await column(tx, "SELECT 1")
                raise LookupError
        await check(db)  # after the session was reset
    with closing(target_of(url).connect()) as connection:  # that of migrations and checks
        found = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
    assert {name: found[name] for name in MEANINGS if found[name] == MEANINGS[name]} == {}


async def test_behind_a_pooler_settings_that_change_values_must_be_stored_with_the_role(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_settings(postgres_url, psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"])
    store(postgres_url, MEANINGS)
    monkeypatch.setenv("PGDATESTYLE", "ISO, MDY")
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), prepared_statements="off")
    with pytest.raises(SettingsError, match="Unset PGDATESTYLE for this process") as refused:
        await open_database(settings, catalog=ACCOUNTS)
    monkeypatch.delenv("PGDATESTYLE")
    with pytest.raises(SettingsError) as refused:
        await open_database(settings, catalog=ACCOUNTS)
    statements = re.findall(r"ALTER ROLE [^;]+;", str(refused.value))
    assert len(statements) == len(MEANINGS)
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement)
    async with open_database(settings, catalog=ACCOUNTS) as db:
        assert await column(db, "SELECT CAST(:x AS float8)", x=0.1 + 0.2) == [0.1 + 0.2]


async def test_a_role_that_may_only_read_is_told_so(postgres_url: str) -> None:
    store(postgres_url, {"default_transaction_read_only": "on"})
    async with open_database(
        Settings(database_url=postgres_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS
    ) as db:
        write = Statement("write", "CREATE TABLE t (id bigint)", writes=True)
        with pytest.raises(ReadOnlyTransaction, match="default_transaction_read_only") as alone:
            await db.run(write, ())
        assert alone.value.query == "write"
        with pytest.raises(ReadOnlyTransaction, match="default_transaction_read_only"):
            async with db.transaction() as tx:
                await tx.run(write, ())
        with pytest.raises(ReadOnlyTransaction, match="without read_only=True"):
            async with db.transaction(read_only=True) as tx:
                await tx.run(write, ())


@pytest.mark.parametrize("path", ["", "nowhere"])
async def test_a_search_path_without_a_schema_is_not_taken_for_missing_migrations(postgres_url: str, path: str) -> None:
    store(postgres_url, {"search_path": path})
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    with pytest.raises(SettingsError, match="the search_path of this session names no schema") as refused:
        await open_database(settings, catalog=ACCOUNTS)
    assert "migrations" not in str(refused.value)
    for command in (migrations.pending, migrations.apply):
        with pytest.raises(SettingsError, match="the search_path of this session names no schema"):
            await asyncio.to_thread(command, postgres_url, catalog=ACCOUNTS)
    async with open_database(settings, catalog=ACCOUNTS, check_schema=False) as db:
        assert await column(db, "SELECT count(*) FROM public.users") == [0]
