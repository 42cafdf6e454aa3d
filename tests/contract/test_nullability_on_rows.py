"""What is called never NULL, held against rows: claims that were wrong once, and claims that are dear.

Letters are the answers column by column, as in `test_nullability`. Each column of `WRONG` that is not called never NULL
does hold a NULL.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.real_rows import Database, on_postgresql, on_sqlite
from hangar_dal.contract.nullability import nullable_columns
from hangar_dal.sqlscan import Dialect

Cases = list[tuple[str, str, str]]  # a statement, what is said of it, and where

LETTERS = {False: "n", True: "y", None: "?"}
SCHEMA = """
CREATE TABLE u (id int NOT NULL PRIMARY KEY, name text NOT NULL, email text, score int, at int NOT NULL);
CREATE TABLE c (id int NOT NULL PRIMARY KEY, u_id int, note text, value text NOT NULL);
CREATE TABLE e (id int NOT NULL, w text NOT NULL, k int);
CREATE VIEW shown AS SELECT id, name FROM u;
INSERT INTO u VALUES (1, 'a', NULL, NULL, 5), (2, 'b', 'x', 7, 6);
INSERT INTO c VALUES (1, 1, NULL, 'v'), (2, NULL, 'n', 'w'), (3, 9, 'm', 'z');
"""
SQLITE_ALONE = """
CREATE TABLE odd (id int NOT NULL, "true" text, date text, "É" text);
CREATE TABLE upper ("É" text, "é" text NOT NULL);
CREATE VIEW coin AS SELECT nullif(abs(random() % 2) * u.id * v.id * c.id * d.id, 0) AS x
    FROM u, u AS v, c, c AS d, c AS f;
