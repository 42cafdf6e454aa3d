"""The SQL of the page on deployment is executed, and the application's role can do its work and no more."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg import sql

from hangar_dal import (
    ACCOUNTS,
    accounts,
    builders,
    migrations,
    open_database,
    sealing,
    security_events,
    session_cookies,
    users,
    uuid7,
)
from hangar_dal.errors import ConstraintViolation, MigrationError
from hangar_dal.migrations.status import status
from hangar_dal.settings import Settings
from tests.docs.documents import DEPLOYMENT, blocks, write_files
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher
from tests.helpers.postgres_server import Server

FORBIDDEN = [
    "CREATE TABLE public.planted (id int)",
    "CREATE TEMPORARY TABLE users (id int)",
    "CREATE SCHEMA planted",
    "CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
    "CREATE EXTENSION pageinspect",
    "ALTER TABLE users ADD COLUMN planted int",
    "ALTER TABLE users DISABLE TRIGGER ALL",
    "DROP TABLE session_cookies",
    "TRUNCATE session_cookies",
    "CREATE INDEX ON users (role)",
    "COPY users TO PROGRAM 'true'",
    "COPY users FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '9999_planted')",
    "DELETE FROM _yoyo_migration",
    "UPDATE security_event_retention SET days = 1",
    "DELETE FROM security_event_retention",
    "INSERT INTO security_event_retention (id, days) VALUES (1, 1)",
    "SELECT * FROM _yoyo_log",
    "SELECT * FROM yoyo_lock",
    "SET ROLE {owner}",
    "CREATE ROLE planted",
    "ALTER DATABASE {database} SET search_path = planted",
    "SET log_error_verbosity = 'default'",
]


@dataclass
class Deployment:
    """The roles and the database of the page, under names that no other test has."""

    server: Server
    names: dict[str, str] = field(default_factory=lambda: {
        name: f"{name}_{token_hex(6)}" for name in ("hangar_owner", "hangar_app", "hangar")
    })  # fmt: skip
    password: str = field(default_factory=token_hex, repr=False)

    @property
    def database(self) -> str:
        return self.names["hangar"]

    def statements(self, who: str) -> list[str]:
        text = "".join(block.text for block in blocks(DEPLOYMENT) if block.values("sql") == [who])
        text = re.sub(r"(?<=DATABASE )hangar\b", self.database, text)
        text = re.sub(r"hangar_(owner|app)\b", lambda found: self.names[found[0]], text)
        found = [statement.strip() for statement in text.split(";") if statement.strip()]
        assert found
        return found

    def url(self, role: str, database: str | None = None) -> str:
        """For a role of the page; `superuser` is the server's own."""
        database = database or self.database
        if role == "superuser":
            return self.server.url(database)
        query = urlencode({"host": self.server.host, "port": self.server.port, **self.server.extra})
        return f"postgresql://{self.names[role]}:{quote(self.password)}@/{database}?{query}"

    def run(self, who: str, role: str, database: str | None = None) -> None:
        with psycopg.connect(self.url(role, database), autocommit=True) as connection:
            for statement in self.statements(who):
                connection.execute(statement.encode())

    def settings(self, role: str) -> Settings:
        return Settings(database_url=self.url(role), sealing_keys=sealing.new_key())


@pytest.fixture
def prepared(_allowed_postgres: Server) -> Iterator[Deployment]:
    """All that the page says before the first migration."""
    one = Deployment(_allowed_postgres)
    maintenance = one.server.maintenance
    with psycopg.connect(one.server.url(maintenance), autocommit=True) as admin:
        try:
            one.run("superuser", "superuser", maintenance)
            for role in ("hangar_owner", "hangar_app"):
                name = sql.Identifier(one.names[role])
                admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, one.password))
            with psycopg.connect(one.url("superuser"), autocommit=True) as before:
                # As on PostgreSQL 14, and as somebody who looked for an error may have left it.
                before.execute("ALTER SCHEMA public OWNER TO CURRENT_USER")
                before.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
                name = sql.Identifier(one.database)
                before.execute(sql.SQL("ALTER DATABASE {} SET log_parameter_max_length_on_error = -1").format(name))
            one.run("superuser in hangar", "superuser")
            yield one
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(one.database)))
            for role in ("hangar_owner", "hangar_app"):
                admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(one.names[role])))


@pytest.fixture
def deployed(prepared: Deployment) -> Deployment:
    """The page carried out to its end, the first migration included."""
    prepared.run("owner", "hangar_owner")
    migrations.apply(prepared.url("hangar_owner"), catalog=ACCOUNTS)
    prepared.run("owner after migrations", "hangar_owner")
    return prepared


async def use(one: Deployment) -> None:
    """What an application does."""
    async with open_database(one.settings("hangar_app"), catalog=ACCOUNTS) as db:
        new = builders.user()
        ada = await users.create_user(db, new)
        assert new.username
        assert new.password
        signed_in = await accounts.sign_in(db, new.username, new.password, source=None)
        await accounts.refresh(db, signed_in.refresh_token)
        async with db.transaction() as tx:
            await session_cookies.create_session_cookie(tx, builders.session_cookie(ada.id))
            await session_cookies.import_session_cookies(tx, [builders.session_cookie(ada.id)])
        await users.update_user(db, ada.id, display_name="Ada L.")
        assert len(await session_cookies.list_session_cookies(db, user_id=ada.id)) == 2
        assert len(await session_cookies.list_users_with_session_cookies(db)) == 1
        assert await session_cookies.purge_expired_session_cookies(db) == 0
        assert await security_events.purge_security_events(db) == 0
        assert await users.delete_user(db, ada.id) == 1


