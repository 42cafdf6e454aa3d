"""Compare the types, values and NULLs of a result with the signature of the function."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.rules.narrow_columns import lossy
from hangar_dal.check.rules.result_columns import compare_names, result_fields
from hangar_dal.check.rules.scales import other_scale, scale_in_statement, scale_of_result
from hangar_dal.check.statement_info import LiteralResult, ResultColumn, StatementInfo
from hangar_dal.check.statements.locations import column_at, finding_at, is_named
from hangar_dal.check.statements.sending import sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import advice, enum_of, fits, labelled, places_of, some, spoken, values_of, without
from hangar_dal.database.types import ValueType, kind_of
from hangar_dal.rules import Finding, Rule

Nulls = Sequence[bool | None] | None


def compare_results(
    checked: CheckedVariant, info: StatementInfo, tables: Tables, twin: Tables | None
) -> Iterator[Finding]:
    """Yield findings for the names, kinds, values and NULLs of columns, and for `-- not null:` of unknown columns."""
    fields, nulls = result_fields(checked), info.nulls
    if fields is not None and checked.block.returns_rows:  # otherwise `returning-missing` reports it
        texts = dict(zip((column.name for column in info.columns), info.literal_results, strict=False))
        yield from compare_names(checked, info.columns, tuple(fields))
        for column, value in _pairs(info.columns, fields):
            yield from _kind(checked, column, value, tables, twin)
            yield from _scale(checked, column, value, info, tables if twin is None else twin)
            yield from _values(checked, column, value, tables, info.kept_values.get(column.name))
            yield from _texts(checked, column, value, texts.get(column.name, ()))
        yield from _nulls(checked, info.columns, nulls, fields)
    yield from _overrides(checked, info.columns)


def may_be_null(checked: CheckedVariant, column: ResultColumn, place: int, nulls: Nulls) -> bool | None:
    """Return whether a column may be NULL; None if this is unknown. False if the block has `-- not null:` for it."""
    known = None if nulls is None else nulls[place]
    return False if column.name in checked.block.not_null else known


def _pairs(
    columns: Sequence[ResultColumn], fields: Mapping[str, ValueType]
) -> Iterator[tuple[ResultColumn, ValueType]]:
    if "" in fields:
        yield from ((column, fields[""]) for column in columns[:1])
        return
    for column in columns:
        if column.name in fields:
            yield column, fields[column.name]


COLUMN_KIND: Final = Rule(
    "column-kind",
    "error",
    "A field's type fits the type of its column.",
    """\
Examples are `price: str` for a `bigint`, and `-> int` for `sum(price)`, which is `numeric` on PostgreSQL.

A `str` goes with text and enums alone. PostgreSQL pads `character(5)` with spaces, and `real` has fewer digits than
SQLite keeps: make the column `text` or `double precision`. It rounds for `timestamptz(0)` and cuts texts for `name`,
and SQLite does neither: make the column `timestamptz` or `text`. For `inet`, `money` and other types, select
`CAST(column AS text)`.
""",
    bad="""\
--- items.py
@query
async def sum_prices(db: Executor, owner_id: UUID) -> int: ...
--- items.sql
-- name: sum_prices
SELECT coalesce(sum(price), 0) AS total
FROM items
WHERE owner_id = :owner_id;
""",
    good="""\
