"""Columns that are called never NULL hold no NULL in real rows.

`nulls_once_wrong.txt` has statements about which an earlier version was wrong, and `nulls_certain.txt` others.
Expected is a letter for each column: `n` for never NULL, `y` for nullable, `?` for unknown, and `-` for a statement
that is not understood. In `nulls_once_wrong.txt`, each column that is not called never NULL does hold a NULL.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hangar_dal.check.nullability.columns import nullable_columns
from hangar_dal.sqlscan import Dialect
from tests.check.real_rows import Database, on_postgresql, on_sqlite
from tests.helpers.cases import Case, read_cases

LETTERS = {False: "n", True: "y", None: "?"}
SCHEMA = """
CREATE TABLE u (id int NOT NULL PRIMARY KEY, name text NOT NULL, email text, score int, at int NOT NULL);
CREATE TABLE c (id int NOT NULL PRIMARY KEY, u_id int, note text, value text NOT NULL);
CREATE TABLE e (id int NOT NULL, w text NOT NULL, k int);
CREATE TABLE made (id int NOT NULL, v int, w int GENERATED ALWAYS AS (v) STORED);
CREATE VIEW shown AS SELECT id, name FROM u;
CREATE VIEW joined AS SELECT u.id, c.value, c.note FROM u LEFT JOIN c ON c.u_id = u.id;
CREATE VIEW counted AS SELECT at, count(*) AS number, max(name) AS most, max(email) AS mail FROM u GROUP BY at;
CREATE VIEW twice AS SELECT s.id, k.value, s.name || 'x' AS more FROM shown AS s INNER JOIN joined AS k ON k.id = s.id;
CREATE VIEW told AS SELECT id, name FROM u;
INSERT INTO u VALUES (1, 'a', NULL, NULL, 5), (2, 'b', 'x', 7, 6);
INSERT INTO made (id, v) VALUES (1, 5);
INSERT INTO c VALUES (1, 1, NULL, 'v'), (2, NULL, 'n', 'w'), (3, 9, 'm', 'z');
"""
SQLITE_ALONE = """
CREATE TABLE odd (id int NOT NULL, "true" text, date text, "É" text);
CREATE TABLE "Ä" (a text, "É" text);
CREATE TABLE "ä" (a text NOT NULL, "É" text NOT NULL);
CREATE VIEW coin AS SELECT nullif(abs(random() % 2) * u.id * v.id * c.id * d.id, 0) AS x
    FROM u, u AS v, c, c AS d, c AS f;