async def test_the_owner_migrates_and_the_application_works(deployed: Deployment) -> None:
    await use(deployed)
    assert await asyncio.to_thread(migrations.pending, deployed.url("hangar_owner"), catalog=ACCOUNTS) == ()
    await use(deployed)


async def test_tables_that_exist_already_are_granted_afterwards(prepared: Deployment) -> None:
    await asyncio.to_thread(migrations.apply, prepared.url("hangar_owner"), catalog=ACCOUNTS)
    prepared.run("owner", "hangar_owner")
    prepared.run("owner after migrations", "hangar_owner")
    await use(prepared)


@pytest.mark.parametrize("is_made_before", [True, False])
def test_a_table_with_a_sequence_can_be_written_to(prepared: Deployment, *, is_made_before: bool) -> None:
    def make() -> None:
        with psycopg.connect(prepared.url("hangar_owner"), autocommit=True) as owner:
            owner.execute("CREATE TABLE notes (id bigserial PRIMARY KEY, note text)")

    if is_made_before:
        make()
    prepared.run("owner", "hangar_owner")
    if not is_made_before:
        make()
    with psycopg.connect(prepared.url("hangar_app"), autocommit=True) as app:
        assert app.execute("INSERT INTO notes (note) VALUES ('a') RETURNING id").fetchall() == [(1,)]


def test_the_application_may_do_nothing_else(deployed: Deployment) -> None:
    with psycopg.connect(deployed.url("hangar_app"), autocommit=True) as app:
        for statement in FORBIDDEN:
            text = statement.format(owner=deployed.names["hangar_owner"], database=deployed.database)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(text.encode())
                pytest.fail(f"allowed: {text}")


def test_the_application_s_role_is_told_which_role_runs_migrations(deployed: Deployment) -> None:
    url = deployed.url("hangar_app")
    named = (
        partial(each, catalog=ACCOUNTS) for each in (migrations.pending, migrations.apply, migrations.edited, status)
    )
    for command in (*named, migrations.break_lock):
        with pytest.raises(
            MigrationError, match=r"permission denied .*; use the URL of the role that owns the tables$"
        ):
            command(url)


def test_a_role_of_another_application_cannot_even_connect(deployed: Deployment) -> None:
    stranger, password = f"hangar_stranger_{token_hex(6)}", token_hex()
    with psycopg.connect(deployed.url("superuser"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(stranger), password))
        deployed.names["stranger"] = stranger
        url = deployed.url("stranger").replace(deployed.password, password)
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(url)
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(stranger)))


def test_the_log_settings_hold_in_the_application_s_sessions(deployed: Deployment) -> None:
    expected = {
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_statement": "ddl",
    }
    with psycopg.connect(deployed.url("hangar_app"), autocommit=True) as app:
        found = {name: app.execute(f"SHOW {name}".encode()).fetchone()[0] for name in expected}
    assert found == expected


async def test_what_is_lost_is_listed(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(DEPLOYMENT, tmp_path)
    old, new = sealing.new_key(), sealing.new_key()
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=old), catalog=ACCOUNTS) as db:
        ada = await users.create_user(db, builders.user())
        made = await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", new)
    command = [sys.executable, tmp_path / "lost.py"]
    done = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"{ada.username} 0", f"session_cookies {made.id} {old.partition(':')[0]}"]


async def test_the_log_of_a_server_that_logs_every_statement_holds_no_value(deployed: Deployment) -> None:
    log = Path(deployed.server.host, "log")
    if not log.exists():  # noqa: ASYNC240
        pytest.skip("the log of a server that HANGAR_TEST_PG names cannot be read")
    with psycopg.connect(deployed.url("superuser"), autocommit=True) as admin:
        name = sql.Identifier(deployed.database)
        admin.execute(sql.SQL("ALTER DATABASE {} SET log_min_duration_statement = 0").format(name))
        admin.execute(sql.SQL("ALTER DATABASE {} SET log_statement = 'all'").format(name))
    canary = f"canary{token_hex(12)}"
    ada = builders.user(username=canary, email=f"{canary}@hangar.example", metadata={"note": canary})
    async with open_database(deployed.settings("hangar_app"), catalog=ACCOUNTS) as db:
        made = await users.create_user(db, ada)
        await session_cookies.create_session_cookie(db, builders.session_cookie(made.id, cookies=[canary]))
        for refused in (
            users.create_user(db, ada.model_copy(update={"id": uuid7()})),
            users.insert_user(db, ada.model_copy(update={"id": uuid7()}), hashed_password=None),
            session_cookies.create_session_cookie(
                db, builders.session_cookie(uuid7(), platform=canary[:50], cookies=[canary])
            ),
        ):
            with pytest.raises(ConstraintViolation):
                await refused
    with psycopg.connect(deployed.url("superuser")) as admin:
        hashed = [row[0] for row in admin.execute("SELECT hashed_password FROM users").fetchall()]
    logged = log.read_text(errors="replace")  # noqa: ASYNC240
    assert "INSERT INTO session_cookies" in logged
    assert canary not in logged
    assert hashed
    assert not [each for each in hashed if each in logged]  # other tests log on the same server
