"""Remove findings that a migration turns off by `-- ignore: rule: reason`, as an imported baseline does."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from hangar_dal.migrations.declarations import ignored_rules
from hangar_dal.migrations.faults import display_path, fault
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.finished_tables import FOREIGN_KEY_UNINDEXED, JSON_CHECK_NULL, TABLE_NOT_STRICT
from hangar_dal.migrations.trigger_twins import TRIGGER_RAISE
from hangar_dal.migrations.undeclared import SCHEMAS_DIFFER
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import Dialect

# Rules about how a schema should be. No line turns off a rule about whether a migration works.
IGNORABLE: Final = tuple(
    rule.id for rule in (FOREIGN_KEY_UNINDEXED, JSON_CHECK_NULL, TABLE_NOT_STRICT, TRIGGER_RAISE, SCHEMAS_DIFFER)
)

MIGRATION_IGNORE: Final = Rule(
    "migration-ignore",
    "error",
    "An `-- ignore:` line of a migration turns off a finding of its file.",
    f"""\
The line names a rule that finds nothing in this file, or one that cannot be turned off here. Delete the line, or
correct the name. These rules can be turned off: {", ".join(f"`{rule}`" for rule in IGNORABLE)}. The line is for the
baseline of a database that existed before: [importing a database](importing.md).
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
-- ignore: foreign-key-unindexed: as in the imported database
CREATE TABLE items (id integer PRIMARY KEY NOT NULL) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY NOT NULL) STRICT;
""",
)


def without_ignored(
    findings: Sequence[Finding], files: Sequence[MigrationFiles], tried: Collection[Dialect]
) -> Iterator[Finding]:
    """Yield the findings that are not turned off, and one for each `-- ignore:` line that turns off nothing.

    `tried` are the dialects whose migrations were tried to their end. The lines of others may be needed.
    """
    lines = {
        display_path(migration.path(dialect)): ignored_rules(migration.script(dialect).text, dialect)
        for migration in files
        for dialect in migration.dialects
    }
    used: set[tuple[str, str]] = set()
    for finding in findings:
        if finding.rule in IGNORABLE and finding.rule in lines.get(finding.path, {}):
            used.add((finding.path, finding.rule))
        else:
            yield finding
    for migration in files:
        for dialect in migration.dialects:
            path = display_path(migration.path(dialect))
            for rule, line in lines[path].items():
                if rule not in IGNORABLE:
                    message = f"{rule} is not a rule that a migration can turn off"
                elif dialect in tried and (path, rule) not in used:
                    message = f"{rule} finds nothing in this file"
                else:
                    continue
                yield fault(migration, dialect, "apply", MIGRATION_IGNORE, message, fix="delete the line", line=line)
