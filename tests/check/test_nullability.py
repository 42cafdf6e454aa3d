"""What is called never NULL, case by case: the ways in which a certain column turns into NULL, and what stays certain.

Letters are the answers column by column: `n` never NULL, `y` it may be, `?` cannot be known; `-` is a statement of
which nothing is said.
"""

from collections.abc import Mapping

import pytest

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.nullability.columns import nullable_columns
from hangar_dal.sqlscan import Dialect


def table(**columns: str) -> dict[str, TableColumn]:
    """A question mark behind the kind: it may be NULL."""
    return {name: TableColumn(name, kind.rstrip("?"), kind.endswith("?")) for name, kind in columns.items()}


STORED = {
    "users": table(id="uuid", name="text", email="text?", age="int", score="int?", doc="json", tags="list:text"),
    "cookies": table(id="uuid", user_id="uuid", value="text", note="text?"),
    "aside.users": table(id="uuid?"),
    "odd": table(rowid="text", span="int8range"),
    "heard": table(id="int", at="instant?"),
}
TABLES = Tables({**STORED, "seen": table(id="uuid?")}, dict.fromkeys(STORED, ()))
LETTERS = {False: "n", True: "y", None: "?"}
MERGE = "MERGE INTO users u USING cookies c ON c.user_id = u.id WHEN MATCHED THEN DELETE"
UPSERT = "INSERT INTO users (id, email, score) VALUES (1, 'x', NULL) ON CONFLICT (id) DO UPDATE SET"

