"""`update_user`: a field left out stays, a field set to None becomes NULL, anything else is refused."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, UserStatus, builders, users, uuid7
from hangar_dal.errors import CheckViolation, InvalidValue, NotFound, UniqueViolation
from tests.helpers.clock import Clock

FIELDS: dict[str, Any] = {
    "username": "Größe✦",
    "email": "Neu@example.org",
    "phone_number": "+12",
    "display_name": "Ⓐnother Name",
    "is_test_user": True,
    "is_private": True,
    "metadata": {"a": [1, {"b": None}]},
}


@pytest.fixture
async def person(database: Database) -> User:
    """With a value in every field."""
    return await users.create_user(
        database, builders.user(phone_number="+491711234567", metadata={"old": True}, eve_scopes=["publicData"])
    )


@pytest.mark.parametrize("field", FIELDS)
async def test_update_user_changes_one_field_and_leaves_the_others(
    database: Database, clock: Clock, person: User, field: str
) -> None:
    clock.advance(timedelta(hours=1))
    changed = await users.update_user(database, person.id, **{field: FIELDS[field]})
    assert changed == person.model_copy(update={field: FIELDS[field], "updated_at": clock.now})
    assert await users.get_user(database, person.id) == changed


async def test_update_user_changes_all_fields_at_once(database: Database, person: User) -> None:
    changed = await users.update_user(database, person.id, **FIELDS)
    assert changed == person.model_copy(update=FIELDS)


async def test_update_user_changes_nobody_else(database: Database, user: User, person: User) -> None:
    await users.update_user(database, person.id, **FIELDS)
    assert await users.get_user(database, user.id) == user


async def test_update_user_sets_a_field_to_null(database: Database, person: User) -> None:
    changed = await users.update_user(database, person.id, phone_number=None)
    assert changed == person.model_copy(update={"phone_number": None})


async def test_update_user_takes_none_for_what_is_null_already(database: Database) -> None:
    made = await users.create_user(database, builders.eve_user())
    assert await users.update_user(database, made.id, email=None, phone_number=None) == made


async def test_update_user_refuses_none_where_a_value_is_needed(database: Database, person: User) -> None:
    for field in sorted(FIELDS.keys() - {"email", "phone_number"}):
        with pytest.raises(InvalidValue, match=f"^{field}: must not be None$"):
            await users.update_user(database, person.id, **{field: None})
        assert await users.get_user(database, person.id) == person


async def test_update_user_with_no_change_keeps_all_but_the_time(
    database: Database, clock: Clock, person: User
) -> None:
    clock.advance(timedelta(seconds=1))
    assert await users.update_user(database, person.id) == person.model_copy(update={"updated_at": clock.now})


async def test_update_user_refuses_fields_that_it_does_not_change(database: Database, person: User) -> None:
    for field in ["id", "status", "role", "is_admin", "hashed_password", "created_at", "nonsense"]:
        with pytest.raises(TypeError, match=f"unexpected field {field}$"):
            await users.update_user(database, person.id, **{field: "x"})
        assert await users.get_user(database, person.id) == person


async def test_update_user_raises_not_found_for_an_unknown_id(database: Database, person: User) -> None:
    with pytest.raises(NotFound, match=r"^users\.update_user: no row matched$"):
        await users.update_user(database, uuid7(), display_name="x")
    assert await users.get_user(database, person.id) == person


async def test_update_user_moves_the_name_under_which_a_user_is_found(database: Database, person: User) -> None:
    old_name, old_email = str(person.username), str(person.email)
    changed = await users.update_user(database, person.id, username="Straße", email="Straße@Example.org")
    assert await users.find_user_by_username(database, "STRASSE") == changed
    assert await users.find_user_by_email(database, "STRASSE@example.ORG") == changed
    assert await users.find_user_by_login(database, "strasse") == changed
    assert await users.find_user_by_username(database, old_name) is None
    assert await users.find_user_by_email(database, old_email) is None


async def test_update_user_moves_the_name_by_which_users_are_listed(database: Database) -> None:
    one, two = [await users.create_user(database, builders.eve_user(display_name=name)) for name in ("a", "b")]
    moved = await users.update_user(database, one.id, display_name="Ⓒ")
    assert await users.list_users(database, order="name") == [two, moved]


async def test_update_user_refuses_a_local_account_without_an_address(database: Database, person: User) -> None:
    with pytest.raises(CheckViolation) as caught:
        await users.update_user(database, person.id, email=None)
    assert (caught.value.constraint, caught.value.table) == ("users_local_check", "users")
    assert await users.get_user(database, person.id) == person


async def test_update_user_refuses_an_eve_account_with_an_address(database: Database) -> None:
    made = await users.create_user(database, builders.eve_user())
    with pytest.raises(CheckViolation) as caught:
        await users.update_user(database, made.id, email="mara@example.org")
    assert caught.value.constraint == "users_eve_sso_email_check"
    assert await users.get_user(database, made.id) == made


async def test_update_user_gives_an_eve_account_a_username(database: Database) -> None:
    made = await users.create_user(database, builders.eve_user())
    changed = await users.update_user(database, made.id, username="Chosen")
    assert await users.find_user_by_login(database, "cHOSEN") == changed


async def test_update_user_changes_nothing_if_one_field_is_taken(database: Database, user: User, person: User) -> None:
    with pytest.raises(UniqueViolation) as caught:
        await users.update_user(database, person.id, display_name="new", email=str(user.email).upper())
    assert caught.value.columns == ("email",)
    assert await users.get_user(database, person.id) == person


async def test_update_user_works_on_accounts_of_any_status(database: Database) -> None:
    made = await users.create_user(database, builders.user(status=UserStatus.SUSPENDED))
    assert (await users.update_user(database, made.id, is_private=True)).is_private
