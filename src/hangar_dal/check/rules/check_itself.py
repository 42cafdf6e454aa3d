"""Rules about what a check needs: a PostgreSQL server, migrations that run, and snapshots.

`run` and `databases.snapshot` report them.
"""

from typing import Final

from hangar_dal.rules import Rule

POSTGRESQL_MISSING: Final = Rule(
    "postgresql-missing",
    "error",
    "A check needs a PostgreSQL server, or a snapshot of its answers.",
    """\
PostgreSQL was not checked, as by a plain `hangar-dal check` where `DATABASE_URL` is a SQLite file: no server is
named, it cannot be reached, the role may not create a database, or the throwaway database is not empty. The message
says which. See [where PostgreSQL is checked](check.md#where-postgresql-is-checked). SQLite is checked all the same.
Without a server, `hangar-dal check --offline` uses the snapshots.
""",
    bad="""\
--- command
hangar-dal check
""",
    good="""\
--- command
hangar-dal check --postgresql postgresql://localhost/postgres
""",
)

MIGRATION_FAILS: Final = Rule(
    "migration-fails",
    "error",
    "The migrations can be applied on both databases.",
    """\
A database could not be migrated, and nothing was checked against it. `hangar-dal migrations verify` reports more. Two
catalogs that have a migration of the same id, or that create the same table, are refused here too.
""",
    bad="""\
--- migrations/0002_item_color.sql
ALTER TABLE item ADD COLUMN color text;
--- command
hangar-dal check --postgresql postgresql://localhost/postgres
""",
    good="""\
--- migrations/0002_item_color.sql
ALTER TABLE items ADD COLUMN color text;
""",
)

SNAPSHOT_MISSING: Final = Rule(
    "snapshot-missing",
    "error",
    "`check --offline` needs a snapshot of what both databases answered.",
    """\
A SQL file or a migration has no snapshot. Run `hangar-dal check --update` where there is a PostgreSQL server, and
commit what it writes.
""",
    bad="""\
--- command
hangar-dal check --offline
""",
    good="""\
--- command
hangar-dal check --update --postgresql postgresql://localhost/postgres
hangar-dal check --offline
""",
)

SNAPSHOT_STALE: Final = Rule(
    "snapshot-stale",
    "error",
    "The snapshot was written for the statements and migrations as they are now.",
    """\
The snapshot lacks a statement, was written for other migrations, conflicts with another snapshot after a merge, or
belongs to a file that no longer exists. Run `hangar-dal check --update` again.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
--- command
hangar-dal check --update --postgresql postgresql://localhost/postgres
sed -i 's/ORDER BY id/ORDER BY name, id/' shop/sql/*/items.sql
hangar-dal check --offline
""",
    good="""\
--- command
sed -i 's/ORDER BY id/ORDER BY name, id/' shop/sql/*/items.sql
hangar-dal check --update --postgresql postgresql://localhost/postgres
hangar-dal check --offline
""",
)
