"""`record_security_event`, lists, retention, purge, and the removal of personal columns."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import (
    ACCOUNTS,
    Database,
    Settings,
    User,
    builders,
    open_database,
    sealing,
    security_events,
    users,
    uuid7,
)
from hangar_dal.errors import CheckViolation, InvalidValue, NotFound, TriggerViolation
from hangar_dal.security_events import SecurityEvent, SecurityEventKind
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together

Sql = Callable[[str], Awaitable[list[Any]]]
# The database checks the retention period by its own clock: what is to be deleted must be old for that one too.
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PROCESSES, EVENTS = 8, 400
PURGE = """
import asyncio, sys
from hangar_dal import ACCOUNTS, Settings, open_database, security_events

async def main():
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        wait_for_others()
        print(await security_events.purge_security_events(db, batch_size=5))

asyncio.run(main())
"""


async def record(database: Database, *, user_id: UUID | None = None, **given: Any) -> SecurityEvent:
    new = builders.security_event(user_id, **{"source": "203.0.113.7", "user_agent": "a", **given})
    return await security_events.record_security_event(database, new)


async def test_every_kind_of_event_comes_back_as_it_was_recorded(database: Database, clock: Clock, user: User) -> None:
    actor_id = uuid7()
    recorded = []
    for kind in SecurityEventKind:
        made = await record(database, kind=kind, user_id=user.id, actor_id=actor_id)
        assert (made.kind, made.user_id, made.actor_id) == (kind, user.id, actor_id)
        assert (made.source, made.user_agent, made.occurred_at) == ("203.0.113.7", "a", clock.now)
        recorded.append(made)
    assert await security_events.list_security_events(database) == recorded[::-1]


async def test_an_event_outlives_its_user(database: Database, user: User) -> None:
    made = await record(database, user_id=user.id)
    await users.delete_user(database, user.id)
    assert await security_events.list_security_events(database, user_id=user.id) == [made]


async def test_an_event_needs_no_user_and_no_source(database: Database) -> None:
    made = await record(database, source=None, user_agent=None)
    assert (made.user_id, made.actor_id, made.source, made.user_agent) == (None, None, None, None)


async def test_pages_of_events_are_newest_first_and_complete(database: Database, clock: Clock, user: User) -> None:
    made = []
    for number in range(9):
        made.append(await record(database, user_id=user.id if number % 3 else None))
        clock.advance(timedelta(microseconds=number % 2))  # some at the same instant: then the id decides
    for user_id, wanted in ((None, made), (user.id, [each for each in made if each.user_id])):
        found: list[SecurityEvent] = []
        while page := await security_events.list_security_events(
            database, user_id=user_id, after=found[-1] if found else None, limit=2
        ):
            found += page
        assert found == sorted(wanted, key=lambda event: (event.occurred_at, event.id), reverse=True)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "long source": ({"source": "x" * 256}, "source: String should have at most 255 characters"),
    "empty source": ({"source": ""}, "source: String should have at least 1 character"),
    "long user agent": ({"user_agent": "x" * 513}, "user_agent: String should have at most 512 characters"),
    "NUL": ({"user_agent": "a\0"}, "user_agent: text must not contain the NUL character"),
    "kind as text": ({"kind": "SIGN_IN"}, "kind: expected SecurityEventKind, got str"),
    "id as text": ({"user_id": "x"}, "user_id: expected uuid.UUID, got str"),
}


async def test_a_bad_value_of_a_bypassed_model_is_refused(database: Database, hangar_queries: HangarQueries) -> None:
    for given, message in BAD.values():
        new = builders.security_event().model_copy(update=given)
        with pytest.raises(InvalidValue) as caught, hangar_queries() as sent:
            await security_events.record_security_event(database, new)
        assert str(caught.value) == message
        assert sent.names == []


async def test_clearing_removes_source_and_user_agent_of_a_user_and_of_what_they_did(
    database: Database, user: User
) -> None:
    own = await record(database, user_id=user.id)
    caused = await record(database, user_id=uuid7(), actor_id=user.id)
    other = await record(database, user_id=uuid7(), actor_id=uuid7())
    nobody = await record(database)
    assert await security_events.clear_security_events(database, user.id) == 2
    assert await security_events.clear_security_events(database, user.id) == 0
    cleared = [event.model_copy(update={"source": None, "user_agent": None}) for event in (own, caused)]
    assert await security_events.list_security_events(database) == [nobody, other, *reversed(cleared)]


async def test_the_retention_is_365_days_until_it_is_set(database: Database) -> None:
    assert await security_events.get_security_event_retention(database) == 365
    assert await security_events.set_security_event_retention(database, days=30) == 30
    assert await security_events.get_security_event_retention(database) == 30


async def test_a_change_of_the_retention_leaves_an_event(database: Database, clock: Clock) -> None:
    administrator = uuid7()
    await security_events.set_security_event_retention(database, days=30, actor_id=administrator)
    clock.advance(timedelta(minutes=1))
    await security_events.set_security_event_retention(database, days=60)
    found = [(each.kind, each.user_id, each.actor_id) for each in await security_events.list_security_events(database)]
    kind = SecurityEventKind.RETENTION_CHANGED
    assert found == [(kind, None, None), (kind, None, administrator)]


async def test_a_retention_and_its_event_are_stored_together_or_not_at_all(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await security_events.set_security_event_retention(tx, days=30)
            raise RuntimeError
    assert await security_events.get_security_event_retention(database) == 365
    assert await security_events.list_security_events(database) == []


async def test_a_retention_outside_of_its_bounds_is_refused(database: Database) -> None:
    for days in (0, 36_501, True):
        with pytest.raises(InvalidValue, match=r"^days: "):
            await security_events.set_security_event_retention(database, days=days)
    assert await security_events.get_security_event_retention(database) == 365
    assert await security_events.list_security_events(database) == []


async def test_a_purge_deletes_what_is_older_than_the_retention_and_an_hour(database: Database, clock: Clock) -> None:
    clock.now = LONG_AGO
    for _ in range(5):
        await record(database)
        clock.advance(timedelta(minutes=1))
    kept = await record(database)
    clock.now = kept.occurred_at + timedelta(days=365, hours=1)
    counts: list[int] = []
    assert await security_events.purge_security_events(database, batch_size=2, progress=counts.append) == 5
    assert counts == [2, 4, 5]
    assert await security_events.list_security_events(database) == [kept]
    assert await security_events.purge_security_events(database) == 0


async def test_of_purges_at_once_each_event_is_deleted_by_one(database: Database, clock: Clock) -> None:
    clock.now = LONG_AGO
    await asyncio.gather(*(record(database) for _ in range(64)))
    clock.advance(timedelta(days=366))
    kept = await record(database)
    purges = [security_events.purge_security_events(database, batch_size=5) for _ in range(16)]
    assert sum(await asyncio.gather(*purges)) + await security_events.purge_security_events(database) == 64
    assert await security_events.list_security_events(database) == [kept]


@pytest.mark.slow
async def test_of_purges_in_many_processes_each_event_is_deleted_by_one(sqlite_url: str, clock: Clock) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in the test above."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=ACCOUNTS, clock=clock) as db:
        kept = await record(db)
        clock.now = LONG_AGO
        async with db.transaction() as tx:
            for _ in range(EVENTS):
                await security_events.record_security_event(tx, builders.security_event())
        deleted = [int(line) for [line] in run_together(PURGE, sqlite_url, processes=PROCESSES)]
        assert sum(deleted) == EVENTS
        assert await security_events.list_security_events(db) == [kept]


async def test_a_purge_follows_the_retention_that_is_stored(database: Database, clock: Clock) -> None:
    clock.now = LONG_AGO
    await record(database)
    clock.advance(timedelta(days=3))
    assert await security_events.purge_security_events(database) == 0
    await security_events.set_security_event_retention(database, days=1)
    assert await security_events.purge_security_events(database) == 1


async def test_an_application_whose_clock_is_ahead_cannot_delete_an_event_early(
    database: Database, clock: Clock
) -> None:
    clock.now = datetime.now(UTC)
    made = await record(database)
    clock.advance(timedelta(days=1000))
    with pytest.raises(TriggerViolation) as caught:
        await security_events.purge_security_events(database)
    assert caught.value.constraint == "security_events_kept"
    assert await security_events.list_security_events(database) == [made]


async def test_without_the_row_of_the_retention_a_purge_says_so_and_setting_it_helps(
    database: Database, sql: Sql
) -> None:
    await sql("DELETE FROM security_event_retention")
    with pytest.raises(NotFound):
        await security_events.purge_security_events(database)
    assert await security_events.set_security_event_retention(database, days=7) == 7
    assert await security_events.get_security_event_retention(database) == 7


async def test_a_kind_that_a_later_version_adds_needs_no_migration(database: Database, sql: Sql) -> None:
    for kind in ("sign_in", "SIGN IN", "", "X" * 41, "SIGN_IN\n", "ÄRGER"):
        with pytest.raises(CheckViolation) as caught:
            await sql(_insert(kind))
        assert caught.value.constraint == "security_events_kind_check"
    await sql(_insert("X" * 40))


def _insert(kind: str) -> str:
    values = f"'{uuid7()}', '{kind}', '2026-01-01T00:00:00.000000Z'"
    return f"INSERT INTO security_events (id, kind, occurred_at) VALUES ({values})"
