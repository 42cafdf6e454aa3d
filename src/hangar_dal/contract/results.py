"""What a database gives back against what the function promises. Builds on `storage_types` and `locations`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from hangar_dal.contract.locations import column_at, finding_at
from hangar_dal.contract.model import Described, ResultColumn, TableColumn, Tables
from hangar_dal.contract.reading import Given, Reading
from hangar_dal.contract.storage_types import advice, enum_of, fits, spoken, values_of
from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.database.types import ValueType, field_types, kind_of
from hangar_dal.rules import Finding

Nulls = Sequence[bool | None] | None


def compare_results(
    checked: CheckedVariant, described: Described, reading: Reading, tables: Tables, twin: Tables | None
) -> Iterator[Finding]:
    """Columns against fields in both directions, each column's kind, values and NULLs, and the file's overrides."""
    fields, nulls = result_fields(checked), reading.nulls
    if fields is not None and checked.block.returns_rows:  # otherwise `returning-missing` says it
        texts = dict(zip((column.name for column in described.columns), reading.texts, strict=False))
        yield from _names(checked, described.columns, tuple(fields))
        for column, value in _pairs(described.columns, fields):
            yield from _kind(checked, column, value, twin)
            yield from _values(checked, column, value, tables)
            yield from _texts(checked, column, value, texts.get(column.name, ()))
        yield from _nulls(checked, described.columns, nulls, fields)
    yield from _overrides(checked, described.columns)


def result_fields(checked: CheckedVariant) -> Mapping[str, ValueType] | None:
    """What is promised by name; a value that is no model has the empty name; None where no rows are read."""
    result = checked.query.signature.result
    if result.model is not None:
        return {name: value for name, value in field_types(result.model).items() if isinstance(value, ValueType)}
    return {"": result.value} if result.value is not None else None


def may_be_null(checked: CheckedVariant, column: ResultColumn, place: int, nulls: Nulls) -> bool | None:
    """None where it cannot be known and the file does not say."""
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


def _names(checked: CheckedVariant, columns: Sequence[ResultColumn], fields: tuple[str, ...]) -> Iterator[Finding]:
    names = [column.name for column in columns]
    if fields == ("",):
        if len(names) != 1:
            message = f"returns {len(names)} columns, and the signature has one value"
            yield finding_at(checked, "column-extra", message, "select the one, or declare a model")
        return
    model = checked.query.signature.result.model
    owner = model.__name__ if model else ""
    missing = [name for name in fields if name not in names]
    extra = [name for name in dict.fromkeys(names) if name not in fields]
    for name in missing:
        yield finding_at(checked, "column-missing", f"no column for {owner}.{name}", f"select it, or name it AS {name}")
    for name in extra:
        message, fix = f"the column {name} is not a field of {owner}", "leave it out, or add the field"
        yield finding_at(checked, "column-extra", message, fix, at=column_at(checked, name))
    for name, count in Counter(names).items():
        if count > 1:
            message, fix = f"{count} columns are called {name}", "give each a name of its own by AS"
            yield finding_at(checked, "column-duplicate", message, fix, at=column_at(checked, name))
    if not missing and not extra and len(names) == len(fields) and tuple(names) != fields:
        first = next(name for name, expected in zip(names, fields, strict=True) if name != expected)
        message = f"the columns are in a different order than the fields of {owner}"
        yield finding_at(checked, "column-order", message, f"write {', '.join(fields)}", at=column_at(checked, first))


def _kind(checked: CheckedVariant, column: ResultColumn, value: ValueType, twin: Tables | None) -> Iterator[Finding]:
    kind, dialect = kind_of(value), checked.block.dialect
    theirs = _twin_column(column, twin) if dialect == "sqlite" else None
    database = theirs.kind if theirs else column.kind
    if not fits(dialect, column.kind, kind) or (theirs and not fits("postgresql", theirs.kind, kind)):
        on = " on PostgreSQL" if theirs and fits(dialect, column.kind, kind) else ""
        message = f"{column.name} is {spoken(database or '')}{on}, and {_owner(checked, column)} is {spoken(kind)}"
        fix = "change the annotation, select what is meant, or convert it by CAST(... AS ...)"
        fix = (advice(database) if database and not (dialect == "sqlite" and theirs is None) else "") or fix
        yield finding_at(checked, "column-kind", message, fix, at=column_at(checked, column.name))


def _twin_column(column: ResultColumn, twin: Tables | None) -> TableColumn | None:
    if twin is None or column.table is None or column.column is None:
        return None
    return twin.columns.get(column.table, {}).get(column.column)


def _texts(
    checked: CheckedVariant, column: ResultColumn, value: ValueType, texts: Sequence[Given]
) -> Iterator[Finding]:
    """Those that the statement gives itself."""
    known = values_of(value)
    for given in (each for each in texts if known and each.text not in known):
        message = f"{_owner(checked, column)} refuses '{given.text}', which the statement gives for it"
        fix = f"give one of {', '.join(known)}, or add it to the type"
        yield finding_at(checked, "value-unreadable", message, fix, at=given.at)


def _values(checked: CheckedVariant, column: ResultColumn, value: ValueType, tables: Tables) -> Iterator[Finding]:
    origin = tables.columns.get(column.table or "", {}).get(column.column or "")
    enum = enum_of(column.kind or "")
    allowed = origin.allowed if origin else tables.enums.get(enum or "", ())
    known = values_of(value)
    unknown = [each for each in allowed if each not in known] if known else []
    if unknown:
        where = f"{column.table}.{column.column}" if origin else column.name
        message = f"{where} may be {', '.join(unknown)}, which {_owner(checked, column)} refuses"
        rule = f"the enum {enum}" if enum else "the CHECK"
        fix = f"add the values to the type, or remove them from {rule} in a migration"
        yield finding_at(checked, "value-unreadable", message, fix, at=column_at(checked, column.name))


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
            fix = f"declare `| None`, or write `-- not null: {column.name}: reason` under the header"
            yield finding_at(checked, "null-unknown", message, fix, at=column_at(checked, column.name))
        elif nullable:
            message = f"{column.name} may be NULL, and {_owner(checked, column)} does not accept None"
            fix = "declare `| None`, or keep NULL away in the statement"
            yield finding_at(checked, "null-refused", message, fix, at=column_at(checked, column.name))


def _overrides(checked: CheckedVariant, columns: Sequence[ResultColumn]) -> Iterator[Finding]:
    names = {column.name for column in columns}
    for name in checked.block.not_null:
        if name not in names:
            message = f"`-- not null: {name}`: the result has no such column"
            yield finding_at(checked, "override-unknown", message, "delete the line, or correct the name")


def _owner(checked: CheckedVariant, column: ResultColumn) -> str:
    model = checked.query.signature.result.model
    return f"{model.__name__}.{column.name}" if model else "the value that the signature promises"
