"""What the tables themselves refuse from any client: rows are inserted by the raw driver, past the package."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

Query = Callable[[str, str], list[tuple[Any, ...]]]

ID = "0190a5f0-5c5e-7c3e-8a4e-0123456789ab"
NOW = "2026-01-02T03:04:05.678901Z"
LOCAL = {
    "id": ID,
    "username": "Mara",
    "username_fold": "mara",
    "email": "Mara@Example.org",
    "email_fold": "mara@example.org",
    "display_name": "Mara",
    "display_name_fold": "mara",
    "hashed_password": "$argon2id$...",
    "user_type": "LOCAL",
    "created_at": NOW,
    "updated_at": NOW,
}
EVE = {
    "id": ID,
    "display_name": "Ïsk",
    "display_name_fold": "ïsk",
    "user_type": "EVE_SSO",
    "eve_character_id": 95465499,
    "created_at": NOW,
    "updated_at": NOW,
}
COOKIE = {
    "id": ID,
    "user_id": ID,
    "platform": "market",
    "cookies": "v1.k1.AAAA",
    "expires_at": NOW,
    "created_at": NOW,
}


def insert(table: str, row: dict[str, object]) -> str:
    values = ("NULL" if v is None else f"{v}" if isinstance(v, int) else f"'{v}'" for v in row.values())
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(values)})"


REFUSED = re.compile(r"constraint|violates|invalid|syntax|out of range|cannot store", re.IGNORECASE)


def refusal(query: Query, url: str, sql: str) -> str:
    """What the driver said, or "taken"; the names of constraints are in it on both databases."""
    try:
        query(url, sql)
    except Exception as error:
        said = str(error)
    else:
        return "taken"
    assert REFUSED.search(said), said
    return said


def not_refused(
    query: Query, url: str, table: str, row: Mapping[str, object], cases: Iterable[tuple[dict[str, object], str]]
) -> list[tuple[dict[str, object], str]]:
    """The changes to a good row that are taken, or are refused by something else than the rule beside them."""
    said = [(changes, rule, refusal(query, url, insert(table, {**row, **changes}))) for changes, rule in cases]
    return [(changes, text) for changes, rule, text in said if text == "taken" or rule not in text]


@pytest.mark.parametrize("row", [LOCAL, EVE], ids=["local", "eve"])
def test_good_users_are_taken(database_url: str, query: Query, row: dict[str, object]) -> None:
    query(database_url, insert("users", row))
    ((status, role, active, admin, test, private),) = query(
        database_url, "SELECT status, role, is_active, is_admin, is_test_user, is_private FROM users"
    )
    assert (status, role) == ("ACTIVE", "USER")
    assert [bool(flag) for flag in (active, admin, test, private)] == [True, False, False, False]


def test_flags_follow_status_and_role(database_url: str, query: Query) -> None:
    query(database_url, insert("users", LOCAL | {"status": "SUSPENDED", "role": "ADMIN"}))
    ((active, admin),) = query(database_url, "SELECT is_active, is_admin FROM users")
    assert (bool(active), bool(admin)) == (False, True)


@pytest.mark.parametrize("column", ["is_active", "is_admin"])
def test_flags_cannot_be_set(database_url: str, query: Query, column: str) -> None:
    with pytest.raises(Exception, match=column):
        query(database_url, insert("users", LOCAL | {column: 1}))


BAD_LOCAL: list[tuple[dict[str, object], str]] = [
    ({"username": None, "username_fold": None}, "users_local_check"),
    ({"email": None, "email_fold": None}, "users_local_check"),
    ({"hashed_password": None}, "users_local_check"),
    ({"username": "ma@ra", "username_fold": "ma@ra"}, "users_username_check"),
    ({"username": "", "username_fold": ""}, "users_username_check"),
    ({"username": "a" * 65, "username_fold": "a" * 65}, "users_username_check"),
    ({"username_fold": None}, "users_username_fold_check"),
    ({"username_fold": "Mara"}, "users_username_fold_check"),
    ({"email": "mara", "email_fold": "mara"}, "users_email_check"),
    ({"email": "@a", "email_fold": "@a"}, "users_email_check"),
    ({"email": "@" * 255, "email_fold": "@" * 255}, "users_email_check"),
    ({"email_fold": "Mara@Example.org"}, "users_email_fold_check"),
    ({"email_fold": None}, "users_email_fold_check"),
    ({"display_name": "", "display_name_fold": ""}, "users_display_name_check"),
    ({"display_name": "a" * 101, "display_name_fold": "a" * 101}, "users_display_name_check"),
    ({"display_name_fold": "MARA"}, "users_display_name_fold_check"),
    ({"phone_number": "49301234567"}, "users_phone_number_check"),
    ({"phone_number": "+0301234567"}, "users_phone_number_check"),
    ({"phone_number": "+4930 1234567"}, "users_phone_number_check"),
    ({"phone_number": "+4"}, "users_phone_number_check"),
    ({"phone_number": "+1234567890123456"}, "users_phone_number_check"),
    ({"phone_number": "+4930123456\n"}, "users_phone_number_check"),
    ({"user_type": "GUEST"}, "users_user_type_check"),
    ({"status": "active"}, "users_status_check"),
    ({"role": "ROOT"}, "users_role_check"),
    ({"eve_character_id": 0}, "users_eve_character_id_check"),
    ({"eve_character_id": -5}, "users_eve_character_id_check"),
    ({"metadata": "[]"}, "users_metadata_check"),
    ({"metadata": "null"}, "users_metadata_check"),
    ({"last_login_at": "0000-01-01T00:00:00.000000Z"}, ""),
]


def test_bad_local_accounts_are_refused_by_the_rule_s_name(database_url: str, query: Query) -> None:
    assert not_refused(query, database_url, "users", LOCAL, BAD_LOCAL) == []


BAD_EVE: list[tuple[dict[str, object], str]] = [
    ({"eve_character_id": None}, "users_eve_sso_character_check"),
    ({"email": "a@b", "email_fold": "a@b"}, "users_eve_sso_email_check"),
    ({"username_fold": "mara"}, "users_username_fold_check"),
    ({"user_type": None}, "user_type"),
    ({"display_name": None}, "display_name"),
    ({"created_at": None}, "created_at"),
    ({"id": None}, "id"),
]


def test_bad_eve_accounts_are_refused_by_the_rule_s_name(database_url: str, query: Query) -> None:
    assert not_refused(query, database_url, "users", EVE, BAD_EVE) == []


def test_what_is_at_the_edge_is_taken(database_url: str, query: Query) -> None:
    edges: dict[str, object] = {
        "username": "Ä" * 64,
        "username_fold": "ä" * 64,
        "email": "a" * 253 + "@",
        "email_fold": "a" * 253 + "@",
        "phone_number": "+123456789012345",
        "display_name": "\U0001f680" * 100,
        "display_name_fold": "\U0001f680" * 100,
        "eve_character_id": 2**63 - 1,
        "metadata": '{"a": [1, null]}',
        "created_at": "0001-01-01T00:00:00.000000Z",
        "updated_at": "9999-12-31T23:59:59.999999Z",
        "last_login_at": "2024-02-29T23:59:59.999999Z",
    }
    query(database_url, insert("users", LOCAL | edges))
    query(database_url, insert("users", EVE | {"id": ID.replace("0", "f"), "phone_number": "+12"}))
    assert query(database_url, "SELECT count(*) FROM users") == [(2,)]


@pytest.mark.parametrize("column", ["username", "email", "phone_number", "eve_character_id"])
def test_what_names_a_user_names_one_alone(database_url: str, query: Query, column: str) -> None:
    first: dict[str, object] = LOCAL | {"phone_number": "+4930123", "eve_character_id": 7}
    second: dict[str, object] = {
        "id": ID.replace("0", "1"),
        "username": "Other",
        "username_fold": "other",
        "email": "o@example.org",
        "email_fold": "o@example.org",
        "phone_number": "+4930124",
        "eve_character_id": 8,
    }
    same = {name: first[name] for name in (column, f"{column}_fold") if name in first}
    query(database_url, insert("users", first))
    assert column in refusal(query, database_url, insert("users", first | second | same))
    query(database_url, insert("users", first | second))


BAD_COOKIES: list[tuple[dict[str, object], str]] = [
    ({"platform": ""}, "session_cookies_platform_check"),
    ({"platform": "p" * 51}, "session_cookies_platform_check"),
    ({"cookies": '{"sid": "in clear"}'}, "session_cookies_cookies_check"),
    ({"cookies": "V1.k.AAAA"}, "session_cookies_cookies_check"),
    ({"user_id": ID.replace("0", "1")}, ""),
    ({"expires_at": None}, "expires_at"),
]


def test_bad_session_cookies_are_refused(database_url: str, query: Query) -> None:
    query(database_url, insert("users", LOCAL))
    assert not_refused(query, database_url, "session_cookies", COOKIE, BAD_COOKIES) == []


def test_session_cookies_go_when_their_user_goes(database_url: str, query: Query) -> None:
    query(database_url, insert("users", LOCAL))
    query(database_url, insert("session_cookies", COOKIE | {"platform": "p" * 50}))
    query(database_url, "DELETE FROM users")
    assert query(database_url, "SELECT count(*) FROM session_cookies") == [(0,)]


NO_UUIDS = [
    ID.upper(),
    ID.replace("-", ""),
    f"{{{ID[1:-1]}}}",
    ID[:-1],
    f"{ID}0",
    ID.replace("a", "g"),
    ID[:8] + ID[9:13] + "-" + ID[13:],
    ID.replace("-", "_"),
    "-" * 36,
]


def test_sqlite_takes_uuids_in_one_spelling_only(sqlite_url: str, query: Query) -> None:
    columns = ("id", "user_id")
    cases = [({column: text}, f"session_cookies_{column}_type_check") for column in columns for text in NO_UUIDS]
    assert not_refused(query, sqlite_url, "session_cookies", COOKIE, cases) == []


NO_INSTANTS = [
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.678Z",
    "2026-01-02 03:04:05.678901Z",
    "2026-01-02T03:04:05.678901",
    "2026-01-02T03:04:05.678901z",
    "2026-01-02T03:04:05.678901+00:00",
    "2026-01-02T03:04:05.67890aZ",
    "2026-1-02T03:04:05.6789012Z",
    "2026-02-29T03:04:05.678901Z",
    "2026-04-31T03:04:05.678901Z",
    "2026-13-01T03:04:05.678901Z",
    "2026-00-01T03:04:05.678901Z",
    "2026-01-00T03:04:05.678901Z",
    "2026-01-02T24:00:00.000000Z",
    "2026-01-02T23:60:00.000000Z",
    "2026-01-02T23:59:60.000000Z",
    "0000-01-01T00:00:00.000000Z",
    "",
]


def test_sqlite_takes_real_instants_in_one_spelling_only(sqlite_url: str, query: Query) -> None:
    columns = ("created_at", "updated_at", "last_login_at")
    cases = [({column: text}, f"users_{column}_check") for column in columns for text in NO_INSTANTS]
    assert not_refused(query, sqlite_url, "users", EVE, cases) == []


@pytest.mark.parametrize("column", ["created_at", "expires_at"])
def test_sqlite_checks_the_instants_of_session_cookies_too(sqlite_url: str, query: Query, column: str) -> None:
    row = insert("session_cookies", COOKIE | {column: "2026-01-02T03:04:05Z"})
    assert f"session_cookies_{column}_check" in refusal(query, sqlite_url, row)


BAD_ON_SQLITE: list[tuple[dict[str, object], str]] = [
    ({"is_private": 2}, "users_is_private_type_check"),
    ({"is_test_user": -1}, "users_is_test_user_type_check"),
    ({"is_private": "true"}, "is_private"),
    ({"eve_character_id": "x"}, "eve_character_id"),
    ({"metadata": "{"}, "users_metadata_check"),
    ({"eve_scopes": "{}"}, "users_eve_scopes_type_check"),
    ({"eve_scopes": "["}, "users_eve_scopes_type_check"),
    ({"id": ID.upper()}, "users_id_type_check"),
]


def test_sqlite_refuses_what_postgresql_s_types_refuse(sqlite_url: str, query: Query) -> None:
    assert not_refused(query, sqlite_url, "users", EVE, BAD_ON_SQLITE) == []


NO_INSTANTS_OF_PYTHON = ["infinity", "-infinity", "0001-01-01 00:00:00 BC", "10000-01-01 00:00:00Z"]


def test_postgresql_takes_only_instants_that_python_can_hold(postgres_url: str, query: Query) -> None:
    columns = ("created_at", "updated_at", "last_login_at")
    cases = [({column: text}, f"users_{column}_check") for column in columns for text in NO_INSTANTS_OF_PYTHON]
    assert not_refused(query, postgres_url, "users", EVE, cases) == []


@pytest.mark.parametrize("column", ["created_at", "expires_at"])
def test_postgresql_checks_the_instants_of_session_cookies_too(postgres_url: str, query: Query, column: str) -> None:
    row = insert("session_cookies", COOKIE | {column: "infinity"})
    assert f"session_cookies_{column}_check" in refusal(query, postgres_url, row)