--- items.sql
-- name: sum_prices
SELECT CAST(coalesce(sum(price), 0) AS bigint) AS total
FROM items
WHERE owner_id = :owner_id;
""",
)


def _kind(
    checked: CheckedVariant, column: ResultColumn, value: ValueType, tables: Tables, twin: Tables | None
) -> Iterator[Finding]:
    kind, dialect = kind_of(value), checked.block.dialect
    theirs = _twin_column(column, twin) if dialect == "sqlite" else None
    database = theirs.kind if theirs else column.kind
    if not fits(dialect, column.kind, kind) or (theirs and not fits("postgresql", theirs.kind, kind)):
        on = " on PostgreSQL" if theirs and fits(dialect, column.kind, kind) else ""
        message = f"{column.name} is {spoken(database or '')}{on}, and {_owner(checked, column)} is {spoken(kind)}"
        fix = "change the annotation, select what is meant, or convert it by CAST(... AS ...)"
        fix = (
            advice(database, checked.query.dialects)
            if database and not (dialect == "sqlite" and theirs is None)
            else ""
        ) or fix
        yield finding_at(checked, COLUMN_KIND, message, fix, at=column_at(checked, column.name))
    stored = _twin_column(column, tables) if "sqlite" in checked.query.dialects else None  # which keeps other values
    does = lossy(stored.narrow, checked.query.dialects) if stored is not None else None
    if stored is not None and does is not None:
        where = f"{column.table}.{column.column}"
        message = f"PostgreSQL {does[0].format('each value')}, because {where} is {stored.narrow}"
        yield finding_at(checked, COLUMN_KIND, message, does[1], at=column_at(checked, column.name))


def _scale(
    checked: CheckedVariant, column: ResultColumn, value: ValueType, info: StatementInfo, of_postgresql: Tables
) -> Iterator[Finding]:
    """Yield a finding if a Decimal has not as many digits after the point as its field. Each database stores them."""
    kind, origin = kind_of(value), _twin_column(column, of_postgresql)
    if places_of(kind) is None:
        return
    if origin is not None:
        problem = other_scale(checked, origin, kind)
    else:
        places = scale_of_result(info, column)
        problem = None if places is None else scale_in_statement(kind, places)
    if problem is not None:
        message = problem.message.format(f"{column.table}.{column.column}")
        yield finding_at(
            checked,
            COLUMN_KIND,
            f"{_owner(checked, column)} {message}",
            problem.fix,
            at=column_at(checked, column.name),
        )


def _twin_column(column: ResultColumn, twin: Tables | None) -> TableColumn | None:
    """Return the column of these tables from which a result column comes; None if it comes from none."""
    if twin is None or column.table is None or column.column is None:
        return None
    return twin.columns.get(column.table, {}).get(column.column)


def _texts(
    checked: CheckedVariant, column: ResultColumn, value: ValueType, texts: Sequence[LiteralResult]
) -> Iterator[Finding]:
    """Yield a finding for each quoted text of the statement that the field of this column refuses."""
    known = values_of(value)
    for given in (each for each in texts if known and each.text not in known):
        message = f"{_owner(checked, column)} refuses '{given.text}', which the statement gives for it"
        fix = f"give one of {some(known)}, or add it to the type"
        yield finding_at(checked, VALUE_UNREADABLE, message, fix, at=given.at)


VALUE_UNREADABLE: Final = Rule(
    "value-unreadable",
    "error",
    "A type knows each value that the CHECK or the enum of its column allows.",
    """\
The column's CHECK, or its enum on PostgreSQL, allows a value that the field's `Literal` or `Enum` refuses, so reading
the first such row fails. In the example, the migrations say `CHECK (status IN ('NEW', 'SOLD'))`. Add the value to the
type. Values that the statement excludes are not reported, as after `WHERE status = 'NEW'`.

In a catalog for SQLite alone, an `integer` column that is read as a `bool` needs `CHECK (done IN (0, 1))`: a `bool`
refuses any other integer. In a catalog for both databases, `schemas-differ` asks for this CHECK. A column of the type
`boolean`, which a STRICT table cannot have, is not reported.
""",
    bad="""\
--- items.py
class ItemStatus(Row):
    id: UUID
    status: Literal["NEW"]

@query
async def list_statuses(db: Executor, owner_id: UUID) -> list[ItemStatus]: ...
--- items.sql
-- name: list_statuses
SELECT id, status
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.py
class ItemStatus(Row):
    id: UUID
    status: Literal["NEW", "SOLD"]

@query
async def list_statuses(db: Executor, owner_id: UUID) -> list[ItemStatus]: ...
""",
)


def _values(
    checked: CheckedVariant, column: ResultColumn, value: ValueType, tables: Tables, kept: Sequence[str] | None
) -> Iterator[Finding]:
    origin = tables.columns.get(column.table or "", {}).get(column.column or "")
    item = labelled(value)
    enum = enum_of((column.kind or "").removeprefix("list:" if item is not value else ""))
    is_column = origin is not None and item is value
    allowed: Sequence[str] = origin.allowed if origin and is_column else tables.enums.get(enum or "", ())
    is_flag = checked.query.dialects == ("sqlite",) and kind_of(value) == "bool" and column.kind == "integer"
    known = ("0", "1") if is_flag else values_of(item)
    if kept is not None:
        allowed = _of_parameter(checked, kept, allowed)
    unknown = without(allowed, known, origin.kind if origin else "") if known else []
    if is_flag and origin and not allowed:
        unknown = ["any integer"]
    if unknown:
        where = f"{column.table}.{column.column}" if origin else column.name
        message = f"{where} may be {some(unknown)}, which {_owner(checked, column)} refuses"
        rule = f"the enum {enum}" if enum else "the CHECK"
        fix = f"add the values to the type, or remove them from {rule} in a migration"
        fix = f"write CHECK ({column.column} IN (0, 1)) in a migration" if is_flag else fix
        yield finding_at(checked, VALUE_UNREADABLE, message, fix, at=column_at(checked, column.name))


def _of_parameter(checked: CheckedVariant, kept: Sequence[str], allowed: Sequence[str]) -> Sequence[str]:
    """Return the values that a condition leaves. Those that equal a parameter are the values of its type, if any."""
    source = sources(checked).get(kept[0].removeprefix(":")) if len(kept) == 1 and kept[0].startswith(":") else None
    if source is None:
        return kept
    given = values_of(source.value) if not source.derived else ()
    return [value for value in allowed if value in given] if given else allowed


NULL_REFUSED: Final = Rule(
    "null-refused",
    "error",
    "A field accepts None if its column may be NULL.",
    """\
