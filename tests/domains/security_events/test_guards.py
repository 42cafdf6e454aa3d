"""What the tables of security events refuse, tried with SQL that no function of the package sends."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from hangar_dal import Database, User, builders, security_events, uuid7
from hangar_dal.errors import CheckViolation, ConstraintViolation, TriggerViolation
from hangar_dal.security_events import SecurityEvent, SecurityEventKind
from tests.helpers.clock import Clock

Sql = Callable[[str], Awaitable[list[Any]]]
EVENT = "'0190a5f0-5c5e-7c3e-8a4e-0123456789ab', 'SIGN_IN', '2026-01-01T00:00:00.000000Z'"
INSERT = f"INSERT INTO security_events (id, kind, occurred_at) VALUES ({EVENT})"
KEPT = "A security event can be deleted only after the retention period."


@pytest.fixture
async def event(database: Database, user: User) -> SecurityEvent:
    return await security_events.record_security_event(database, builders.security_event(user, actor_id=uuid7()))


async def test_an_update_that_is_not_a_removal_is_refused(database: Database, event: SecurityEvent, sql: Sql) -> None:
    for change in (
        "id = '0190a5f0-5c5e-7c3e-8a4e-0123456789ab'",
        "kind = 'LOCKED'",
        "user_id = NULL",
        "user_id = '0190a5f0-5c5e-7c3e-8a4e-0123456789ab'",
        "actor_id = NULL",
        "occurred_at = '2026-01-01T00:00:00.000000Z'",
        "source = '203.0.113.8'",
        "user_agent = 'another'",
        "source = NULL, user_agent = 'another'",
        "source = NULL, kind = 'LOCKED'",
    ):
        with pytest.raises(TriggerViolation) as caught:
            await sql(f"UPDATE security_events SET {change}")
        assert (caught.value.constraint, caught.value.table) == ("security_events_unchanged", "security_events")
    assert await security_events.list_security_events(database) == [event]


async def test_what_was_removed_cannot_be_filled_in_again(database: Database, event: SecurityEvent, sql: Sql) -> None:
    await sql("UPDATE security_events SET source = NULL")
    for change in ("source = '203.0.113.7'", "source = ''"):
        with pytest.raises(TriggerViolation):
            await sql(f"UPDATE security_events SET {change}")
    await sql("UPDATE security_events SET user_agent = NULL, source = source")
    removed = event.model_copy(update={"source": None, "user_agent": None})
    assert await security_events.list_security_events(database) == [removed]


async def test_an_upsert_cannot_change_an_event(database: Database, event: SecurityEvent, sql: Sql) -> None:
    with pytest.raises(TriggerViolation):
        await sql(
            "INSERT INTO security_events (id, kind, occurred_at) SELECT id, kind, occurred_at FROM security_events "
            "WHERE TRUE ON CONFLICT (id) DO UPDATE SET kind = 'LOCKED'"
        )
    assert await security_events.list_security_events(database) == [event]


async def test_an_event_within_the_retention_cannot_be_deleted(
    database: Database, event: SecurityEvent, sql: Sql
) -> None:
    for where in ("", " WHERE kind = 'SIGN_IN'"):
        with pytest.raises(TriggerViolation) as caught:
            await sql(f"DELETE FROM security_events{where}")
        assert (caught.value.constraint, caught.value.text) == ("security_events_kept", KEPT)
    assert await security_events.list_security_events(database) == [event]


async def test_one_event_that_must_stay_keeps_the_others_of_the_statement(
    database: Database, clock: Clock, event: SecurityEvent, sql: Sql
) -> None:
    clock.advance(-timedelta(days=4000))
    old = await security_events.record_security_event(database, builders.security_event(kind=SecurityEventKind.LOCKED))
    with pytest.raises(TriggerViolation):
        await sql("DELETE FROM security_events")
    assert await security_events.list_security_events(database) == [event, old]
    await sql("DELETE FROM security_events WHERE kind = 'LOCKED'")
    assert await security_events.list_security_events(database) == [event]


async def test_without_a_retention_no_event_can_be_deleted(database: Database, clock: Clock, sql: Sql) -> None:
    clock.advance(-timedelta(days=4000))
    old = await security_events.record_security_event(database, builders.security_event(kind=SecurityEventKind.LOCKED))
    await sql("DELETE FROM security_event_retention")
    with pytest.raises(TriggerViolation) as caught:
        await sql("DELETE FROM security_events")
    assert caught.value.constraint == "security_events_kept"
    assert await security_events.list_security_events(database) == [old]


async def test_the_retention_is_one_row_of_at_least_a_day(sql: Sql) -> None:
    for change, rule in (
        ("UPDATE security_event_retention SET days = 0", "days"),
        ("UPDATE security_event_retention SET days = -1", "days"),
        ("UPDATE security_event_retention SET days = 36501", "days"),
        ("INSERT INTO security_event_retention (id, days) VALUES (2, 1)", "id"),
    ):
        with pytest.raises(CheckViolation) as caught:
            await sql(change)
        assert caught.value.constraint == f"security_event_retention_{rule}_check"


async def test_an_event_with_the_id_of_another_is_refused(database: Database, event: SecurityEvent) -> None:
    again = builders.security_event(id=event.id, kind=SecurityEventKind.LOCKED)
    with pytest.raises(ConstraintViolation):
        await security_events.record_security_event(database, again)
    assert await security_events.list_security_events(database) == [event]


@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_replacing_an_event_is_refused_on_sqlite(sqlite_url: str, verb: str) -> None:
    """A new connection has `recursive_triggers` off: a row that REPLACE deletes fires no DELETE trigger."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
        raw.execute(INSERT)
        replacing = INSERT.replace("INSERT", verb).replace("SIGN_IN", "LOCKED")
        with pytest.raises(sqlite3.IntegrityError, match=r"^security_events_not_replaced: "):
            raw.execute(replacing)
        with pytest.raises(sqlite3.OperationalError, match="rowid"):
            raw.execute(replacing.replace("(id,", "(rowid, id,").replace("VALUES (", "VALUES (1, "))
        with pytest.raises(sqlite3.IntegrityError, match=r"^security_events_unchanged: "):
            raw.execute("UPDATE OR REPLACE security_events SET id = '0190a5f0-5c5e-7c3e-8a4e-000000000000'")
        assert raw.execute("SELECT kind FROM security_events").fetchall() == [("SIGN_IN",)]


def test_truncate_is_refused_on_postgresql(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as raw:
        raw.execute(INSERT)
        for truncate in ("TRUNCATE security_events", "TRUNCATE security_event_retention, security_events CASCADE"):
            with pytest.raises(psycopg.errors.RaiseException, match=r"^security_events_kept: "):
                raw.execute(truncate)
        assert raw.execute("SELECT kind FROM security_events").fetchall() == [("SIGN_IN",)]


def test_a_temporary_table_cannot_pretend_another_retention_on_postgresql(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as raw:
        raw.execute("INSERT INTO security_events (id, kind, occurred_at) VALUES (gen_random_uuid(), 'X', now())")
        raw.execute("CREATE TEMPORARY TABLE security_event_retention AS SELECT 1 AS id, -1 AS days")
        raw.execute("SET search_path = pg_temp, public, pg_catalog")
        with pytest.raises(psycopg.errors.RaiseException, match=r"^security_events_kept: "):
            raw.execute("DELETE FROM security_events")
