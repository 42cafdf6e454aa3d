"""The table of idempotency keys keeps its rules when SQL bypasses the package."""

import pytest

from hangar_dal import Database, User, builders, idempotency_keys, users, uuid7
from hangar_dal.errors import ConstraintViolation
from hangar_dal.idempotency_keys import ClaimedKey
from tests.domains.idempotency_keys.test_idempotency_keys import REQUEST, pay
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Explain, Sql, rule_against

AT = "2030-01-01T00:00:00.000000Z"
LATER = "2040-01-01T00:00:00.000000Z"
CLAIM = "01900000-0000-7000-8000-000000000001"
OTHER_CLAIM = "01900000-0000-7000-8000-000000000002"
ANSWER = "claim_id = NULL, lease_ends_at = NULL, answer_status = 200, answer = '{}', finished_at = '" + AT + "'"
# Rules about several columns, which are looked at first.
AHEAD = frozenset({"idempotency_keys_expiry_check"})


def new(**given: str) -> str:
    values = {
        "id": f"'{uuid7()}'",
        "scope": "'payments'",
        "key": "'k1'",
        "request_hash": f"'{'a' * 64}'",
        "claim_id": f"'{CLAIM}'",
        "claimed_at": f"'{AT}'",
        "lease_ends_at": f"'{LATER}'",
        "created_at": f"'{AT}'",
        "expires_at": f"'{LATER}'",
        **given,
    }
    return f"INSERT INTO idempotency_keys ({', '.join(values)}) VALUES ({', '.join(values.values())})"


NEW: list[tuple[dict[str, str], str]] = [
    ({"scope": "''"}, "idempotency_keys_scope_check"),
    ({"key": f"'{'k' * 201}'"}, "idempotency_keys_key_check"),
    ({"request_hash": "'abc'"}, "idempotency_keys_request_hash_check"),
    ({"request_hash": f"'{'A' * 64}'"}, "idempotency_keys_request_hash_check"),
    ({"request_hash": f"'{'a' * 65}'"}, "idempotency_keys_request_hash_check"),
    ({"lease_ends_at": "NULL"}, "idempotency_keys_lease_check"),
    ({"claim_id": "NULL", "lease_ends_at": "NULL"}, "idempotency_keys_finished_check"),
    ({"answer": "'{}'"}, "idempotency_keys_answered_check"),
    ({"answer_status": "200"}, "idempotency_keys_answered_check"),
    ({"finished_at": f"'{AT}'"}, "idempotency_keys_first"),
    ({"expires_at": f"'{AT}'"}, "idempotency_keys_expiry_check"),
]


async def test_a_key_that_breaks_a_rule_is_refused(sql: Sql) -> None:
    await sql(new())
    for given, rule in NEW:
        assert await rule_against(sql, new(**{"key": "'k2'", **given})) == rule, given
    assert await rule_against(sql, new()) == "idempotency_keys_scope_key_key"


async def test_a_key_keeps_its_request_its_lease_and_its_answer(sql: Sql) -> None:
    await sql(new())
    for change, rule in (
        (f"id = '{uuid7()}'", "idempotency_keys_unchanged"),
        ("scope = 'other'", "idempotency_keys_unchanged"),
        ("key = 'other'", "idempotency_keys_unchanged"),
        (f"request_hash = '{'b' * 64}'", "idempotency_keys_unchanged"),
        (f"created_at = '{LATER}'", "idempotency_keys_unchanged"),
        (f"claim_id = '{OTHER_CLAIM}', claimed_at = '2039-12-31T23:59:59.999999Z'", "idempotency_keys_claimed"),
    ):
        with pytest.raises(ConstraintViolation) as caught:
            await sql(f"UPDATE idempotency_keys SET {change}")
        assert caught.value.constraint == rule, change
    await sql(f"UPDATE idempotency_keys SET claim_id = '{OTHER_CLAIM}', claimed_at = '{LATER}'")
    await sql(f"UPDATE idempotency_keys SET {ANSWER}")
    for change in (
        "answer_status = 201",
        "answer = '{\"a\":1}'",
        f"finished_at = '{LATER}'",
        "expires_at = '2050-01-01T00:00:00.000000Z'",
        f"finished_at = NULL, answer = NULL, answer_status = NULL, claim_id = '{CLAIM}', lease_ends_at = '{AT}'",
    ):
        with pytest.raises(ConstraintViolation) as caught:
            await sql(f"UPDATE idempotency_keys SET {change}")
        assert caught.value.constraint == "idempotency_keys_answered", change


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql, user: User) -> None:
    await idempotency_keys.run(database, "payments", "k1", REQUEST, pay, user_id=user.id)
    held = await idempotency_keys.claim(database, "payments", "k2", REQUEST)
    assert isinstance(held, ClaimedKey)
    await drop_triggers(database, sql)
    assert await unrefused(database, sql, ["idempotency_keys"], ahead=AHEAD) == []


async def test_keys_of_several_users_go_with_them(database: Database, sql: Sql) -> None:
    people = [await users.create_user(database, builders.user()) for _ in range(3)]
    for number in range(30):
        who = people[number % 3].id
        await idempotency_keys.run(database, "payments", str(number), REQUEST, pay, user_id=who)
    await sql(f"DELETE FROM users WHERE id IN ('{people[0].id}', '{people[1].id}')")
    assert await sql("SELECT count(*), count(DISTINCT user_id) FROM idempotency_keys") == [(10, 1)]


def test_the_purge_goes_through_indexes(explained: Explain) -> None:
    """On PostgreSQL the scratch is almost empty, so that it may join a batch by reading all of the table."""
    plans = [each for each in explained("idempotency_keys") if each.plan is not None]
    used = {index for each in plans if each.plan is not None for index in each.plan.indexes}
    assert {"idx_idempotency_keys_expiry", "idx_idempotency_keys_user"} <= used
    assert [each.query for each in plans if each.dialect == "sqlite" and each.plan and each.plan.whole] == []
