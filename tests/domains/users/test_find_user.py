"""`get_user`, `get_users`, and the four `find_user_by_` functions."""

from uuid import UUID

import pytest

from hangar_dal import Database, User, builders, users, uuid7
from hangar_dal.errors import InvalidValue, NotFound


async def test_get_user_raises_not_found_for_an_unknown_id(database: Database, user: User) -> None:
    with pytest.raises(NotFound, match=r"^users\.get_user: no row matched$") as caught:
        await users.get_user(database, uuid7())
    assert caught.value.query == "users.get_user"


async def test_get_users_of_no_ids_is_empty(database: Database, user: User) -> None:
    assert await users.get_users(database, []) == []


async def test_get_users_gives_each_user_once_in_the_order_of_the_ids(database: Database) -> None:
    made = [await users.create_user(database, builders.eve_user()) for _ in range(5)]
    wanted = [made[3].id, made[0].id, uuid7(), made[3].id, made[1].id, UUID(int=0), made[0].id]
    assert await users.get_users(database, wanted) == [made[0], made[1], made[3]]


async def test_get_users_of_unknown_ids_is_empty(database: Database, user: User) -> None:
    assert await users.get_users(database, [uuid7(), uuid7()]) == []


async def test_get_users_takes_more_ids_than_a_statement_takes_parameters(database: Database, user: User) -> None:
    assert await users.get_users(database, [uuid7() for _ in range(70_000)] + [user.id]) == [user]


async def test_get_users_refuses_what_is_no_list_of_uuids(database: Database) -> None:
    for ids in [[None], ["0190a5f0-5c5e-7c3e-8a4e-0123456789ab"], "0190a5f0", None, {}]:
        with pytest.raises(InvalidValue, match=r"^ids: "):
            await users.get_users(database, ids)


async def test_find_user_by_email_does_not_look_at_usernames(database: Database) -> None:
    made = await users.create_user(database, builders.user(username="mara", email="other@example.org"))
    assert await users.find_user_by_email(database, "mara@mara") is None
    assert await users.find_user_by_email(database, "other@example.org") == made


async def test_find_user_by_username_does_not_look_at_addresses(database: Database) -> None:
    made = await users.create_user(database, builders.user(username="mara", email="other@example.org"))
    assert await users.find_user_by_username(database, "other@example.org") is None
    assert await users.find_user_by_username(database, "mara") == made


async def test_find_user_by_login_takes_either(database: Database) -> None:
    one = await users.create_user(database, builders.user(username="mara", email="noah@example.org"))
    two = await users.create_user(database, builders.user(username="noah", email="mara@example.org"))
    assert await users.find_user_by_login(database, "Mara") == one
    assert await users.find_user_by_login(database, "Mara@example.org") == two


async def test_find_user_by_each_name_is_none_for_an_unknown_one(database: Database, user: User) -> None:
    for unknown in ["", " ", "nobody", "nobody@example.org", "%", "_", "' OR '1'='1", "🚀", "x" * 254, "@", "a@b@c"]:
        assert await users.find_user_by_username(database, unknown) is None
        assert await users.find_user_by_login(database, unknown) is None
    for unknown in ["nobody@example.org", "%@x", "'OR'1'='1@x", "🚀@x", "x" * 252 + "@x"]:
        assert await users.find_user_by_email(database, unknown) is None, unknown


async def test_find_user_by_each_name_refuses_what_no_name_can_be(database: Database) -> None:
    for find in (users.find_user_by_username, users.find_user_by_login):
        with pytest.raises(InvalidValue, match="at most 254 characters"):
            await find(database, "x" * 255)
    for nothing in ("", "x", "x" * 255, f"{'x' * 253}@x", "mara@example.org."):
        with pytest.raises(InvalidValue, match=r"^email: "):
            await users.find_user_by_email(database, nothing)


async def test_find_user_by_each_name_never_matches_accounts_without_one(database: Database) -> None:
    await users.create_user(database, builders.eve_user())
    assert await users.find_user_by_username(database, "None") is None
    with pytest.raises(InvalidValue, match=r"^username: must not be None$"):
        await users.find_user_by_username(database, None)


async def test_find_user_by_eve_character_finds_the_account_or_none(database: Database, user: User) -> None:
    made = await users.create_user(database, builders.eve_user())
    assert made.eve_character_id is not None
    assert await users.find_user_by_eve_character(database, made.eve_character_id) == made
    assert await users.find_user_by_eve_character(database, 1) is None
    assert await users.find_user_by_eve_character(database, -1) is None


async def test_find_user_by_each_name_finds_accounts_of_any_status(database: Database) -> None:
    made = await users.create_user(database, builders.user(status=users.UserStatus.DELETED))
    assert await users.find_user_by_username(database, made.username or "") == made
