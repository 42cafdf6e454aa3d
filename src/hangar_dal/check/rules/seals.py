"""Check that sealed fields are stored in the columns that they name, and are not compared.

The associated data of a sealed value contains its table and column, so the value cannot be opened elsewhere. Each value
is sealed with a new random nonce, so two sealed texts of the same value differ.
"""

import re
from collections.abc import Iterator
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.project.project import Project
from hangar_dal.check.rules.result_columns import result_fields
from hangar_dal.check.rules.writes import insert_target
from hangar_dal.check.sql.json_rows import names_read
from hangar_dal.check.sql.null_comparisons import compares
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.check.statements.locations import column_at, finding_at, parameter_at
from hangar_dal.check.statements.sending import sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.database.types import ValueType, field_types
from hangar_dal.query.clauses import scopes
from hangar_dal.query.sealed import sealed_values
from hangar_dal.rules import Finding, Rule
from hangar_dal.sealing import Sealed

Place = tuple[str, str]  # a table without its schema, and a column of it, in lower case

_INSTEAD: Final = "store a keyed hash of the value in a column of its own, and compare that"


def sealed_places(project: Project) -> frozenset[Place]:
    """Return the columns that the sealed fields and arguments of the project's queries name."""
    signatures = [query.signature for catalog in project.catalogs for query in catalog.queries.values()]
    return frozenset(_place(sealed) for signature in signatures for _, sealed in sealed_values(signature))


def compare_seals(
    checked: CheckedVariant, info: StatementInfo, tables: Tables, places: frozenset[Place]
) -> Iterator[Finding]:
    """Yield findings for sealed values that are stored elsewhere, and for comparisons that are never true."""
    if info.refusal is not None:
        return
    given = dict(sealed_values(checked.query.signature))
    known = _known(tables) if given else frozenset[Place]()
    unknown = {name: sealed for name, sealed in given.items() if _place(sealed) not in known}
    for name, sealed in unknown.items():
        message = f"{name} is sealed for {sealed.table}.{sealed.column}, and no table has such a column"
        yield _elsewhere(checked, message, None)
    if not unknown:
        yield from _written(checked, info, tables)
        yield from _read(checked, info, tables)
    yield from _compared(checked, info, places)


def _written(checked: CheckedVariant, info: StatementInfo, tables: Tables) -> Iterator[Finding]:
    givers = sources(checked)
    for met in info.column_uses:
        source = givers.get(met.parameter) if met.written and met.parameter else None
        sealed = source.value.sealed if source is not None and source.value is not None else None
        if sealed is not None and not _is_there(sealed, met.table, met.column):
            yield _elsewhere(checked, _stored(f":{met.parameter}", sealed, f"{met.table}.{met.column}"), met.at)
    into = insert_target(scopes(checked.variant)[0])
    for read in names_read(checked, tables) if into is not None else ():
        value = field_types(read.model, checked.query.dialects).get(read.name)
        sealed = value.sealed if isinstance(value, ValueType) else None
        if into is not None and sealed is not None and not _is_there(sealed, into[0], sealed.column):
            yield _elsewhere(checked, _stored(f"{read.model.__name__}.{read.name}", sealed, into[0]), read.at)


def _read(checked: CheckedVariant, info: StatementInfo, tables: Tables) -> Iterator[Finding]:
    fields = result_fields(checked) or {}
    for column in info.columns:
        value = fields.get(column.name, fields.get(""))
        if value is None or value.sealed is None or column.table is None or column.column is None:
            continue
        if column.table in tables.keys and not _is_there(value.sealed, column.table, column.column):
            message = f"{column.name} is read from {column.table}.{column.column}, and its field is sealed for "
            message += f"{value.sealed.table}.{value.sealed.column}, so that no value opens"
            yield _elsewhere(checked, message, column_at(checked, column.name))


