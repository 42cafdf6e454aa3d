"""What goes wrong in the domains is the same error on both databases: type, message, constraint, table, columns."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hangar_dal import Database, User, builders, errors, session_cookies, users, uuid7
from hangar_dal.errors import ConstraintViolation, DatabaseClosed, HangarError, ReadOnlyTransaction, TransactionFailed

Call = Callable[[Database, User], Awaitable[Any]]
UNIQUE = "users: {} must be unique, and another row already has this value ({})"
RULE = "a row violates the constraint {} of users"

VIOLATIONS: dict[str, tuple[Call, type[ConstraintViolation], str, str, str, tuple[str, ...]]] = {
    "username": (
        lambda db, user: users.create_user(db, builders.user(username=str(user.username).upper())),
        errors.UniqueViolation,
        UNIQUE.format("username", "users_username_fold_key"),
        "users_username_fold_key",
        "users",
        ("username",),
    ),
    "email": (
        lambda db, user: users.create_user(db, builders.user(email=str(user.email).upper())),
        errors.UniqueViolation,
        UNIQUE.format("email", "users_email_fold_key"),
        "users_email_fold_key",
        "users",
        ("email",),
    ),
    "phone_number": (
        lambda db, user: users.create_user(db, builders.eve_user(phone_number=user.phone_number)),
        errors.UniqueViolation,
        UNIQUE.format("phone_number", "users_phone_number_key"),
        "users_phone_number_key",
        "users",
        ("phone_number",),
    ),
    "eve_character_id": (
        lambda db, user: users.create_user(db, builders.eve_user(eve_character_id=user.eve_character_id)),
        errors.UniqueViolation,
        UNIQUE.format("eve_character_id", "users_eve_character_id_key"),
        "users_eve_character_id_key",
        "users",
        ("eve_character_id",),
    ),
    "id": (
        lambda db, user: users.create_user(db, builders.user(id=user.id)),
        errors.UniqueViolation,
        UNIQUE.format("id", "users_pkey"),
        "users_pkey",
        "users",
        ("id",),
    ),
    "no address": (
        lambda db, user: users.update_user(db, user.id, email=None),
        errors.CheckViolation,
        RULE.format("users_local_check"),
        "users_local_check",
        "users",
        (),
    ),
    "no password": (
        lambda db, user: users.insert_user(db, builders.user(), hashed_password=None),
        errors.CheckViolation,
        RULE.format("users_local_check"),
        "users_local_check",
        "users",
        (),
    ),
    "unknown user": (
        lambda db, user: session_cookies.create_session_cookie(db, builders.session_cookie(uuid7())),
        errors.ForeignKeyViolation,
        "session_cookies: user_id must refer to an existing row (session_cookies_user_id_fkey)",
        "session_cookies_user_id_fkey",
        "session_cookies",
        ("user_id",),
    ),
    "unknown user among many": (
        lambda db, user: session_cookies.import_session_cookies(
            db, [builders.session_cookie(user.id), builders.session_cookie(uuid7())]
        ),
        errors.ForeignKeyViolation,
        "session_cookies: user_id must refer to an existing row (session_cookies_user_id_fkey)",
        "session_cookies_user_id_fkey",
        "session_cookies",
        ("user_id",),
    ),
}


@pytest.fixture
async def user(database: Database) -> User:
    return await users.create_user(database, builders.user(phone_number="+4917112345", eve_character_id=95465499))


@pytest.mark.parametrize(
    ("call", "kind", "message", "constraint", "table", "columns"), VIOLATIONS.values(), ids=VIOLATIONS
)
async def test_a_violation_tells_constraint_table_and_columns(
    database: Database,
    user: User,
    call: Call,
    kind: type[ConstraintViolation],
    message: str,
    constraint: str,
    table: str,
    columns: tuple[str, ...],
) -> None:
    with pytest.raises(ConstraintViolation) as caught:
        await call(database, user)
    error = caught.value
    assert type(error) is kind
    assert (str(error), error.constraint, error.table, error.columns) == (message, constraint, table, columns)
    assert error.query is not None
    assert error.query.startswith(f"{table}.insert" if "update" not in error.query else f"{table}.update")
    assert error.__cause__ is None
    assert error.__context__ is None
    assert await users.list_users(database) == [user]
    assert await session_cookies.count_session_cookies(database) == 0


async def test_a_violation_in_a_transaction_fails_it_and_in_a_savepoint_does_not(
    database: Database, user: User
) -> None:
    async with database.transaction() as tx:
        kept = await users.insert_user(tx, builders.eve_user(), hashed_password=None)
        with pytest.raises(errors.UniqueViolation):
            async with tx.savepoint():
                await users.insert_user(tx, builders.eve_user(), hashed_password=None)
                await users.insert_user(tx, builders.eve_user(username=user.username), hashed_password=None)
        assert await users.count_users(tx) == 2
    with pytest.raises(TransactionFailed):
        async with database.transaction() as tx:
            await users.insert_user(tx, builders.eve_user(), hashed_password=None)
            with pytest.raises(errors.UniqueViolation):
                await users.insert_user(tx, builders.eve_user(username=user.username), hashed_password=None)
            await users.count_users(tx)
    assert await users.list_users(database, order="oldest") == sorted([user, kept], key=lambda one: one.id)


async def test_a_write_in_a_read_only_transaction_is_refused(database: Database, user: User) -> None:
    with pytest.raises(ReadOnlyTransaction):
        async with database.transaction(read_only=True) as tx:
            assert await users.get_user(tx, user.id) == user
            await users.delete_user(tx, user.id)
    assert await users.get_user(database, user.id) == user


async def test_a_closed_database_says_so(database: Database, user: User) -> None:
    await database.close()
    for call in (users.count_users(database), users.create_user(database, builders.eve_user())):
        with pytest.raises(DatabaseClosed):
            await call


async def test_one_except_clause_catches_all(database: Database, user: User) -> None:
    for call in (
        users.get_user(database, uuid7()),
        users.create_user(database, builders.user(id=user.id)),
        users.authenticate(database, "nobody", builders.user().password),
        users.list_users(database, limit=0),
    ):
        with pytest.raises(HangarError):
            await call
