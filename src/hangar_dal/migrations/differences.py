"""Compare the differences between SQLite and PostgreSQL with the `-- differs:` lines: `find_differences(files, ...)`.

A migration must declare each difference that it introduces, in the file of each database that has the object. The
declaration stays valid until a later migration changes the difference.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final, NamedTuple

from hangar_dal.migrations.declarations import FORM, declarations
from hangar_dal.migrations.faults import fault
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.round_trip import RoundTrip
from hangar_dal.migrations.scripts import DIRECTIONS
from hangar_dal.migrations.twin_objects import Key
from hangar_dal.migrations.twins import NO_TWINS, OTHER, Twins, compare_twins
from hangar_dal.migrations.undeclared import mentions, undeclared
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect

_MOST_LISTED: Final = 8
_DELETE: Final = "delete the line"


class _File(NamedTuple):
    """A migration in one dialect, and the comparison of the two databases before and after it."""

    migration: MigrationFiles
    dialect: Dialect
    before: Twins
    now: Twins


class _Wrong(NamedTuple):
    rule: Rule
    message: str
    fix: str


MIGRATION_FILE: Final = Rule(
    "migration-file",
    "error",
    "A migration has files that can be read, for both dialects and both directions.",
    """\
A file is missing, empty or unfinished, or ends its own transaction; or a `-- differs:` line cannot be read. Write the
file. If there is nothing to do, write `SELECT 1;` and a comment that says why.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL) STRICT;
COMMIT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL) STRICT;
""",
)


def find_malformed(files: Sequence[MigrationFiles]) -> Iterator[Finding]:
    """Yield a finding for each `-- differs:` line that is malformed or in a rollback, where it has no effect."""
    for migration in files:
        for dialect in migration.dialects:
            for direction in DIRECTIONS:
                for each in declarations(migration.script(dialect, direction).text, dialect):
                    if each.fault:
                        wrong = _Wrong(MIGRATION_FILE, each.fault, f"write `{FORM}`")
                    elif direction == "rollback":
                        message = f"{each.label} is declared in a rollback, where declarations are not read"
                        wrong = _Wrong(DECLARATION_NEEDLESS, message, _DELETE)
                    else:
                        continue
                    yield fault(migration, dialect, direction, wrong.rule, wrong.message, fix=wrong.fix, line=each.line)


def find_differences(files: Sequence[MigrationFiles], sqlite: RoundTrip, postgresql: RoundTrip) -> Iterator[Finding]:
    """Yield a finding for each wrong declaration, and for each undeclared difference at the migration that adds it."""
    before = NO_TWINS
    for migration, here, there in zip(files, sqlite.stages, postgresql.stages, strict=False):
        now = compare_twins(here, there)
        declared: dict[Dialect, set[Key]] = {dialect: set() for dialect in DIALECTS}
        for dialect in DIALECTS:
            yield from _judge(_File(migration, dialect, before, now), declared[dialect])
        for key, difference in now.differences.items():
            known = before.differences.get(key)
            if known is None or known.gist != difference.gist:
                missing: list[Dialect] = [dialect for dialect in difference.having if key not in declared[dialect]]
                if missing:
                    yield undeclared(migration, key, missing, now)
        before = now


def _judge(file: _File, declared: set[Key]) -> Iterator[Finding]:
    """Add the objects that the file declares to `declared`, and yield a finding for each wrong declaration."""
    for each in declarations(file.migration.script(file.dialect).text, file.dialect):
        if each.fault:
            continue
        keys = file.now.named(each.label, file.dialect)
        if len(keys) == 1 and keys[0] not in declared:
            wrong = _needless(file, each.label, keys[0])
            declared.add(keys[0])
        elif keys:
            wrong = _repeated(each.label, keys)
        else:
            wrong = _unknown(file, each.label)
        if wrong:
            yield fault(file.migration, file.dialect, "apply", wrong.rule, wrong.message, fix=wrong.fix, line=each.line)


DECLARATION_NEEDLESS: Final = Rule(
    "declaration-needless",
    "error",
    "A `-- differs:` line of a migration names what differs.",
    """\
