"""`set_user_status`, `set_user_role`, `touch_last_login`, `set_password`, `delete_user`."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from hangar_dal import Database, User, UserRole, UserStatus, builders, session_cookies, users, uuid7
from hangar_dal.errors import InvalidCredentials, InvalidValue, NotFound, WeakPassword
from tests.helpers.clock import Clock


@pytest.mark.parametrize("status", UserStatus)
async def test_set_user_status_returns_the_new_row_and_its_flag(
    database: Database, clock: Clock, user: User, status: UserStatus
) -> None:
    clock.advance(timedelta(days=1))
    changed = await users.set_user_status(database, user.id, status)
    update = {"status": status, "is_active": status is UserStatus.ACTIVE, "updated_at": clock.now}
    assert changed == user.model_copy(update=update)
    assert await users.get_user(database, user.id) == changed


@pytest.mark.parametrize("role", UserRole)
async def test_set_user_role_returns_the_new_row_and_its_flag(
    database: Database, clock: Clock, user: User, role: UserRole
) -> None:
    clock.advance(timedelta(days=1))
    changed = await users.set_user_role(database, user.id, role)
    update = {"role": role, "is_admin": role is UserRole.ADMIN, "updated_at": clock.now}
    assert changed == user.model_copy(update=update)
    assert await users.get_user(database, user.id) == changed


async def test_set_user_status_and_role_go_back_again(database: Database, user: User) -> None:
    await users.set_user_status(database, user.id, UserStatus.DELETED)
    await users.set_user_role(database, user.id, UserRole.ADMIN)
    await users.set_user_role(database, user.id, UserRole.USER)
    assert await users.set_user_status(database, user.id, UserStatus.ACTIVE) == user


async def test_touch_last_login_notes_the_time_and_nothing_else(database: Database, clock: Clock, user: User) -> None:
    assert user.last_login_at is None
    clock.advance(timedelta(microseconds=1))
    touched = await users.touch_last_login(database, user.id)
    assert touched == user.model_copy(update={"last_login_at": clock.now})


async def test_set_user_anything_changes_nobody_else(database: Database, user: User) -> None:
    other = await users.create_user(database, builders.user())
    younger = await users.create_user(database, builders.user())
    await users.set_user_status(database, other.id, UserStatus.INACTIVE)
    await users.set_user_role(database, other.id, UserRole.ADMIN)
    await users.touch_last_login(database, other.id)
    await users.set_password(database, other.id, builders.password())
    assert await users.get_users(database, [user.id, younger.id]) == [user, younger]


async def test_set_user_anything_raises_not_found_for_an_unknown_id(database: Database, user: User) -> None:
    with pytest.raises(NotFound, match="set_user_status"):
        await users.set_user_status(database, uuid7(), UserStatus.ACTIVE)
    with pytest.raises(NotFound, match="set_user_role"):
        await users.set_user_role(database, uuid7(), UserRole.ADMIN)
    with pytest.raises(NotFound, match="touch_last_login"):
        await users.touch_last_login(database, uuid7())
    with pytest.raises(NotFound, match="get_user"):
        await users.set_password(database, uuid7(), builders.password())


async def test_set_password_replaces_the_old_one(database: Database, clock: Clock) -> None:
    new, other = builders.user(), builders.password()
    made = await users.create_user(database, new)
    assert new.password is not None
    clock.advance(timedelta(seconds=1))
    changed = await users.set_password(database, made.id, other)
    assert changed == made.model_copy(update={"updated_at": clock.now})
    assert await users.authenticate(database, str(made.username), other) == changed
    with pytest.raises(InvalidCredentials):
        await users.authenticate(database, str(made.username), new.password)


async def test_set_password_gives_an_eve_account_with_a_username_a_second_way_in(database: Database) -> None:
    made, secret = await users.create_user(database, builders.eve_user(username="Chosen")), builders.password()
    await users.set_password(database, made.id, secret)
    assert (await users.authenticate(database, "chosen", secret)).id == made.id


async def test_set_password_refuses_weak_and_overlong_ones_and_keeps_the_old(database: Database) -> None:
    for weak in ["", "short", "passwordpassword", "x" * 257, "x" * 1_000_000]:
        new = builders.user()
        made = await users.create_user(database, new)
        assert new.password is not None
        with pytest.raises(WeakPassword):
            await users.set_password(database, made.id, SecretStr(weak))
        assert await users.authenticate(database, str(made.username), new.password) == made


async def test_set_password_refuses_the_users_own_names_whatever_their_case(database: Database) -> None:
    name = "the.longest.serving.pilot"
    made = await users.create_user(
        database,
        builders.user(username=name, email="quartermaster.of.them.all@example.org", display_name="Ada of the Wheel"),
    )
    for own in [name.upper(), "Quartermaster.of.Them.All@example.org", "ada of the wheel"]:
        with pytest.raises(WeakPassword, match="own name"):
            await users.set_password(database, made.id, SecretStr(own))


async def test_set_password_refuses_a_password_that_is_no_secret(database: Database, user: User) -> None:
    with pytest.raises(InvalidValue, match=r"^password: expected SecretStr, got str$"):
        await users.set_password(database, user.id, "twenty letters at least")


async def test_delete_user_takes_the_session_cookies_along(database: Database, user: User) -> None:
    other = await users.create_user(database, builders.user())
    for owner in (user, user, other):
        await session_cookies.create_session_cookie(database, builders.session_cookie(owner.id))
    assert await users.delete_user(database, user.id) == 1
    assert await session_cookies.count_session_cookies(database) == 1
    assert await session_cookies.count_session_cookies(database, user_id=other.id) == 1
    with pytest.raises(NotFound):
        await users.get_user(database, user.id)


async def test_delete_user_of_an_unknown_id_is_zero(database: Database, user: User) -> None:
    assert await users.delete_user(database, uuid7()) == 0
    assert await users.delete_user(database, user.id) == 1
    assert await users.delete_user(database, user.id) == 0
