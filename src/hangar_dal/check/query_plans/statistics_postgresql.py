"""Fill the tables of a scratch database with invented rows, so that PostgreSQL's planner treats them as large.

PostgreSQL counts the pages of a table, so statistics alone do not make an empty table large. The rows fit the types,
the unique keys, and the values that a CHECK lists. CHECK constraints and foreign keys are dropped first.
"""

from collections.abc import Collection, Sequence
from time import sleep
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg

from hangar_dal.check.query_plans.statistics import CHOICES, OWNERS, ROWS
from hangar_dal.check.sql.allowed_values import allowed_values
from hangar_dal.migrations.guard import Change, PostgresScratch

if TYPE_CHECKING:
    from psycopg import Connection

_TABLES: Final = """
SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE
    c.relkind IN ('r', 'p')
    AND NOT c.relispartition
    AND n.nspname !~ '^pg_'
    AND n.nspname <> 'information_schema'
    AND pg_has_role(c.relowner, 'USAGE')
    AND (
        c.relname = ANY(%(names)s)
        OR c.oid IN (
            SELECT pg_partition_root(p.oid) FROM pg_catalog.pg_class AS p
            WHERE p.relispartition AND p.relname = ANY(%(names)s)
        )
    )
ORDER BY c.oid
"""
_COLUMNS: Final = """
SELECT
    quote_ident(a.attname),
    a.attname,
    format_type(a.atttypid, a.atttypmod),
    t.typcategory,
    coalesce(b.typname, t.typname),
    a.attnotnull,
    EXISTS (
        SELECT FROM pg_constraint AS r
        WHERE r.conrelid = a.attrelid AND r.contype = 'f' AND a.attnum = ANY(r.conkey)
    ),
    EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
    ),
    ARRAY(
        SELECT pg_get_expr(r.conbin, r.conrelid) FROM pg_constraint AS r
        WHERE r.conrelid = a.attrelid AND r.contype = 'c' AND a.attnum = ANY(r.conkey)
    ),
    ARRAY(
        SELECT e.enumlabel::text FROM pg_enum AS e
        WHERE e.enumtypid = coalesce(b.oid, t.oid)
        ORDER BY e.enumsortorder
    )
FROM pg_attribute AS a
INNER JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_type AS b ON t.typtype = 'd' AND b.oid = t.typbasetype
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""
_CHANGED: Final = "SELECT FROM pg_class WHERE oid = ANY(%s::regclass[]) AND relallvisible < relpages"
_VACUUMS: Final = 50
_RULES: Final = (
    "SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = %s AND contype IN ('c', 'f') AND coninhcount = 0"
)
# The value of row {n}, by the name of the type or else by its category. Values differ as far as the type allows. Texts
# are in no order, and keys and instants are in the order of the rows.
_VALUES: Final = {
    "uuid": "(lpad(to_hex({n}), 8, '0') || '-0000-7000-8000-000000000000')::uuid",
    "bytea": "decode(md5(({n})::text), 'hex')",
    "json": "'{{}}'",
    "jsonb": "'{{}}'",
    "int2": "({n}) % 32000",
    "bool": "({n}) % 2 = 0",
    "N": "({n})",
    "S": "md5(({n})::text)",
    "D": "(timestamptz '2020-01-01 00:00Z' + ({n}) * interval '1 hour')",
    "T": "({n}) * interval '1 minute'",
    "I": "inet '10.0.0.0' + ({n})",
    "A": "'{{}}'",
    "R": "'empty'",
}


def fill(scratch: PostgresScratch, connection: "Connection[Any]", names: Collection[str]) -> list[str]:
    """Fill the tables that a plan names. Return those that could not be filled. Must not run in a transaction."""
    filled: list[str] = []
    empty: list[str] = []
    # VACUUM marks rows as visible to all transactions only after their commit has been written to the disk.
    connection.execute("SET synchronous_commit = on")
    with scratch.changing(connection) as change:
        for oid, table in change.execute(_TABLES, {"names": list(names)}).fetchall():
            try:
                with scratch.changing(connection) as one:
                    _fill(one, oid, table)
                filled.append(table)
            except psycopg.Error:
                empty.append(table)
    if filled:
        _vacuum(scratch, connection, filled)
    return empty


def _vacuum(scratch: PostgresScratch, connection: "Connection[Any]", tables: Sequence[str]) -> None:
    """Vacuum the tables, so that plans may use index-only scans, as for tables whose rows seldom change.

    An autovacuum of the server may hold a snapshot for a moment, and VACUUM then leaves pages marked as changed. Plans
    would depend on this, so VACUUM is repeated for some seconds.
    """
    for _ in range(_VACUUMS):
        scratch.alone(connection).execute(f"VACUUM (ANALYZE) {', '.join(tables)}")
        if not connection.execute(_CHANGED, [list(tables)]).fetchall():
            return
        sleep(0.1)


def _fill(change: Change, oid: int, table: str) -> None:
    columns = [_Column(*row) for row in change.execute(_COLUMNS, [oid])]  # read before the CHECKs are dropped
    changes = ["DISABLE TRIGGER USER", *(f"DROP CONSTRAINT {rule}" for (rule,) in change.execute(_RULES, [oid]))]
    changes += [f"ALTER COLUMN {column.name} SET (n_distinct = {CHOICES})" for column in columns if column.is_choice]
    change.execute(f"ALTER TABLE {table} {', '.join(changes)}")
    owners = [column.name for column in columns if column.is_owner]
    values = (column.value(owners.index(column.name) if column.is_owner else None) for column in columns)
    change.execute(
        f"INSERT INTO {table} ({', '.join(column.name for column in columns)}) OVERRIDING SYSTEM VALUE "  # noqa: S608 - names are quoted
        f"SELECT {', '.join(values)} FROM generate_series(1, {ROWS}) AS n ON CONFLICT DO NOTHING"
    )


class _Column(NamedTuple):
    """A column to fill. `name` is quoted by the server, and `plain` is not. `base` is the base type of a domain."""

    name: str
    plain: str
    type: str
    category: str
    base: str
    not_null: bool
    is_foreign: bool
    is_unique: bool
    rules: list[str]
    labels: list[str]

    @property
    def is_owner(self) -> bool:
        return self.is_foreign and not self.is_unique

    @property
    def is_choice(self) -> bool:
        return not self.is_unique and (self.base == "bool" or bool(self.allowed))

    @property
    def allowed(self) -> tuple[str, ...]:
        return allowed_values(self.rules, "postgresql").get(self.plain.lower(), tuple(self.labels))

    def value(self, owner: int | None) -> str:
        """Return the SQL expression of the value in row `n`. `owner` is the index among the table's foreign keys."""
        if self.is_choice and self.allowed:
            listed = ", ".join("'" + each.replace("'", "''") + "'" for each in self.allowed)
            made = f"(ARRAY[{listed}])[1 + n % {len(self.allowed)}]"
        else:
            # Lower digits of the number for one foreign key and upper digits for the next, so that pairs are unique.
            unknown = "''" if self.not_null else "NULL"
            number = "n" if owner is None else f"n / {ROWS // OWNERS if owner % 2 else 1} % {OWNERS} + 1"
            made = (_VALUES.get(self.base) or _VALUES.get(self.category) or unknown).format(n=number)
        value = f"({made})::{self.type}"
        return value if self.not_null else f"CASE WHEN n % 10 > 0 THEN {value} END"
