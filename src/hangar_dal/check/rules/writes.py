"""Check writes: columns that are left out, values from columns of another kind, and writes that are not visible."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.rules.parameters import NONE_REFUSED
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.check.statements.locations import finding_at, parameter_at
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import spoken, writes
from hangar_dal.database.types import DERIVED, ValueType, field_types
from hangar_dal.query.clauses import ClauseScope, scopes
from hangar_dal.rules import Finding, Problem, Rule
from hangar_dal.sqlscan import Kind, Token

REQUIRED_COLUMN: Final = Rule(
    "required-column",
    "error",
    "An INSERT gives a value to each column that is NOT NULL and has no default.",
    """\
In the example, `email` is `NOT NULL` and has no default. Insert the column, or give it a default in a migration.
""",
    bad="""\
--- users.py
@query
async def insert_user(db: Executor, id: UUID, nick: str) -> RowCount: ...
--- users.sql
-- name: insert_user
INSERT INTO users (id, nick) VALUES (:id, :nick);
""",
    good="""\
--- users.py
@query
async def insert_user(db: Executor, id: UUID, email: str, nick: str) -> RowCount: ...
--- users.sql
-- name: insert_user
INSERT INTO users (id, email, nick) VALUES (:id, :email, :nick);
""",
)


WRITE_UNSEEN: Final = Rule(
    "write-unseen",
    "error",
    "A statement that writes begins with a verb that shows it.",
    """\
