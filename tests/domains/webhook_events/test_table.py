"""The table keeps its rules when SQL bypasses the package."""

from itertools import product

import pytest

from hangar_dal import Database, builders, uuid7, webhook_events
from hangar_dal.errors import ConstraintViolation, DatabaseError, TriggerViolation
from tests.domains.webhook_events.receiving import receive
from tests.helpers.domain_fixtures import Sql, rule_against

AT = "2030-01-02T03:04:05.000000Z"
CLAIM = "01900000-0000-7000-8000-000000000001"
STATES = {
    "RECEIVED": "claim_id = NULL, finished_at = NULL",
    "WAITING": "claim_id = NULL, finished_at = NULL",
    "CLAIMED": f"claim_id = '{CLAIM}', finished_at = NULL",
    "PROCESSED": f"claim_id = NULL, finished_at = '{AT}'",
    "FAILED": f"claim_id = NULL, finished_at = '{AT}'",
}
WAYS = {
    "RECEIVED": [],
    "WAITING": ["WAITING"],
    "CLAIMED": ["CLAIMED"],
    "PROCESSED": ["CLAIMED", "PROCESSED"],
    "FAILED": ["FAILED"],
}
ALLOWED = {
    "RECEIVED": {"WAITING", "CLAIMED", "FAILED"},
    "WAITING": {"RECEIVED", "FAILED"},
    "CLAIMED": {"RECEIVED", "PROCESSED", "FAILED"},
    "PROCESSED": set(),
    "FAILED": {"RECEIVED"},
}


def to(status: str, number: str = "number") -> str:
    return f"UPDATE webhook_events SET number = {number}, status = '{status}', {STATES[status]}"


async def test_a_status_is_reached_only_from_those_that_lead_to_it(database: Database, sql: Sql) -> None:
    wrong = []
    for before, after in product(STATES, STATES):
        event = await receive(database, {}, object_key=str(uuid7()))
        where = f" WHERE id = '{event.id}'"
        for step in WAYS[before]:
            await sql(to(step) + where)
        number = "1000000 + number" if (before, after) == ("FAILED", "RECEIVED") else "number"
        rule = await rule_against(sql, to(after, number) + where)
        if rule != (None if after == before or after in ALLOWED[before] else "webhook_events_status_transition"):
            wrong.append((before, after, rule))
    assert wrong == []


def inserted(**given: str) -> str:
    values = {
        "id": f"'{uuid7()}'",
        "provider": "'stripe'",
        "event_id": "'k'",
        "kind": "'payment.captured'",
        "payload": "'{}'",
        "due_at": f"'{AT}'",
        "created_at": f"'{AT}'",
        **given,
    }
    return f"INSERT INTO webhook_events ({', '.join(values)}) VALUES ({', '.join(values.values())})"


NEW: list[tuple[dict[str, str], str]] = [
    ({"status": "'PROCESSED'", "finished_at": f"'{AT}'"}, "webhook_events_first_status"),
    ({"attempts": "1"}, "webhook_events_first_status"),
    ({"provider": "''"}, "webhook_events_provider_check"),
    ({"provider": f"'{'x' * 51}'"}, "webhook_events_provider_check"),
    ({"provider": "'_x'"}, "webhook_events_provider_check"),
    ({"provider": "'x1'"}, "webhook_events_provider_check"),
    ({"object_key": "''"}, "webhook_events_object_key_check"),
    ({"event_id": f"'{'x' * 201}'"}, "webhook_events_event_id_check"),
    ({"payload": "'[]'"}, "webhook_events_payload_check"),
    ({"claim_id": f"'{CLAIM}'"}, "webhook_events_claimed_check"),
    ({"finished_at": f"'{AT}'"}, "webhook_events_finished_check"),
    ({"last_error": f"'{'x' * 1001}'"}, "webhook_events_last_error_check"),
]


async def test_an_event_that_breaks_a_rule_is_refused(database: Database, sql: Sql) -> None:
    await sql(inserted())
    for given, rule in NEW:
        assert await rule_against(sql, inserted(**{"event_id": "'other'", **given})) == rule, given


