"""What the table itself refuses, tried with SQL that bypasses the package."""

from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any

import pytest

from hangar_dal import Database, User, builders, refresh_tokens, users, uuid7
from hangar_dal.errors import ConstraintViolation, DatabaseError, TriggerViolation
from hangar_dal.refresh_tokens import IssuedRefreshToken
from hangar_dal.tokens import token_hash
from tests.helpers.domain_fixtures import rule_against

Sql = Callable[[str], Awaitable[Any]]
AT = "2030-01-02T03:04:05.000000Z"


@pytest.fixture
async def used(database: Database, user: User) -> IssuedRefreshToken:
    return await refresh_tokens.issue_refresh_token(database, user.id, user_agent="Firefox", source="2001:db8::7")


@pytest.fixture
async def live(database: Database, used: IssuedRefreshToken) -> IssuedRefreshToken:
    """Of the session of `used`, which was rotated for it."""
    issued = await refresh_tokens.rotate_refresh_token(database, used.token)
    assert issued is not None
    return issued


def insert(used: IssuedRefreshToken, verb: str = "INSERT", **changes: Any) -> str:
    """A row that continues the session of a used token."""
    session = used.session
    row: dict[str, Any] = {
        "jti": uuid7(),
        "family_id": session.family_id,
        "user_id": session.user_id,
        "token_hash": token_hex(32),
        "rotated_from": session.jti,
        "signed_in_at": f"{session.signed_in_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "session_ends_at": f"{session.session_ends_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "issued_at": AT,
        "expires_at": "2030-01-09T03:04:05.000000Z",
        "used_at": AT,
        **changes,
    }
    values = ", ".join("NULL" if value is None else f"'{value}'" for value in row.values())
    return f"{verb} INTO refresh_tokens ({', '.join(row)}) VALUES ({values})"


async def rows(sql: Sql) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await sql("SELECT * FROM refresh_tokens ORDER BY jti")]


async def test_a_row_that_keeps_all_rules_is_accepted(sql: Sql, used: IssuedRefreshToken, live: Any) -> None:
    await sql(insert(used))
    assert len(await rows(sql)) == 3


# Each with the one rule that it breaks.
ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "token": ({"token_hash": "x" * 43}, "refresh_tokens_token_hash_check"),
    "upper-case hash": ({"token_hash": "A" * 64}, "refresh_tokens_token_hash_check"),
    "short hash": ({"token_hash": "a" * 63}, "refresh_tokens_token_hash_check"),
    "empty user agent": ({"user_agent": ""}, "refresh_tokens_user_agent_check"),
    "long user agent": ({"user_agent": "x" * 513}, "refresh_tokens_user_agent_check"),
    "empty source": ({"source": ""}, "refresh_tokens_source_check"),
    "long source": ({"source": "x" * 256}, "refresh_tokens_source_check"),
    "beginning of another family": ({"rotated_from": None}, "refresh_tokens_family_id_check"),
    "expired when issued": ({"issued_at": "2030-01-09T03:04:05.000000Z"}, "refresh_tokens_lifetime_check"),
    "outlives its session": ({"expires_at": "2039-01-09T03:04:05.000000Z"}, "refresh_tokens_lifetime_check"),
    "of another user": ({"user_id": uuid7()}, "refresh_tokens_rotation"),
    "of another family": ({"family_id": uuid7()}, "refresh_tokens_rotation"),
    "of another sign-in": ({"signed_in_at": AT}, "refresh_tokens_rotation"),
    "with a later end": ({"session_ends_at": "2039-01-09T03:04:05.000000Z"}, "refresh_tokens_rotation"),
    "rotated from nothing": ({"rotated_from": uuid7()}, "refresh_tokens_rotation"),
}


async def test_a_row_that_breaks_a_rule_is_refused(sql: Sql, used: IssuedRefreshToken, live: Any) -> None:
    before = await rows(sql)
    found = {name: await rule_against(sql, insert(used, **changes)) for name, (changes, _) in ROWS.items()}
    assert found == {name: rule for name, (_, rule) in ROWS.items()}
    assert await rows(sql) == before


async def test_a_token_that_was_not_used_has_no_successor(sql: Sql, live: IssuedRefreshToken) -> None:
    with pytest.raises(TriggerViolation) as caught:
        await sql(insert(live))
    assert caught.value.constraint == "refresh_tokens_rotation"


