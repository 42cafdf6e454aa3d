"""The table keeps its rules whoever writes: each is tried with SQL that bypasses the package."""

from itertools import product

import pytest

from hangar_dal import Database, builders, outbox, uuid7
from hangar_dal.errors import ConstraintViolation, DatabaseError, TriggerViolation
from tests.helpers.domain_fixtures import Sql, rule_against

AT = "2030-01-02T03:04:05.000000Z"
CLAIM = "01900000-0000-7000-8000-000000000001"
STATES = {
    "PENDING": "claim_id = NULL, finished_at = NULL",
    "WAITING": "claim_id = NULL, finished_at = NULL",
    "CLAIMED": f"claim_id = '{CLAIM}', finished_at = NULL",
    "DONE": f"claim_id = NULL, finished_at = '{AT}'",
    "DEAD": f"claim_id = NULL, finished_at = '{AT}'",
}
WAYS = {
    "PENDING": [],
    "WAITING": ["WAITING"],
    "CLAIMED": ["CLAIMED"],
    "DONE": ["CLAIMED", "DONE"],
    "DEAD": ["DEAD"],
}
ALLOWED = {
    "PENDING": {"WAITING", "CLAIMED", "DEAD"},
    "WAITING": {"PENDING", "DEAD"},
    "CLAIMED": {"PENDING", "DONE", "DEAD"},
    "DONE": set(),
    "DEAD": {"PENDING"},
}


def to(status: str, number: str = "number") -> str:
    return f"UPDATE outbox SET number = {number}, status = '{status}', {STATES[status]}"


async def test_a_status_is_reached_only_from_those_that_lead_to_it(database: Database, sql: Sql) -> None:
    wrong = []
    for before, after in product(STATES, STATES):
        message = await outbox.put(database, "mail", {}, ordering_key=str(uuid7()))
        where = f" WHERE id = '{message.id}'"
        for step in WAYS[before]:
            await sql(to(step) + where)
        number = "1000000 + number" if (before, after) == ("DEAD", "PENDING") else "number"
        rule = await rule_against(sql, to(after, number) + where)
        if rule != (None if after == before or after in ALLOWED[before] else "outbox_status_transition"):
            wrong.append((before, after, rule))
    assert wrong == []


def inserted(**given: str) -> str:
    values = {
        "id": f"'{uuid7()}'",
        "topic": "'mail'",
        "dedup_key": "'k'",
        "payload": "'{}'",
        "due_at": f"'{AT}'",
        "created_at": f"'{AT}'",
        **given,
    }
    return f"INSERT INTO outbox ({', '.join(values)}) VALUES ({', '.join(values.values())})"


NEW: list[tuple[dict[str, str], str]] = [
    ({"status": "'DONE'", "finished_at": f"'{AT}'"}, "outbox_first_status"),
    ({"attempts": "1"}, "outbox_first_status"),
    ({"topic": "''"}, "outbox_topic_check"),
    ({"topic": f"'{'x' * 101}'"}, "outbox_topic_check"),
    ({"ordering_key": "''"}, "outbox_ordering_key_check"),
    ({"dedup_key": f"'{'x' * 201}'"}, "outbox_dedup_key_check"),
    ({"payload": "'[]'"}, "outbox_payload_check"),
    ({"claim_id": f"'{CLAIM}'"}, "outbox_claimed_check"),
    ({"finished_at": f"'{AT}'"}, "outbox_finished_check"),
    ({"last_error": f"'{'x' * 1001}'"}, "outbox_last_error_check"),
]


async def test_a_message_that_breaks_a_rule_is_refused(database: Database, sql: Sql) -> None:
    await sql(inserted())
    for given, rule in NEW:
        assert await rule_against(sql, inserted(**{"dedup_key": "'other'", **given})) == rule, given


CHANGES = {
    "status = 'WAITING'": "outbox_waiting_check",
    "status = 'GONE'": "outbox_status_transition",
    "status = 'CLAIMED'": "outbox_claimed_check",
    "status = 'DEAD'": "outbox_finished_check",
    "attempts = -1": "outbox_attempts_check",
    f"id = '{CLAIM}'": "outbox_unchanged",
    "topic = 'push'": "outbox_unchanged",
    "ordering_key = 'a'": "outbox_unchanged",
    "dedup_key = 'a'": "outbox_unchanged",
    "payload = '{\"a\":1}'": "outbox_unchanged",
    f"created_at = '{AT}'": "outbox_unchanged",
    "number = number + 1": "outbox_order_kept",
}


