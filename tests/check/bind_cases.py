"""Statements with the columns that their names mean, for `test_bind.py`."""

from hangar_dal.sqlscan import Dialect
from tests.check.composer import SCHEMA

TABLES = f"""{SCHEMA}
CREATE TABLE g (id integer NOT NULL PRIMARY KEY, x integer, j text, "Big" integer);
CREATE TABLE h (id integer NOT NULL PRIMARY KEY, x integer, m integer);
"""
COMPOSED = 300
VIEWS: dict[Dialect, tuple[str, ...]] = {"sqlite": ("d.", "f."), "postgresql": ()}  # SQLite names the table behind

# The origin of each result column; - is an expression.
ORIGINS: dict[str, str] = {
    "SELECT id, x + 1, t AS u FROM a": "a.id - a.t",
    "SELECT a.id, b.id, y, u FROM a, b": "a.id b.id b.y a.u",
    "SELECT * FROM g": "g.id g.x g.j g.Big",
    "SELECT p.* FROM a AS p JOIN b ON b.a_id = p.id": "a.id a.x a.t a.u",
    'SELECT "Big", (x), q.j FROM g AS q': "g.Big g.x g.j",
    # Subqueries
    "SELECT s.p, q FROM (SELECT id AS p, x + 1 AS q FROM a) AS s": "a.id -",
    "SELECT * FROM (SELECT * FROM (SELECT y, z FROM b) AS s) AS r": "b.y b.z",
    "SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE a_id = x AND b.id = a.id)": "a.id",
    # Joins
    "SELECT x, a.id, g.id FROM a JOIN g USING (x)": "a.x a.id g.id",
    "SELECT x FROM a LEFT JOIN g USING (x)": "a.x",
    "SELECT x FROM a RIGHT JOIN g USING (x)": "g.x",
    "SELECT x FROM a FULL JOIN g USING (x)": "-",
    "SELECT x FROM a LEFT JOIN g USING (x) JOIN h USING (x)": "a.x",
    "SELECT g.x, h.x FROM g NATURAL JOIN h": "g.x h.x",
    "SELECT x, id, m FROM g NATURAL LEFT JOIN h": "g.x g.id h.m",
    "SELECT * FROM g JOIN h USING (id)": "g.id g.x g.j g.Big h.x h.m",
    "SELECT * FROM g NATURAL RIGHT JOIN h": "h.id h.x g.j g.Big h.m",
    "SELECT a.id, y, j FROM a LEFT JOIN (b JOIN g ON g.id = b.id) ON a.id = b.a_id": "a.id b.y g.j",
    # Set operations and WITH
    "WITH s AS (SELECT x FROM a) SELECT x FROM s": "a.x",
    "WITH s (p) AS (SELECT x FROM a) SELECT p FROM s": "a.x",
    "WITH a AS (SELECT id AS x FROM b) SELECT x FROM a": "b.id",
    "SELECT (WITH b AS (SELECT x AS y FROM h) SELECT max(y) FROM b), z FROM b": "- b.z",
    "WITH RECURSIVE s (n) AS (SELECT id FROM a UNION ALL SELECT n + 1 FROM s WHERE n < 9) SELECT n FROM s": "-",
    "WITH RECURSIVE p AS (SELECT y FROM q), q AS (SELECT id AS y FROM a) SELECT y FROM p": "a.id",
    # Sorting and grouping
    "SELECT id AS x FROM a ORDER BY x": "a.id",
    "SELECT x AS t, count(*) FROM a GROUP BY x": "a.x -",
    # Writes
    """INSERT INTO h (id, x) SELECT id, x FROM g WHERE true ON CONFLICT (id) DO UPDATE SET m = excluded.x, x = h.m
       RETURNING id, h.x, m""": "h.id h.x h.m",
    "UPDATE g SET j = b.id FROM b WHERE b.id = g.id RETURNING g.id, g.x, j": "g.id g.x g.j",
    "UPDATE g AS q SET x = id WHERE q.id = 1 RETURNING *": "g.id g.x g.j g.Big",
    "DELETE FROM g WHERE id = 1 RETURNING x, g.j": "g.x g.j",
    "WITH s AS (SELECT id AS k FROM a) DELETE FROM g WHERE id IN (SELECT k FROM s) RETURNING id": "g.id",
}
# What only one dialect can say.
ORIGINS_OF: dict[Dialect, dict[str, str]] = {
    "sqlite": {
        "SELECT (SELECT c.x FROM (SELECT 1 AS k) AS c) IS NULL, c.x FROM g AS c": "- g.x",
        "SELECT id FROM (SELECT a.id, b.id FROM a, b) AS c": "a.id",
        "SELECT * FROM g JOIN h USING (x)": "g.id g.x g.j g.Big h.id h.m",
        "SELECT e.value || key, a.id FROM a, json_each(a.t) AS e": "- a.id",
        "SELECT * FROM (SELECT m FROM h) AS k, g NATURAL JOIN h": "h.m g.id g.x g.j g.Big",
    },
    "postgresql": {
        "SELECT (SELECT x FROM b WHERE y = 1) FROM a": "-",
        "SELECT p FROM (SELECT id AS p FROM a UNION ALL SELECT y FROM b) AS s": "-",
        "SELECT s.p, s.x FROM a AS s (p)": "a.id a.x",
        "SELECT l.y FROM a, LATERAL (SELECT x AS y) AS l": "a.x",
        "SELECT l.y FROM a CROSS JOIN LATERAL (SELECT b.y FROM b WHERE b.a_id = a.id) AS l": "b.y",
        "SELECT n, a.id FROM a, generate_series(1, a.id) AS n": "- a.id",
        "SELECT * FROM g JOIN h USING (x)": "g.x g.id g.j g.Big h.id h.m",
        "SELECT r.k, n FROM json_to_recordset('[]') AS r (k integer), unnest(ARRAY[1]) AS u (n)": "- -",
        "WITH c AS (UPDATE g SET x = 1 RETURNING id, j) SELECT j, c.id FROM c": "g.j g.id",
        "WITH g AS (SELECT id AS x FROM g) SELECT x FROM g": "g.id",
        "WITH p AS (SELECT x FROM g), g AS (SELECT id AS x FROM a) SELECT p.x FROM p": "g.x",
        "DELETE FROM g USING h JOIN b ON b.id = h.id WHERE g.id = h.id RETURNING *":
            "g.id g.x g.j g.Big h.id h.x h.m b.id b.a_id b.y b.z",
        "UPDATE g SET x = h.m FROM h WHERE h.id = g.id RETURNING m, g.x, j": "h.m g.x g.j",
        "SELECT DISTINCT ON (x) id AS x FROM a ORDER BY x": "a.id",
        "SELECT * FROM (SELECT m FROM h) AS k, g NATURAL JOIN h": "h.m g.id g.x g.j g.Big h.m",
        "SELECT * FROM b, g JOIN h USING (x)": "b.id b.a_id b.y b.z g.x g.id g.j g.Big h.id h.m",
        "INSERT INTO h AS q (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET m = q.x RETURNING q.m": "h.m",
    },
}  # fmt: skip
# The origin of the last name in the statement.
LAST: dict[str, str] = {
    "SELECT id AS x FROM a ORDER BY x": "a.id",
    "SELECT x AS id FROM a ORDER BY id + 1": "a.id",
    "SELECT x AS q, count(*) FROM a GROUP BY q": "a.x",
    "SELECT x AS id, count(*) FROM a GROUP BY a.x, id": "a.id",
    "SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.a_id = x)": "a.x",
    "UPDATE g SET x = id": "g.id",
    "INSERT INTO h (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET m = excluded.x": "h.x",
    "INSERT INTO h (id) SELECT id FROM g WHERE true ON CONFLICT (id) DO UPDATE SET x = 1 WHERE h.m = 2": "h.m",
}
LAST_OF: dict[Dialect, dict[str, str]] = {
    "sqlite": {
        "SELECT x AS q FROM a WHERE q = 1": "a.x",
        "INSERT INTO h (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET m = x": "h.x",
        "SELECT count(*) FROM a WHERE (SELECT 1 FROM (SELECT 2 AS k) AS a WHERE a.x = 1)": "a.x",
        "SELECT (SELECT h.m AS t FROM h, (SELECT t AS k) AS s) FROM a": "a.t",
        "SELECT a.t AS p FROM a JOIN json_each(p)": "a.t",
    },
    "postgresql": {
        "SELECT a.id, b.id AS q FROM a, b ORDER BY q": "b.id",
        "SELECT a.x FROM a, g ORDER BY x": "a.x",
        "SELECT (SELECT x FROM b AS x LIMIT 1) FROM a": "a.x",
        "SELECT DISTINCT ON (x) id AS x FROM a": "a.id",
        "MERGE INTO g USING h ON g.id = h.id WHEN MATCHED THEN UPDATE SET x = m": "h.m",
        "MERGE INTO g USING h ON g.id = h.id WHEN NOT MATCHED THEN INSERT (id) VALUES (h.id + m)": "h.m",
    },
}
# Statements whose last name may mean columns of which the binder does not know.
UNCERTAIN: dict[Dialect, list[str]] = {
    "sqlite": [
        "SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM (SELECT (id + 1) FROM b) AS s WHERE x = 1)",
        "SELECT 1 FROM (SELECT x + 1, x FROM a) AS s WHERE x = 1",
        "SELECT 1 FROM g, (a JOIN b ON x = 100) AS j",
    ],
    "postgresql": [
        """WITH RECURSIVE s AS (SELECT id FROM a UNION ALL SELECT s.id FROM s WHERE s.id < 0)
           SEARCH DEPTH FIRST BY id SET j SELECT (SELECT j FROM s LIMIT 1) IS NULL FROM g""",
        "SELECT (SELECT x FROM (SELECT CASE WHEN true THEN 1 END) AS s) FROM a",
        "SELECT f FROM generate_series(1, 2) AS g, LATERAL (SELECT now()) AS f",
        "SELECT a.x AS value, count(*) FROM a, jsonb_each('{}') AS r GROUP BY a.x, value",
        "SELECT r.*, a.id AS value FROM a, jsonb_each('{}') AS r ORDER BY key",
        "SELECT ((SELECT id AS q FROM g) ORDER BY x LIMIT 1) FROM a",
    ],
}
# What a statement cannot name. The name is the one that the database refuses.
REFUSED: dict[str, str] = {
    "SELECT s.id FROM a, (SELECT b.id FROM b WHERE b.a_id = a.x) AS s": "a.x",
    "SELECT 1 FROM (SELECT 1 AS k FROM b WHERE a.x = 1) AS s, a": "a.x",
    "SELECT x FROM a JOIN g ON g.id = a.id": "x",
    "SELECT x FROM a JOIN g USING (x), h": "x",
    "WITH s (p) AS (SELECT x FROM a) SELECT s.x FROM s": "s.x",
    "WITH a AS (SELECT id AS x FROM b) SELECT t FROM a": "t",
    "SELECT q FROM (SELECT id AS p FROM a UNION ALL SELECT y AS q FROM b) AS s": "q",
    "SELECT a.id FROM a AS p": "a.id",
    "INSERT INTO h (id) VALUES (1) RETURNING excluded.id": "excluded.id",
    "INSERT INTO h (id) VALUES (m)": "m",
    "INSERT INTO h (id) SELECT m FROM g": "m",
    "UPDATE g AS q SET x = 1 WHERE g.id = 1": "g.id",
    "UPDATE g SET m = 1 FROM h": "m",
    "DELETE FROM g WHERE h.id = 1": "h.id",
}
REFUSED_BY: dict[Dialect, dict[str, str]] = {
    "sqlite": {
        "UPDATE g SET x = 1 FROM h WHERE h.id = g.id RETURNING h.m": "h.m",
        "SELECT x AS p, (SELECT p) FROM a": "p",
        "SELECT a.x AS k FROM a, (SELECT k AS z) AS s": "k",
        "SELECT (SELECT rowid FROM b, (SELECT 1 AS k) AS s) FROM a": "rowid",
    },
    "postgresql": {
        "SELECT 1 FROM a, b JOIN g ON g.id = a.x": "a.x",
        "SELECT 1 FROM a JOIN b ON b.id = g.j JOIN g ON true": "g.j",
        "SELECT 1 FROM generate_series(1, a.x) AS n, a": "a.x",
        "SELECT x AS p FROM a WHERE p = 1": "p",
        "SELECT (SELECT c.x FROM (SELECT 1 AS k) AS c) FROM g AS c": "c.x",
        "SELECT id FROM (SELECT a.id, b.id FROM a, b) AS c": "id",
        "SELECT x AS p FROM a GROUP BY x ORDER BY p + 1": "p",
        "INSERT INTO h (id) VALUES (1) ON CONFLICT (excluded) DO NOTHING": "excluded",
        "SELECT x FROM a UNION SELECT y FROM b ORDER BY t": "t",
        "INSERT INTO h (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET x = m + 1": "m",
        "SELECT m FROM (SELECT h.x AS m FROM h) AS k, g NATURAL JOIN h": "m",
        "MERGE INTO g USING h ON g.id = h.id WHEN NOT MATCHED THEN INSERT (id) VALUES (g.x)": "g.x",
        "MERGE INTO g USING h ON g.id = h.id WHEN MATCHED THEN UPDATE SET m = 1": "m",
    },
}
