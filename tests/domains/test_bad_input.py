"""Bad input: one clear error, the same on both databases, before any I/O, with nothing changed and no value told."""

import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from secrets import token_hex
from typing import Any

import pytest

from hangar_dal import Database, SessionCookie, User, builders, session_cookies, users, uuid7
from hangar_dal.errors import InvalidValue
from hangar_dal_pytest import HangarQueries

NUL = "SECRET\0"
LONE = "SECRET\ud800"
NEWER = "SECRET\U0001fae8"  # a face of Unicode 15
TOO_DEEP: Any = []
for _ in range(64):
    TOO_DEEP = [TOO_DEEP]
NAIVE = datetime(2031, 1, 1)  # noqa: DTZ001  (naive is what is refused)
TOO_LATE = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))
ID = "0190a5f0-5c5e-7c3e-8a4e-0123456789ab"

HAS_NUL = "text must not contain the NUL character"
HAS_LONE = "text must not contain a lone surrogate"
IS_INVISIBLE = "a name must not contain invisible characters or special spaces"
HAS_COMPATIBLE = "an e-mail address must not contain compatibility characters, such as circled or wide letters"
TOO_LONG_IN_A_LABELS = "an e-mail address must not have more than 254 characters, with its domain as A-labels"
HAS_NEWER = "text must not contain characters newer than Unicode 14"
TOO_BIG = "an integer must fit in 64 bits"
NOT_FINITE = "a JSON number must be finite, and a float within ±1e15"
NOT_AWARE = "a datetime must be aware; give it a time zone, such as datetime.UTC"

