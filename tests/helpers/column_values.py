"""Values that a column must refuse, also from raw SQL. They depend on the kind of values that it stores."""

import re
from typing import Any, Final

from hangar_dal import Database
from hangar_dal.errors import ConstraintViolation, DatabaseError, InvalidValue
from tests.helpers.domain_fixtures import Sql

_TRIGGERS: Final = {
    "sqlite": "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT 'DROP TRIGGER ' || tgname || ' ON ' || CAST(tgrelid AS regclass) FROM pg_trigger "
    "WHERE NOT tgisinternal",
}
_COLUMNS: Final = {
    "sqlite": "SELECT name FROM pragma_table_info('{table}')",
    "postgresql": "SELECT CAST(column_name AS text) FROM information_schema.columns "
    "WHERE table_name = '{table}' AND is_generated = 'NEVER' ORDER BY ordinal_position",
}
_TOO_EARLY: Final = {"sqlite": "'0000-12-31T23:00:00.000000Z'", "postgresql": "'0001-12-31 23:00:00Z BC'"}

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:.*")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


async def drop_triggers(database: Database, sql: Sql) -> None:
    """A trigger may refuse a row before the rules of its columns are looked at."""
    for (statement,) in await sql(_TRIGGERS[database.dialect]):
        await sql(statement)


async def unrefused(database: Database, sql: Sql, tables: list[str], *, ahead: frozenset[str]) -> list[str]:
    """What is wrong with the columns of these tables: each needs a value in some row, and refuses what it must.

    `ahead` are rules about several columns, which may refuse a value first.
    """
    wrong: list[str] = []
    for table in tables:
        for (column,) in await sql(_COLUMNS[database.dialect].format(table=table)):
            stored = await sql(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1")
            if not stored:
                wrong.append(f"{table}.{column} has no value in any row")
                continue
            for literal, rule in _refused(database, column, stored[0][0]):
                said = await _said(sql, f"UPDATE {table} SET {column} = {literal} WHERE {column} IS NOT NULL")
                if said not in {f"{table}_{column}_{rule}", "a type", *ahead}:
                    wrong.append(f"{table}.{column} = {literal}: {said} instead of {table}_{column}_{rule}")
    return wrong


async def _said(sql: Sql, statement: str) -> str | None:
    """The rule that refuses the statement; PostgreSQL has types where SQLite has rules."""
    try:
        await sql(statement)
    except ConstraintViolation as error:
        return error.constraint
    except (DatabaseError, InvalidValue):
        return "a type"
    return None


def _refused(database: Database, column: str, stored: Any) -> list[tuple[str, str]]:
    """Values that the kind of this column does not allow, and what the rule of the column is called."""
    text = str(stored)
    if column == "shard":
        return [("'g'", "check"), ("'ab'", "check")]
    if column.startswith(("is_", "may_", "cancel_")):
        return [("2", "type_check")]
    if isinstance(stored, int):
        return [("-1", "check")]
    if _UUID.fullmatch(text):
        return [("'x'", "type_check")]
    if _DAY.fullmatch(text):
        return [("'10000-01-01'", "check")]
    if _INSTANT.fullmatch(text):
        return [("'10000-01-01T00:00:00.000000Z'", "check"), (_TOO_EARLY[database.dialect], "check")]
    if isinstance(stored, list) or text.startswith("["):
        return [("'{'", "type_check")]
    if isinstance(stored, dict) or text.startswith("{"):
        return [("'{'", "check")]
    return []