A column may be NULL if its table allows it, if its table is joined by LEFT JOIN, or if it is `max(x)` and there may be
no rows. Declare `| None`, or write `coalesce(...)` or an INNER JOIN.
""",
    bad="""\
--- items.py
class NotedItem(Row):
    id: UUID
    note: str

@query
async def list_notes(db: Executor, owner_id: UUID) -> list[NotedItem]: ...
--- items.sql
-- name: list_notes
SELECT id, note
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.py
class NotedItem(Row):
    id: UUID
    note: str | None

@query
async def list_notes(db: Executor, owner_id: UUID) -> list[NotedItem]: ...
""",
)


NULL_UNKNOWN: Final = Rule(
    "null-unknown",
    "error",
    "A field accepts None if it cannot be determined whether its column may be NULL.",
    """\
Declare `| None`. If you know that the column is never NULL, say so and why, under the header. In the example, a CASE
with ELSE would need no such line.
""",
    bad="""\
--- items.py
class LabelledItem(Row):
    id: UUID
    label: str

@query
async def list_labels(db: Executor, owner_id: UUID) -> list[LabelledItem]: ...
--- items.sql
-- name: list_labels
SELECT
    id,
    CASE status WHEN 'NEW' THEN 'on sale' WHEN 'SOLD' THEN 'sold' END AS label
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_labels
-- not null: label: the CHECK of items.status allows no other value
SELECT
    id,
    CASE status WHEN 'NEW' THEN 'on sale' WHEN 'SOLD' THEN 'sold' END AS label
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
)


def _nulls(
    checked: CheckedVariant, columns: Sequence[ResultColumn], nulls: Nulls, fields: Mapping[str, ValueType]
) -> Iterator[Finding]:
    scalar_row = checked.query.signature.result.shape == "optional" and "" in fields
    for place, column in enumerate(columns):
        value = fields.get("") if "" in fields and place == 0 else fields.get(column.name)
        if value is None or value.optional or scalar_row:
            continue
        nullable = may_be_null(checked, column, place, nulls)
        if nullable is None:
            owner = _owner(checked, column)
            message = f"it cannot be determined whether {column.name} may be NULL, and {owner} does not accept None"
            name, first = column.name, ""
            if not is_named(checked, name):
                name, first = "total", "name it by `AS total` and "
            fix = f"declare `| None`, or {first}write `-- not null: {name}: reason` under the header"
            yield finding_at(checked, NULL_UNKNOWN, message, fix, at=column_at(checked, column.name))
        elif nullable:
            message = f"{column.name} may be NULL, and {_owner(checked, column)} does not accept None"
            fix = "declare `| None`, or keep NULL away in the statement"
            yield finding_at(checked, NULL_REFUSED, message, fix, at=column_at(checked, column.name))


OVERRIDE_UNKNOWN: Final = Rule(
    "override-unknown",
    "error",
    "A `-- not null:` line names a column of the result.",
    """\
Correct the name, or delete the line.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
-- not null: label: the CHECK of items.status allows no other value
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
)


def _overrides(checked: CheckedVariant, columns: Sequence[ResultColumn]) -> Iterator[Finding]:
    names = {column.name for column in columns}
    for name in checked.block.not_null:
        if name not in names:
            message = f"`-- not null: {name}`: the result has no such column"
            yield finding_at(checked, OVERRIDE_UNKNOWN, message, "delete the line, or correct the name")


def _owner(checked: CheckedVariant, column: ResultColumn) -> str:
    model = checked.query.signature.result.model
    return f"{model.__name__}.{column.name}" if model else "the value that the signature promises"
