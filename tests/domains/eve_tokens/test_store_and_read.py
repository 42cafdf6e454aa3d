"""`upsert_eve_token`, the lists, and `delete_eve_token`: one row for each character."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from hangar_dal import Database, User, builders, eve_tokens, users, uuid7
from hangar_dal.errors import ForeignKeyViolation, InvalidValue
from hangar_dal.eve_tokens import EveToken, EveTokenSummary, NewEveToken
from hangar_dal.models.eve_tokens import MAX_EVE_TOKEN_CHARACTERS
from tests.helpers.clock import Clock

NewToken = Callable[..., NewEveToken]


def summary(token: EveToken) -> EveTokenSummary:
    return EveTokenSummary(**token.model_dump(exclude={"access_token", "refresh_token"}))


async def test_stored_tokens_are_found_by_their_character(
    database: Database, clock: Clock, new_token: NewToken
) -> None:
    for new in (new_token(), new_token(scopes=[]), new_token(scopes=["ж", "a b", '"'], access_token="ж" * 16_384)):
        stored = await eve_tokens.upsert_eve_token(database, new)
        assert stored == EveToken(**new.model_dump(), created_at=clock.now, updated_at=clock.now)
        assert await eve_tokens.find_eve_token(database, new.eve_character_id) == stored
    assert await eve_tokens.find_eve_token(database, 1) is None


async def test_another_sign_in_replaces_the_tokens_of_the_character(
    database: Database, clock: Clock, stored: EveToken, new_token: NewToken
) -> None:
    clock.advance(timedelta(hours=1))
    again = new_token(eve_character_id=stored.eve_character_id, scopes=["publicData"])
    replaced = await eve_tokens.upsert_eve_token(database, again)
    assert replaced == EveToken(**again.model_dump(), created_at=stored.created_at, updated_at=clock.now)
    assert await eve_tokens.find_eve_token(database, stored.eve_character_id) == replaced


async def test_a_character_that_another_user_signs_in_with_becomes_theirs(
    database: Database, user: User, stored: EveToken, new_token: NewToken
) -> None:
    other = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    again = new_token(eve_character_id=stored.eve_character_id, user_id=other.id)
    replaced = await eve_tokens.upsert_eve_token(database, again)
    assert await eve_tokens.find_eve_token(database, stored.eve_character_id) == replaced
    assert await eve_tokens.list_eve_tokens(database, user_id=user.id) == []
    assert await eve_tokens.list_eve_tokens(database, user_id=other.id) == [summary(replaced)]


async def test_tokens_for_nobody_are_refused(database: Database, new_token: NewToken) -> None:
    with pytest.raises(ForeignKeyViolation) as caught:
        await eve_tokens.upsert_eve_token(database, new_token(user_id=uuid7()))
    assert caught.value.constraint == "eve_tokens_user_id_fkey"


async def test_a_users_characters_are_listed_by_id_without_tokens(
    database: Database, user: User, new_token: NewToken
) -> None:
    stored = [await eve_tokens.upsert_eve_token(database, new_token(eve_character_id=number)) for number in (7, 3, 5)]
    other = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    await eve_tokens.upsert_eve_token(database, new_token(user_id=other.id))
    listed = await eve_tokens.list_eve_tokens(database, user_id=user.id)
    assert listed == [summary(stored[1]), summary(stored[2]), summary(stored[0])]
    assert stored[0].access_token not in repr(listed) + str(listed[0].model_dump())


async def test_what_expires_soon_is_listed_page_by_page(database: Database, clock: Clock, new_token: NewToken) -> None:
    soon = clock.now + timedelta(minutes=5)
    instants = [soon + timedelta(microseconds=offset) for offset in (-1, 0, 1, -1, -2, 0, -1)]
    stored = [await eve_tokens.upsert_eve_token(database, new_token(expires_at=at)) for at in instants]
    due = sorted((one.expires_at, one.eve_character_id) for one in stored if one.expires_at <= soon)
    found: list[EveTokenSummary] = []
    while page := await eve_tokens.list_expiring_eve_tokens(
        database, expires_before=soon, after=found[-1] if found else None, limit=2
    ):
        found += page
    assert [(one.expires_at, one.eve_character_id) for one in found] == due
    assert found[0] == summary(stored[4])


async def test_tokens_are_deleted_one_by_one_all_of_a_user_and_with_the_user(
    database: Database, user: User, new_token: NewToken
) -> None:
    other = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    one, two, three, theirs, left = [
        (await eve_tokens.upsert_eve_token(database, new_token(user_id=owner.id))).eve_character_id
        for owner in (user, user, user, other, other)
    ]

    async def remaining() -> set[int]:
        of_user = await eve_tokens.list_eve_tokens(database, user_id=user.id)
        of_other = await eve_tokens.list_eve_tokens(database, user_id=other.id)
        return {found.eve_character_id for found in of_user + of_other}

    assert await eve_tokens.delete_eve_token(database, user_id=other.id, eve_character_id=one) == 0
    assert await eve_tokens.delete_eve_token(database, user_id=user.id, eve_character_id=one) == 1
    assert await eve_tokens.delete_eve_token(database, user_id=user.id, eve_character_id=one) == 0
    assert await remaining() == {two, three, theirs, left}
    assert await eve_tokens.delete_eve_tokens(database, user_id=user.id) == 2
    assert await remaining() == {theirs, left}
    await users.delete_user(database, other.id)
    assert await remaining() == set()


async def test_first_sign_ins_at_once_make_one_row(database: Database, user: User, new_token: NewToken) -> None:
    news = [new_token(eve_character_id=9) for _ in range(64)]
    made = await asyncio.gather(*(eve_tokens.upsert_eve_token(database, new) for new in news))
    assert len(await eve_tokens.list_eve_tokens(database, user_id=user.id)) == 1
    assert await eve_tokens.find_eve_token(database, 9) in made


def test_models_show_no_token(new_token: NewToken, stored: EveToken) -> None:
    for secretive in (new_token(), stored):
        shown = f"{secretive!r} {secretive}"
        assert secretive.access_token not in shown
        assert secretive.refresh_token not in shown


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "character 0": ({"eve_character_id": 0}, "eve_character_id: Input should be greater than 0"),
    "no user": ({"user_id": None}, "user_id: must not be None"),
    "empty token": ({"refresh_token": ""}, "refresh_token: String should have at least 1 character"),
    "long token": (
        {"access_token": "x" * (MAX_EVE_TOKEN_CHARACTERS + 1)},
        "access_token: String should have at most 16384 characters",
    ),
    "token as bytes": ({"access_token": b"SECRET"}, "access_token: expected str, got bytes"),
    "token with NUL": ({"access_token": "SECRET\0"}, "access_token: text must not contain the NUL character"),
    "scopes as text": ({"scopes": "publicData"}, "scopes: expected a list, got str"),
    "no expiry": ({"expires_at": None}, "expires_at: must not be None"),
}


async def test_a_bad_value_of_a_bypassed_model_is_refused(
    database: Database, user: User, new_token: NewToken, subtests: pytest.Subtests
) -> None:
    for name, (changes, message) in BAD.items():
        with subtests.test(name):
            with pytest.raises(InvalidValue) as caught:
                await eve_tokens.upsert_eve_token(database, new_token().model_copy(update=changes))
            assert str(caught.value) == message
            assert await eve_tokens.list_eve_tokens(database, user_id=user.id) == []


def test_a_refused_token_is_not_shown(new_token: NewToken) -> None:
    with pytest.raises(ValidationError) as caught:
        new_token(access_token="SECRET" * 9000)
    assert "SECRET" not in f"{caught.value} {caught.value!r}"
