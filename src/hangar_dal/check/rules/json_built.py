"""Check the values that a statement builds into JSON and into arrays against the fields that they are read as.

The databases write some values into JSON in different ways, which no database reports.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.rules.json_types import JSON_KIND
from hangar_dal.check.rules.result_columns import result_fields
from hangar_dal.check.rules.results import NULL_REFUSED
from hangar_dal.check.rules.scales import other_scale
from hangar_dal.check.statement_info import BuiltValue, StatementInfo
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import enum_of, fits, is_known, spoken, takes
from hangar_dal.database.types import ValueType, field_types, inner_model, kind_of
from hangar_dal.rules import Finding, Problem

# Exact on every version of SQLite for numbers between 1e-60 and 1e60, and for all numbers on most versions.
_EXACT: Final = "printf('%!.20g', {})"
_INSTANT: Final = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
# Values that SQLite stores in another unit or form.
_OTHER_IN_JSON: Final = frozenset({"numeric", "interval", "time without time zone"})
_OBJECTS: Final = ("json", "list", "model", "models")


def compare_built_json(
    checked: CheckedVariant, info: StatementInfo, tables: Tables, twin: Tables | None
) -> Iterator[Finding]:
    """Yield findings for values in JSON that have another kind than their field, or another text on each database."""
    fields = result_fields(checked) or {}
    names = [column.name for column in info.columns]
    for built in info.built:
        name = names[built.place] if 0 <= built.place < len(names) else ""
        whole = fields.get("" if "" in fields else name) if built.place >= 0 else None
        field = _at(whole, built.path) if whole is not None else None
        kind = _kind(checked, built, tables, twin)
        where = _where(name, built.path)
        differs = _difference(checked, built, kind, field) if not built.in_array else None
        if differs is not None:
            message, fix = differs
            yield finding_at(checked, JSON_KIND, f"{where} {message}", fix, at=built.at)
        elif field is not None and built.source and not built.in_array and not _is_taken(checked, kind, field):
            message = f"{where} is {spoken(kind)}, and its field is {spoken(kind_of(field))}"
            fix = "build it from the column that is meant, or change the annotation"
            yield finding_at(checked, JSON_KIND, message, fix, at=built.at)
        elif field is not None and (problem := _scale(checked, built, field, tables, twin)):
            message = f"the field of {where} {problem.message.format('.'.join(built.source or ()))}"
            yield finding_at(checked, JSON_KIND, message, problem.fix, at=built.at)
        elif field is not None and built.nullable and _refuses_null(field) and name not in checked.block.not_null:
            message, fix = _null_message(built, where)
            yield finding_at(checked, NULL_REFUSED, message, fix, at=built.at)


def _null_message(built: BuiltValue, where: str) -> tuple[str, str]:
    """Return what is said of a value that may be NULL, and what to write."""
    value = built.text or "..."
    left_out = f"FILTER (WHERE {value} IS NOT NULL)"
    if built.path[-1:] == ("[]",):
        message = f"an item of {where} may be NULL, and the items of its field do not accept None"
        fix = f"add {left_out} to the aggregate or a WHERE to ARRAY(SELECT ...), or declare `| None` for the items"
        return message, fix
    message = f"{where} may be NULL, and its field does not accept None"
    if "[]" in built.path:
        return message, f"declare `| None`, or leave the item out by {left_out}"
    return message, f"declare `| None`, or build the object by CASE WHEN {value} IS NOT NULL THEN ... END"


def _difference(
    checked: CheckedVariant, built: BuiltValue, kind: str, field: ValueType | None
) -> tuple[str, str] | None:
    """Return what differs between the databases, and what to write; None if nothing does."""
    value, is_any = built.text or "...", field is not None and field.kind == "json"
    if is_any and "sqlite" in checked.query.dialects and kind.removeprefix("list:") in _OTHER_IN_JSON:
        message = f"is {spoken(kind)}, which the databases write into JSON in different ways"
        return message, "select it as a column of its own, or declare a model in place of the JSON"
    if kind == "bytes" and (field is None or field.kind != "bytes"):
        return "is bytes, which JSON does not have", "select it as a column of its own, or store a text"
    if checked.block.dialect == "postgresql":
        if kind.removeprefix("list:") == "numeric" and field is not None and takes(kind, kind_of(field)):
            fix = f"write CAST({value} AS text{'[]' if kind.startswith('list:') else ''})"
            return "is a number in the JSON, which Python reads with 17 digits", fix
        if is_any and kind.removeprefix("list:") == "instant":
            fix = f"write {_INSTANT.format(value)}" if kind == "instant" else "select it as a column of its own"
            return "is a timestamp, which the databases write into JSON as different texts", fix
        return None
    if built.is_json:
        return None
    if kind == "float":
        exact = _EXACT.format(value)
        exact = exact if built.never_null else f"CASE WHEN {value} IS NOT NULL THEN {exact} END"
        return "is cut to 15 digits, since it is a fraction that SQLite writes into JSON", f"write json({exact})"
    if is_any and kind == "bool":
        fix = f"write json(CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END)"
        return "is 1 or 0 in the JSON of SQLite, and true or false on PostgreSQL", fix
    is_document = field is not None and field.kind in _OBJECTS[1:] and kind == "text"
    if kind == "json" or kind.startswith("list:") or (is_document and built.text):
        return "is a text in the JSON of SQLite, and a list or an object on PostgreSQL", f"write json({value})"
    return None


def _kind(checked: CheckedVariant, built: BuiltValue, tables: Tables, twin: Tables | None) -> str:
    """Return the kind of the value, as PostgreSQL has it if this is known."""
    of_postgresql = twin if checked.block.dialect == "sqlite" else tables
    column = _column(of_postgresql, built.source) or _column(tables, built.source)
    kind = column.kind if column is not None else built.kind
    return "float" if kind == "real" and checked.block.dialect == "sqlite" else kind


def _scale(
    checked: CheckedVariant, built: BuiltValue, field: ValueType, tables: Tables, twin: Tables | None
) -> Problem | None:
    """Return the problem of a Decimal that is built from a column with other digits after the point."""
    of_postgresql = twin if checked.block.dialect == "sqlite" else tables
    column = _column(of_postgresql, built.source)
    return other_scale(checked, column, kind_of(field)) if column is not None and field.kind != "json" else None


def _column(tables: Tables | None, source: tuple[str, str] | None) -> TableColumn | None:
    return tables.columns.get(source[0], {}).get(source[1]) if tables is not None and source is not None else None


def _at(value: ValueType | None, path: Sequence[str]) -> ValueType | None:
    """Return the type of the field at the end of this path; None if no field is known there."""
    for step in path:
        if value is None or value.kind == "json":
            return value
        if value.kind in ("models", "list"):
            is_model = value.kind == "models"
            value = value._replace(kind="model", optional=False) if is_model else value.item
            value = value if step == "[]" else None
        elif value.kind == "model" and (inner := inner_model(value)) is not None:
            found = field_types(inner, value.dialects).get(step)
            value = found if isinstance(found, ValueType) else None
        else:
            return None
    return value


def _refuses_null(field: ValueType) -> bool:
    return not field.optional and field.kind != "json"


def _is_taken(checked: CheckedVariant, kind: str, field: ValueType) -> bool:
    """Return whether a column of this kind can be read as the field. A JSON column can have any form."""
    theirs = kind_of(field)
    if kind.removeprefix("list:") == "numeric":
        return fits("postgresql", kind, theirs)
    if kind == "json" or field.kind == "json" or not (is_known(kind) or enum_of(kind)):
        return kind == "json" or field.kind == "json" or fits(checked.block.dialect, kind, theirs)
    return fits("postgresql", kind, theirs) or (kind == "int" and theirs == "float")


def _where(name: str, path: Sequence[str]) -> str:
    """Return the place of the value for a message: `author.id`."""
    steps = ".".join(step for step in (name, *path) if step and step not in ("[]", "?"))
    return steps or "the value"
