"""Behind a connection pooler: every call returns its own rows, and no setting of ours reaches another client."""

import asyncio
import re
from secrets import token_hex
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from hangar_dal import ACCOUNTS, migrations, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.database.postgresql.hosts import Hosts
from hangar_dal.database.postgresql.server import greet
from hangar_dal.errors import CheckViolation, ConnectionFailed, DatabaseError, SettingsError
from hangar_dal.settings import Settings
from tests.database.ledger import column, make_ledger, run
from tests.database.proxy import target_of
from tests.helpers import pgbouncer
from tests.helpers.pgbouncer import PgBouncer, store_settings
from tests.helpers.postgres_server import Server

CALLS = 300


def settings_for(url: str, **more: object) -> Settings:
    return Settings(database_url=url, sealing_keys=sealing.new_key(), **more)


async def interleaved(url: str, prepared: str) -> int:
    """How many of the calls of two queries on two databases failed or returned something else."""
    wrong = 0
    one = settings_for(url, pool_size=2, prepared_statements=prepared)
    async with open_database(one, catalog=ACCOUNTS) as first, open_database(one, catalog=ACCOUNTS) as second:

        async def call(db: Database, text: str, n: int, expected: object) -> None:
            nonlocal wrong
            try:
                wrong += await column(db, text, n=n) != [expected]
            except DatabaseError:
                wrong += 1

        for n in range(CALLS):
            await call(first, "SELECT CAST(:n AS bigint) + 1000", n, n + 1000)
            await call(second, "SELECT concat('second ', CAST(:n AS bigint))", n, f"second {n}")
    return wrong


@pytest.mark.pooled
async def test_clients_that_share_a_session_get_their_own_rows(postgres_url: str) -> None:
    assert await interleaved(postgres_url, "auto") == 0


@pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is not installed")
async def test_names_of_prepared_statements_collide_behind_an_old_pooler(
    postgres_url: str, postgres_server: Server, anyio_backend: str
) -> None:
    """What `auto` protects from; PgBouncer keeps the names apart since 1.21."""
    dbname = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
    store_settings(postgres_url, dbname)
    with pgbouncer.started("transaction", postgres_server, more="default_pool_size = 1") as pooler:
        wrong = await interleaved(pooler.url(dbname), "on")
    assert (wrong > 0) == (pgbouncer.version() < (1, 21))


@pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is not installed")
@pytest.mark.parametrize("mode", pgbouncer.MODES)
async def test_the_statements_of_the_refusal_make_the_database_open(
    mode: pgbouncer.Mode, postgres_url: str, postgres_server: Server, request: pytest.FixtureRequest, anyio_backend: str
) -> None:
    pooler: PgBouncer = request.getfixturevalue(f"_pgbouncer_{mode}")
    url = pooler.url(psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"])
    own = settings_for(url, statement_timeout=7, lock_timeout=3)
    with pytest.raises(SettingsError, match="connection pooler") as refused:
        await open_database(own, catalog=ACCOUNTS)
    statements = re.findall(r"ALTER ROLE [^;]+;", str(refused.value))
    assert len(statements) == 5
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement)
    pooler.reconnect()
    async with open_database(own, catalog=ACCOUNTS) as db:
        assert await column(db, "SELECT current_setting('statement_timeout')") == ["7s"]


@pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is not installed")
async def test_a_pooler_that_splits_transactions_is_refused(
    postgres_url: str, postgres_server: Server, anyio_backend: str
) -> None:
    dbname = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
    store_settings(postgres_url, dbname)
    with (
        pgbouncer.started("statement", postgres_server) as pooler,
        pytest.raises(ConnectionFailed, match="set its mode to transaction or session"),
    ):
        await open_database(settings_for(pooler.url(dbname)), catalog=ACCOUNTS)