async def test_a_change_that_breaks_a_rule_is_refused(database: Database, sql: Sql) -> None:
    await outbox.put(database, "mail", {})
    assert {change: await rule_against(sql, f"UPDATE outbox SET {change}") for change in CHANGES} == CHANGES


@pytest.mark.parametrize("end", ["DONE", "DEAD"])
async def test_a_finished_message_lets_only_the_next_one_of_its_ordering_key_follow(
    database: Database, sql: Sql, end: str
) -> None:
    for n, key in enumerate(["a", "a", "a", "b"]):
        await outbox.put(database, "mail", {}, ordering_key=key, dedup_key=str(n))
    await sql(f"{to('WAITING')} WHERE dedup_key > '0'")
    for step in WAYS[end]:
        await sql(f"{to(step)} WHERE dedup_key = '0'")
    found = await sql("SELECT dedup_key, status FROM outbox ORDER BY number")
    assert found == [("0", end), ("1", "PENDING"), ("2", "WAITING"), ("3", "WAITING")]


async def test_two_messages_of_one_ordering_key_are_never_claimed(database: Database, sql: Sql) -> None:
    await outbox.put_many(database, [builders.message(ordering_key="a", dedup_key=str(n)) for n in range(2)])
    with pytest.raises(ConstraintViolation) as caught:
        await sql(to("CLAIMED"))
    # On SQLite, a trigger comes before the unique index: it refuses UPDATE OR REPLACE too.
    assert caught.value.constraint in {"idx_outbox_one_claimed", "outbox_not_overwritten"}


async def test_a_dead_message_that_is_tried_again_keeps_no_place_before_others(database: Database, sql: Sql) -> None:
    dead = await outbox.put(database, "mail", {})
    await outbox.bury_message(database, dead.id, last_error="")
    await outbox.put(database, "mail", {})
    where = f" WHERE id = '{dead.id}'"
    await sql(to("PENDING", "(SELECT max(number) + 1 FROM outbox)") + where)
    assert await sql("SELECT dedup_key FROM outbox ORDER BY number DESC LIMIT 1") == [(dead.dedup_key,)]


@pytest.mark.parametrize("status", ["PENDING", "WAITING", "CLAIMED"])
async def test_a_message_that_is_not_finished_is_never_deleted(database: Database, sql: Sql, status: str) -> None:
    await outbox.put(database, "mail", {}, ordering_key="a")
    await sql(to(status))
    with pytest.raises(TriggerViolation) as caught:
        await sql("DELETE FROM outbox")
    assert caught.value.constraint == "outbox_kept"


REMOVALS = {
    "INSERT OR REPLACE, by its id": "REPLACE INTO outbox (id, topic, dedup_key, payload, due_at, created_at)"
    " SELECT id, 'push', 'other', '{}', due_at, created_at FROM outbox",
    "INSERT OR REPLACE, by its key": "REPLACE INTO outbox (id, topic, dedup_key, payload, due_at, created_at)"
    f" SELECT '{CLAIM}', topic, dedup_key, '{{}}', due_at, created_at FROM outbox",
    "INSERT OR REPLACE, by its number": "REPLACE INTO outbox (number, id, topic, dedup_key, payload,"
    f" due_at, created_at) SELECT number, '{CLAIM}', 'push', 'other', '{{}}', due_at, created_at FROM outbox",
    "UPDATE OR REPLACE": to("CLAIMED").replace("UPDATE", "UPDATE OR REPLACE"),
    "TRUNCATE": "TRUNCATE outbox",
}


@pytest.mark.parametrize("removal", REMOVALS)
async def test_no_other_statement_removes_a_message(database: Database, sql: Sql, removal: str) -> None:
    """Each is known to one of the databases; the other refuses it as a statement."""
    message = await outbox.put(database, "mail", {}, ordering_key="a")
    await outbox.put(database, "mail", {}, ordering_key="a")
    with pytest.raises(DatabaseError):
        await sql(REMOVALS[removal])
    assert await outbox.get_message(database, message.id) == message
