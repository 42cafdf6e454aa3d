"""A migration declares what only one database has. A declaration excuses one object and nothing else."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.migrations import apply
from hangar_dal.migrations.declarations import without_declarations
from hangar_dal.migrations.differences import find_differences
from hangar_dal.migrations.drift import database_schema, drift
from hangar_dal.migrations.files import migrations_in
from hangar_dal.migrations.round_trip import run_round_trip
from hangar_dal.migrations.scratch import empty_postgresql, empty_sqlite
from hangar_dal.migrations.targets import target_of
from hangar_dal.rules import Finding
from hangar_dal.sqlscan import DIALECTS, Dialect
from tests.migrations.differing import CALLED, CASES, NOTHING, TRIGRAMS, Change, steps, undone, write

Verify = Callable[..., tuple[Finding, ...]]


@pytest.fixture
def verified(folder: Path, findings: Verify) -> Verify:
    """What `verify` finds in these migrations."""

    def run(*changes: Change) -> tuple[Finding, ...]:
        write(folder, *changes)
        return findings()

    return run


def short(found: Sequence[Finding]) -> list[tuple[str, int, str]]:
    return [("/".join(Path(one.path).parts[-2:]), one.line, one.rule) for one in found]


def test_what_only_one_database_has_is_excused_by_a_declaration_of_every_object(verified: Verify) -> None:
    assert [found.sentence for found in verified(*steps())] == []


def test_an_extension_is_declared_and_what_it_made_is_not(verified: Verify, empty_postgres_url: str) -> None:
    with closing(target_of(empty_postgres_url).connect()) as connection:
        offered = connection.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'").fetchall()
    if not offered:
        pytest.skip("this PostgreSQL was installed without its additional modules")
    assert [found.sentence for found in verified(TRIGRAMS.change.declaring(postgresql=TRIGRAMS.postgresql))] == []
    found = verified(TRIGRAMS.change)
    assert [(one.rule, one.dialect) for one in found] == [("schemas-differ", "postgresql")] * 2


def test_a_declaration_excuses_one_object_and_nothing_else(folder: Path, empty_postgres_url: str) -> None:
    write(folder, *steps())
    done = (
        run_round_trip("sqlite", empty_sqlite, [folder], str),
        run_round_trip("postgresql", partial(empty_postgresql, empty_postgres_url), [folder], str),
    )
    assert [found for one in done for found in one.findings] == []
    ways: list[tuple[str, Dialect, str]] = [
        (name, dialect, label) for name, case in CASES.items() for dialect in DIALECTS for label in case.on(dialect)
    ]
    for name, dialect, label in ways:
        write(folder, *steps((name, dialect, label)))
        found = list(find_differences(migrations_in([folder]), *done))
        migration = f"{1 + 2 * list(CASES).index(name):04}_change"
        assert [(one.query, one.dialect, one.rule) for one in found] == [(migration, dialect, "schemas-differ")]
        assert f"`-- differs: {label}: reason` in {dialect}/{migration}.sql" in found[0].fix
        assert found[0].fix.count("-- differs:") == 1
    write(folder, *steps(declared=False))
    found = list(find_differences(migrations_in([folder]), *done))
    assert sum(one.fix.count("-- differs:") for one in found) == len(ways)


def test_a_difference_is_shown_with_both_sides_and_the_way_out(
    verified: Verify,
) -> None:
    gin, plain, one_column = CASES["GIN index"], CASES["GIN beside a plain index"], CASES["column, table and rule"]
    steps = (gin.change, undone(gin), plain.change, undone(plain), one_column.change)
    alone, both, *rest = sorted(verified(*steps), key=lambda one: one.query)
    assert alone.message == (
        "index idx_pilots_terms is only in PostgreSQL (- SQLite, + PostgreSQL):\n"
        "    - not there\n"
        "    + CREATE INDEX idx_pilots_terms ON pilots USING gin (terms)"
    )
    assert alone.fix == (
        "SQLite has nothing like it, so write `-- differs: index idx_pilots_terms: reason`"
        " in postgresql/0001_change.sql"
    )
    assert both.message == (
        "index idx_pilots_terms is not the same in SQLite and PostgreSQL (- SQLite, + PostgreSQL):\n"
        "    - create index idx_pilots_terms on pilots (terms)\n"
        "    + CREATE INDEX idx_pilots_terms ON pilots USING gin (terms)"
    )
    assert both.fix == (
        "make them equal, or write `-- differs: index idx_pilots_terms: reason` in sqlite/0003_change.sql and"
        " `-- differs: index idx_pilots_terms: reason` in postgresql/0003_change.sql"
    )
    (column,) = [one for one in rest if "column" in one.message]
    assert (column.dialect, column.line) == ("sqlite", 1)
    assert column.message.endswith("\n    - column wings.note text null\n    + not there")
    assert column.fix == (
        "make the same change in postgresql/0005_change.sql, or write `-- differs: column wings.note: reason`"
        " in sqlite/0005_change.sql"
    )


def test_a_wrong_declaration_is_reported_at_its_line(verified: Verify) -> None:
    gin = CASES["GIN index"].change
    right = "-- differs: index idx_pilots_terms: GIN\n"
    table = Change(
        NOTHING, "CREATE TABLE extra (id bigint); CREATE INDEX idx_extra ON extra (id);", NOTHING, "DROP TABLE extra;"
    )
    column = Change("ALTER TABLE wings ADD COLUMN note text;", NOTHING, "ALTER TABLE wings DROP COLUMN note;", NOTHING)
    trigger = "CREATE TRIGGER t BEFORE TRUNCATE ON {} EXECUTE FUNCTION refuse();"
    triggers = Change(
        NOTHING,
        f"{CALLED}{trigger.format('pilots')}{trigger.format('wings')}",
        NOTHING,
        "DROP TRIGGER t ON pilots; DROP TRIGGER t ON wings; DROP FUNCTION refuse();",
    )
    found = verified(
        gin._replace(postgresql=f"-- differs: index idx_pilot_terms: GIN\n{gin.postgresql}"),
        Change(f"{NOTHING}\n{right}", f"\n{right}{NOTHING}", NOTHING, NOTHING),
        Change(NOTHING, f"{NOTHING}\n-- differs: table pilots: a reason", NOTHING, f"{NOTHING}\n{right}"),
        column._replace(sqlite=f"-- differs: table wings: a reason\n{column.sqlite}"),
        table.declaring(postgresql=["table extra", "index idx_extra", "table extra"]),
        triggers.declaring(postgresql=["trigger t", "trigger t on pilots"]),
        Change("-- differs: index i\nSELECT 1;", "-- differs: trigrams here: FTS5 there\nSELECT 1;", NOTHING, NOTHING),
        Change("-- difers: index i: a reason\nSELECT 1;", "-- Differs: index i: a reason\nSELECT 1;", NOTHING, NOTHING),
        Change("-- It is different: text here\nSELECT 1;", "SELECT 1 /* -- differs: no: no */;", NOTHING, NOTHING),
    )
    assert [
        (*place, one.fix) for place, one in zip(short(found), found, strict=True) if one.rule != "schemas-differ"
    ] == [
        ("postgresql/0001_change.sql", 1, "declaration-unknown", "these differ: index idx_pilots_terms"),
        ("postgresql/0002_change.sql", 2, "declaration-needless", "delete the line: earlier declarations still hold"),
        ("postgresql/0003_change.rollback.sql", 2, "declaration-needless", "delete the line"),
        ("postgresql/0003_change.sql", 2, "declaration-needless", "name the parts that differ: index idx_pilots_terms"),
        ("postgresql/0005_change.sql", 2, "declaration-needless", "delete the line"),
        ("postgresql/0005_change.sql", 3, "declaration-needless", "delete the line"),
        ("postgresql/0006_change.sql", 1, "declaration-unknown", "write `-- differs: trigger t on pilots: reason`"),
        ("postgresql/0007_change.sql", 1, "migration-file", "write `-- differs: kind name: reason`"),
        ("postgresql/0008_change.sql", 1, "migration-file", "write `-- differs: kind name: reason`"),
        ("sqlite/0002_change.sql", 2, "declaration-unknown", "move the line to postgresql/0002_change.sql"),
        ("sqlite/0004_change.sql", 1, "declaration-needless", "name the parts that differ: column wings.note"),
        ("sqlite/0007_change.sql", 1, "migration-file", "write `-- differs: kind name: reason`"),
        ("sqlite/0008_change.sql", 1, "migration-file", "write `-- differs: kind name: reason`"),
    ]
    assert [place for place in short(found) if place[2] == "schemas-differ"] == [
        ("postgresql/0001_change.sql", 2, "schemas-differ"),
        ("postgresql/0006_change.sql", 3, "schemas-differ"),
        ("sqlite/0004_change.sql", 2, "schemas-differ"),
    ]


def test_a_declaration_holds_until_the_difference_becomes_another(
    verified: Verify,
) -> None:
    """One index and one constraint through the life of a schema; each migration says what it has to declare."""
    gin = "CREATE INDEX idx_terms ON pilots USING gin (terms);"
    other = "CREATE INDEX idx_terms ON pilots USING gin ((terms || terms));"
    plain = "CREATE INDEX idx_terms ON pilots (terms);"
    drop = "DROP INDEX idx_terms;"
    declared = "-- differs: index idx_terms: a list here, a text there\n"
    life = (
        Change(NOTHING, declared + gin, NOTHING, drop),
        Change(NOTHING, drop + other, NOTHING, drop + gin),  # changed where it is: still not there on SQLite
        Change(NOTHING, declared + drop + gin, NOTHING, drop + other),  # may be said again
        Change(
            NOTHING, "ALTER INDEX idx_terms RENAME TO idx_words;", NOTHING, "ALTER INDEX idx_words RENAME TO idx_terms;"
        ),
        Change(
            NOTHING,
            f"{declared}ALTER INDEX idx_words RENAME TO idx_terms;",
            NOTHING,
            "ALTER INDEX idx_terms RENAME TO idx_words;",
        ),
        Change(NOTHING, drop, NOTHING, gin),
        Change(NOTHING, gin, NOTHING, drop),  # made again: another difference
        Change(plain, NOTHING, drop, NOTHING),  # SQLite gets one that is not the same
        Change(drop + "CREATE INDEX idx_terms ON pilots (name);", NOTHING, drop + plain, NOTHING),
        Change(declared + drop + plain, declared + NOTHING, drop + "CREATE INDEX idx_terms ON pilots (name);", NOTHING),
        Change(
            "ALTER TABLE pilots RENAME TO flyers;",
            "ALTER TABLE pilots RENAME TO flyers;",
            "ALTER TABLE flyers RENAME TO pilots;",
            "ALTER TABLE flyers RENAME TO pilots;",
        ),
        Change(drop, drop, plain.replace("pilots", "flyers"), gin.replace("pilots", "flyers")),
    )
    found = verified(*life)
    assert [(place, one.fix.count("-- differs:")) for (place, _, _), one in zip(short(found), found, strict=True)] == [
        ("postgresql/0004_change.sql", 1),  # an index of another name
        ("postgresql/0007_change.sql", 1),  # made again after it was dropped
        ("postgresql/0008_change.sql", 2),  # both have one now
        ("postgresql/0009_change.sql", 2),  # SQLite's is about another column
        ("postgresql/0011_change.sql", 2),  # on a table of another name
    ]
    assert {one.rule for one in found} == {"schemas-differ"}


def test_what_cannot_be_compared_may_be_declared_and_need_not(verified: Verify) -> None:
    """Words that only one database has may say the same or something else. Equal words may not be declared."""
    rules = "CONSTRAINT word_check CHECK ({}), CONSTRAINT size_check CHECK (length(word) < 9))"
    sqlite = "CREATE TABLE words (word text, " + rules.format("word NOT GLOB '*[^a-z]*'") + " STRICT;"
    postgresql = "CREATE TABLE words (word text, " + rules.format("word ~ '^[a-z]*$'") + ";"
    more = "CREATE INDEX idx_lower ON words (lower(word)); CREATE VIEW short AS SELECT word FROM words;"
    undo = "DROP VIEW short; DROP TABLE words;"
    change = Change(
        f"{sqlite}{more}CREATE TRIGGER keep BEFORE DELETE ON words BEGIN SELECT 1; END;",
        f"{postgresql}{more}{CALLED}CREATE TRIGGER keep BEFORE DELETE ON words FOR EACH ROW EXECUTE FUNCTION refuse();",
        f"DROP TRIGGER keep; {undo}",
        f"{undo} DROP FUNCTION refuse();",
    )
    labels = ("constraint word_check", "index idx_lower", "view short", "trigger keep")
    declared = change.declaring(sqlite=labels, postgresql=(*labels, "constraint size_check"))
    back = Change(change.undo_sqlite, change.undo_postgresql, change.sqlite, change.postgresql)
    later = Change(NOTHING, NOTHING, NOTHING, NOTHING).declaring(sqlite=("trigger keep",))
    found = verified(change, back, declared, later)
    assert [(*place, one.fix) for place, one in zip(short(found), found, strict=True)] == [
        ("postgresql/0003_change.sql", 5, "declaration-needless", "delete the line"),
        ("sqlite/0004_change.sql", 1, "declaration-needless", "delete the line: earlier declarations still hold"),
    ]


def test_a_constraint_without_a_name_gets_the_name_of_its_twin(verified: Verify) -> None:
    table = "CREATE TABLE notes (note text CHECK (note <> ''))"
    here, there = sorted(verified(Change(f"{table} STRICT;", table, "DROP TABLE notes;", "DROP TABLE notes;")))[::-1]
    assert (here.dialect, here.fix) == (
        "sqlite",
        "give it the name that it has in the other dialect: CONSTRAINT name ...",
    )
    assert there.message.startswith("constraint notes_note_check is only in PostgreSQL")


def test_a_file_that_lacks_one_of_two_declarations_is_named(verified: Verify) -> None:
    plain = CASES["GIN beside a plain index"]
    found = verified(plain.change.declaring(postgresql=plain.postgresql))
    assert short(found) == [("sqlite/0001_change.sql", 1, "schemas-differ")]
    assert found[0].fix == (
        "write `-- differs: index idx_pilots_terms: reason` in sqlite/0001_change.sql, or make them equal"
    )


def test_a_rollback_that_leaves_a_virtual_table_is_found(verified: Verify) -> None:
    left = Change("CREATE VIRTUAL TABLE search USING fts5(terms);", NOTHING, NOTHING, NOTHING)
    (found, *rest) = verified(left.declaring(sqlite=["table search"]))
    assert (found.rule, rest) == ("rollback-differs", [])
    assert "\n    + virtual table search create virtual table search using fts5(terms)" in found.message


def test_a_declaration_may_be_added_to_a_migration_that_was_applied(
    folder: Path, empty_database_url: str, findings: Verify
) -> None:
    case = CASES["GIN index"]
    write(folder, case.change)
    apply(empty_database_url, catalog=ACCOUNTS)
    write(folder, case.change.declaring(postgresql=case.postgresql))
    assert [found.sentence for found in findings(database=empty_database_url)] == []
    more = case.change._replace(sqlite="SELECT 2;", postgresql=f"{case.change.postgresql}\n-- More.")
    write(folder, more.declaring(postgresql=case.postgresql))
    assert [found.rule for found in findings(database=empty_database_url)] == ["edited"]


def test_a_database_with_declared_differences_has_no_drift(folder: Path, empty_database_url: str) -> None:
    """The parts of virtual tables, extensions and partitioned tables belong to these."""
    names = (
        "members of an extension",
        "FTS5 and its triggers",
        "partitions",
        "materialized view beside a view",
        "other objects",
    )
    write(folder, *(CASES[name].change for name in names))
    apply(empty_database_url, catalog=ACCOUNTS)
    found = drift(empty_database_url, catalog=ACCOUNTS)
    assert (found.differences, found.unknown, found.foreign) == ((), (), ())
    tables = {table.name for table in database_schema(empty_database_url).tables}
    assert tables >= {"pilots", "wings", "events", "tickets"}
    assert not tables & {"pilots_search", "pilots_search_data", "pilots_search_idx", "of_the_extension"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_lines_that_declare_something_are_left_out_of_a_digest(dialect: Dialect) -> None:
    text = "-- A table.\n  -- differs: table a: b\nSELECT '\n-- differs: table a: b\n'; -- differs: table c: d\n"
    assert without_declarations(text, dialect) == text.replace("  -- differs: table a: b\n", "")
    assert without_declarations("SELECT 1;\n-- differs: table a: b", dialect) == "SELECT 1;\n"
    assert without_declarations("-- not strict: a: b\nSELECT 1;", dialect) == "SELECT 1;"
    unfinished = "-- differs: table a: b\nSELECT 'open"
    assert without_declarations(unfinished, dialect) == unfinished