async def test_a_session_has_at_most_one_live_token(sql: Sql, used: IssuedRefreshToken, live: Any) -> None:
    before = await rows(sql)
    with pytest.raises(ConstraintViolation):
        await sql(insert(used, used_at=None))
    assert await rows(sql) == before


async def test_a_jti_and_a_hash_belong_to_one_token(sql: Sql, used: IssuedRefreshToken, live: Any) -> None:
    before = await rows(sql)
    for changes in ({"jti": used.session.jti}, {"token_hash": token_hash(used.token)}):
        with pytest.raises(ConstraintViolation):
            await sql(insert(used, **changes))
        assert await rows(sql) == before


async def test_a_token_cannot_be_made_live_again_by_replacing_its_row(
    sql: Sql, used: IssuedRefreshToken, live: Any
) -> None:
    """`INSERT OR REPLACE` is known to SQLite alone: PostgreSQL refuses the statement, SQLite's trigger the row."""
    before = await rows(sql)
    for changes in ({"jti": used.session.jti}, {"token_hash": token_hash(used.token)}, {"used_at": None}):
        with pytest.raises(DatabaseError):
            await sql(insert(used, "INSERT OR REPLACE", **changes))
        assert await rows(sql) == before


UNCHANGED: dict[str, str] = {
    "jti": f"jti = '{uuid7()}', family_id = '{uuid7()}' WHERE rotated_from IS NOT NULL",
    "family_id": f"family_id = '{uuid7()}' WHERE rotated_from IS NOT NULL",
    "token_hash": f"token_hash = '{token_hex(32)}' WHERE used_at IS NULL",
    "rotated_from": "rotated_from = jti WHERE rotated_from IS NOT NULL",
    "signed_in_at": "signed_in_at = issued_at, issued_at = '2029-01-02T03:04:05.000000Z'",
    "session_ends_at": "session_ends_at = '2039-01-02T03:04:05.000000Z'",
    "issued_at": "issued_at = '2029-01-02T03:04:05.000000Z'",
    "expires_at": "expires_at = session_ends_at",
    "user_agent": "user_agent = 'Chrome'",
    "source": "source = '203.0.113.7'",
}


@pytest.mark.parametrize("change", ["used_at = NULL", "used_at = expires_at"])
async def test_a_use_is_final(sql: Sql, live: Any, change: str) -> None:
    before = await rows(sql)
    with pytest.raises(TriggerViolation) as caught:
        await sql(f"UPDATE refresh_tokens SET {change} WHERE used_at IS NOT NULL")
    assert caught.value.constraint == "refresh_tokens_final"
    assert await rows(sql) == before


@pytest.mark.parametrize("change", ["revoked_at = NULL", "revoked_at = expires_at", "used_at = expires_at"])
async def test_a_revocation_is_final(database: Database, user: User, sql: Sql, live: Any, change: str) -> None:
    await refresh_tokens.revoke_sessions(database, user_id=user.id)
    before = await rows(sql)
    with pytest.raises(TriggerViolation) as caught:
        await sql(f"UPDATE refresh_tokens SET {change} WHERE revoked_at IS NOT NULL")
    assert caught.value.constraint == "refresh_tokens_final"
    assert await rows(sql) == before


async def test_what_a_token_is_cannot_be_changed(sql: Sql, live: Any) -> None:
    before = await rows(sql)
    found = {name: await rule_against(sql, f"UPDATE refresh_tokens SET {text}") for name, text in UNCHANGED.items()}
    assert found == dict.fromkeys(UNCHANGED, "refresh_tokens_unchanged")
    assert await rows(sql) == before


async def test_a_token_cannot_be_given_to_another_user(database: Database, sql: Sql, live: Any) -> None:
    other = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    with pytest.raises(TriggerViolation) as caught:
        await sql(f"UPDATE refresh_tokens SET user_id = '{other.id}'")
    assert caught.value.constraint == "refresh_tokens_unchanged"


async def test_the_personal_columns_can_be_cleared(database: Database, sql: Sql, used: IssuedRefreshToken) -> None:
    await sql("UPDATE refresh_tokens SET user_agent = NULL, source = NULL")
    found = await refresh_tokens.find_refresh_token(database, used.token)
    assert found == used.session.model_copy(update={"user_agent": None, "source": None})
