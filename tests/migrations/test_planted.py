"""A function that another role has made beside PostgreSQL's own never runs with the rights of the tools."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from secrets import token_hex
from traceback import walk_tb

import psycopg
import pytest
from psycopg import sql

from hangar_dal import ACCOUNTS, Settings, migrations, open_database, sealing
from hangar_dal.database.postgresql import session
from hangar_dal.errors import HangarError, SettingsError
from hangar_dal.migrations import targets
from hangar_dal.migrations.status import status
from hangar_dal.migrations.targets import target_of

# A statement that makes the function or operator, and how the message names it.
FUNCTION = (
    "CREATE FUNCTION json_agg(text) RETURNS json LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'planted'; END$$",
    r"public\.json_agg\(text\)",
)
OPERATOR = (
    """
    CREATE FUNCTION planted(name, bpchar) RETURNS bool LANGUAGE sql AS 'SELECT true';
    CREATE OPERATOR = (LEFTARG = name, RIGHTARG = bpchar, FUNCTION = planted)
    """,
    r"public\.=\(name,character\)",
)
# Without a function of the stranger.
OPERATOR_ALONE = ("CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = textne)", r"public\.=\(text,text\)")
Plant = Callable[[str], None]


@pytest.fixture
def stranger(postgres_url: str) -> Iterator[str]:
    """A role that owns nothing."""
    role = f"hangar_stranger_{token_hex(4)}"  # a name that other tests pass over
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        try:
            yield role
        finally:
            admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def grant(admin: psycopg.Connection, stranger: str) -> None:
    """Let the role create in `public`, as every role may by default on PostgreSQL 14."""
    admin.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(sql.Identifier(stranger)))


@pytest.fixture
def plant(postgres_url: str, stranger: str) -> Plant:
    """Run a statement as the stranger, who may not create anything afterwards."""

    def run(text: str) -> None:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            grant(admin, stranger)
            admin.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(stranger)))
            admin.execute(text.encode())
            admin.execute("RESET ROLE")
            admin.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}").format(sql.Identifier(stranger)))

    return run


@pytest.mark.parametrize(
    ("text", "name"), [FUNCTION, OPERATOR, OPERATOR_ALONE], ids=["function", "operator", "operator alone"]
)
def test_a_planted_name_is_refused(
    postgres_url: str, plant: Plant, monkeypatch: pytest.MonkeyPatch, text: str, name: str
) -> None:
    plant(text)
    for tool in (status, migrations.apply):
        with pytest.raises(SettingsError, match=f"has made {name}.* Drop it") as refused:
            tool(postgres_url, catalog=ACCOUNTS)
        assert refused.value.__context__ is None
    with pytest.raises(SettingsError, match=f"has made {name}.* Drop it"):
        asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))
    monkeypatch.setenv("HANGAR_ALLOW_PUBLIC_CREATE", "true")
    assert status(postgres_url, catalog=ACCOUNTS).migrations
    asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))


async def opened(settings: Settings) -> None:
    async with open_database(settings, check_schema=False, catalog=ACCOUNTS) as db:
        await db.ping()


@pytest.mark.parametrize(
    "text",
    [
        "CREATE FUNCTION shop_total(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION pg_temp.json_agg(text) RETURNS json LANGUAGE sql AS 'SELECT NULL::json'",
    ],
    ids=["other name", "schema that is not searched"],
)
def test_what_hides_nothing_is_accepted(postgres_url: str, plant: Plant, text: str) -> None:
    plant(text)
    assert status(postgres_url, catalog=ACCOUNTS).migrations


def test_the_whole_search_runs_only_if_another_role_has_made_something(
    postgres_url: str, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is replaced by a statement that fails."""
    for module in (session, targets):
        monkeypatch.setattr(module, "FIND_PLANTED", "SELECT 1 / 0")
    assert status(postgres_url, catalog=ACCOUNTS).migrations
    asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))
    plant("CREATE FUNCTION shop_total(text) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    with pytest.raises(HangarError):
        asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))


@pytest.mark.parametrize(
    "path",
    [sql.SQL("public, pg_catalog"), sql.SQL("pg_temp, public")],
    ids=["PostgreSQL's names last", "temporary first"],
)
def test_the_question_does_not_call_what_it_looks_for(postgres_url: str, plant: Plant, path: sql.SQL) -> None:
    plant(
        "CREATE FUNCTION planted(name, name) RETURNS bool LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'planted'; END$$;"
        "CREATE OPERATOR = (LEFTARG = name, RIGHTARG = name, FUNCTION = planted)"
    )
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        database = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("ALTER DATABASE {} SET search_path = {}").format(database, path))
    with pytest.raises(SettingsError, match=r"has made public\.=\(name,name\)"):
        status(postgres_url, catalog=ACCOUNTS)


