"""Once there is an active administrator, there is always one: by the package's functions, by raw SQL, and in races."""

import asyncio
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any, Literal

import psycopg
import pytest

from hangar_dal import (
    ACCOUNTS,
    Database,
    Transaction,
    User,
    UserRole,
    UserStatus,
    builders,
    open_database,
    sealing,
    users,
)
from hangar_dal.errors import DatabaseError, TriggerViolation
from hangar_dal.settings import Settings

Sql = Callable[[str], Awaitable[list[Any]]]
REFUSED = "The last active administrator cannot be demoted, suspended or deleted."
PROCESSES = 8
DEMOTE = """
import asyncio, sys
from uuid import UUID
from hangar_dal import ACCOUNTS, Settings, UserRole, open_database, users
from hangar_dal.errors import TriggerViolation

async def main():
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            await users.set_user_role(db, UUID(sys.argv[2]), UserRole.USER)
        except TriggerViolation:
            print("refused")

asyncio.run(main())
"""


async def administrator(db: Database, **changes: Any) -> User:
    return await users.insert_user(db, builders.eve_user(role=UserRole.ADMIN, **changes), hashed_password=None)


async def active_administrators(db: Database) -> list[User]:
    return await users.list_users(db, role=UserRole.ADMIN, status=UserStatus.ACTIVE, limit=1000)


@pytest.fixture
async def last(database: Database) -> User:
    """The only active administrator. Another one is suspended, and there is a user."""
    await administrator(database, status=UserStatus.SUSPENDED)
    await users.insert_user(database, builders.eve_user(), hashed_password=None)
    return await administrator(database)


LOSSES: dict[str, str] = {
    "demoted": "UPDATE users SET role = 'USER'",
    "moderator": "UPDATE users SET role = 'MODERATOR' WHERE role = 'ADMIN'",
    "suspended": "UPDATE users SET status = 'SUSPENDED' WHERE role = 'ADMIN'",
    "inactive": "UPDATE users SET status = 'INACTIVE'",
    "marked as deleted": "UPDATE users SET status = 'DELETED'",
    "both": "UPDATE users SET status = 'SUSPENDED', role = 'USER'",
    "deleted": "DELETE FROM users WHERE role = 'ADMIN'",
    "all deleted": "DELETE FROM users",
}


@pytest.mark.parametrize("change", LOSSES.values(), ids=LOSSES)
async def test_no_statement_leaves_no_active_administrator(
    database: Database, last: User, sql: Sql, change: str
) -> None:
    with pytest.raises(TriggerViolation) as caught:
        await sql(change)
    assert (caught.value.constraint, caught.value.table) == ("last_administrator", "users")
    assert caught.value.text == REFUSED
    await administrator(database)
    with pytest.raises(TriggerViolation):  # two in one statement: the second is the last
        await sql(change)
    assert len(await active_administrators(database)) == 2
    await sql(f"{change}{' AND' if 'WHERE' in change else ' WHERE'} id = '{last.id}'")
    assert len(await active_administrators(database)) == 1


async def test_the_functions_of_users_refuse_it_too(database: Database, last: User) -> None:
    for refused in (
        users.set_user_role(database, last.id, UserRole.USER),
        users.set_user_status(database, last.id, UserStatus.SUSPENDED),
        users.delete_user(database, last.id),
    ):
        with pytest.raises(TriggerViolation, match=REFUSED):
            await refused
    assert await active_administrators(database) == [last]


async def test_other_changes_of_the_last_administrator_pass(database: Database, last: User) -> None:
    await users.set_user_role(database, last.id, UserRole.ADMIN)
    await users.set_user_status(database, last.id, UserStatus.ACTIVE)
    await users.update_user(database, last.id, display_name="The last")
    character = last.eve_character_id
    assert character is not None
    signed_in = await users.sign_in_eve_user(database, eve_character_id=character, display_name="Another name")
    assert (signed_in.id, signed_in.role) == (last.id, UserRole.ADMIN)


async def test_without_an_administrator_everything_is_allowed(database: Database, sql: Sql) -> None:
    suspended = await administrator(database, status=UserStatus.SUSPENDED)
    user = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    await users.set_user_status(database, user.id, UserStatus.SUSPENDED)
    await users.set_user_role(database, suspended.id, UserRole.USER)
    await sql("DELETE FROM users")


async def test_an_upsert_cannot_demote_the_last_administrator(last: User, sql: Sql) -> None:
    with pytest.raises(TriggerViolation):
        await sql(
            "INSERT INTO users "
            "(id, display_name, display_name_fold, user_type, eve_character_id, created_at, updated_at) "
            "SELECT id, display_name, display_name_fold, user_type, eve_character_id, created_at, updated_at "
            "FROM users WHERE TRUE ON CONFLICT (id) DO UPDATE SET role = 'USER'"
        )


REPLACED = ("id", "username_fold", "email_fold", "phone_number", "eve_character_id", "rowid")