# What is wrong with one field of a model that was bypassed, and what is said.
USER: list[tuple[str, Any, str]] = [
    ("id", ID, "expected uuid.UUID, got str"),
    ("id", None, "must not be None"),
    ("username", NUL, HAS_NUL),
    ("username", LONE, HAS_LONE),
    ("username", NEWER, HAS_NEWER),
    ("username", "", "String should have at least 1 character"),
    ("username", "SECRET" * 11, "String should have at most 64 characters"),
    ("username", 7, "expected str, got int"),
    ("username", b"SECRET", "expected str, got bytes"),
    ("email", "SECRET", "an e-mail address needs one @, with text before and after it"),
    ("email", "SECRET@SECRET@x", "an e-mail address needs one @, with text before and after it"),
    ("email", "SECRET" * 42 + "@xyz", "an e-mail address must not have more than 254 characters"),
    ("email", "SECRET" * 41 + "@äöü", TOO_LONG_IN_A_LABELS),
    ("email", "SECRET@g\N{CIRCLED LATIN SMALL LETTER M}ail.com", HAS_COMPATIBLE),
    ("email", "SEC\N{LATIN SMALL LIGATURE FI}RET@x", HAS_COMPATIBLE),
    ("email", "SECRET@x_y.com", "the domain of the e-mail address is not allowed by IDNA 2008"),
    ("email", "SEC RET@x", "an e-mail address must not contain spaces or invisible characters"),
    ("email", "SECRET@exam\N{SOFT HYPHEN}ple.org", "an e-mail address must not contain spaces or invisible characters"),
    ("email", f"{NEWER}@x", HAS_NEWER),
    ("email", f"{LONE}@x", HAS_LONE),
    ("phone_number", "+0123", r"String should match pattern '^\+[1-9][0-9]{1,14}$'"),
    ("phone_number", "+1234567890123456", r"String should match pattern '^\+[1-9][0-9]{1,14}$'"),
    ("phone_number", "+٣٤٥", r"String should match pattern '^\+[1-9][0-9]{1,14}$'"),
    ("display_name", "SECRET" * 17, "String should have at most 100 characters"),
    ("display_name", NEWER, HAS_NEWER),
    ("display_name", "SECRET\N{ZERO WIDTH JOINER}", IS_INVISIBLE),
    ("display_name", " SECRET", "a name must not begin or end with a space"),
    ("username", "SECRET\N{NO-BREAK SPACE}SECRET", IS_INVISIBLE),
    ("username", "SECRET ", "a name must not begin or end with a space"),
    ("display_name", None, "must not be None"),
    ("user_type", "LOCAL", "expected UserType, got str"),
    ("eve_character_id", 2**63, TOO_BIG),
    ("eve_character_id", 10**5000, TOO_BIG),
    ("eve_character_id", True, "expected int, got bool"),
    ("eve_character_id", 1.0, "expected int, got float"),
    ("eve_character_id", "1", "expected int, got str"),
    ("eve_character_id", 0, "Input should be greater than 0"),
    ("eve_scopes", "SECRET", "expected a list, got str"),
    ("eve_scopes", [None], "expected str, got NoneType"),
    ("eve_scopes", [NUL], HAS_NUL),
    ("eve_scopes", [LONE], HAS_LONE),
    ("eve_scopes", None, "must not be None"),
    ("status", "ACTIVE", "expected UserStatus, got str"),
    ("role", users.UserStatus.ACTIVE, "expected UserRole, got UserStatus"),
    ("is_private", 1, "expected bool, got int"),
    ("is_test_user", None, "must not be None"),
    ("metadata", [], "expected dict, got list"),
    ("metadata", {"a": math.nan}, NOT_FINITE),
    ("metadata", {"a": [math.inf]}, NOT_FINITE),
    ("metadata", {"a": -1.1e15}, NOT_FINITE),
    ("metadata", {"a": 2**63}, TOO_BIG),
    ("metadata", {"a": -(2**63) - 1}, TOO_BIG),
    ("metadata", {"a": {1}}, "set is not JSON; pass dict, list, str, int, float, bool or None"),
    ("metadata", {"a": builders.LATER}, "datetime is not JSON; pass dict, list, str, int, float, bool or None"),
    ("metadata", {"a": (1,)}, "tuple is not JSON; pass dict, list, str, int, float, bool or None"),
    ("metadata", {1: "SECRET"}, "a key of a JSON object must be text"),
    ("metadata", {NUL: 1}, HAS_NUL),
    ("metadata", {"a": LONE}, HAS_LONE),
    ("metadata", {"a": TOO_DEEP}, "JSON must not be nested deeper than 64 levels"),
    ("metadata", {"a": "SECRET" * 200_000}, "JSON must not be larger than 1048576 bytes"),
]
SESSION: list[tuple[str, Any, str]] = [
    ("id", ID, "expected uuid.UUID, got str"),
    ("user_id", "SECRET", "expected uuid.UUID, got str"),
    ("platform", "", "String should have at least 1 character"),
    ("platform", "SECRET" * 9, "String should have at most 50 characters"),
    ("platform", NUL, HAS_NUL),
    ("platform", LONE, HAS_LONE),
    ("cookies", "SECRET", "expected dict or list, got str"),
    ("cookies", 7, "expected dict or list, got int"),
    ("cookies", None, "must not be None"),
    ("cookies", ({},), "expected dict or list, got tuple"),
    ("cookies", [math.nan], NOT_FINITE),
    ("cookies", {"value": NUL}, HAS_NUL),
    ("cookies", {"value": LONE}, HAS_LONE),
    ("cookies", [2**63], TOO_BIG),
    ("cookies", [builders.LATER], "datetime is not JSON; pass dict, list, str, int, float, bool or None"),
    ("cookies", TOO_DEEP, "JSON must not be nested deeper than 64 levels"),
    ("cookies", ["SECRET" * 200_000], "JSON must not be larger than 1048576 bytes"),
    ("expires_at", NAIVE, NOT_AWARE),
    ("expires_at", TOO_LATE, "a datetime must be within the years 1 to 9999 in UTC"),
    ("expires_at", "2031-01-01T00:00:00Z", "expected datetime, got str"),
    ("expires_at", 1924992000, "expected datetime, got int"),
    ("expires_at", None, "expected datetime, got NoneType"),
    ("expires_at", builders.LATER.date(), "expected datetime, got date"),
    ("expires_at", datetime(2030, 1, 1, tzinfo=UTC), "must be in the future; an expired session cannot be stored"),
]
# Other calls, each with the whole message.
CALLS: dict[str, tuple[Callable[[Database, User], Awaitable[Any]], str]] = {
    "get_user-str": (lambda db, user: users.get_user(db, ID), "user_id: expected uuid.UUID, got str"),
    "get_user-bytes": (lambda db, user: users.get_user(db, user.id.bytes), "user_id: expected uuid.UUID, got bytes"),
    "delete_user-malformed": (
        lambda db, user: users.delete_user(db, "SECRET"),
        "user_id: expected uuid.UUID, got str",
    ),
    "delete_user-int": (lambda db, user: users.delete_user(db, 7), "user_id: expected uuid.UUID, got int"),
    "find_user_by_email-NUL": (lambda db, user: users.find_user_by_email(db, NUL), f"email: {HAS_NUL}"),
    "find_user_by_username-lone": (lambda db, user: users.find_user_by_username(db, LONE), f"username: {HAS_LONE}"),
    "find_user_by_login-newer": (lambda db, user: users.find_user_by_login(db, NEWER), f"username: {HAS_NEWER}"),
    "find_user_by_login-NUL": (lambda db, user: users.find_user_by_login(db, f"{NUL}@x"), f"login: {HAS_NUL}"),
    "find_user_by_login-bytes": (
        lambda db, user: users.find_user_by_login(db, b"SECRET"),
        "login: expected str, got bytes",
    ),
    "find_user_by_email-no address": (
        lambda db, user: users.find_user_by_email(db, "SECRET"),
        "email: an e-mail address needs one @, with text before and after it",
    ),
    "find_user_by_email-circled": (
        lambda db, user: users.find_user_by_email(db, "SECRET@g\N{CIRCLED LATIN SMALL LETTER M}ail.com"),
        f"email: {HAS_COMPATIBLE}",
    ),
    "find_user_by_eve_character-big": (
        lambda db, user: users.find_user_by_eve_character(db, 2**63),
        f"eve_character_id: {TOO_BIG}",
    ),
    "find_user_by_eve_character-bool": (
        lambda db, user: users.find_user_by_eve_character(db, True),
        "eve_character_id: expected int, got bool",
    ),
    "list_users-naive after": (
        lambda db, user: users.list_users(db, after=user.model_copy(update={"created_at": NAIVE})),
        f"created_at: {NOT_AWARE}",
    ),
    "update_user-NUL": (lambda db, user: users.update_user(db, user.id, username=NUL), f"username: {HAS_NUL}"),
    "update_user-int": (
        lambda db, user: users.update_user(db, user.id, is_private=1),
        "is_private: expected bool, got int",
    ),
    "update_user-NaN": (
        lambda db, user: users.update_user(db, user.id, metadata={"a": math.nan}),
        f"metadata: {NOT_FINITE}",
    ),
    "set_user_status-str": (
        lambda db, user: users.set_user_status(db, user.id, "ACTIVE"),
        "status: expected UserStatus, got str",
    ),
    "set_user_role-str": (
        lambda db, user: users.set_user_role(db, user.id, "ADMIN"),
        "role: expected UserRole, got str",
    ),
    "authenticate-NUL": (lambda db, user: users.authenticate(db, NUL, builders.user().password), f"login: {HAS_NUL}"),
    "create_user-dict": (lambda db, user: users.create_user(db, {}), "new: expected NewUser, got dict"),
    "create_session_cookie-dict": (
        lambda db, user: session_cookies.create_session_cookie(db, {"cookies": "SECRET"}),
        "new: expected NewSessionCookie, got dict",
    ),
    "create_session_cookie-of nobody": (
        lambda db, user: session_cookies.create_session_cookie(
            db, builders.session_cookie(user.id).model_copy(update={"user_id": None})
        ),
        "user_id: must not be None",
    ),
    "update_session_cookie-of nobody": (
        lambda db, user: session_cookies.replace_session_cookie(
            db, session_cookie_id=user.id, user_id=None, platform="x", cookies=[], expires_at=builders.LATER
        ),
        "cookies: sealed to id, user_id, platform, none of which may be None",
    ),
    "find_session_cookie-long": (
        lambda db, user: session_cookies.find_session_cookie(db, user_id=user.id, platform="x" * 51),
        "platform: String should have at most 50 characters",
    ),
    "list_session_cookies-NUL": (
        lambda db, user: session_cookies.list_session_cookies(db, user_id=user.id, platform=NUL),
        f"platform: {HAS_NUL}",
    ),
    "delete_session_cookies-empty": (
        lambda db, user: session_cookies.delete_session_cookies(db, user_id=user.id, platform=""),
        "platform: String should have at least 1 character",
    ),
    "count_session_cookies-str": (
        lambda db, user: session_cookies.count_session_cookies(db, user_id=ID),
        "user_id: expected uuid.UUID, got str",
    ),
}


