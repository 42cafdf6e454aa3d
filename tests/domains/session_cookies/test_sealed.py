"""What is stored of cookies is sealed: it opens in its own row alone, and no copy of the database reveals it."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from hangar_dal import (
    ACCOUNTS,
    Database,
    SessionCookie,
    Settings,
    User,
    builders,
    open_database,
    sealing,
    session_cookies,
    users,
)
from hangar_dal.errors import CheckViolation, SealError
from tests.helpers.clock import Clock

MOVED = (
    r"^session_cookies\.cookies, id [0-9a-f-]{36}, user_id [0-9a-f-]{36}: the stored text does not open with key "
    r"k[0-9a-f]{8} in this row\. It was altered, or copied from another row or column, or this key id now "
    r"belongs to another key\.$"
)


def _sqlite_bytes(url: str) -> bytes:
    path = Path(urlsplit(url).path)
    return b"".join(part.read_bytes() for part in sorted(path.parent.glob(f"{path.name}*")))


def _postgres_bytes(url: str) -> bytes:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT users::text FROM users UNION ALL SELECT c::text FROM session_cookies AS c")
        return repr(rows.fetchall()).encode()


@pytest.fixture
def stored(database: Database, database_url: str) -> Callable[[], bytes]:
    """All that the database holds: the file of SQLite and its log, the rows of PostgreSQL, whose files are not ours."""
    read = {"sqlite": _sqlite_bytes, "postgresql": _postgres_bytes}[database.dialect]
    return lambda: read(database_url)


@pytest.fixture
async def rows(database: Database, user: User) -> list[SessionCookie]:
    """Of two users on two platforms."""
    other = await users.create_user(database, builders.user())
    return [
        await session_cookies.create_session_cookie(database, builders.session_cookie(owner.id, platform=platform))
        for owner in (user, other)
        for platform in ("a", "b")
    ]


async def test_session_cookies_are_stored_as_text_that_only_the_key_opens(
    database: Database, user: User, sql: Any, stored: Callable[[], bytes]
) -> None:
    canary = f"canary{token_hex(16)}"
    made = await session_cookies.create_session_cookie(
        database, builders.session_cookie(user.id, cookies=builders.storage_state(canary))
    )
    assert canary in str(made.cookies)
    await session_cookies.import_session_cookies(database, [builders.session_cookie(user.id, cookies=[canary])])
    await session_cookies.replace_session_cookie(
        database,
        session_cookie_id=made.id,
        user_id=user.id,
        platform=made.platform,
        cookies={"replaced": canary},
        expires_at=made.expires_at,
    )
    found = stored()
    assert user.id.bytes in found or str(user.id).encode() in found
    assert canary.encode() not in found
    for (text,) in await sql("SELECT cookies FROM session_cookies"):
        version, key_id, _ = text.split(".")
        assert (version, key_id) == ("v1", database.keyring.ids[0])


async def test_session_cookies_with_equal_content_are_stored_unequal(database: Database, user: User, sql: Any) -> None:
    for _ in range(2):
        await session_cookies.create_session_cookie(database, builders.session_cookie(user.id, cookies=[]))
    [(one,), (two,)] = await sql("SELECT cookies FROM session_cookies")
    assert one.rpartition(".")[2][16:] != two.rpartition(".")[2][16:]


async def test_session_cookies_moved_to_another_row_do_not_open(
    database: Database, sql: Any, rows: list[SessionCookie]
) -> None:
    texts = {str(key): text for key, text in await sql("SELECT id, cookies FROM session_cookies")}
    for one, two in combinations(rows, 2):  # of another user, of another platform, of both
        for here, there in ((one, two), (two, one)):
            await sql(f"UPDATE session_cookies SET cookies = '{texts[str(there.id)]}' WHERE id = '{here.id}'")
            with pytest.raises(SealError, match=MOVED) as caught:
                await session_cookies.get_session_cookie(database, here.id)
            assert caught.value.__cause__ is None
            await sql(f"UPDATE session_cookies SET cookies = '{texts[str(here.id)]}' WHERE id = '{here.id}'")
        assert await session_cookies.get_session_cookie(database, one.id) == one


@pytest.mark.parametrize("column", ["user_id", "platform", "id"])
async def test_session_cookies_do_not_open_when_their_row_is_given_away(
    database: Database, sql: Any, rows: list[SessionCookie], column: str
) -> None:
    stolen, other = rows[0], rows[3]
    value = token_hex(4) if column == "platform" else str(other.user_id)
    await sql(f"UPDATE session_cookies SET {column} = '{value}' WHERE id = '{stolen.id}'")
    key = other.user_id if column == "id" else stolen.id
    with pytest.raises(SealError, match=MOVED):
        await session_cookies.get_session_cookie(database, key)


async def test_session_cookies_that_do_not_open_are_an_error_wherever_they_are_read(
    database: Database, sql: Any, rows: list[SessionCookie]
) -> None:
    one, two = rows[:2]
    await sql(
        "UPDATE session_cookies SET cookies = "
        f"(SELECT cookies FROM session_cookies WHERE id = '{two.id}') WHERE id = '{one.id}'"
    )
    with pytest.raises(SealError, match=MOVED):
        await session_cookies.find_session_cookie(database, user_id=one.user_id, platform=one.platform)
    with pytest.raises(SealError, match=MOVED):
        await session_cookies.list_session_cookies(database, user_id=one.user_id)
    with pytest.raises(SealError, match=MOVED):
        await session_cookies.list_users_with_session_cookies(database)


async def test_session_cookies_that_were_altered_do_not_open(
    database: Database, sql: Any, rows: list[SessionCookie]
) -> None:
    [(text,)] = await sql(f"SELECT cookies FROM session_cookies WHERE id = '{rows[0].id}'")
    head, _, body = text.rpartition(".")
    for place in (0, 15, len(body) // 2):
        altered = body[:place] + ("A" if body[place] != "A" else "B") + body[place + 1 :]
        await sql(f"UPDATE session_cookies SET cookies = '{head}.{altered}' WHERE id = '{rows[0].id}'")
        with pytest.raises(SealError):
            await session_cookies.get_session_cookie(database, rows[0].id)


async def test_session_cookies_are_never_stored_unsealed(
    database: Database, sql: Any, rows: list[SessionCookie]
) -> None:
    with pytest.raises(CheckViolation) as caught:
        await sql("UPDATE session_cookies SET cookies = '[]'")
    assert caught.value.constraint == "session_cookies_cookies_check"


async def test_session_cookies_open_with_any_key_of_the_ring_and_are_sealed_with_the_first(
    database_url: str, clock: Clock
) -> None:
    old, new = sealing.new_key(), sealing.new_key()

    def opened(keys: str) -> Any:
        return open_database(Settings(database_url=database_url, sealing_keys=keys), clock=clock, catalog=ACCOUNTS)

    async with opened(old) as db:
        owner = await users.create_user(db, builders.user())
        before = await session_cookies.create_session_cookie(db, builders.session_cookie(owner.id))
    async with opened(f"{new},{old}") as db:
        after = await session_cookies.create_session_cookie(db, builders.session_cookie(owner.id))
        assert await session_cookies.list_session_cookies(db, user_id=owner.id) == [after, before]
        [nested] = await session_cookies.list_users_with_session_cookies(db)
        assert nested.session_cookies == [after, before]
    async with opened(new) as db:
        assert await session_cookies.get_session_cookie(db, after.id) == after
        with pytest.raises(SealError, match=f"sealed with key {old.partition(':')[0]}, which is not configured"):
            await session_cookies.get_session_cookie(db, before.id)
        # A replacement is sealed without opening the old value; the function returns what was written.
        given = {"session_cookie_id": before.id, **before.model_dump(exclude={"id", "created_at"})}
        assert await session_cookies.replace_session_cookie(db, **given) == before
        assert await session_cookies.get_session_cookie(db, before.id) == before


async def test_an_old_value_of_the_same_row_still_opens(
    database: Database, rows: list[SessionCookie], sql: Any
) -> None:
    """SECURITY.md says so: anyone who can write to the database can put an old value back."""
    row = rows[0]
    where = f"WHERE id = '{row.id}'"
    [(old,)] = await sql(f"SELECT cookies FROM session_cookies {where}")
    await session_cookies.replace_session_cookie(
        database,
        session_cookie_id=row.id,
        user_id=row.user_id,
        platform=row.platform,
        cookies=["new"],
        expires_at=row.expires_at,
    )
    await sql(f"UPDATE session_cookies SET cookies = '{old}' {where}")
    assert (await session_cookies.get_session_cookie(database, row.id)).cookies == row.cookies
