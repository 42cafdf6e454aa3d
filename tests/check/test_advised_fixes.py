"""The fix of a finding can be followed: the statement that it leads to is clean."""

from pathlib import Path

import pytest

from hangar_dal.check.databases.info import DatabaseInfo
from tests.check.test_agreement import checked, sources

__all__ = ["sources"]

# The signature, the statement, the fix, and the block that follows it; "" if another signature is meant.
CASES = {
    "a column without a name": (
        "async def it(db: Executor) -> int: ...",
        "SELECT CAST(sum(price) AS bigint) FROM items",
        "declare `| None`, or name it by `AS total` and write `-- not null: total: reason` under the header",
        "-- not null: total: there is an item\nSELECT CAST(sum(price) AS bigint) AS total FROM items",
    ),
    "a column with a name": (
        "async def it(db: Executor) -> int: ...",
        "SELECT CAST(sum(price) AS bigint) AS price FROM items",
        "declare `| None`, or write `-- not null: price: reason` under the header",
        "-- not null: price: there is an item\nSELECT CAST(sum(price) AS bigint) AS price FROM items",
    ),
    "a query for one row": (
        "async def it(db: Executor, size: str) -> UUID | None: ...",
        "SELECT id FROM items WHERE size = :size",
        "compare every column of a unique key, add ORDER BY and LIMIT 1, or declare a list",
        "SELECT id FROM items WHERE size = :size ORDER BY id LIMIT 1",
    ),
    "a write that returns one row": (
        "async def it(db: Executor, size: str) -> UUID | None: ...",
        "UPDATE items SET note = '' WHERE size = :size RETURNING id",
        "compare every column of a unique key, or declare a list",
        "",
    ),
    "a write that may find two rows": (
        "async def it(db: Executor, id: UUID, name: str) -> UUID | None: ...",
        "DELETE FROM items WHERE id = :id OR name = :name RETURNING id",
        "write a function for each key, or declare a list",
        "",
    ),
}


@pytest.mark.parametrize(("python", "sql", "fix", "right"), CASES.values(), ids=CASES.keys())
def test_a_fix_can_be_followed(
    python: str, sql: str, fix: str, right: str, sources: list[DatabaseInfo], tmp_path: Path
) -> None:
    assert {each.fix for each in checked(sources, tmp_path / "wrong", python, sql, sql)} == {fix}
    if right:
        assert checked(sources, tmp_path / "right", python, right, right) == []