CREATE VIRTUAL TABLE words USING fts5(t);
CREATE TABLE grown (a int);
INSERT INTO odd VALUES (1, NULL, NULL, NULL);
INSERT INTO upper VALUES (NULL, 'x');
INSERT INTO grown VALUES (1);
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
INSERT INTO pairs VALUES (1, ROW(NULL, NULL), NULL, '');
INSERT INTO upper VALUES (NULL, 'x');
INSERT INTO long VALUES (1, NULL);
"""
WRONG: Cases = [
    # A derived column by a name that the database makes up is found before one outside
    ("SELECT (SELECT coalesce(max(1), id) FROM (SELECT (id) FROM e) AS s) FROM u", "?", "sqlite"),
    ("SELECT (SELECT coalesce(max(k), id) FROM (SELECT (id), k FROM e) AS s) FROM u", "?", "sqlite"),
    ("SELECT l.n FROM u CROSS JOIN LATERAL (SELECT max AS n FROM (SELECT max(w) FROM e) AS s) AS l", "?", "postgresql"),
    (
        ("SELECT l.n FROM (SELECT name AS email FROM u) AS z "
         "CROSS JOIN LATERAL (SELECT email AS n FROM (SELECT email::text FROM u) AS s) AS l"),
        "?", "postgresql",
    ),
    # ... or before another one beside it
    ("SELECT id FROM (SELECT (c.id), u.id FROM u LEFT JOIN c ON c.id = u.id + 7) AS s", "?", "sqlite"),
    # Only RECURSIVE lets a query name itself
    ("WITH u AS (SELECT id, email FROM u) SELECT id, email FROM u", "ny", "postgresql"),
    ("WITH u AS MATERIALIZED (SELECT id, email FROM u) SELECT email FROM u", "y", "postgresql"),
    ("WITH u (id, email) AS (SELECT at, email FROM u UNION SELECT id, email FROM u) SELECT * FROM u", "ny",
     "postgresql"),
    ("WITH x AS (WITH u AS (SELECT email FROM u) SELECT email FROM u) SELECT email FROM x", "y", "postgresql"),
    ("WITH u AS (UPDATE c SET note = NULL FROM u WHERE c.id = u.id RETURNING u.email) SELECT email FROM u", "y",
     "postgresql"),
    ("WITH u AS (SELECT email FROM u) UPDATE c SET note = 'x' FROM u RETURNING u.email", "y", "postgresql"),
    ("WITH u AS (SELECT id, email FROM u), x AS (SELECT * FROM u) SELECT id, email FROM x", "ny", "postgresql"),
    # Grouping sets
    *(
        (f"SELECT {value} AS v, count(*) FROM u GROUP BY {group}", "?n", "postgresql")
        for value, group in [
            ("coalesce(email, '-')", "ROLLUP (coalesce(email, '-'))"),
            ("coalesce(email, '-')", "CUBE (1)"),
            ("email IS NULL", "GROUPING SETS ((1), ())"),
            ("'x'::text", "CUBE (v)"),
            ("current_date", "ROLLUP (1)"),
            ("ARRAY[id]", "ROLLUP (ARRAY[id])"),
            ("(SELECT 1)", "ROLLUP (1)"),
            ("EXISTS (SELECT 1)", "ROLLUP (1)"),
            ("CASE WHEN at > 1 THEN 'o' ELSE 'y' END", "GROUPING SETS (v, ())"),
        ]
    ),
    ("SELECT s.v FROM (SELECT coalesce(email, '-') AS v FROM u GROUP BY CUBE (1)) AS s", "?", "postgresql"),
    # An aggregate in a named window makes one row of all
    ("SELECT id, row_number() OVER w FROM e WINDOW w AS (ORDER BY count(*))", "yn", "sqlite"),
    ("SELECT id, count(*) OVER w FROM e WINDOW w AS (PARTITION BY sum(id))", "yn", "sqlite"),
    ("SELECT id, row_number() OVER (w) FROM e WINDOW w AS (ORDER BY count(*))", "yn", "sqlite"),
    # Columns that were miscounted
    ("SELECT s.b FROM (SELECT (p).*, 1 FROM pairs) AS s (a, b)", "?", "postgresql"),
    ("WITH s (a, b) AS (SELECT (p).*, 1 FROM pairs) SELECT b FROM s", "?", "postgresql"),
    (
        ("WITH s (k, v, ty, at, i, pa, fk, pt, id, name, email) AS (SELECT j.*, u.id, u.name, u.email "
         "FROM json_each('[1]') AS j, u) SELECT email FROM s"),
        "y", "sqlite",
    ),
    # Functions of an array, and of two arguments
    ("SELECT json_build_object(VARIADIC names), jsonb_build_array(VARIADIC names) FROM pairs", "??", "postgresql"),
    ("SELECT length(by, NULL) FROM pairs", "?", "postgresql"),
    # A text behind a name is another name
    ("SELECT date 'd' FROM odd", "?", "sqlite"),
    ("SELECT date('x') 'y'", "?", "sqlite"),
    ("SELECT date 'd', count(*) FROM odd", "?n", "sqlite"),
    # A view is read each time that it is named
    ("SELECT x FROM coin WHERE x IS NOT NULL", "?", "sqlite"),
    # Operators and functions that somebody made
    ("SELECT name <=> name, name == name, name ?? name, name =~ name FROM u", "????", "postgresql"),
    ('SELECT "COUNT"(name) FROM u', "-", "postgresql"),
    ("SELECT nvl(name, name) FROM u", "-", "postgresql"),
    # Names
    ("SELECT true, id FROM odd", "?n", "sqlite"),
    ("SELECT CASE WHEN id > 5 THEN 'x' ELSE true END FROM odd", "?", "sqlite"),
    ("SELECT (SELECT true) FROM odd", "?", "sqlite"),
    ('SELECT É, "É" FROM upper', "yy", "both"),
    (f"SELECT s.{LONG} FROM (SELECT score AS {LONGER} FROM u) AS s", "y", "postgresql"),
    (
        (f"SELECT l.n FROM (SELECT 1 AS {LONG}) AS z "
         f"CROSS JOIN LATERAL (SELECT {LONG} AS n FROM (SELECT {LONGER} FROM long) AS s) AS l"),
        "y", "postgresql",
    ),
    # What a table has beyond its columns, and what a default left in it
    ("SELECT (SELECT coalesce(max(1), rank) FROM words WHERE 0) FROM (SELECT 1 AS rank) AS z", "?", "sqlite"),
    ("SELECT b, d FROM grown", "yn", "sqlite"),
]  # fmt: skip


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with on_sqlite(tmp_path / "rows.db", SCHEMA + SQLITE_ALONE) as database:
        yield database


@pytest.fixture
def postgresql(empty_postgres_url: str) -> Iterator[Database]:
    with on_postgresql(empty_postgres_url, SCHEMA + POSTGRESQL_ALONE) as database:
        yield database


def faults(dialect: Dialect, database: Database, cases: Cases, *, is_proof: bool) -> Iterator[str]:
    """What is not said as expected, or does not fit the rows."""
    run, tables = database
    for text, expected, where in cases:
        if where not in (dialect, "both"):
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
    assert not list(faults(dialect, request.getfixturevalue(dialect), WRONG, is_proof=True))
