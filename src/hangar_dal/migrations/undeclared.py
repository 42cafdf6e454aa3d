"""The finding for a difference that no migration declares: the object, both definitions, and how to fix it."""

from collections.abc import Sequence
from textwrap import shorten
from typing import Final

from hangar_dal.migrations.declarations import KINDS
from hangar_dal.migrations.faults import fault, with_diff
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.formatting import readable
from hangar_dal.migrations.scripts import Script
from hangar_dal.migrations.twin_objects import Key, TwinObject
from hangar_dal.migrations.twins import OTHER, Twins
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect, Kind, tokens_of

_WIDTH: Final = 300
# The beginnings of `label` and `alike` of objects that the other database cannot have.
_POSTGRESQL_ALONE: Final = tuple(
    f"{kind} "
    for kind in KINDS
    if kind not in ("table", "column", "primary key", "constraint", "index", "trigger", "view")
)
_ALIKE_ALONE: Final = ("using ", "unique using ", "virtual table", "exclude")


SCHEMAS_DIFFER: Final = Rule(
    "schemas-differ",
    "error",
    "SQLite and PostgreSQL get the same schema, unless a migration declares the difference.",
    """\
Make the same change in both files of the migration, or [declare the difference](migrations.md#declared-differences).
Call a CHECK that only SQLite needs `<table>_<column>_type_check`. [Checking migrations](migrations.md) says what is
compared.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY NOT NULL, name text NOT NULL) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
--- migrations/postgresql/0001_items.sql
CREATE TABLE items (id bigint PRIMARY KEY, name text);
--- migrations/postgresql/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/postgresql/0001_items.sql
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
""",
)


def undeclared(migration: MigrationFiles, key: Key, missing: Sequence[Dialect], twins: Twins) -> Finding:
    """Return a finding at the statement that names the object, in a file that lacks the declaration.

    `missing` are the dialects whose files have the object and do not declare it.
    """
    difference, first = twins.differences[key], missing[-1]
    one = difference.on(first)
    if one is None or not one.label:
        name, fix = (
            f"a constraint without a name on {key.table}",
            "give it the name that it has in the other dialect: CONSTRAINT name ...",
        )
    else:
        name, fix = twins.label_of(key, first), _ways_out(migration, key, missing, twins)
    if len(difference.having) == 1:
        message = f"{name} is only in {DATABASES[first]}"
    else:
        message = f"{name} is not the same in SQLite and PostgreSQL"
    if difference.values:
        here, there = (value or "nothing" for value in difference.values)
        message += f": {here} in SQLite, {there} in PostgreSQL"
    sides = [f"{mark} {_shown(difference.on(dialect))}" for mark, dialect in zip("-+", DIALECTS, strict=True)]
    message = with_diff(f"{message} (- SQLite, + PostgreSQL):", tuple(sides))
    line = next((each.line for each in migration.script(first).statements() if _names(each.text, first, key)), 1)
    return fault(migration, first, "apply", SCHEMAS_DIFFER, message, fix=fix, line=line)


def mentions(script: Script, key: Key) -> bool:
    """Whether a statement of the script names the object."""
    return any(_names(each.text, script.dialect, key) for each in script.statements())


def _names(statement: str, dialect: Dialect, key: Key) -> bool:
    name = (key.name or key.table).partition("(")[0].lower()
    tokens = (token for token in tokens_of(statement, dialect) if token.kind in (Kind.WORD, Kind.NAME))
    return any(token.text.strip('"`[]').lower() == name for token in tokens)


def _ways_out(migration: MigrationFiles, key: Key, missing: Sequence[Dialect], twins: Twins) -> str:
    """Return the sentence that says how to fix the difference. The most likely fix comes first."""
    difference = twins.differences[key]
    lines = [
        f"`-- differs: {twins.label_of(key, dialect)}: reason` in {dialect}/{migration.id}.sql" for dialect in missing
    ]
    declare = f"write {' and '.join(lines)}"
    if len(difference.having) == len(DIALECTS):
        return f"{declare}, or make them equal" if len(missing) == 1 else f"make them equal, or {declare}"
    (dialect,) = difference.having
    one, other = difference.on(dialect), OTHER[dialect]
    if one and (one.alike.startswith(_ALIKE_ALONE) or one.label.startswith(_POSTGRESQL_ALONE)):
        return f"{DATABASES[other]} has nothing like it, so {declare}"
    fix = f"make the same change in {other}/{migration.id}.sql, or {declare}"
    if one and other == "postgresql" and one.text.startswith("check "):
        fix += "; if a type of PostgreSQL does the same, name the CHECK <table>_<column>_type_check"
    return fix


def _shown(one: TwinObject | None) -> str:
    if one is None:
        return "not there"
    text = readable(" ".join(one.text.split()))
    whole = text if text.upper().startswith("CREATE ") else f"{one.label} {text}".strip()
    return shorten(whole, _WIDTH, placeholder=" ...")
