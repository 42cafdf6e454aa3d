"""`create_user`: what comes back is what went in, and nothing half right is stored."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from hangar_dal import Database, NewUser, UserRole, UserStatus, UserType, builders, users, uuid7
from hangar_dal.errors import CheckViolation, InvalidValue, UniqueViolation, WeakPassword
from tests.helpers.clock import Clock


async def test_create_user_returns_the_row_that_get_user_finds(database: Database, clock: Clock) -> None:
    new = builders.user(
        phone_number="+491711234567",
        display_name="Mårten ✦ Pilot",
        eve_character_id=2**63 - 1,
        eve_scopes=["publicData", 'with "quotes", commas, {braces} and \\', "", "publicData"],
        is_test_user=True,
        is_private=True,
        metadata={"b": [1, -2.5, None, True, {"deep": "näh"}], "a": 2**63 - 1, "": "empty key"},
    )
    made = await users.create_user(database, new)
    given = new.model_dump(exclude={"password"})
    assert made.model_dump() == {
        **given,
        "is_active": True,
        "is_admin": False,
        "last_login_at": None,
        "created_at": clock.now,
        "updated_at": clock.now,
    }
    assert await users.get_user(database, made.id) == made


async def test_create_user_needs_little_of_a_local_account(database: Database) -> None:
    made = await users.create_user(
        database, NewUser(username="Mara", email="mara@example.org", password=builders.password())
    )
    assert made.display_name == "Mara"
    assert (made.user_type, made.status, made.role) == (UserType.LOCAL, UserStatus.ACTIVE, UserRole.USER)
    assert (made.phone_number, made.eve_character_id, made.eve_scopes, made.metadata) == (None, None, [], {})
    assert (made.is_test_user, made.is_private) == (False, False)


async def test_create_user_needs_little_of_an_eve_account(database: Database) -> None:
    new = NewUser(user_type=UserType.EVE_SSO, eve_character_id=95465499, display_name="CCP Bartender")
    made = await users.create_user(database, new)
    assert (made.username, made.email, made.eve_character_id) == (None, None, 95465499)


async def test_create_user_lets_an_eve_account_choose_a_username(database: Database) -> None:
    made = await users.create_user(database, builders.eve_user(username="Chosen"))
    assert await users.find_user_by_username(database, "CHOSEN") == made


async def test_create_user_derives_the_flags(database: Database) -> None:
    for status in UserStatus:
        for role in UserRole:
            made = await users.create_user(database, builders.user(status=status, role=role))
            assert made.is_active is (status is UserStatus.ACTIVE)
            assert made.is_admin is (role is UserRole.ADMIN)


async def test_create_user_takes_usernames_of_one_to_64_characters_in_any_script(database: Database) -> None:
    for length in [1, 64]:
        made = await users.create_user(database, builders.user(username="𐐀" * length))
        assert made.username == "𐐀" * length


async def test_create_user_takes_the_longest_addresses_however_their_folds_grow(database: Database) -> None:
    # U+0390 folds to three characters, as many as any other.
    for text in ("\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}" * 252, "🚀" * 252):
        made = await users.create_user(database, builders.user(email=f"{text}@x"))
        assert await users.find_user_by_email(database, f"{text}@X") == made


async def test_create_user_stores_an_argon2id_hash_and_not_the_password(database: Database) -> None:
    new = builders.user()
    made = await users.create_user(database, new)
    login = await users.find_login_by_username(database, made.username or "")
    assert login is not None
    assert login.hashed_password is not None
    assert login.hashed_password.startswith("$argon2id$")
    assert new.password is not None
    assert new.password.get_secret_value() not in login.hashed_password


@pytest.mark.parametrize(
    "weak", ["short", "passwordpassword", "1234567890123456", "a" * 20, "x" * 257], ids=lambda text: text[:16]
)
async def test_create_user_refuses_weak_and_overlong_passwords_and_stores_nothing(
    database: Database, weak: str
) -> None:
    with pytest.raises(WeakPassword):
        await users.create_user(database, builders.user(password=SecretStr(weak)))
    assert await users.count_users(database) == 0


async def test_create_user_refuses_a_password_that_is_the_users_own_name(database: Database) -> None:
    for field in ["username", "email", "display_name"]:
        name = "an.unusual.name.indeed"
        known = f"{name}@example.org" if field == "email" else name
        with pytest.raises(WeakPassword, match="own name"):
            await users.create_user(database, builders.user(**{field: known, "password": SecretStr(name.upper())}))


@pytest.mark.parametrize("missing", ["username", "email", "password"])
def test_create_user_gets_no_local_account_without_its_parts(missing: str) -> None:
    with pytest.raises(ValidationError, match="a LOCAL account needs username, email and password"):
        builders.user(**{missing: None, "display_name": "Somebody"})


def test_create_user_gets_no_eve_account_without_a_character_or_with_an_address() -> None:
    with pytest.raises(ValidationError, match="an EVE_SSO account needs eve_character_id"):
        builders.eve_user(eve_character_id=None)
    with pytest.raises(ValidationError, match="an EVE_SSO account has no email"):
        builders.eve_user(email="mara@example.org")
    with pytest.raises(ValidationError, match="display_name: needed where there is no username"):
        NewUser(user_type=UserType.EVE_SSO, eve_character_id=1)


async def test_create_user_refuses_a_username_that_could_pose_as_an_address(database: Database) -> None:
    for at in ["@", "\N{FULLWIDTH COMMERCIAL AT}", "\N{SMALL COMMERCIAL AT}"]:
        with pytest.raises(ValidationError, match="username"):
            builders.user(username=f"mara{at}example.org")
        sneaked = builders.user().model_copy(update={"username": f"mara{at}example.org"})
        with pytest.raises(InvalidValue, match="username: String should match pattern"):
            await users.create_user(database, sneaked)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"username": None}, "users_local_check"),
        ({"email": None}, "users_local_check"),
        ({"password": None}, "users_local_check"),
        ({"user_type": UserType.EVE_SSO, "email": None}, "users_eve_sso_character_check"),
        ({"user_type": UserType.EVE_SSO, "eve_character_id": 1}, "users_eve_sso_email_check"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
async def test_create_user_is_held_by_the_table_where_the_model_was_bypassed(
    database: Database, changes: dict[str, object], rule: str
) -> None:
    with pytest.raises(CheckViolation, match=f"^a row violates the constraint {rule} of users$") as caught:
        await users.create_user(database, builders.user().model_copy(update=changes))
    assert (caught.value.constraint, caught.value.table, caught.value.columns) == (rule, "users", ())
    assert caught.value.query == "users.insert_user"
    assert await users.count_users(database) == 0


async def test_create_user_makes_keys_that_sort_by_their_time(database: Database, clock: Clock) -> None:
    made = []
    for _ in range(20):
        made.append(await users.create_user(database, builders.eve_user()))
        clock.advance(timedelta(milliseconds=1))
    assert [user.id.version for user in made] == [7] * 20
    assert await users.get_users(database, [user.id for user in reversed(made)]) == made


async def test_create_user_takes_an_id_of_the_callers_once(database: Database) -> None:
    chosen = uuid7()
    assert (await users.create_user(database, builders.user(id=chosen))).id == chosen
    with pytest.raises(UniqueViolation) as caught:
        await users.create_user(database, builders.user(id=chosen))
    assert (caught.value.columns, caught.value.constraint) == (("id",), "users_pkey")


async def test_create_user_lets_one_of_many_at_once_have_the_name(database: Database) -> None:
    tries = [
        users.create_user(database, builders.eve_user(username=name)) for name in ["Straße", "STRASSE", "strasse"] * 4
    ]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["UniqueViolation"] * 11 + ["User"]
    assert await users.count_users(database) == 1


async def test_insert_user_in_a_transaction_goes_with_it(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            made = await users.insert_user(tx, builders.eve_user(), hashed_password=None)
            assert await users.get_user(tx, made.id) == made
            raise ZeroDivisionError
    assert await users.count_users(database) == 0