def test_functions_of_the_schemas_owner_and_of_ones_own_are_trusted(postgres_url: str, stranger: str) -> None:
    with closing(target_of(postgres_url).connect()) as connection:
        connection.execute(FUNCTION[0])
    assert status(postgres_url, catalog=ACCOUNTS).migrations
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        database = sql.Identifier(admin.info.dbname)
        for thing in (
            sql.SQL("DATABASE {}").format(database),
            sql.SQL("SCHEMA public"),
            sql.SQL("FUNCTION json_agg(text)"),
        ):
            admin.execute(sql.SQL("ALTER {} OWNER TO {}").format(thing, sql.Identifier(stranger)))
    assert status(postgres_url, catalog=ACCOUNTS).migrations
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("ALTER SCHEMA public OWNER TO CURRENT_USER")
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(database))


def refused_unless_allowed(postgres_url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Check that opening and the tools refuse the database, unless a setting allows it. Return the message."""
    for tool in (status, migrations.apply):
        with pytest.raises(SettingsError, match=said):
            tool(postgres_url, catalog=ACCOUNTS)
    with pytest.raises(SettingsError, match=said) as refused:
        asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))
    monkeypatch.setenv("HANGAR_ALLOW_PUBLIC_CREATE", "true")
    asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))
    assert status(postgres_url, catalog=ACCOUNTS).migrations
    monkeypatch.delenv("HANGAR_ALLOW_PUBLIC_CREATE")
    return str(refused.value)


@pytest.mark.parametrize("path", [None, "public, {stranger}"], ids=["before public, by $user", "after public"])
def test_a_schema_of_another_role_on_the_search_path_is_refused(
    postgres_url: str, stranger: str, path: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role with CREATE on the database can make a schema with the name of the application's role."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        me, database = admin.info.user, admin.info.dbname
        schema = stranger if path else me
        names = {"schema": sql.Identifier(schema), "stranger": sql.Identifier(stranger)}
        admin.execute(sql.SQL("CREATE SCHEMA {schema} AUTHORIZATION {stranger}").format(**names))
        if path:
            given = sql.SQL(f"ALTER ROLE CURRENT_USER IN DATABASE {database} SET search_path = {path}")
            admin.execute(given.format(stranger=sql.Identifier(stranger)))
        said = f"the search path of {me} has the schema {schema}, which belongs to the role {stranger}"
        refused = refused_unless_allowed(postgres_url, said, monkeypatch)
        settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
        not_meant, meant = re.findall(r"run: (ALTER [^;]+);", refused)
        for statement, undo in (
            (not_meant, f"ALTER ROLE CURRENT_USER IN DATABASE {database} RESET search_path"),
            (meant, f"DROP SCHEMA {schema}"),
        ):
            admin.execute(statement.encode())
            asyncio.run(opened(settings))
            assert status(postgres_url, catalog=ACCOUNTS).migrations
            admin.execute(undo.encode())


@pytest.mark.parametrize("trusted", ["SUPERUSER", "member of the owner"])
def test_a_schema_of_a_trusted_role_is_accepted(postgres_url: str, stranger: str, trusted: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        names = {"me": sql.Identifier(admin.info.user), "stranger": sql.Identifier(stranger)}
        make = "ALTER ROLE {stranger} SUPERUSER" if trusted == "SUPERUSER" else "GRANT {me} TO {stranger}"
        admin.execute(sql.SQL(make).format(**names))
        admin.execute(sql.SQL("CREATE SCHEMA {me} AUTHORIZATION {stranger}").format(**names))
        assert status(postgres_url, catalog=ACCOUNTS).migrations
        asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))


def test_another_role_that_may_create_in_a_searched_schema_is_refused(
    postgres_url: str, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        grant(admin, stranger)
    said = f"the role {stranger} may create functions in public"
    refused = refused_unless_allowed(postgres_url, said, monkeypatch)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        [statement] = re.findall(r"(REVOKE [^;]+);", refused)
        admin.execute(statement.encode())
    asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))
    assert status(postgres_url, catalog=ACCOUNTS).migrations


def test_the_role_that_makes_the_applications_tables_may_create(postgres_url: str, stranger: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        migrations.apply(postgres_url, catalog=ACCOUNTS)
        grant(admin, stranger)
        admin.execute(sql.SQL("ALTER TABLE _yoyo_migration OWNER TO {}").format(sql.Identifier(stranger)))
        asyncio.run(opened(Settings(database_url=postgres_url, sealing_keys=sealing.new_key())))
        admin.execute("ALTER TABLE _yoyo_migration OWNER TO CURRENT_USER")


def test_a_connection_that_cannot_be_checked_is_closed(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "ANY_OF_OTHERS", "SELECT 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero) as failed:
        target_of(postgres_url).connect()
    frames = [frame.f_locals for frame, _ in walk_tb(failed.value.__traceback__)]
    [connection] = {frame["connection"] for frame in frames if isinstance(frame.get("connection"), psycopg.Connection)}
    assert connection.closed