BOTH = [
    # Plain columns
    ("SELECT id, email FROM users", "ny"),
    ("SELECT * FROM cookies", "nnny"),
    ("SELECT u.*, 1 FROM cookies AS u", "nnnyn"),
    ("SELECT id FROM seen", "?"),
    ("SELECT id FROM unknown", "?"),
    ("SELECT * FROM unknown", "-"),
    ("SELECT missing FROM users", "?"),
    ("SELECT ID, Name FROM Users AS U", "nn"),
    ("SELECT users.id FROM users WHERE /* LEFT JOIN */ email = 'x' -- FULL JOIN\n", "n"),
    ("SELECT :id AS id, NULL AS nothing, 'x', 1, TRUE", "?ynnn"),
    ("SELECT public.users.id FROM users", "?"),
    ("SELECT email FROM users WHERE ((email) = (:email))", "n"),
    ("SELECT email FROM users WHERE (email) IN ('a', 'b')", "n"),
    ("SELECT age, score FROM users WHERE (score) BETWEEN (1) AND (:most)", "nn"),
    ("SELECT /*+ no hint */ id FROM users", "n"),
    # Joins
    ("SELECT u.id, c.id FROM users u JOIN cookies c ON c.user_id = u.id", "nn"),
    ("SELECT u.id, c.id FROM users u LEFT JOIN cookies c ON c.user_id = u.id", "ny"),
    ("SELECT u.id, c.id FROM users u LEFT OUTER JOIN cookies c ON TRUE", "ny"),
    ("SELECT u.id, c.id FROM users u RIGHT JOIN cookies c ON c.user_id = u.id", "yn"),
    ("SELECT u.id, c.id FROM users u FULL JOIN cookies c ON c.user_id = u.id", "yy"),
    ("SELECT u.id, c.id FROM users u CROSS JOIN cookies c", "nn"),
    ("SELECT u.id, c.id FROM users u, cookies c", "nn"),
    ("SELECT * FROM users u LEFT JOIN cookies c ON TRUE", "nnynynnyyyy"),
    ("SELECT a.id, b.id, c.id FROM users a LEFT JOIN users b ON TRUE JOIN cookies c ON TRUE", "nyn"),
    ("SELECT a.id, b.id, c.id FROM users a LEFT JOIN (users b JOIN cookies c ON TRUE) ON TRUE", "nyy"),
    ("SELECT a.id, b.id, c.id FROM users a LEFT JOIN users b JOIN cookies c ON TRUE ON TRUE", "nyy"),
    ("SELECT a.id, b.id, c.id FROM users a JOIN users b ON TRUE RIGHT JOIN cookies c ON TRUE", "yyn"),
    ("SELECT a.id, b.id, c.id FROM (users a LEFT JOIN users b ON TRUE) FULL JOIN cookies c ON TRUE", "yyy"),
    ("SELECT id FROM users LEFT JOIN cookies USING (id)", "n"),
    ("SELECT value, name FROM users LEFT JOIN cookies USING (id)", "yn"),
    ("SELECT id FROM users JOIN cookies USING (id)", "n"),
    ("SELECT id FROM users FULL JOIN cookies USING (id)", "?"),
    ("SELECT * FROM users FULL JOIN cookies USING (id)", "-"),
    ("SELECT * FROM users JOIN cookies USING (id)", "nnynynnnny"),
    ("SELECT value FROM users NATURAL LEFT JOIN cookies", "y"),
    # Queries within
    ("SELECT s.id FROM (SELECT id FROM users) AS s", "n"),
    ("SELECT s.c FROM (SELECT c.id AS c FROM users u LEFT JOIN cookies c ON TRUE) AS s", "y"),
    ("SELECT s.id FROM users u LEFT JOIN (SELECT id FROM cookies) AS s ON TRUE", "y"),
    ("SELECT x.id FROM (SELECT * FROM unknown) AS x", "?"),
    ("SELECT name FROM (SELECT count(*), id FROM users GROUP BY id) AS x", "?"),
    ("WITH s AS (SELECT id, email FROM users) SELECT * FROM s", "ny"),
    ("WITH s (a) AS (SELECT id FROM users) SELECT a, s.a, id FROM s", "nn?"),
    ("WITH s AS (SELECT c.id FROM users u LEFT JOIN cookies c ON TRUE) SELECT id FROM s", "y"),
    ("WITH users AS (SELECT NULL AS id) SELECT id FROM users", "y"),
    ("WITH a AS (SELECT id FROM users), b AS (SELECT id FROM a) SELECT id FROM b", "n"),
    ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n FROM r", "n"),
    ("WITH RECURSIVE r(n, m) AS (SELECT 1, 1 UNION ALL SELECT m, NULL FROM r) SELECT n, m FROM r", "yy"),
    ("WITH RECURSIVE r(n) AS (SELECT 'x' UNION ALL SELECT u.email FROM r JOIN users u ON TRUE) SELECT n FROM r", "y"),
    ("WITH RECURSIVE r AS (SELECT id FROM users UNION SELECT * FROM r) SELECT id FROM r", "n"),
    ("SELECT id FROM users UNION SELECT id FROM cookies", "n"),
    ("SELECT id FROM users UNION ALL SELECT note FROM cookies", "y"),
    ("SELECT email FROM users EXCEPT SELECT id FROM cookies", "y"),
    ("SELECT id FROM users EXCEPT SELECT id FROM users UNION SELECT NULL", "y"),
    ("SELECT v.column1 FROM (VALUES (1), (2)) AS v", "n"),
    ("SELECT v.column1, v.column2 FROM (VALUES (1, 2), (2, NULL)) AS v", "ny"),
    ("VALUES (1, NULL)", "ny"),
    # Queries as values
    ("SELECT (SELECT 1)", "n"),
    ("SELECT (SELECT id FROM users)", "?"),
    ("SELECT (SELECT count(*) FROM users)", "n"),
    ("SELECT (SELECT count(*) FROM users LIMIT 0)", "?"),
    ("SELECT (SELECT count(*) FROM users OFFSET 1)", "?"),
    ("SELECT (SELECT count(*) FROM users HAVING FALSE)", "?"),
    ("SELECT (SELECT count(*) FROM users GROUP BY id)", "?"),
    ("SELECT (SELECT max(age) FROM users)", "?"),
    ("SELECT (SELECT coalesce(max(age), 0) FROM users)", "n"),
    ("SELECT (SELECT coalesce(score, 0) FROM users)", "?"),
    ("SELECT (SELECT 1 WHERE FALSE)", "?"),
    ("SELECT coalesce((SELECT score FROM users), 0)", "n"),
    ("SELECT (SELECT count(c.id) FROM cookies c WHERE c.user_id = u.id) FROM users u", "n"),
    ("SELECT (SELECT count(u.id) FROM cookies c) FROM users u", "?"),
    ("SELECT (SELECT count(*) FILTER (WHERE u.age > 1) FROM cookies c) FROM users u", "?"),
    ("SELECT (SELECT u.id) FROM cookies c LEFT JOIN users u ON TRUE", "?"),
    ("SELECT EXISTS (SELECT 1 FROM users), NOT EXISTS (SELECT 1)", "nn"),
    # Expressions
    ("SELECT coalesce(email, ''), coalesce(email, note), coalesce(note, users.id) FROM users, cookies", "n?n"),
    ("SELECT CASE WHEN age > 1 THEN 1 ELSE 2 END, CASE WHEN age > 1 THEN 1 END FROM users", "n?"),
    ("SELECT CASE age WHEN 1 THEN email ELSE '' END, CASE WHEN TRUE THEN 1 ELSE score END FROM users", "??"),
    ("SELECT email IS NULL, email IS NOT NULL, NOT (email IS NULL) FROM users", "nnn"),
    ("SELECT age = 1, score = 1, age > 1 AND score > 1, age IN (1, 2), age IN (1, NULL) FROM users", "n??n?"),
    ("SELECT age IN (SELECT score FROM users), age BETWEEN 1 AND 2, age BETWEEN 1 AND score FROM users", "?n?"),
    ("SELECT nullif(id, id), (id), name || 'x', name || email FROM users", "?nn?"),
    ("SELECT email IS NOT DISTINCT FROM name FROM users", "n"),
    # Aggregates
    ("SELECT count(*), count(email), max(age), sum(age) FROM users", "nn??"),
    ("SELECT name, count(*), max(age), max(score) FROM users GROUP BY name", "nnn?"),
    ("SELECT max(age) FILTER (WHERE age > 1), count(*) FILTER (WHERE age > 1) FROM users GROUP BY name", "?n"),
    ("SELECT max(c.id) FROM users u LEFT JOIN cookies c ON TRUE GROUP BY u.name", "?"),
    ("SELECT count(*) OVER (), row_number() OVER (), max(age) OVER (), lag(age) OVER () FROM users", "nnn?"),
    # WHERE
    ("SELECT email FROM users WHERE email IS NOT NULL", "n"),
    ("SELECT email FROM users WHERE TRUE AND (email IS NOT NULL AND age > 1)", "n"),
    ("SELECT email FROM users WHERE email IS NOT NULL OR age > 1", "y"),
    ("SELECT email FROM users WHERE NOT (email IS NOT NULL)", "y"),
    ("SELECT email FROM users WHERE NOT (email IS NULL)", "n"),
    ("SELECT u.email, v.email FROM users u, users v WHERE u.email IS NOT NULL", "ny"),
    ("SELECT c.id, c.value FROM users u LEFT JOIN cookies c ON TRUE WHERE c.id IS NOT NULL", "nn"),
    ("SELECT x FROM (SELECT nullif(name, 'x') AS x FROM users) AS s WHERE x IS NOT NULL", "?"),
    ("SELECT s.email FROM (SELECT email FROM users WHERE email IS NOT NULL) AS s", "n"),
    # Changes
    ("INSERT INTO users (id) VALUES (:id) RETURNING id, email", "ny"),
    ("INSERT INTO users (id) VALUES (:id) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING *", "nnynynn"),
    ("UPDATE users SET email = 'x' WHERE email IS NOT NULL RETURNING id, email", "nn"),
    ("UPDATE users SET score = NULL WHERE email IS NOT NULL RETURNING email, score", "ny"),
    ("UPDATE users SET email = NULL WHERE email IS NOT NULL RETURNING id, email", "ny"),
    ("UPDATE users SET (email, score) = ('x', note) FROM cookies RETURNING email, score", "ny"),
    ("DELETE FROM users WHERE email = 'x' RETURNING email, score", "ny"),
    ("INSERT INTO users (id, email, score) VALUES (1, 'x', 2), (2, 'y', NULL) RETURNING email, score", "ny"),
    ("INSERT INTO users (id, email) SELECT id, coalesce(note, '') FROM cookies RETURNING email, score", "ny"),
    ("INSERT INTO users (id, email) VALUES (1, 'x') ON CONFLICT (id) DO NOTHING RETURNING email", "n"),
    ("INSERT INTO users (id, email) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = '' RETURNING email", "y"),
    (f"{UPSERT} email = excluded.email, score = excluded.score RETURNING email, score", "ny"),
    ("DELETE FROM users RETURNING id, email, (SELECT count(*) FROM cookies)", "nyn"),
    ("DELETE FROM users", "-"),
    # What is not understood
    ("SELECT id FROM users; SELECT id FROM users", "-"),
    ("SELEC id", "-"),
    ("PRAGMA user_version", "-"),
]
POSTGRESQL = [
    ("SELECT id FROM aside.users", "y"),
    ("SELECT id FROM public.users", "n"),
    ("WITH a AS (SELECT id FROM cookies), cookies AS (SELECT NULL AS id) SELECT id FROM a", "n"),
    ('SELECT "id", "ID" FROM users', "n?"),
    ("SELECT s.id FROM users u CROSS JOIN LATERAL (SELECT u.id) AS s", "n"),
    ("SELECT s.id FROM users u LEFT JOIN LATERAL (SELECT u.id) AS s ON TRUE", "y"),
    ("SELECT s.id FROM cookies c LEFT JOIN users u ON TRUE CROSS JOIN LATERAL (SELECT u.id) AS s", "y"),
    ("SELECT s.name FROM users u, (SELECT name) AS s", "?"),
    ("SELECT e.id FROM json_to_recordset(:rows) AS e (id uuid, n int)", "?"),
    ("SELECT u.id, id FROM users u, unnest(u.tags) AS t", "nn"),
    ("SELECT name, count(*) FROM users GROUP BY ROLLUP (name)", "yn"),
    ("SELECT name, max(age) FROM users GROUP BY GROUPING SETS ((name), ())", "y?"),
    ("SELECT max(age) FROM users GROUP BY ()", "?"),
    ("SELECT array_agg(email), json_agg(email), sum(age), avg(score) FROM users GROUP BY name", "nnn?"),
    ("SELECT array_agg(email), json_agg(email) FROM users", "??"),
    ("SELECT ARRAY[1], ARRAY(SELECT 1), json_build_object('a', NULL)", "nnn"),
    ("SELECT (SELECT ARRAY[unnest('{}'::int[])]), (SELECT json_build_object('a', unnest('{}'::int[])))", "??"),
    ("SELECT id::text, email::text, 'x'::varchar(3), age::bigint + 1, age / 2 FROM users", "n?nnn"),
    ("SELECT doc::int, ('null'::jsonb)::int, doc::text FROM users", "???"),
    ("SELECT id::my_type, :now::timestamptz, CAST(:now AS timestamptz) FROM users", "???"),
    ("SELECT lower(name), upper(email), lower(int4range(1, 2)), length(name) FROM users", "n??n"),
    ("SELECT now(), current_timestamp, extract(day FROM now()), doc -> 'a', doc ->> 'a' FROM users", "nn???"),
    ("SELECT age = ANY(:ids), - age, age + score, tags || tags FROM users", "?n??"),
    ('SELECT name COLLATE "C" FROM users FOR UPDATE SKIP LOCKED', "n"),
    ("SELECT x IS JSON FROM (SELECT name AS x FROM users) AS s", "?"),
    ("WITH x AS (DELETE FROM users RETURNING id, email) SELECT * FROM x", "ny"),
    ("UPDATE users u SET name = '' FROM cookies c LEFT JOIN users v ON TRUE RETURNING u.id, c.id, v.id", "nny"),
    ("UPDATE users SET name = '' FROM cookies RETURNING *", "nnynynnnnny"),
    ("DELETE FROM users u USING cookies c RETURNING u.id, c.note", "ny"),
    ("UPDATE users SET name = '' RETURNING old.id, new.id, id", "nnn"),
    ("UPDATE users SET email = 'x', score = NULL RETURNING old.email, new.email, old.score, new.score", "ynyy"),
    ("UPDATE users SET name = '' FROM cookies old WHERE TRUE RETURNING old.note, new.id", "yn"),
    ("INSERT INTO users (id, email) VALUES (1, 'x') RETURNING old.id, new.id, new.email, new.score", "ynny"),
    (f"{UPSERT} name = '' RETURNING old.id, new.id", "yn"),
    ("DELETE FROM users RETURNING old.id, new.id, old.email", "nyy"),
    ("SELECT old.id FROM users", "?"),
    ("UPDATE users SET name = '' WHERE old.id = 1 RETURNING id", "n"),
    ("MERGE INTO users u USING cookies c ON TRUE WHEN MATCHED THEN DELETE RETURNING u.id, u.email, c.id", "nyn"),
    ("MERGE INTO users u USING cookies c ON TRUE WHEN MATCHED THEN DELETE RETURNING *", "nnnynnynynn"),
    (f"{MERGE} WHEN NOT MATCHED BY SOURCE THEN DELETE RETURNING merge_action(), u.id, c.id, old.id, new.id", "nnyyy"),
    ("SELECT id FROM ONLY users TABLESAMPLE system (1)", "n"),
    ("SELECT DISTINCT ON (name) name, id FROM users ORDER BY name FETCH FIRST 1 ROW ONLY", "nn"),
    ("SELECT id -- a comment ends with its line\r, email FROM users", "ny"),
    ("SELECT s.v FROM cookies c CROSS JOIN LATERAL (SELECT value AS v FROM unknown) AS s", "?"),
    ("SELECT s.v FROM cookies u CROSS JOIN LATERAL (SELECT u.value AS v FROM users u) AS s", "?"),
    ("SELECT span, lower(span) FROM odd", "n?"),
    ("SELECT j.id FROM (users u LEFT JOIN cookies c ON TRUE) AS j", "?"),
]
SQLITE = [
    ('SELECT "id", `name`, [email], "ID" FROM main.users', "nnyn"),
    ("SELECT id, count(*) FROM users", "yn"),
    ("SELECT id, (SELECT count(u.id) FROM cookies) FROM users u", "y?"),
    ("SELECT id, (SELECT count(c.id) FROM cookies c) FROM users u", "nn"),
    ("SELECT id, (SELECT json_group_array(e.id) FROM (SELECT c.id FROM cookies c) AS e) FROM users u", "nn"),
    ("SELECT id, (SELECT min(u.id) FILTER (WHERE c.id > '') FROM cookies c) FROM users u", "y?"),
    ("SELECT id, my_aggregate(age) FROM users", "y?"),
    ("SELECT id, unixepoch(name) FROM users", "n?"),
    ("SELECT id FROM users ORDER BY count(*)", "y"),
    ("SELECT id, row_number() OVER (ORDER BY count(*)) FROM users", "yn"),
    ("SELECT id, max(age) FROM users GROUP BY name", "nn"),
    ("SELECT json_group_array(score), json_group_object(name, score), group_concat(name) FROM users", "nn?"),
    ("SELECT json_object('a', score), json_array(score), json_extract(doc, '$.a') FROM users", "nn?"),
    ("SELECT age + 1, age / 0, - age, CAST(age AS text), sum(age), lower(name) FROM users GROUP BY id", "n?nn?n"),
    ("WITH a AS (SELECT id FROM cookies), cookies AS (SELECT NULL AS id) SELECT id FROM a", "?"),
    ("SELECT CAST(score AS text), CAST(nullif(age, 1) AS real), CAST(age AS bigint) FROM users", "??n"),
    ("SELECT iif(age > 1, 1, 2), ifnull(score, 0), iif(age > 1, 1, score), max(age, score) FROM users", "nn??"),
    ("SELECT value, j.key FROM json_each(:ids) AS j", "??"),
    ("SELECT users.id, name, id FROM users, json_each(:ids)", "nn?"),
    ("SELECT id FROM users /* to the end of the text", "n"),
    ("SELECT rowid FROM users", "n"),
    ("SELECT (SELECT count(*) = rowid FROM users) FROM odd", "?"),
    ("SELECT id, row_number() OVER (PARTITION BY count(*)) FROM users", "yn"),
    ("SELECT a.id, b.id, c.id FROM users a LEFT JOIN users b JOIN cookies c ON TRUE", "nyn"),
    ("SELECT id, (SELECT (SELECT count(c.id) FROM cookies c) FROM cookies) FROM users u", "n?"),
    ("SELECT id, (WITH c AS (SELECT 1) SELECT (SELECT count(c.id) FROM c) FROM cookies) FROM users c", "y?"),
    ("SELECT id, (WITH cookies AS (SELECT 1 AS n) SELECT (SELECT count(value) FROM cookies)) FROM cookies", "y?"),
    ("INSERT OR REPLACE INTO users (id) VALUES (1) RETURNING id", "n"),
    ("UPDATE users SET name = '' FROM cookies RETURNING *", "nnynynn"),
    ("SELECT email IS name, email IS NOT name FROM users", "nn"),
]