The line names an object that is the same in both databases, is declared already, is part of an object that is declared
as a whole, or is not changed by this migration. A line in a rollback is reported too, because declarations are not
read there. Delete the line, or name the part that differs, which the finding shows.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY NOT NULL, name text NOT NULL) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
--- migrations/postgresql/0001_items.sql
-- differs: column items.name: it is text here
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
--- migrations/postgresql/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/postgresql/0001_items.sql
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
""",
)


def _needless(file: _File, label: str, key: Key) -> _Wrong | None:
    rule, dialect, now = DECLARATION_NEEDLESS, file.dialect, file.now
    difference, known = now.differences.get(key), file.before.differences.get(key)
    if difference is None and (key not in now.undecided or now.whole_of(key, dialect)):
        if whole := now.whole_of(key, dialect):
            return _Wrong(rule, f"{label} is a part of {whole.label}, and is declared with it", _DELETE)
        inner = [one.label for one in now.differing(dialect) if one.whole == key and one.label]
        fix = f"name the parts that differ: {_listed(inner)}" if inner else _DELETE
        return _Wrong(rule, f"{label} is the same in SQLite and PostgreSQL", fix)
    is_as_before = file.before.on(dialect).get(key) == now.on(dialect)[key] and (
        (known and known.gist) == (difference and difference.gist)
    )
    if is_as_before and not mentions(file.migration.script(dialect), key):
        return _Wrong(rule, f"this migration does not change {label}", f"{_DELETE}: earlier declarations still hold")
    return None


def _repeated(label: str, keys: Sequence[Key]) -> _Wrong:
    if len(keys) == 1:
        return _Wrong(DECLARATION_NEEDLESS, f"{label} is declared twice in this file", _DELETE)
    tables = [key.table for key in keys]
    fix = f"write `-- differs: {label} on {tables[0]}: reason`"
    return _Wrong(DECLARATION_UNKNOWN, f"{label} is on several tables: {', '.join(tables)}", fix)


DECLARATION_UNKNOWN: Final = Rule(
    "declaration-unknown",
    "error",
    "A `-- differs:` line of a migration names one object of its database.",
    """\
The line names an object that the database does not have, or a name that several have. Take a name from the finding.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY NOT NULL, name text NOT NULL) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
--- migrations/postgresql/0001_items.sql
-- differs: index idx_items_name: SQLite has no hash indexes
-- differs: index idx_items_note: SQLite has no hash indexes
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
CREATE INDEX idx_items_name ON items USING hash (name);
--- migrations/postgresql/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/postgresql/0001_items.sql
-- differs: index idx_items_name: SQLite has no hash indexes
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
CREATE INDEX idx_items_name ON items USING hash (name);
""",
)


def _unknown(file: _File, label: str) -> _Wrong:
    database, other = DATABASES[file.dialect], OTHER[file.dialect]
    message = f"after this migration there is no {label} in {database}"
    if file.now.named(label, other):
        fix = f"move the line to {other}/{file.migration.id}.sql"
        return _Wrong(DECLARATION_UNKNOWN, f"{message}, only in {DATABASES[other]}", fix)
    wanted = [
        file.now.label_of(key, file.dialect)
        for key, difference in file.now.differences.items()
        if (one := difference.on(file.dialect)) and one.label
    ]
    near = get_close_matches(label, wanted, n=_MOST_LISTED, cutoff=0.5)
    fix = f"these differ: {_listed([*near, *wanted])}" if wanted else f"{_DELETE}, since nothing in {database} differs"
    return _Wrong(DECLARATION_UNKNOWN, message, fix)


def _listed(labels: Sequence[str]) -> str:
    once = list(dict.fromkeys(labels))
    more = f" and {len(once) - _MOST_LISTED} more" if len(once) > _MOST_LISTED else ""
    return ", ".join(once[:_MOST_LISTED]) + more