@pytest.fixture
async def kept(database: Database, user: User) -> SessionCookie:
    return await session_cookies.create_session_cookie(database, builders.session_cookie(user.id))


@pytest.fixture
async def refused(
    database: Database, user: User, kept: SessionCookie, hangar_queries: HangarQueries
) -> Callable[[Awaitable[Any], str], Awaitable[None]]:
    """Awaits a call that must raise InvalidValue with just this message, run no statement and change nothing."""

    async def check(call: Awaitable[Any], message: str) -> None:
        with pytest.raises(InvalidValue) as caught, hangar_queries() as sent:
            await call
        assert str(caught.value) == message
        assert "SECRET" not in message
        assert caught.value.__cause__ is None
        assert sent.names == []
        assert await users.list_users(database) == [user]
        assert await session_cookies.list_session_cookies(database, user_id=user.id) == [kept]

    return check


Refused = Callable[[Awaitable[Any], str], Awaitable[None]]


async def test_create_user_refuses_a_bad_value_of_a_bypassed_model(
    database: Database, refused: Refused, subtests: pytest.Subtests
) -> None:
    for field, value, rule in USER:
        new = (builders.eve_user if field == "eve_character_id" else builders.user)().model_copy(update={field: value})
        with subtests.test(field=field, rule=rule):
            await refused(users.create_user(database, new), f"{field}: {rule}")