WITH_PARAMETERS = [
    (
        "SELECT :id, :id + age, age < :id, CAST(:id AS bigint), :none, coalesce(:none, 1), :unknown FROM users",
        "n?nn?n?",
    ),
    ("UPDATE users SET score = :id, email = :none RETURNING score, email", "ny"),
    ("INSERT INTO users (id, score) VALUES ('x', :id) RETURNING score, email", "ny"),
    ("SELECT CASE WHEN score IS NULL THEN :id ELSE score END, coalesce(score, :id) FROM users", "nn"),
]
WITH_LISTS: dict[Dialect, list[tuple[str, str]]] = {
    "sqlite": [
        ("SELECT value, j.key, substr(value, 1, 2) FROM json_each(:names) AS j", "nnn"),
        ("SELECT value FROM json_each(:gaps)", "?"),
        ("SELECT value FROM json_each(:doc)", "?"),
        ("SELECT j.value FROM users LEFT JOIN json_each(:names) AS j ON TRUE", "y"),
    ],
    "postgresql": [
        ("SELECT v.name, substr(v.name, 1, 2) FROM unnest(:names) AS v (name)", "nn"),
        ("SELECT v.name, n FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS v (name, n)", "nn"),
        ("SELECT a, b FROM unnest(:names, :names) AS v (a, b)", "??"),
        ("SELECT v FROM unnest(:gaps) AS v", "?"),
        ("SELECT v.name FROM users LEFT JOIN unnest(:names) AS v (name) ON TRUE", "y"),
    ],
}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_parameter_that_is_never_none_is_never_null(dialect: Dialect) -> None:
    given = {"id": "bigint", "names": "text[]", "gaps": "anyarray", "doc": "jsonb"}
    cases = dict(WITH_PARAMETERS + WITH_LISTS[dialect])
    if dialect == "postgresql":  # an integer is finite
        first = next(iter(cases))
        cases[first] = cases[first].replace("n?n", "nnn", 1)
    assert {text: letters(text, dialect, given) for text in cases} == cases


def test_what_is_compared_with_a_calculated_instant_is_not_null() -> None:
    text = "SELECT max(at) FROM heard GROUP BY id HAVING max(at) < :since - CAST(:age AS interval)"
    for type_, said in (("timestamp with time zone", "n"), ("timestamp without time zone", "?"), ("", "?")):
        assert letters(text, "postgresql", {"since": type_, "age": ""}) == said


@pytest.mark.parametrize(("dialect", "cases"), [("sqlite", [*BOTH, *SQLITE]), ("postgresql", [*BOTH, *POSTGRESQL])])
def test_what_may_be_null(dialect: Dialect, cases: list[tuple[str, str]]) -> None:
    assert {text: letters(text, dialect) for text, _ in cases} == dict(cases)


def letters(text: str, dialect: Dialect, given: Mapping[str, str] | None = None) -> str:
    answers = nullable_columns(text, dialect, TABLES, given)
    return "-" if answers is None else "".join(LETTERS[answer] for answer in answers)