SQLite reports that the statement writes, although it begins with none of the words by which calls are sent to the
writing connection. Write the change as INSERT, UPDATE or DELETE. There is no example, since no such statement is
known: `SELECT`, `VALUES` and `WITH` cannot write without one of these three, and other verbs are refused by
[statement-kind](#statement-kind).
""",
    bad="",
    good="",
)


def compare_writes(
    checked: CheckedVariant, info: StatementInfo, tables: Tables, twin: Tables | None
) -> Iterator[Finding]:
    """Yield findings for missing columns, values of a wrong kind, dropped fields, and statements that write unseen."""
    if info.reads_only is False and not checked.block.writes:
        message = "the statement writes, and neither its verb nor a FOR UPDATE shows it"
        yield finding_at(checked, WRITE_UNSEEN, message, "write what it changes as INSERT, UPDATE or DELETE")
    for table, column in info.missing_columns:
        message = f"{table}.{column} is NOT NULL without a default, and this INSERT leaves it out"
        yield finding_at(checked, REQUIRED_COLUMN, message, "insert it, or give it a default in a migration")
    yield from _taken(checked, info, tables if checked.block.dialect == "postgresql" else twin)
    yield from _nulls_taken(checked, info, tables)
    yield from _patches(checked, info)
    yield from _unstored(checked, tables)


KIND_WRITTEN: Final = Rule(
    "kind-written",
    "error",
    "A column is only written to a column of the same kind.",
    """\
A column is written to a column of another kind. In the example, both databases turn the timestamp into a text, but
into different texts. Write the column that is meant, or convert the value in Python.
""",
    bad="""\
--- items.py
@query
async def copy_name_to_note(db: Executor, id: UUID) -> RowCount: ...
--- items.sql
-- name: copy_name_to_note
UPDATE items SET note = created_at WHERE id = :id;
""",
    good="""\
--- items.sql
-- name: copy_name_to_note
UPDATE items SET note = name WHERE id = :id;
""",
)


def _taken(checked: CheckedVariant, info: StatementInfo, of_postgresql: Tables | None) -> Iterator[Finding]:
    """Yield a finding for each column that is written to a column of another kind, which the databases may convert."""
    columns = of_postgresql.columns if of_postgresql is not None else {}
    for met in info.column_uses:
        to = columns.get(met.table, {}).get(met.column)
        of = columns.get(met.source_column[0], {}).get(met.source_column[1]) if met.source_column is not None else None
        if to is not None and of is not None and not writes(to.kind, of.kind):
            where, source = f"{met.table}.{to.name}", f"{met.source_column[0]}.{of.name}" if met.source_column else ""
            message = f"{where} is {spoken(to.kind)}, and {source}, which is written to it, is {spoken(of.kind)}"
            fix = "write the column that is meant, or convert the value in Python"
            yield finding_at(checked, KIND_WRITTEN, message, fix, at=met.at)


def _nulls_taken(checked: CheckedVariant, info: StatementInfo, tables: Tables) -> Iterator[Finding]:
    """Yield a finding for each nullable column that is written to a NOT NULL column.

    Omits columns that the statement names more than once, because a condition may exclude NULL.
    """
    named = Counter(token.text.strip('"').lower() for token in checked.variant.tokens)
    for met in info.column_uses:
        if met.source_column is None or met.source_column[0] not in tables.keys:  # a view: its columns are not known
            continue
        of = tables.columns[met.source_column[0]].get(met.source_column[1])
        to = tables.columns[met.table][met.column]
        if of is not None and of.nullable and not to.nullable and named[of.name.lower()] == 1:
            message = f"{of.name} may be NULL, and {met.table}.{met.column}, to which it is written, is NOT NULL"
            fix = "write COALESCE(...), or leave those rows out by IS NOT NULL"
            yield finding_at(checked, NONE_REFUSED, message, fix, at=met.at)


PATCH_MIXED: Final = Rule(
    "patch-mixed",
    "error",
    "A change is written under its own flag, and a column that is not changed keeps its own value.",
    """\
In the example, `note` is written when `price` is given, and it may be None then. The same is reported for
`note = CASE WHEN :note_is_set THEN :note ELSE name END`: the column is given the value of another one if nothing was
given. Write the flag and the column of the change itself.
""",
    bad="""\
--- items.py
class ItemChanges(TypedDict, total=False):
    note: str | None
    price: int

@query
async def change_item(
    db: Executor, id: UUID, **changes: Unpack[ItemChanges]
) -> RowCount: ...
--- items.sql
-- name: change_item
UPDATE items
SET
    note = CASE WHEN :price_is_set THEN :note ELSE note END,
    price = CASE WHEN :price_is_set THEN :price ELSE price END
WHERE id = :id;
""",
    good="""\
--- items.sql
-- name: change_item
UPDATE items
SET
    note = CASE WHEN :note_is_set THEN :note ELSE note END,
    price = CASE WHEN :price_is_set THEN :price ELSE price END
WHERE id = :id;
""",
)


def _patches(checked: CheckedVariant, info: StatementInfo) -> Iterator[Finding]:
    """Yield a finding for each PATCH that tests the flag of another field, or whose ELSE is another column."""
    changes = checked.query.signature.changes
    for patch in info.patches:
        given = patch.flag.removesuffix("_is_set")
        if given == patch.flag or given not in changes:
            continue
        others = [value for value in patch.values if value in changes]
        if others and given not in others:
            message = f":{others[0]} is written when {given} is given, and may be None then"
            yield finding_at(
                checked, PATCH_MIXED, message, f"ask :{others[0]}_is_set", at=parameter_at(checked, patch.flag)
            )
        if patch.kept and patch.kept.lower() != patch.column.lower():
            message = f"{patch.column} is overwritten with {patch.kept} when {given} is not given"
            fix = f"write ELSE {patch.column}"
            yield finding_at(checked, PATCH_MIXED, message, fix, at=parameter_at(checked, patch.flag))


FIELD_UNSTORED: Final = Rule(
    "field-unstored",
    "warning",
    "An INSERT of a model stores each field that has a column.",
    """\
The INSERT drops a field of the model, although the table has a column of that name. Insert it, or remove the field
from the model. An INSERT that stores a field but not the column that is made of it, such as `name_fold`, is reported
too: the row would not be found by its name.
""",
    bad="""\
--- users.py
class NewUser(Row):
    id: UUID
    email: str
    nick: str | None

@query
async def insert_user(db: Executor, user: NewUser) -> RowCount: ...
--- users.sql
-- name: insert_user
INSERT INTO users (id, email) VALUES (:id, :email);
""",
    good="""\
--- users.sql
-- name: insert_user
INSERT INTO users (id, email, nick) VALUES (:id, :email, :nick);
""",
)


def _unstored(checked: CheckedVariant, tables: Tables) -> Iterator[Finding]:
    """Yield a finding for each field of a model that has a column in the table, but that the INSERT leaves out.

    Checks only functions with a single model.
    """
    models = [argument.model for argument in checked.query.signature.arguments.values() if argument.model is not None]
    target = insert_target(scopes(checked.variant)[0])
    if len(models) != 1 or target is None:
        return
    table, given = target
    columns = tables.columns.get(table, {})
    types = field_types(models[0], checked.query.dialects)
    known = [name for name, value in types.items() if isinstance(value, ValueType) and name in columns]
    named = {place.name for place in checked.block.all_lines.parameters}
    forgotten = [name for name in known if name not in given and name not in named]
    for name in (name for name in known if name in given):
        for derived in _derived(name, types[name]):
            if derived in columns and columns[derived].nullable and derived not in given:
                message = f"{name} is stored, and {table}.{derived}, by which it is found, is left out"
                yield finding_at(checked, FIELD_UNSTORED, message, f"insert it too, from :{derived}")
    # If only a few fields are stored, the model has another purpose, such as the row that the new row belongs to.
    if len(forgotten) * 2 < len(known):
        for name in forgotten:
            message = f"{models[0].__name__}.{name} is dropped, and {table} has a column for it"
            fix = "insert it too, or remove the field from the model"
            yield finding_at(checked, FIELD_UNSTORED, message, fix)


def _derived(name: str, value: ValueType | Problem) -> Iterator[str]:
    """Yield the names of the columns for values derived from a field, such as `name_fold`."""
    if isinstance(value, ValueType):
        yield from (f"{name}_{kind}" for kind in DERIVED if value.derives(kind))


def insert_target(root: ClauseScope) -> tuple[str, set[str]] | None:
    """Return the table of an INSERT and the columns that it lists, in lower case; None if it lists none."""
    into = None if root.verb is None or root.word(root.verb) != "INSERT" else root.find("INTO", after=root.verb)
    if into is None:
        return None
    listed = next((item for item in root.items[into + 2 : into + 5] if isinstance(item, ClauseScope)), None)
    if listed is None:
        return None
    names = [item for item in listed.items if isinstance(item, Token) and item.kind in (Kind.WORD, Kind.NAME)]
    return root.text(into + 1).strip('"').lower(), {name.text.strip('"').lower() for name in names}
