"""Convert a snapshot to the text of its file and back.

{
  "format": 21,
  "databases": {"postgresql": {"tables": ..., "queries": {"users.get_user": [
    {"statements": ["00356f4afc6b495c"], "info": {"columns": ["users.id", ...], ...}}
  ]}}, "sqlite": ...}
}

A column of a result that is an unchanged column of a table is written as `table.column`. Defaults are left out.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from hangar_dal.check.model import Tables
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.sqlscan import Dialect

# Increase this number whenever the snapshot's content or meaning changes.
FORMAT: Final = 22


@dataclass(frozen=True, slots=True)
class SnapshotAnswer:
    """The digests of statements of one query that have the same answer, and this answer."""

    statements: tuple[str, ...]
    info: StatementInfo


@dataclass(frozen=True, slots=True)
class OfDatabase:
    """The answers of one database. `tables` are the tables that the queries name."""

    tables: Tables
    queries: Mapping[str, tuple[SnapshotAnswer, ...]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The snapshot of one SQL file, with the answers of both databases."""

    format: int
    databases: Mapping[Dialect, OfDatabase]


def as_text(snapshot: Snapshot) -> str:
    """Return the JSON text of a snapshot. Equal snapshots have equal texts."""
    written = _adapter().dump_python(snapshot, mode="json", exclude_defaults=True)
    for info, tables in _infos(written):
        if "columns" in info:
            info["columns"] = [_short(column, tables) for column in info["columns"]]
    return json.dumps(written, ensure_ascii=False, indent=1) + "\n"


def from_text(text: str) -> Snapshot:
    """Return the snapshot of a JSON text. Raises `ValueError` if the text is no snapshot."""
    read = json.loads(text)
    try:
        for info, tables in _infos(read):
            info["columns"] = [_long(column, tables) for column in info.get("columns", ())]
    except (AttributeError, KeyError, TypeError) as fault:
        raise ValueError("no snapshot") from fault
    return _adapter().validate_python(read)


@cache
def _adapter() -> TypeAdapter[Snapshot]:
    return TypeAdapter(Snapshot)


def _infos(written: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for database in written["databases"].values():
        for answers in database["queries"].values():
            for answer in answers:
                yield answer["info"], database["tables"]["columns"]


def _short(column: dict[str, Any], tables: dict[str, Any]) -> str | dict[str, Any]:
    """Return the column as `table.column` if the tables list it, else unchanged. No table lists its rowid."""
    table, name = str(column.get("table")), str(column.get("column"))
    is_listed = name in tables.get(table, ()) and "." not in name
    return f"{table}.{name}" if is_listed and _long(f"{table}.{name}", tables) == column else column


def _long(column: str | dict[str, Any], tables: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(column, str):
        return column
    table, _, name = column.rpartition(".")
    return {"name": name, "kind": tables[table][name]["kind"], "table": table, "column": name}
