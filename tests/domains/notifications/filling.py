"""Many rows by few statements that both databases understand: for tests of size and speed."""

from uuid import UUID

from tests.helpers.domain_fixtures import Sql

AT = "2029-01-01T00:00:00.000000Z"
PER_STATEMENT = 1000


def user_id(n: int) -> UUID:
    return UUID(f"00000000-0000-7000-8000-{n:012x}")


async def insert(sql: Sql, into: str, rows: list[str]) -> None:
    for start in range(0, len(rows), PER_STATEMENT):
        await sql(f"INSERT INTO {into} VALUES {', '.join(rows[start : start + PER_STATEMENT])}")


async def add_users(sql: Sql, count: int) -> None:
    columns = "id, display_name, display_name_fold, user_type, eve_character_id, created_at, updated_at"
    rows = [f"('{user_id(n)}', 'u{n}', 'u{n}', 'EVE_SSO', {n + 1}, '{AT}', '{AT}')" for n in range(count)]
    await insert(sql, f"users ({columns})", rows)


async def add_followers(sql: Sql, followed: UUID, count: int) -> None:
    """New users who follow this one, all since the same instant."""
    await add_users(sql, count)
    await insert(sql, "follows", [f"('{user_id(n)}', '{followed}', 'ACCEPTED', '{AT}', '{AT}')" for n in range(count)])
