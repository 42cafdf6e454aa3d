"""Changes that give the two databases different schemas, and what of each has to be declared."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hangar_dal.migrations.new import SHIM
from hangar_dal.sqlscan import DIALECTS, Dialect


class Change(NamedTuple):
    """A migration: for each database what it does, and how that is undone."""

    sqlite: str
    postgresql: str
    undo_sqlite: str
    undo_postgresql: str

    def declaring(self, *, sqlite: Sequence[str] = (), postgresql: Sequence[str] = ()) -> "Change":
        """The same with declarations on top of its files."""
        return self._replace(
            sqlite="".join(f"-- differs: {one}: a reason\n" for one in sqlite) + self.sqlite,
            postgresql="".join(f"-- differs: {one}: a reason\n" for one in postgresql) + self.postgresql,
        )


NOTHING = "SELECT 1;"
BASE = Change(
    "CREATE TABLE pilots (id text NOT NULL, name text NOT NULL, terms text NOT NULL) STRICT;"
    "CREATE TABLE wings (id text NOT NULL, name text NOT NULL) STRICT;",
    "CREATE TABLE pilots (id uuid NOT NULL, name text NOT NULL, terms text[] NOT NULL);"
    "CREATE TABLE wings (id uuid NOT NULL, name text NOT NULL);",
    "DROP TABLE wings; DROP TABLE pilots;",
    "DROP TABLE wings; DROP TABLE pilots;",
)
CALLED = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"


class Case(NamedTuple):
    """A change, and what of it has to be declared in each file."""

    change: Change
    sqlite: tuple[str, ...] = ()
    postgresql: tuple[str, ...] = ()

    def on(self, dialect: Dialect) -> tuple[str, ...]:
        return self.sqlite if dialect == "sqlite" else self.postgresql


CASES = {
    "GIN index": Case(
        Change(
            NOTHING,
            "CREATE INDEX idx_pilots_terms ON pilots USING gin (terms);",
            NOTHING,
            "DROP INDEX idx_pilots_terms;",
        ),
        postgresql=("index idx_pilots_terms",),
    ),
    "GIN beside a plain index": Case(
        Change(
            "CREATE INDEX idx_pilots_terms ON pilots (terms);",
            "CREATE INDEX idx_pilots_terms ON pilots USING gin (terms);",
            "DROP INDEX idx_pilots_terms;",
            "DROP INDEX idx_pilots_terms;",
        ),
        sqlite=("index idx_pilots_terms",),
        postgresql=("index idx_pilots_terms",),
    ),
    "expression index": Case(
        Change("CREATE INDEX idx_lower ON pilots (lower(name));", NOTHING, "DROP INDEX idx_lower;", NOTHING),
        sqlite=("index idx_lower",),
    ),
    "members of an extension": Case(
        Change(
            NOTHING,
            "CREATE TABLE of_the_extension (id bigint); ALTER EXTENSION plpgsql ADD TABLE of_the_extension;",
            NOTHING,
            "ALTER EXTENSION plpgsql DROP TABLE of_the_extension; DROP TABLE of_the_extension;",
        ),
    ),
    "FTS5 and its triggers": Case(
        Change(
            "CREATE VIRTUAL TABLE pilots_search USING fts5(terms, content='');"
            "CREATE TRIGGER pilots_search_insert AFTER INSERT ON pilots BEGIN"
            " INSERT INTO pilots_search (rowid, terms) VALUES (new.rowid, new.terms); END;"
            "CREATE TRIGGER pilots_search_delete AFTER DELETE ON pilots BEGIN INSERT INTO pilots_search"
            " (pilots_search, rowid, terms) VALUES ('delete', old.rowid, old.terms); END;",
            NOTHING,
            "DROP TRIGGER pilots_search_insert; DROP TRIGGER pilots_search_delete; DROP TABLE pilots_search;",
            NOTHING,
        ),
        sqlite=("table pilots_search", "trigger pilots_search_insert", "trigger pilots_search_delete"),
    ),
    "FTS5 beside a table": Case(
        Change(
            "CREATE VIRTUAL TABLE search USING fts5(terms);",
            "CREATE TABLE search (terms text[]); CREATE INDEX idx_search ON search USING gin (terms);",
            "DROP TABLE search;",
            "DROP TABLE search;",
        ),
        sqlite=("table search",),
        postgresql=("table search",),
    ),
    "partitions": Case(
        Change(
            "CREATE TABLE events (id text NOT NULL, at text NOT NULL, PRIMARY KEY (id, at)) STRICT;"
            "CREATE INDEX idx_events_at ON events (at);"
            "CREATE TABLE tickets (id text, at text, CONSTRAINT tickets_id_fkey FOREIGN KEY (id, at)"
            " REFERENCES events (id, at)) STRICT; CREATE INDEX idx_tickets ON tickets (id, at);",
            "CREATE TABLE events (id uuid NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
            "CREATE INDEX idx_events_at ON events (at);"
            "CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
            " PARTITION BY LIST (id);"
            "CREATE TABLE events_old_rest PARTITION OF events_old DEFAULT;"
            "CREATE TABLE events_rest PARTITION OF events DEFAULT;"
            "CREATE INDEX idx_of_one_partition ON events_rest (id);"
            "CREATE TABLE tickets (id uuid, at date, CONSTRAINT tickets_id_fkey FOREIGN KEY (id, at)"
            " REFERENCES events (id, at)); CREATE INDEX idx_tickets ON tickets (id, at);",
            "DROP TABLE tickets; DROP TABLE events;",
            "DROP TABLE tickets; DROP TABLE events;",
        ),
        postgresql=("partitions of events",),
    ),
    "primary key": Case(
        Change(
            "CREATE TABLE notes (id text NOT NULL, at text NOT NULL, PRIMARY KEY (id)) STRICT;",
            "CREATE TABLE notes (id uuid NOT NULL, at date NOT NULL, PRIMARY KEY (id, at));",
            "DROP TABLE notes;",
            "DROP TABLE notes;",
        ),
        sqlite=("primary key notes",),
        postgresql=("primary key notes",),
    ),
    "materialized view beside a view": Case(
        Change(
            "CREATE VIEW totals AS SELECT count(*) AS n FROM pilots;",
            "CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM pilots;"
            "CREATE UNIQUE INDEX totals_n ON totals (n);",
            "DROP VIEW totals;",
            "DROP MATERIALIZED VIEW totals;",
        ),
        sqlite=("view totals",),
        postgresql=("materialized view totals",),
    ),
    "deferred constraint": Case(
        Change(
            "CREATE TABLE slots (place integer, CONSTRAINT slots_place_key UNIQUE (place)) STRICT;",
            "CREATE TABLE slots (place bigint, CONSTRAINT slots_place_key UNIQUE (place) DEFERRABLE"
            " INITIALLY DEFERRED);",
            "DROP TABLE slots;",
            "DROP TABLE slots;",
        ),
        sqlite=("constraint slots_place_key",),
        postgresql=("constraint slots_place_key",),
    ),
    "deferred trigger": Case(
        Change(
            "CREATE TRIGGER later AFTER INSERT ON wings BEGIN SELECT 1; END;",
            f"{CALLED} CREATE CONSTRAINT TRIGGER later AFTER INSERT ON wings DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION refuse();",
            "DROP TRIGGER later;",
            "DROP TRIGGER later ON wings; DROP FUNCTION refuse();",
        ),
        sqlite=("trigger later",),
        postgresql=("trigger later",),
    ),
    "trigger for TRUNCATE": Case(
        Change(
            "CREATE TRIGGER keep BEFORE DELETE ON wings BEGIN SELECT 1; END;",
            f"{CALLED} CREATE TRIGGER keep BEFORE DELETE ON wings FOR EACH ROW EXECUTE FUNCTION refuse();"
            "CREATE TRIGGER keep_all BEFORE TRUNCATE ON wings EXECUTE FUNCTION refuse('all');",
            "DROP TRIGGER keep;",
            "DROP TRIGGER keep ON wings; DROP TRIGGER keep_all ON wings; DROP FUNCTION refuse();",
        ),
        postgresql=("trigger keep_all",),
    ),
    "function": Case(
        Change(
            NOTHING,
            f"CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * n'; {CALLED}",
            NOTHING,
            "DROP FUNCTION twice(integer); DROP FUNCTION refuse();",
        ),
        postgresql=("function twice(n integer)", "function refuse()"),
    ),
    "types": Case(
        Change(
            "CREATE TABLE moods (mood text CONSTRAINT moods_mood_type_check CHECK (mood IN ('good')), far text,"
            " past text) STRICT;",
            "CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN word AS text; CREATE TYPE spot AS (x integer);"
            "CREATE TYPE span AS RANGE (subtype = integer); CREATE TABLE moods (mood mood, far word, past mood[]);",
            "DROP TABLE moods;",
            "DROP TABLE moods; DROP TYPE mood; DROP DOMAIN word; DROP TYPE spot; DROP TYPE span;",
        ),
        sqlite=("column moods.far",),
        postgresql=("type mood", "type word", "type spot", "type span", "column moods.far"),
    ),
    "other objects": Case(
        Change(
            NOTHING,
            "CREATE SEQUENCE numbers; CREATE POLICY own ON wings USING (TRUE); CREATE STATISTICS pairs ON id, name"
            " FROM pilots; CREATE COLLATION bytes (provider = libc, locale = 'C');"
            "CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);"
            "CREATE TEXT SEARCH DICTIONARY stems (TEMPLATE = simple);",
            NOTHING,
            "DROP SEQUENCE numbers; DROP POLICY own ON wings; DROP STATISTICS pairs; DROP COLLATION bytes;"
            "DROP TEXT SEARCH CONFIGURATION words; DROP TEXT SEARCH DICTIONARY stems;",
        ),
        postgresql=(
            "sequence numbers",
            "policy own",
            "statistics pairs",
            "collation bytes",
            "text search configuration words",
            "text search dictionary stems",
        ),
    ),
    "column, table and rule": Case(
        Change(
            "ALTER TABLE wings ADD COLUMN note text; CREATE TABLE extra (a text, b text CHECK (b <> '')) STRICT;",
            "ALTER TABLE wings ADD CONSTRAINT wings_name_check CHECK (name <> '');",
            "ALTER TABLE wings DROP COLUMN note; DROP TABLE extra;",
            "ALTER TABLE wings DROP CONSTRAINT wings_name_check;",
        ),
        sqlite=("column wings.note", "table extra"),
        postgresql=("constraint wings_name_check",),
    ),
}


TRIGRAMS = Case(
    Change(
        NOTHING,
        "CREATE EXTENSION pg_trgm; CREATE INDEX idx_name ON pilots USING gin (name gin_trgm_ops);",
        NOTHING,
        "DROP INDEX idx_name; DROP EXTENSION pg_trgm;",
    ),
    postgresql=("extension pg_trgm", "index idx_name"),
)
"""For a server with PostgreSQL's additional modules."""


def write(folder: Path, *changes: Change) -> None:
    """Migrations in this order, behind one that makes the tables of BASE."""
    for number, change in enumerate([BASE, *changes]):
        name = f"{number:04}_change"
        (folder / f"{name}.py").write_text(SHIM)
        for dialect, sql, undo in zip(DIALECTS, change[:2], change[2:], strict=True):
            (folder / dialect / f"{name}.sql").write_text(sql)
            (folder / dialect / f"{name}.rollback.sql").write_text(undo)


def undone(case: Case) -> Change:
    """The next migration takes back what the case did, so that cases can follow each other."""
    change = case.change
    return Change(change.undo_sqlite, change.undo_postgresql, change.sqlite, change.postgresql)


def steps(*left_out: tuple[str, Dialect, str], declared: bool = True) -> Iterator[Change]:
    """Every case and what undoes it."""
    for name, case in CASES.items():
        labels = {
            dialect: [label for label in case.on(dialect) if declared and (name, dialect, label) not in left_out]
            for dialect in DIALECTS
        }
        yield case.change.declaring(**labels)
        yield undone(case)
