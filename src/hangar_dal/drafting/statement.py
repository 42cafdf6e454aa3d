"""The SQL statement of a new query, in the style of the project."""

from collections.abc import Sequence
from dataclasses import dataclass

from hangar_dal.migrations.identifiers import written


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts of a statement. `columns` are returned; empty for a count, or a DELETE that returns a row count.

    `where` contains pairs of column and parameter. `order` is the key that a list is sorted by.
    """

    verb: str
    table: str
    columns: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    order: tuple[str, ...] = ()
    has_limit: bool = False
    counted: str = ""


def statement_of(wanted: Wanted) -> str:
    """Return the statement with its semicolon."""
    table = written(wanted.table)
    lines = []
    if wanted.verb == "delete":
        lines.append(f"DELETE FROM {table}")  # noqa: S608 - a name of the migrations
    elif wanted.verb == "count":
        lines += [f"SELECT count(*) AS {written(wanted.counted)}", f"FROM {table}"]
    else:
        lines += [*_listed("SELECT", wanted.columns), f"FROM {table}"]
    conditions = [f"{written(column)} = :{parameter}" for column, parameter in wanted.where]
    if len(conditions) == 1:
        lines.append(f"WHERE {conditions[0]}")
    elif conditions:
        lines += ["WHERE", f"    {conditions[0]}", *(f"    AND {condition}" for condition in conditions[1:])]
    if wanted.verb == "delete" and wanted.columns:
        lines += _listed("RETURNING", wanted.columns)
    if wanted.order:
        lines.append(f"ORDER BY {', '.join(map(written, wanted.order))}")
    if wanted.has_limit:
        lines.append("LIMIT :limit")
    return "\n".join(lines) + ";"


def _listed(keyword: str, columns: Sequence[str]) -> list[str]:
    if len(columns) == 1:
        return [f"{keyword} {written(columns[0])}"]
    return [keyword, *(f"    {written(column)}," for column in columns[:-1]), f"    {written(columns[-1])}"]