CREATE VIRTUAL TABLE words USING fts5(t);
CREATE TABLE grown (a int);
CREATE TABLE any (b NOT NULL);
INSERT INTO any VALUES (x''), (x'00'), (zeroblob(0)), (''), ('nan'), ('inf'), (9e999), (-9e999), (0), (-1.5);
INSERT INTO odd VALUES (1, NULL, NULL, NULL);
INSERT INTO "Ä" VALUES (NULL, NULL);
INSERT INTO grown VALUES (1);
CREATE TABLE s (id int NOT NULL PRIMARY KEY, n int NOT NULL, r real NOT NULL, m int) STRICT;
INSERT INTO s VALUES (1, 5, 9e999, NULL), (2, -3, -9e999, NULL), (3, 0, 1.5, NULL);
CREATE TRIGGER tells INSTEAD OF INSERT ON told BEGIN SELECT 1; END;
ALTER TABLE grown ADD COLUMN b int NOT NULL DEFAULT (CAST(NULL AS int));
ALTER TABLE grown ADD COLUMN d int NOT NULL DEFAULT 1;
"""
LONG, LONGER = "n" * 63, "n" * 64
POSTGRESQL_ALONE = f"""
CREATE TYPE pair AS (a int, b int);
CREATE TABLE pairs (id int NOT NULL, p pair NOT NULL, names text[], by bytea NOT NULL);
CREATE TABLE upper ("É" text, "é" text NOT NULL);
CREATE FUNCTION "COUNT"(text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
CREATE FUNCTION nvl(text, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
CREATE FUNCTION far(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT NULL::boolean';
CREATE OPERATOR <=> (LEFTARG = text, RIGHTARG = text, FUNCTION = far);
CREATE OPERATOR == (LEFTARG = text, RIGHTARG = text, FUNCTION = far);
CREATE OPERATOR ?? (LEFTARG = text, RIGHTARG = text, FUNCTION = far);
CREATE OPERATOR =~ (LEFTARG = text, RIGHTARG = text, FUNCTION = far);
CREATE TABLE long (id int NOT NULL, {LONG} int);
CREATE TABLE s (id int NOT NULL PRIMARY KEY, n int NOT NULL, r float NOT NULL, m int);
INSERT INTO s VALUES (1, 5, 'Infinity', NULL), (2, -3, '-Infinity', NULL), (3, 0, 1.5, NULL);
CREATE FUNCTION tells() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id = NULL; NEW.name = NULL; RETURN NEW; END';
CREATE TRIGGER tells INSTEAD OF INSERT ON told FOR EACH ROW EXECUTE FUNCTION tells();
CREATE TABLE cleared (id int NOT NULL, v int);
INSERT INTO cleared VALUES (1, 1);
CREATE FUNCTION clears() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v = NULL; RETURN NEW; END';
CREATE TRIGGER clears BEFORE INSERT OR UPDATE ON cleared FOR EACH ROW EXECUTE FUNCTION clears();
CREATE TABLE heard (id int NOT NULL, at timestamptz);
INSERT INTO heard VALUES (1, '2020-01-01'), (1, NULL), (2, NULL);
CREATE MATERIALIZED VIEW held AS SELECT email FROM u;
INSERT INTO pairs VALUES (1, ROW(NULL, NULL), NULL, '');
INSERT INTO upper VALUES (NULL, 'x');
INSERT INTO long VALUES (1, NULL);
"""


HERE = Path(__file__).parent
WRONG_ONCE = [*read_cases(HERE / "nulls_once_wrong.txt")]
CERTAIN = [*read_cases(HERE / "nulls_certain.txt")]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with on_sqlite(tmp_path / "rows.db", SCHEMA + SQLITE_ALONE) as database:
        yield database


@pytest.fixture
def postgresql(empty_postgres_url: str) -> Iterator[Database]:
    with on_postgresql(empty_postgres_url, SCHEMA + POSTGRESQL_ALONE) as database:
        yield database


def faults(dialect: Dialect, database: Database, cases: list[Case], *, is_proof: bool) -> Iterator[str]:
    """What is not said as expected, or does not fit the rows."""
    run, tables = database
    for _, expected, dialects, text, _ in cases:
        if dialect not in dialects:
            continue
        answer = run(text)
        if answer is None or not answer[1]:
            yield f"{'no rows' if answer else 'refused'}: {text}"
            continue
        count, rows = answer
        called = nullable_columns(text, dialect, tables)
        said = "-" if called is None else "".join(LETTERS[each] for each in called)
        if said != expected or (called is not None and len(called) != count):
            yield f"{said} instead of {expected}: {text}"
        for at in range(count):
            may_be_null = called is None or called[at] is not False
            has_null = any(row[at] is None for row in rows)
            if has_null != may_be_null if is_proof else has_null and not may_be_null:
                yield f"column {at} is {'' if has_null else 'never '}NULL: {text}"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_was_called_never_null_and_is(dialect: Dialect, request: pytest.FixtureRequest) -> None:
    assert not list(faults(dialect, request.getfixturevalue(dialect), WRONG_ONCE, is_proof=True))


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_is_certain_is_so_in_rows(dialect: Dialect, request: pytest.FixtureRequest) -> None:
    assert not list(faults(dialect, request.getfixturevalue(dialect), CERTAIN, is_proof=False))
