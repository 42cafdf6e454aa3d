"""`sign_in_eve_user`: one account per character, refreshed at each sign-in, refused unless active."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, UserStatus, UserType, builders, users
from hangar_dal.errors import AccountNotActive, InvalidValue
from tests.helpers.clock import Clock

CHARACTER = 95465499


async def sign_in(database: Database, **changes: Any) -> User:
    given: dict[str, Any] = {"eve_character_id": CHARACTER, "display_name": "CCP Bartender", **changes}
    return await users.sign_in_eve_user(database, **given)


async def test_sign_in_eve_user_makes_an_account_at_the_first_time(database: Database, clock: Clock) -> None:
    made = await sign_in(database, eve_scopes=["publicData", "esi-wallet.read_character_wallet.v1"])
    assert made == await users.find_user_by_eve_character(database, CHARACTER)
    assert (made.user_type, made.status, made.display_name) == (UserType.EVE_SSO, UserStatus.ACTIVE, "CCP Bartender")
    assert (made.username, made.email, made.phone_number) == (None, None, None)
    assert made.eve_scopes == ["publicData", "esi-wallet.read_character_wallet.v1"]
    assert (made.created_at, made.updated_at, made.last_login_at) == (clock.now, clock.now, clock.now)
    assert made.id.version == 7


async def test_sign_in_eve_user_refreshes_scopes_and_times_and_keeps_the_rest(database: Database, clock: Clock) -> None:
    made = await sign_in(database, eve_scopes=["publicData"])
    renamed = await users.update_user(
        database, made.id, display_name="My own name", username="Chosen", is_private=True, metadata={"kept": True}
    )
    clock.advance(timedelta(days=1))
    again = await sign_in(database, display_name="Renamed in game", eve_scopes=("a", "b"))
    update = {"eve_scopes": ["a", "b"], "last_login_at": clock.now, "updated_at": clock.now}
    assert again == renamed.model_copy(update=update)
    assert await users.count_users(database) == 1


async def test_sign_in_eve_user_without_scopes_takes_them_away(database: Database) -> None:
    await sign_in(database, eve_scopes=["publicData"])
    assert (await sign_in(database)).eve_scopes == []


@pytest.mark.parametrize("status", sorted(set(UserStatus) - {UserStatus.ACTIVE}))
async def test_sign_in_eve_user_refuses_an_account_that_is_not_active_and_leaves_it(
    database: Database, clock: Clock, status: UserStatus
) -> None:
    made = await sign_in(database, eve_scopes=["publicData"])
    left = await users.set_user_status(database, made.id, status)
    clock.advance(timedelta(days=1))
    with pytest.raises(AccountNotActive, match=f"^the account is {status}; only ACTIVE users may sign in$") as caught:
        await sign_in(database, eve_scopes=["more"])
    assert caught.value.status == status
    assert await users.get_user(database, made.id) == left
    assert await users.count_users(database) == 1


async def test_sign_in_eve_user_lets_an_account_back_in(database: Database) -> None:
    made = await sign_in(database)
    await users.set_user_status(database, made.id, UserStatus.SUSPENDED)
    await users.set_user_status(database, made.id, UserStatus.ACTIVE)
    assert (await sign_in(database)).id == made.id


async def test_sign_in_eve_user_finds_a_local_account_that_belongs_to_the_character(database: Database) -> None:
    made = await users.create_user(database, builders.user(eve_character_id=CHARACTER))
    found = await sign_in(database, eve_scopes=["publicData"])
    assert (found.id, found.user_type, found.email) == (made.id, UserType.LOCAL, made.email)


async def test_sign_in_eve_user_keeps_characters_apart(database: Database) -> None:
    one, two = await sign_in(database), await sign_in(database, eve_character_id=CHARACTER + 1)
    assert one.id != two.id


async def test_sign_in_eve_user_twice_at_once_makes_one_account(database: Database) -> None:
    for character in range(CHARACTER, CHARACTER + 100):
        one, two = await asyncio.gather(*(sign_in(database, eve_character_id=character) for _ in range(2)))
        assert one == two
    assert await users.count_users(database) == 100


async def test_sign_in_eve_user_goes_on_when_the_account_is_restored_between_its_statements(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await sign_in(database)
    await users.set_user_status(database, made.id, UserStatus.SUSPENDED)
    find = users.find_user_by_eve_character

    async def restored_first(db: Any, eve_character_id: int) -> User | None:
        await users.set_user_status(database, made.id, UserStatus.ACTIVE)
        return await find(db, eve_character_id)

    monkeypatch.setattr(users, "find_user_by_eve_character", restored_first)
    assert (await sign_in(database)).id == made.id


async def test_sign_in_eve_user_refuses_what_no_account_can_hold(database: Database) -> None:
    for changes in [
        {"eve_character_id": 0},
        {"eve_character_id": -1},
        {"eve_character_id": 2**63},
        {"eve_character_id": "95465499"},
        {"eve_character_id": None},
        {"display_name": ""},
        {"display_name": "x" * 101},
        {"display_name": "NUL \0"},
        {"eve_scopes": "publicData"},
        {"eve_scopes": [1]},
        {"eve_scopes": ["NUL \0"]},
    ]:
        with pytest.raises(InvalidValue, match=f"^{next(iter(changes))}: "):
            await sign_in(database, **changes)
        assert await users.count_users(database) == 0


@pytest.mark.parametrize("scopes", [None, 7, {"publicData": True}, {"publicData"}, "publicData"], ids=repr)
async def test_sign_in_eve_user_refuses_scopes_that_are_not_a_list(database: Database, scopes: Any) -> None:
    with pytest.raises(InvalidValue, match=f"^eve_scopes: expected a list, got {type(scopes).__name__}$"):
        await sign_in(database, eve_scopes=scopes)