async def test_session_cookies_refuse_a_bad_value_in_each_way_in(
    database: Database, user: User, kept: SessionCookie, refused: Refused, subtests: pytest.Subtests
) -> None:
    for field, value, rule in SESSION:
        new = builders.session_cookie(user.id).model_copy(update={field: value})
        several = [builders.session_cookie(user.id), new]
        given = {"session_cookie_id": kept.id, **kept.model_dump(exclude={"id", "created_at"})}
        given["session_cookie_id" if field == "id" else field] = value
        with subtests.test(field=field, rule=rule):
            await refused(session_cookies.create_session_cookie(database, new), f"{field}: {rule}")
            await refused(session_cookies.import_session_cookies(database, several), f"{field}: {rule}")
            await refused(session_cookies.replace_session_cookie(database, **given), f"{field}: {rule}")


async def test_each_function_refuses_a_bad_argument(
    database: Database, user: User, refused: Refused, subtests: pytest.Subtests
) -> None:
    for name, (call, message) in CALLS.items():
        with subtests.test(name):
            await refused(call(database, user), message)


async def test_an_unknown_user_id_is_no_bad_input(database: Database) -> None:
    assert await users.delete_user(database, uuid7()) == 0


def test_models_tell_no_value_of_what_they_refuse() -> None:
    canary = token_hex()
    with pytest.raises(ValueError, match="cookies") as caught:
        builders.session_cookie(uuid7(), cookies=canary, platform=canary * 2)
    assert canary not in str(caught.value) + repr(caught.value)
    with pytest.raises(ValueError, match="email") as caught:
        builders.user(email=canary, password=canary, username=canary * 2)
    assert canary not in str(caught.value) + repr(caught.value)