@pytest.mark.pooled
async def test_an_error_leaves_no_setting_on_a_session_of_the_pooler(
    postgres_url: str, request: pytest.FixtureRequest
) -> None:
    async with open_database(settings_for(postgres_url, pool_size=1), catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        for n in range(5):
            with pytest.raises(CheckViolation):
                async with db.transaction() as tx:
                    await run(tx, "INSERT INTO ledger (id, amount) VALUES (:n, -1)", n=n)
        names = "('client_connection_check_interval', 'lock_timeout')"
        sources = await column(db, f"SELECT source FROM pg_settings WHERE name IN {names} ORDER BY name")
        assert await column(db, "SELECT current_setting('lock_timeout')") == ["10s"]
    through_a_pooler = "pgbouncer" in postgres_url
    assert sources == (["default", "database user"] if through_a_pooler else ["session", "session"])


async def test_without_a_pooler_statements_are_prepared(postgres_url: str) -> None:
    async with open_database(settings_for(postgres_url, pool_size=1), catalog=ACCOUNTS) as db:
        for n in range(20):
            assert await column(db, "SELECT CAST(:n AS bigint)", n=n) == [n]
        assert await column(db, "SELECT count(*) FROM pg_prepared_statements") != [0]


async def test_the_refusal_quotes_the_names_of_the_role_and_the_database(postgres_url: str) -> None:
    suffix, password = token_hex(6), token_hex(16)
    role, database = f'Role "{suffix}"', f'Database "{suffix}"'
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), password))
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        try:
            host, port = quote(owner.info.host, safe=""), owner.info.port
            url = f"postgresql://{quote(role)}:{password}@/{quote(database)}?host={host}&port={port}"
            with pytest.raises(SettingsError, match="connection pooler") as refused:
                await open_database(
                    settings_for(url, prepared_statements="off", allow_public_create=True), catalog=ACCOUNTS
                )
            for statement in re.findall(r"ALTER ROLE [^;]+;", str(refused.value)):
                owner.execute(statement)
        finally:
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


async def test_off_is_for_a_pooler_that_hides_itself(postgres_url: str) -> None:
    hidden = settings_for(postgres_url, prepared_statements="off", pool_size=1)
    with pytest.raises(SettingsError, match="ALTER ROLE"):
        await open_database(hidden, catalog=ACCOUNTS)
    store_settings(postgres_url, psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"])
    target = target_of(hidden)
    session, driver = await greet(hidden, target, Hosts(target.conninfo), {"autocommit": True})
    await driver.close()
    assert session.notices == ""
    async with open_database(hidden, catalog=ACCOUNTS) as db:
        for n in range(20):
            assert await column(db, "SELECT CAST(:n AS bigint)", n=n) == [n]
        assert await column(db, "SELECT count(*) FROM pg_prepared_statements") == [0]
        assert await column(db, "SELECT source FROM pg_settings WHERE name = 'lock_timeout'") == ["database user"]


@pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is not installed")
def test_migrations_refuse_a_pooler(postgres_url: str, request: pytest.FixtureRequest) -> None:
    pooler: PgBouncer = request.getfixturevalue("_pgbouncer_transaction")
    url = pooler.url(psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"])
    for command in (migrations.pending, migrations.apply):
        with pytest.raises(ConnectionFailed, match="connection pooler"):
            command(url, catalog=ACCOUNTS)


async def test_the_search_path_is_pinned_and_temporary_tables_come_last(postgres_url: str) -> None:
    async with open_database(settings_for(postgres_url), catalog=ACCOUNTS) as db:
        assert await column(db, "SELECT current_setting('search_path')") == ["public, pg_temp"]


async def test_a_search_path_of_the_role_is_kept_without_what_does_not_exist(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute('CREATE SCHEMA "my Shop"')
        dbname = owner.info.dbname
        owner.execute(
            f'ALTER ROLE CURRENT_USER IN DATABASE {dbname} SET search_path = nowhere, pg_catalog, "my Shop", public'
        )
    async with open_database(settings_for(postgres_url), catalog=ACCOUNTS) as db:
        assert await column(db, "SELECT current_setting('search_path')") == ['"my Shop", public, pg_temp']


async def test_a_schema_in_which_every_role_may_create_is_refused_with_the_way_out(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
        with pytest.raises(SettingsError, match="every role may create functions in public") as refused:
            await open_database(settings_for(postgres_url), catalog=ACCOUNTS)
        async with open_database(settings_for(postgres_url, allow_public_create=True), catalog=ACCOUNTS) as db:
            assert await column(db, "SELECT 1") == [1]
        [revoke] = re.findall(r"REVOKE [^;]+;", str(refused.value))
        owner.execute(revoke)
    async with open_database(settings_for(postgres_url), catalog=ACCOUNTS) as db:
        assert await asyncio.wait_for(column(db, "SELECT 1"), 60) == [1]
