"""Compare the values that a call sends with what the databases and their tables accept.

PostgreSQL uses the type that a parameter is sent with, or infers one. SQLite accepts any value. In both dialects, a
parameter that is compared with a column or written to it must have the kind of the column on PostgreSQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.rules.narrow_columns import compare_width, lossy
from hangar_dal.check.rules.scales import other_scale, other_scales, scales_of_columns
from hangar_dal.check.sql.null_comparisons import compares, is_excluded
from hangar_dal.check.statement_info import ColumnUse, StatementInfo
from hangar_dal.check.statements.locations import finding_at, parameter_at
from hangar_dal.check.statements.sending import is_converted, may_be_none, sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import (
    advice,
    conversion,
    enum_of,
    is_known,
    labelled,
    some,
    spoken,
    takes,
    values_of,
    without,
)
from hangar_dal.database.kinds import postgresql_kind
from hangar_dal.database.postgresql.sent import sent_type
from hangar_dal.query.comparison import PARAMETER_UNKNOWN
from hangar_dal.query.sources import ParameterSource
from hangar_dal.rules import Finding, Rule

PARAMETER_KIND: Final = Rule(
    "parameter-kind",
    "error",
    "A parameter is sent as the type that both databases expect.",
    """\
The annotation and the database disagree, as for `owner_id: str` and a `uuid` column. SQLite accepts any type for any
parameter and then finds no row, so its statement is checked with the type of the same column on PostgreSQL. Change
the annotation, or compare the column that is meant. `id = CAST(:id AS uuid)` does not help: SQLite has no type
`uuid`, converts the text to a number and finds no row ([meaning-differs](#meaning-differs)).

PostgreSQL does not take every type that the driver sends: an `int` is sent as `bigint`, and `substr(name, 1, :n)`,
`left`, `lpad`, `round(x, :n)`, `make_interval(days => :n)`, `1 << :n` and many functions of an application take
`integer`. Write `CAST(:n AS integer)`, which SQLite accepts as well. A JSON document is `jsonb`, unless a function
called `json_...` takes it: if one statement has both uses, write `CAST(:doc AS jsonb)`.

PostgreSQL rounds a time for `timestamptz(0)` and cuts a text for `name`, and SQLite does not. Make such a column
`timestamptz` or `text`.

The items of a list are judged like single values: in `= ANY(:ids)`, in `IN (SELECT value FROM json_each(:ids))`, and
in an INSERT from `unnest(:ids)`.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: str) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
""",
)


def compare_parameters(
    checked: CheckedVariant, info: StatementInfo, tables: Tables, twin: Tables | None
) -> Iterator[Finding]:
    """Yield findings for parameters of a wrong kind, values that a table refuses, and None where it has no use."""
    givers = sources(checked)
    for name, kind in info.parameters.items():
        source = givers.get(name)
        if source is None and name in {place.name for place in checked.variant.parameters}:
            continue  # `parameter-unknown` reports it without a database
        if source is None:
            message = f"{checked.block.dialect} reads a parameter :{name} where the file has none"
            yield finding_at(checked, PARAMETER_UNKNOWN, message, "put spaces around the colon")
        elif kind is not None and source.kind == "text" and not is_known(kind) and is_converted(checked, name):
            continue  # CAST(:address AS inet) is intended
        elif kind is not None and not takes(kind, source.kind):
            message = f":{name} is {spoken(source.kind)} by the signature, and PostgreSQL takes it for {spoken(kind)}"
            fix = _each_of(checked, source, kind) or advice(kind, checked.query.dialects)
            # PostgreSQL takes a composite value that is compared with another one for a record.
            fix = fix if kind != "record" else f"write CAST(:{name} AS {spoken(source.kind)})"
            fix = fix or "change the annotation, or compare the column that is meant"
            yield finding_at(checked, PARAMETER_KIND, message, fix, at=parameter_at(checked, name))
        elif kind is not None and (labels := tables.enums.get(enum_of(kind.removeprefix("list:")) or "")):
            yield from _enum(checked, kind, labels, source)
    yield from _scales(checked, info, givers, tables)
    yield from _misfits(checked, info, givers)
    yield from _without_value(checked, info, givers)
    for at in info.compared_nulls:
        message = "a comparison with NULL matches no row"
        yield finding_at(checked, NONE_COMPARED, message, "write IS NULL, or IS NOT NULL", at=at)
    for met in (each for each in info.column_uses if each.source_column is None):
        source, column = givers.get(met.parameter) if met.parameter else None, tables.columns[met.table][met.column]
        of_postgresql = twin if checked.block.dialect == "sqlite" else tables
        if met.each_item:
            yield from _items(checked, met, source, of_postgresql)
            continue
        is_judged = source is not None and (source.name in info.misfits or info.parameters.get(source.name))
        if source is not None and of_postgresql is not None and not is_judged:
            yield from _against_column(checked, met, source, of_postgresql)
        if source is not None and met.written:
            yield from _narrowed(checked, met, source, column)
        if source is None or not enum_of(column.kind):
            yield from _values(checked, met, column, source)
        yield from _none(checked, met, column, source)
        yield from _compared(checked, met, source)


VALUE_REFUSED: Final = Rule(
    "value-refused",
    "error",
    "Each value of a Literal, an Enum or a text is allowed by the CHECK or enum of its column.",
    """\
A `Literal`, an `Enum` or a text in the statement has a value that the column's CHECK, or its enum on PostgreSQL, does
not allow. In the example, the migrations say `CHECK (status IN ('NEW', 'SOLD'))`. Writing the value fails; a
comparison with it finds nothing, or fails. Change the type, or the rule in a migration. A plain `str` for an enum is
a [parameter-kind](#parameter-kind).
""",
    bad="""\
--- items.py
@query
async def set_status(
    db: Executor, id: UUID, status: Literal["NEW", "SOLD", "LOST"]
) -> RowCount: ...
--- items.sql
-- name: set_status
UPDATE items SET status = :status WHERE id = :id;
""",
    good="""\
--- items.py
@query
async def set_status(
    db: Executor, id: UUID, status: Literal["NEW", "SOLD"]
) -> RowCount: ...
""",
)


def _enum(checked: CheckedVariant, kind: str, labels: Sequence[str], source: ParameterSource) -> Iterator[Finding]:
    """Yield a finding if a parameter may have a text that is no label of the enum.

    PostgreSQL refuses such a text even if it is only compared.
    """
    given, at = values_of(labelled(source.value)), parameter_at(checked, source.name)
    allows = f"{spoken(kind)} has only {some(labels)}"
    if not given or source.derived:
        message = f":{source.name} may be any text, and {allows} on PostgreSQL"
        fix = f"annotate it with an Enum or Literal[{', '.join(map(repr, labels))}], or write CAST(... AS text)"
        yield finding_at(checked, PARAMETER_KIND, message, fix, at=at)
    elif refused := [value for value in given if value not in labels]:
        message = f":{source.name} may be {some(refused)}, and {allows}"
        fix = "change the type, or add the value to the enum in a migration"
        yield finding_at(checked, VALUE_REFUSED, message, fix, at=at)


def _misfits(checked: CheckedVariant, info: StatementInfo, givers: Mapping[str, ParameterSource]) -> Iterator[Finding]:
    """Yield a finding for each parameter that the driver sends with a type that PostgreSQL refuses."""
    for name, type_ in info.misfits.items():
        source = givers[name]
        sent_as = sent_type(source.kind, name, checked.block.all_lines)
        message = f":{name} is {spoken(source.kind)} by the signature, which is sent as {sent_as}, "
        message += f"and PostgreSQL expects {type_} there"
        kind, fix = postgresql_kind(type_), f"write CAST(:{name} AS {type_})"
        if not takes(kind, source.kind):
            fix = _each_of(checked, source, kind) or conversion(name, sent_as, type_)
        yield finding_at(checked, PARAMETER_KIND, message, fix, at=parameter_at(checked, name))


STATEMENT_REFUSED: Final = Rule(
    "statement-refused",
    "error",
    "Both databases prepare the statement against the migrated schema.",
    """\
A database does not prepare the statement: it names a table or column that the migrations do not make, a function that
the database does not have, `ON CONFLICT (column)` without a unique index on it, or a parameter whose type PostgreSQL
cannot infer (`:id IS NULL`; write `CAST(:id AS uuid) IS NULL`). `ON CONFLICT` with a unique key that is DEFERRABLE is
reported too, because PostgreSQL refuses each call.

PostgreSQL is asked with [the types that the driver sends](../sql/README.md#values). An argument that may be None is
sent without a type, so PostgreSQL is asked once more without it. The finding then says for which argument.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
--- items.sql
-- name: find_item
SELECT id, nmae
FROM items
WHERE id = :id;
""",
    good="""\
--- items.sql
-- name: find_item
SELECT id, name
FROM items
WHERE id = :id;
""",
)


def _scales(
    checked: CheckedVariant, info: StatementInfo, givers: Mapping[str, ParameterSource], tables: Tables
) -> Iterator[Finding]:
    """Yield a finding for each Decimal that has not as many digits after the point as the statement gives it."""
    for name, problem in other_scales(checked, info, givers, scales_of_columns(info.column_uses, tables.columns)):
        at = parameter_at(checked, name)
        yield finding_at(checked, PARAMETER_KIND, f":{name} {problem.message}", problem.fix, at=at)


def _without_value(
    checked: CheckedVariant, info: StatementInfo, givers: Mapping[str, ParameterSource]
) -> Iterator[Finding]:
    for name, refusal in info.without_value.items():
        message = f"PostgreSQL refuses the statement when :{name} is None, which has no type: {refusal.reason}"
        fix = f"write CAST(:{name} AS {sent_type(givers[name].kind, name, checked.block.all_lines)})"
        yield finding_at(checked, STATEMENT_REFUSED, message, fix, at=parameter_at(checked, name))


def _against_column(
    checked: CheckedVariant, met: ColumnUse, source: ParameterSource, of_postgresql: Tables
) -> Iterator[Finding]:
    column, kind = of_postgresql.columns.get(met.table, {}).get(met.column), source.kind
    # Both databases compare an integer with a float as numbers.
    is_compared_as_number = column is not None and (column.kind, kind) == ("int", "float") and not met.written
    if column is not None and not takes(column.kind, kind) and not is_compared_as_number:
        message = f":{source.name} is {spoken(kind)} by the signature, and {met.table}.{column.name} is "
        message += f"{spoken(column.kind)} on PostgreSQL"
        fix = _each_of(checked, source, column.kind) or advice(column.kind, checked.query.dialects)
        fix = fix or "compare with the column that is meant, or change the annotation"
        yield finding_at(checked, PARAMETER_KIND, message, fix, at=met.at)
    elif column is not None and (problem := other_scale(checked, column, kind)):
        message = f":{source.name} {problem.message.format(f'{met.table}.{column.name}')}"
        yield finding_at(checked, PARAMETER_KIND, message, problem.fix, at=met.at)


def _narrowed(
    checked: CheckedVariant, met: ColumnUse, source: ParameterSource, column: TableColumn
) -> Iterator[Finding]:
    """Yield a finding if PostgreSQL refuses or changes the value that is written, and SQLite stores it as it is.

    In a catalog for PostgreSQL alone, a CAST to the type of the column says that the change is meant.
    """
    where = f"{met.table}.{met.column}"
    if met.is_rounded and "sqlite" not in checked.query.dialects:
        return
    if column.narrow:
        yield from compare_width(checked, source, column.narrow, where)
    does = lossy(column.narrow, checked.query.dialects)
    if does is not None:
        message = f"PostgreSQL {does[0].format(f':{source.name}')}, because {where} is {column.narrow}"
        cast = f", or write CAST(:{source.name} AS {column.narrow}) if that is meant"
        fix = does[1] + ("" if "sqlite" in checked.query.dialects else cast)
        yield finding_at(checked, PARAMETER_KIND, message, fix, at=parameter_at(checked, source.name))


def _items(
    checked: CheckedVariant, met: ColumnUse, source: ParameterSource | None, of_postgresql: Tables | None
) -> Iterator[Finding]:
    """Yield a finding if the items of a list do not have the kind of the column.

    PostgreSQL converts some items, such as dates that are compared with instants. SQLite does not.
    """
    item = source.kind.removeprefix("list:") if source is not None else ""
    column = of_postgresql.columns.get(met.table, {}).get(met.column) if of_postgresql is not None else None
    if source is None or column is None or item == source.kind:
        return
    if problem := other_scale(checked, column, item):
        message = f"each item of :{source.name} {problem.message.format(f'{met.table}.{column.name}')}"
        yield finding_at(checked, PARAMETER_KIND, message, problem.fix, at=met.at)
    if not is_known(column.kind):
        return
    if not takes(column.kind, item):
        message = f"each item of :{source.name} is {spoken(item)} by the signature, and {met.table}.{column.name} is "
        message += f"{spoken(column.kind)} on PostgreSQL"
        fix = f"annotate :{source.name} as a list of {spoken(column.kind)}, or write CAST(...) around the list"
        yield finding_at(checked, PARAMETER_KIND, message, fix, at=met.at)


def _each_of(checked: CheckedVariant, source: ParameterSource, kind: str | None) -> str:
    """Return the fix that compares a column with each item of a list; "" if the argument is no list of this kind."""
    item = source.kind.removeprefix("list:")
    if item == source.kind or kind is None or not takes(kind, item):
        return ""
    name = f":{source.name}"
    each = f"IN (SELECT value FROM json_each({name}))"  # noqa: S608 - shown, not run
    if checked.block.dialect == "postgresql":
        each = f"= ANY({name}), or <> ALL({name}) for NOT IN"
    return f"write {each}; for one value, change the annotation"


def _values(
    checked: CheckedVariant, met: ColumnUse, column: TableColumn, source: ParameterSource | None
) -> Iterator[Finding]:
    allowed, where = column.allowed, f"{met.table}.{met.column}"
    given = (met.text,) if met.text is not None else values_of(source.value) if source and not source.derived else ()
    refused = without(given, allowed, column.kind) if allowed else []
    if not refused or (met.text is not None and not met.written and not met.is_exact):
        return  # `size = coalesce(:size, '')` intends a text that is no allowed value
    if met.text is not None:
        message = f"{where} refuses '{met.text}'" if met.written else f"{where} is never '{met.text}'"
    else:
        does = "refuses" if met.written else "never is"
        message = f":{met.parameter} may be {some(refused)}, which {where} {does}"
    fix = f"its CHECK allows {some(allowed)}: change the type, or the rule in a migration"
    yield finding_at(checked, VALUE_REFUSED, message, fix, at=met.at)


NONE_REFUSED: Final = Rule(
    "none-refused",
    "error",
    "An argument that may be None is not written to a column that is NOT NULL.",
    """\
This applies to an argument that may be None, to NULL itself and to a column that may be NULL. It also applies to a
CASE without ELSE, to `price + bonus`, to `coalesce(:name, note)`, to `(SELECT max(price) ...)` and to a column of a
LEFT JOIN. Remove `| None`, or write `coalesce(:name, name)`.
""",
    bad="""\
--- items.py
@query
async def rename_item(db: Executor, id: UUID, name: str | None) -> RowCount: ...
--- items.sql
-- name: rename_item
UPDATE items SET name = :name WHERE id = :id;
""",
    good="""\
--- items.py
@query
async def rename_item(db: Executor, id: UUID, name: str) -> RowCount: ...
""",
)


def _none(
    checked: CheckedVariant, met: ColumnUse, column: TableColumn, source: ParameterSource | None
) -> Iterator[Finding]:
    if not met.written or not met.is_exact or column.nullable:
        return
    if met.parameter is None and met.text is None:
        message = f"NULL is written to {met.table}.{met.column}, which is NOT NULL"
        yield finding_at(checked, NONE_REFUSED, message, "write a value, or leave it as it is", at=met.at)
    elif source is not None and may_be_none(checked, source):
        message = f":{source.name} may be None, and {met.table}.{met.column} is NOT NULL"
        fix = "remove `| None` from the annotation, or write COALESCE(...)"
        yield finding_at(checked, NONE_REFUSED, message, fix, at=met.at)


NONE_COMPARED: Final = Rule(
    "none-compared",
    "error",
    "An argument that may be None is not compared as it is: a comparison with NULL matches no row.",
    """\
Mark the line `-- when status`, so that it is left out if `status` is None. Or write what None means:
`(CAST(:status AS text) IS NULL OR status = :status)`. The same is reported for the ends of BETWEEN, for `name = NULL`
and for `NOT IN (1, :size)`, which holds for no row if `:size` is None. If every row must pass the condition, it is
reported even if the statement also uses the value elsewhere.
""",
    bad="""\
--- items.py
@query
async def list_items(
    db: Executor, owner_id: UUID, status: str | None = None
) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
AND status = :status
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
AND status = :status  -- when status
ORDER BY id;
""",
)


def _compared(checked: CheckedVariant, met: ColumnUse, source: ParameterSource | None) -> Iterator[Finding]:
    if source is None or met.written or source.is_change or not may_be_none(checked, source):
        return
    if compares(checked.variant, source.name):
        message = f":{source.name} may be None, and a comparison with NULL matches no row"
        fix = f"remove `| None` from the annotation, or mark the line `-- when {source.argument}`"
        yield finding_at(checked, NONE_COMPARED, message, fix, at=met.at)
    elif is_excluded(checked.variant, source.name):
        message = f":{source.name} may be None, and NOT IN a list with NULL holds for no row"
        fix = f"remove `| None` from the annotation, or write coalesce(:{source.name}, ...)"
        yield finding_at(checked, NONE_COMPARED, message, fix, at=met.at)