CHANGES = {
    "status = 'WAITING'": "webhook_events_waiting_check",
    "status = 'GONE'": "webhook_events_status_transition",
    "status = 'CLAIMED'": "webhook_events_claimed_check",
    "status = 'FAILED'": "webhook_events_finished_check",
    "attempts = -1": "webhook_events_attempts_check",
    f"id = '{CLAIM}'": "webhook_events_unchanged",
    "provider = 'adyen'": "webhook_events_unchanged",
    "object_key = 'a'": "webhook_events_unchanged",
    "event_id = 'a'": "webhook_events_unchanged",
    "kind = 'a'": "webhook_events_unchanged",
    "payload = '{\"a\":1}'": "webhook_events_unchanged",
    f"created_at = '{AT}'": "webhook_events_unchanged",
    "number = number + 1": "webhook_events_order_kept",
}


async def test_a_change_that_breaks_a_rule_is_refused(database: Database, sql: Sql) -> None:
    await receive(database, {})
    assert {change: await rule_against(sql, f"UPDATE webhook_events SET {change}") for change in CHANGES} == CHANGES


@pytest.mark.parametrize("end", ["PROCESSED", "FAILED"])
async def test_a_finished_event_lets_only_the_next_one_of_its_object_key_follow(
    database: Database, sql: Sql, end: str
) -> None:
    for n, key in enumerate(["a", "a", "a", "b"]):
        await receive(database, {}, object_key=key, event_id=str(n))
    await sql(f"{to('WAITING')} WHERE event_id > '0'")
    for step in WAYS[end]:
        await sql(f"{to(step)} WHERE event_id = '0'")
    found = await sql("SELECT event_id, status FROM webhook_events ORDER BY number")
    assert found == [("0", end), ("1", "RECEIVED"), ("2", "WAITING"), ("3", "WAITING")]


async def test_two_events_of_one_object_key_are_never_claimed(database: Database, sql: Sql) -> None:
    await webhook_events.receive_many(
        database, [builders.webhook_event(object_key="a", event_id=str(n)) for n in range(2)]
    )
    with pytest.raises(ConstraintViolation) as caught:
        await sql(to("CLAIMED"))
    # On SQLite, a trigger comes before the unique index: it refuses UPDATE OR REPLACE too.
    assert caught.value.constraint in {"idx_webhook_events_one_claimed", "webhook_events_not_overwritten"}


async def test_a_failed_event_that_is_tried_again_keeps_no_place_before_others(database: Database, sql: Sql) -> None:
    dead = await receive(database, {})
    await webhook_events.give_up(database, dead.id, last_error="")
    await receive(database, {})
    where = f" WHERE id = '{dead.id}'"
    await sql(to("RECEIVED", "(SELECT max(number) + 1 FROM webhook_events)") + where)
    assert await sql("SELECT event_id FROM webhook_events ORDER BY number DESC LIMIT 1") == [(dead.event_id,)]


@pytest.mark.parametrize("status", ["RECEIVED", "WAITING", "CLAIMED"])
async def test_an_event_that_is_not_finished_is_never_deleted(database: Database, sql: Sql, status: str) -> None:
    await receive(database, {}, object_key="a")
    await sql(to(status))
    with pytest.raises(TriggerViolation) as caught:
        await sql("DELETE FROM webhook_events")
    assert caught.value.constraint == "webhook_events_kept"


REMOVALS = {
    "INSERT OR REPLACE, by its id": "REPLACE INTO webhook_events"
    " (id, provider, event_id, kind, payload, due_at, created_at)"
    " SELECT id, 'adyen', 'other', kind, '{}', due_at, created_at FROM webhook_events",
    "INSERT OR REPLACE, by its key": "REPLACE INTO webhook_events"
    " (id, provider, event_id, kind, payload, due_at, created_at)"
    f" SELECT '{CLAIM}', provider, event_id, kind, '{{}}', due_at, created_at FROM webhook_events",
    "INSERT OR REPLACE, by its number": "REPLACE INTO webhook_events (number, id, provider, event_id, kind, payload,"
    f" due_at, created_at) SELECT number, '{CLAIM}', 'adyen', 'other', kind, '{{}}', due_at, created_at"
    " FROM webhook_events",
    "UPDATE OR REPLACE": to("CLAIMED").replace("UPDATE", "UPDATE OR REPLACE"),
    "TRUNCATE": "TRUNCATE webhook_events",
}


@pytest.mark.parametrize("removal", REMOVALS)
async def test_no_other_statement_removes_an_event(database: Database, sql: Sql, removal: str) -> None:
    """Each is known to one of the databases; the other refuses it as a statement."""
    event = await receive(database, {}, object_key="a")
    await receive(database, {}, object_key="a")
    with pytest.raises(DatabaseError):
        await sql(REMOVALS[removal])
    assert await webhook_events.get_event(database, event.id) == event