SEALED_COMPARED: Final = Rule(
    "sealed-compared",
    "error",
    "No sealed value is compared, because each value is sealed with a new random nonce.",
    """\
Two sealed texts of one value differ, so the comparison matches no row. Store a keyed hash (HMAC) of the value in a
column of its own, and compare that. An UPDATE or a DELETE may compare the sealed text that was read before: declare
that argument as `str`. The example binds to `owner_id` only to be short; bind to the key of the row.
""",
    bad="""\
--- items.py
@query
async def list_items_by_note(
    db: Executor,
    owner_id: UUID,
    note: Annotated[str, Sealed("items", "note", bind=("owner_id",))],
) -> list[Item]: ...
--- items.sql
-- name: list_items_by_note
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND note = :note
ORDER BY id;
""",
    good="""\
--- items.py
@query
async def list_items_by_note(
    db: Executor, owner_id: UUID, note_hash: str
) -> list[Item]: ...
--- items.sql
-- name: list_items_by_note
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND note_hash = :note_hash
ORDER BY id;
""",
)


def _compared(checked: CheckedVariant, info: StatementInfo, places: frozenset[Place]) -> Iterator[Finding]:
    givers = sources(checked)
    sealed = [name for name, source in givers.items() if source.value is not None and source.value.sealed]
    at = {met.parameter: met for met in info.column_uses if met.parameter and not met.written}
    for name in sealed:
        if name in at or compares(checked.variant, name):
            message = f":{name} is sealed anew for each call, so it is equal to no stored value"
            yield finding_at(checked, SEALED_COMPARED, message, _INSTEAD, at=parameter_at(checked, name))
    # An UPDATE may compare a sealed text that was read before, to replace exactly this text.
    for name, met in at.items() if checked.block.verb in ("SELECT", "WITH") else ():
        if name not in sealed and _short(met.table, met.column) in places and _is_equal(checked.variant.text, name):
            message = f"{met.table}.{met.column} is sealed, so it is equal to no :{name}"
            yield finding_at(checked, SEALED_COMPARED, message, _INSTEAD, at=met.at)


def _is_equal(text: str, name: str) -> bool:
    """Return whether the parameter is next to `=`. `>=` and `<` are fine: they find all values sealed with one key."""
    return re.search(rf"(?<![<>!])=\s*(?:CAST\(\s*)?:{name}\b|:{name}\s*=", text) is not None


def _stored(what: str, sealed: Sealed, place: str) -> str:
    return f"{what} is sealed for {sealed.table}.{sealed.column} and is stored in {place}, where it never opens"


SEALED_ELSEWHERE: Final = Rule(
    "sealed-elsewhere",
    "error",
    "A sealed field is stored in the table and the column that `Sealed` names.",
    """\
A sealed value opens only in the table and column that `Sealed` names, and a backup looks for it there. The same is
reported for a table or column that does not exist. Write the names of the column that holds the value.
""",
    bad="""\
--- items.py
@query
async def set_note(
    db: Executor, id: UUID, note: Annotated[str, Sealed("orders", "note", bind=("id",))]
) -> RowCount: ...
--- items.sql
-- name: set_note
UPDATE items SET note = :note WHERE id = :id;
""",
    good="""\
--- items.py
@query
async def set_note(
    db: Executor, id: UUID, note: Annotated[str, Sealed("items", "note", bind=("id",))]
) -> RowCount: ...
""",
)


def _elsewhere(checked: CheckedVariant, message: str, at: int | None) -> Finding:
    return finding_at(
        checked, SEALED_ELSEWHERE, message, "name the table and the column of the value in Sealed(...)", at=at
    )


def _place(sealed: Sealed) -> Place:
    return _short(sealed.table, sealed.column)


def _short(table: str, column: str) -> Place:
    """Return the place in lower case, without the schema, which a model may leave out."""
    return table.rpartition(".")[2].lower(), column.lower()


def _known(tables: Tables) -> frozenset[Place]:
    return frozenset(_short(table, column) for table, columns in tables.columns.items() for column in columns)


def _is_there(sealed: Sealed, table: str, column: str) -> bool:
    return _place(sealed) == _short(table, column)
