"""What is written for a table: names, fields, and which functions it gets."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from hangar_dal.drafting.formatting import quoted
from hangar_dal.importing.model import ImportedColumn, ImportedTable, LeftOut
from hangar_dal.importing.naming import field_names, model_name, module_names, plural, singular
from hangar_dal.importing.values import FieldType, enum_name, field_type
from hangar_dal.sqlscan import Dialect

FUNCTIONS: Final = ("insert", "get", "list", "update", "delete")
# Names that annotations use, which a field with a default would hide in the class.
_TYPE_NAMES: Final = re.compile(r"\b(?:date|datetime|time|timedelta|str|int|float|bool|bytes|list)\b")
_STRING: Final = re.compile(r"'((?:[^']|'')*)'(?:::[\w .\"\[\](),]+)?")
_NUMBER: Final = re.compile(r"\(?'?(-?\d+(?:\.\d+)?)'?\)?(?:::[\w .\"\[\](),]+)?")
_EMPTY: Final = re.compile(r"'(\{\}|\[\])'(?:::[\w .\"\[\](),]+)?")
_CLOCKS: Final = frozenset({"now()", "current_timestamp", "transaction_timestamp()"})
_FLAGS: Final = {"true": "True", "false": "False"}


@dataclass(frozen=True, slots=True)
class ImportedField:
    """A field of a model: a column, with the name and the type that it has in Python.

    `default` is the default in Python, as text. `is_left` is True if the database fills the column when a row is
    inserted, and `is_now` if the statement writes the current time then.
    """

    name: str
    column: ImportedColumn
    type: FieldType
    nullable: bool
    default: str | None = None
    is_left: bool = False
    is_now: bool = False

    @property
    def annotation(self) -> str:
        """The annotation in the model of a row."""
        return f"{self.type.annotation} | None" if self.nullable else self.type.annotation

    @property
    def given(self) -> str:
        """The annotation where a value is written."""
        is_key = not self.nullable and self.column.nullable
        return f"{self.type.given} | None" if self.column.nullable and not is_key else self.type.given


@dataclass(frozen=True)
class TablePlan:
    """The module for a table. `aliases` are the definitions of its `Literal` types, by their names.

    `functions` are some of FUNCTIONS. `scans` is True if the list reads the whole table. `certain` are functions and
    fields that are never NULL, although `check` cannot know this.
    """

    table: ImportedTable
    module: str
    singular: str
    plural: str
    model: str
    fields: tuple[ImportedField, ...]
    aliases: dict[str, tuple[str, ...]]
    functions: tuple[str, ...]
    scans: bool = False
    certain: frozenset[tuple[str, str]] = frozenset()
    dialect: Dialect = "postgresql"

    @property
    def key(self) -> tuple[ImportedField, ...]:
        """The fields of the key, in its order."""
        by_column = {each.column.name: each for each in self.fields}
        return tuple(by_column[name] for name in self.table.key)

    @property
    def inserted(self) -> tuple[ImportedField, ...]:
        """The fields that a caller gives when a row is inserted."""
        return tuple(each for each in self.fields if not each.is_left)

    @property
    def changed(self) -> tuple[ImportedField, ...]:
        """The fields that an update may change."""
        return tuple(each for each in self.fields if each.column.name not in self.table.key and not each.column.filled)

    def never_null(self, name: str) -> Self:
        """Return the plan with a field that is never None."""
        fields = (replace(each, nullable=False) if each.name == name else each for each in self.fields)
        return replace(self, fields=tuple(fields))

    def function(self, verb: str) -> str:
        """Return the name of a function."""
        return f"{verb}_{self.plural if verb == 'list' else self.singular}"


def plans(
    tables: Sequence[ImportedTable],
    dialect: Dialect,
    taken: Collection[str],
    nullable: Callable[[ImportedTable, ImportedColumn], bool],
    *,
    for_both: bool = False,
) -> tuple[tuple[TablePlan, ...], tuple[LeftOut, ...]]:
    """Return what to write for each table, and what is left out or changed, for the report.

    `dialect` is that of the imported database; `for_both` is True if there is a twin for the other one.
    `taken` are names that no module may have. `nullable` says whether a column may be NULL.
    """
    made: list[TablePlan] = []
    left_out: list[LeftOut] = []
    modules = module_names([(table.schema, table.name) for table in tables], taken)
    for module, table in zip(modules, tables, strict=True):
        if not table.columns:
            left_out.append(LeftOut(f"functions for {table.kind} {table.label}", "it has no columns"))
            continue
        found = _plan(table, module, dialect, nullable, for_both=for_both)
        made.append(found)
        left_out += _lacks(found)
        if for_both:
            there = {each.column.name for each in found.fields}
            left_out += [
                LeftOut(f"column {table.label}.{each.name}", f"SQLite has no type like {each.type}; the models lack it")
                for each in table.columns
                if each.name not in there
            ]
    return tuple(made), tuple(left_out)


def _plan(
    table: ImportedTable,
    module: str,
    dialect: Dialect,
    nullable: Callable[[ImportedTable, ImportedColumn], bool],
    *,
    for_both: bool,
) -> TablePlan:
    one = singular(module)
    model = model_name(one)
    aliases: dict[str, tuple[str, ...]] = {}
    types = [field_type(column, dialect, for_both=for_both) for column in table.columns]
    used = {name for each in types for name in _TYPE_NAMES.findall(f"{each.annotation} {each.given}")}
    fields = []
    names = field_names((column.name for column in table.columns), used)
    for name, column, type_ in zip(names, table.columns, types, strict=True):
        if _is_unshared(table, column, type_, dialect, for_both=for_both):
            continue
        found = type_
        if type_.allowed:
            enum = enum_name(column) if dialect == "postgresql" else ""
            first = model_name(enum) if enum else model + model_name(name.strip("_"))
            alias = _defined(first, type_.allowed, aliases, {model, f"New{model}", f"{model}Changes"})
            pattern = (type_.annotation or "{}").format(alias)
            found = replace(type_, annotation=pattern, given=pattern)
        may_be_null = column.name not in table.key and nullable(table, column)
        default = default_of(column, found)
        is_left = column.filled or column.counts or (column.default is not None and default is None)
        is_now = for_both and is_left and is_clock(column)
        if for_both and not column.filled and not is_now:
            is_left = is_numbered(table, column)  # the other database has no such default
        if default is None and may_be_null and column.nullable and not is_left:
            default = "None"
        fields.append(ImportedField(name, column, found, may_be_null, default, is_left, is_now))
    scans = table.kind == "table" and not table.key
    plan = TablePlan(table, module, one, plural(one), model, tuple(fields), aliases, (), scans, dialect=dialect)
    return replace(plan, functions=tuple(_functions(plan)) if fields else ())


def _is_unshared(
    table: ImportedTable, column: ImportedColumn, type_: FieldType, dialect: Dialect, *, for_both: bool
) -> bool:
    """Return whether the models of a project for both databases lack the column, because SQLite has no such type."""
    return for_both and dialect == "postgresql" and bool(type_.note) and column.name not in table.key


def is_clock(column: ImportedColumn) -> bool:
    """Return whether the default of the column is the current time."""
    return column.base == "timestamp with time zone" and (column.default or "").lower() in _CLOCKS


def is_numbered(table: ImportedTable, column: ImportedColumn) -> bool:
    """Return whether both databases can number the rows by this column."""
    is_whole = "int" in column.base.lower()
    return table.key == (column.name,) and is_whole and (column.counts or (column.default or "").startswith("nextval("))


def _defined(first: str, allowed: tuple[str, ...], aliases: dict[str, tuple[str, ...]], taken: Collection[str]) -> str:
    """Define a `Literal` with these values, and return its name: `first`, or `first` with a number if it is taken."""
    found, count = first, 1
    while aliases.get(found, allowed) != allowed or found in taken:
        count += 1
        found = f"{first}{count}"
    aliases[found] = allowed
    return found


def default_of(column: ImportedColumn, type_: FieldType) -> str | None:
    """Return the default as a Python expression; None if there is no default, or if the database must compute it."""
    text = column.default
    if text is None:
        return None
    if type_.literals == "bool" and text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    if column.default is not None and (empty := _EMPTY.fullmatch(text)):
        if type_.annotation == "JsonValue":
            return empty[1]
        if type_.annotation.startswith("list["):
            return "[]" if empty[1] == "{}" else None
    number, string = _NUMBER.fullmatch(text), _STRING.fullmatch(text)
    if type_.literals == "str" and string:
        value = string[1].replace("''", "'")
        return quoted(value) if not type_.allowed or value in type_.allowed else None
    if number and type_.literals == "int" and "." not in number[1]:
        if type_.annotation.startswith("bool"):
            return {"0": "False", "1": "True"}.get(number[1])
        is_listed = not type_.annotation.startswith("Literal") or number[1] in column.allowed
        return str(int(number[1])) if is_listed else None
    if number and type_.literals == "float":
        return repr(float(number[1]))
    return f'Decimal("{number[1]}")' if number and type_.literals == "Decimal" else None


def _functions(plan: TablePlan) -> Iterator[str]:
    if plan.table.kind == "table":
        yield "insert"
    if plan.key:
        yield "get"
    if plan.key or all(each.column.sorts for each in plan.fields):
        yield "list"
    if plan.key and plan.changed:
        yield "update"
    if plan.key:
        yield "delete"


def _lacks(plan: TablePlan) -> Iterator[LeftOut]:
    """Yield what a user might miss in the functions."""
    label, kind = plan.table.label, plan.table.kind
    if kind == "table" and not plan.key:
        yield LeftOut(f"get, update and delete for {label}", "it has no key: no columns that identify each row")
    if "list" not in plan.functions:
        what = "its columns cannot all be sorted" if plan.fields else "it has no columns"
        yield LeftOut(f"list for {label}", f"{'it has no key, and ' if kind == 'table' else ''}{what}")
    for each in plan.fields:
        if each.type.note:
            yield LeftOut(f"the type of {label}.{each.column.name}", each.type.note)


def without(plan: TablePlan, verbs: Collection[str]) -> TablePlan:
    """Return the plan without some functions."""
    return replace(plan, functions=tuple(verb for verb in plan.functions if verb not in verbs))