@pytest.mark.parametrize("column", REPLACED)
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "UPDATE OR REPLACE"])
def test_the_last_administrator_cannot_be_replaced_on_sqlite(sqlite_url: str, column: str, verb: str) -> None:
    """A new connection has `recursive_triggers` off: a row that REPLACE deletes fires no DELETE trigger."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
        row: dict[str, Any] = {
            "rowid": 7,
            "id": "0190a5f0-5c5e-7c3e-8a4e-0123456789ab",
            "username": "ada",
            "username_fold": "ada",
            "email": "ada@example.org",
            "email_fold": "ada@example.org",
            "phone_number": "+447946012345",
            "display_name": "ada",
            "display_name_fold": "ada",
            "hashed_password": "-",
            "user_type": "LOCAL",
            "eve_character_id": 7,
            "role": "ADMIN",
            "created_at": "2026-01-01T00:00:00.000000Z",
            "updated_at": "2026-01-01T00:00:00.000000Z",
        }
        insert = f"INTO users ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        raw.execute(f"INSERT {insert}", list(row.values()))
        other = row | {
            "rowid": 8,
            "id": "0190a5f0-5c5e-7c3e-8a4e-000000000000",
            "username": "bob",
            "username_fold": "bob",
            "email": "bob@example.org",
            "email_fold": "bob@example.org",
            "phone_number": "+447946012346",
            "eve_character_id": 8,
            "role": "USER",
        }
        taken = {name: row[name] for name in (column, column.removesuffix("_fold"))}
        with pytest.raises(sqlite3.IntegrityError, match=r"^last_administrator: "):
            if verb == "INSERT OR REPLACE":
                raw.execute(f"{verb} {insert}", list((other | taken).values()))
            else:
                raw.execute(f"INSERT {insert}", list(other.values()))
                settings = ", ".join(f"{name} = ?" for name in taken)
                raw.execute(
                    f"{verb} users SET {settings} WHERE display_name = 'ada' AND role = 'USER'", [*taken.values()]
                )
        assert raw.execute("SELECT id FROM users WHERE role = 'ADMIN'").fetchall() == [(row["id"],)]


def test_the_note_of_an_administrator_stays_on_sqlite(sqlite_url: str) -> None:
    """Without it, the last administrator could be replaced."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
        raw.execute("INSERT INTO had_administrator (id) VALUES (1)")
        with pytest.raises(sqlite3.IntegrityError, match=r"^had_administrator_kept: "):
            raw.execute("DELETE FROM had_administrator")
        raw.execute("INSERT OR REPLACE INTO had_administrator (id) VALUES (1)")
        assert raw.execute("SELECT id FROM had_administrator").fetchall() == [(1,)]


async def test_truncate_is_refused_on_postgresql(postgres_url: str, last_on_postgresql: None) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as raw:
        for truncate in ("TRUNCATE users CASCADE", "TRUNCATE security_events, users CASCADE"):
            with pytest.raises(psycopg.errors.RaiseException, match=r"^(last_administrator|security_events_kept): "):
                raw.execute(truncate)
        assert raw.execute("SELECT count(*) FROM users WHERE is_admin").fetchone() == (1,)


async def test_a_temporary_table_cannot_pretend_an_administrator_on_postgresql(
    postgres_url: str, last_on_postgresql: None
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as raw:
        raw.execute(
            "CREATE TEMPORARY TABLE users AS SELECT gen_random_uuid() AS id, 'ADMIN' AS role, 'ACTIVE' AS status"
        )
        raw.execute("SET search_path = pg_temp, public, pg_catalog")
        with pytest.raises(psycopg.errors.RaiseException, match=r"^last_administrator: "):
            raw.execute("DELETE FROM public.users")


@pytest.fixture
async def last_on_postgresql(postgres_url: str, anyio_backend: str) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await administrator(db)


@pytest.mark.parametrize("isolation", [None, "repeatable read", "serializable"])
async def test_of_64_administrators_who_leave_at_once_one_stays(
    database: Database, isolation: Literal["repeatable read", "serializable"] | None
) -> None:
    everybody = [await administrator(database) for _ in range(64)]

    async def leave(number: int, user: User) -> None:
        async def change(tx: Transaction) -> None:
            if number % 3 == 0:
                await users.set_user_role(tx, user.id, UserRole.USER)
            elif number % 3 == 1:
                await users.set_user_status(tx, user.id, UserStatus.SUSPENDED)
            else:
                await users.delete_user(tx, user.id)

        await database.in_transaction(change, isolation=isolation)

    outcomes = await asyncio.gather(
        *(leave(number, user) for number, user in enumerate(everybody)), return_exceptions=True
    )
    failed = [outcome for outcome in outcomes if outcome is not None]
    assert all(isinstance(error, DatabaseError) for error in failed)
    assert len(await active_administrators(database)) == len(failed) >= 1
    if isolation is None:
        assert [type(error) for error in failed] == [TriggerViolation]


@pytest.mark.long
@pytest.mark.slow
async def test_of_administrators_whom_many_processes_demote_one_stays(sqlite_url: str) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in the test above."""
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS) as db:
        racers = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                DEMOTE,
                sqlite_url,
                str((await administrator(db)).id),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(PROCESSES)
        ]
        assert [await racer.stdout.readline() for racer in racers if racer.stdout] == [b"ready\n"] * PROCESSES
        printed = await asyncio.gather(*(racer.communicate(b"\n") for racer in racers))
        assert [racer.returncode for racer in racers] == [0] * PROCESSES
        assert sorted(out for out, _ in printed) == [b""] * (PROCESSES - 1) + [b"refused\n"]
        assert len(await active_administrators(db)) == 1
