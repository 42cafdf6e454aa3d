"""Sort keys that may be NULL: each one that is found gives another order on the other database, no other one does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hangar_dal.check.ordering.nulls import unplaced_nulls
from tests.check.real_rows import Database, on_postgresql, on_sqlite

SCHEMA = """
CREATE TABLE u (id int NOT NULL PRIMARY KEY, name text NOT NULL, email text, score int);
CREATE TABLE c (id int NOT NULL PRIMARY KEY, u_id int, note text);
INSERT INTO u VALUES (1, 'a', NULL, 3), (2, 'b', 'x', NULL), (3, 'c', 'y', 5), (4, 'd', 'z', 3);
INSERT INTO c VALUES (1, 1, 'n'), (2, NULL, NULL), (3, 1, 'm');
"""
CASES = [
    ("SELECT id FROM u ORDER BY email", ("email",)),
    ("SELECT id FROM u ORDER BY email, id", ("email",)),
    ("SELECT id FROM u ORDER BY email DESC, id", ("email DESC",)),
    ("SELECT id FROM u AS v WHERE id > 0 ORDER BY v.email ASC, v.id LIMIT 2", ("v.email ASC",)),
    ("SELECT id, email FROM u ORDER BY 2, score /* why, indeed */, id", ("2", "score")),
    ("SELECT id, score AS s FROM u ORDER BY s", ("s",)),
    ("SELECT id, email AS name FROM u ORDER BY name", ("name",)),
    ("SELECT id, name AS email FROM u ORDER BY email", ()),
    ("SELECT id, row_number() OVER (ORDER BY email) FROM u WHERE score = 5 ORDER BY id", ()),
    ("SELECT u.id FROM u LEFT JOIN c ON c.id = u.id + 1 ORDER BY c.note, u.id", ("c.note",)),
    ("SELECT u.id FROM u LEFT JOIN c ON c.u_id = u.id ORDER BY c.id, u.id", ("c.id",)),
    ("SELECT u.id FROM u LEFT JOIN c ON c.u_id = u.id WHERE c.id > 0 ORDER BY c.id, u.id", ()),
    ("SELECT u.id FROM u LEFT JOIN c ON c.u_id = u.id ORDER BY u.name, c.id", ()),
    ("SELECT id FROM c ORDER BY note, u_id", ("note", "u_id")),
    ("SELECT id FROM u ORDER BY id, email", ()),
    ("SELECT s.id FROM (SELECT id, email FROM u) AS s ORDER BY s.email", ("s.email",)),
    ("WITH s AS (SELECT id, email FROM u ORDER BY email LIMIT 9) SELECT id FROM s ORDER BY id", ()),
    ("SELECT id FROM u UNION SELECT u_id FROM c ORDER BY id", ("id",)),
    ("SELECT email, count(*) FROM u GROUP BY email ORDER BY count(*), email", ("email",)),
    ("SELECT id FROM u ORDER BY email NULLS FIRST, id", ()),
    ("SELECT id FROM u ORDER BY email DESC NULLS LAST, id", ()),
    ("SELECT id FROM u ORDER BY score NULLS LAST, email", ("email",)),
    ("SELECT id FROM u WHERE email IS NOT NULL ORDER BY email", ()),
    ("SELECT id FROM u WHERE email > '' AND score < 9 ORDER BY email, score", ()),
    ("SELECT id FROM u ORDER BY id, name", ()),
    ("SELECT id FROM u ORDER BY coalesce(email, ''), id", ()),
    ("SELECT id FROM u ORDER BY -score, id", ("-score",)),
    ("SELECT id, score + id AS s FROM u ORDER BY s, id", ("s",)),
    ("SELECT id FROM u ORDER BY CASE WHEN id > 2 THEN 1 END, id", ("CASE WHEN id > 2 THEN 1 END",)),
    ("SELECT name FROM u GROUP BY name ORDER BY max(score), name", ("max(score)",)),
    ("SELECT id FROM u ORDER BY CASE WHEN score IS NULL THEN 0 ELSE -score END, id", ()),
    ("SELECT id FROM u", ()),
    ("DELETE FROM c", ()),
    ("SELEC", ()),
]  # fmt: skip


@pytest.fixture
def both(tmp_path: Path, empty_postgres_url: str) -> Iterator[tuple[Database, Database]]:
    with (
        on_sqlite(tmp_path / "order.db", SCHEMA) as sqlite,
        on_postgresql(empty_postgres_url, SCHEMA) as postgresql,
    ):
        yield sqlite, postgresql


def test_what_is_found_comes_in_another_order(both: tuple[Database, Database]) -> None:
    (on_one, tables), (on_other, other_tables) = both
    for text, expected in CASES:
        assert unplaced_nulls(text, "sqlite", tables) == expected, text
        assert unplaced_nulls(text, "postgresql", other_tables) == expected, text
        one, other = on_one(text), on_other(text)
        assert (one != other) == bool(expected), text


def test_sqlite_finds_only_names_that_as_gives_in_the_result(both: tuple[Database, Database]) -> None:
    """Without AS it sorts by the column that USING gives, which is never NULL here."""
    (_, tables), (_, other_tables) = both
    text = "SELECT c.id FROM u LEFT JOIN c USING (id) ORDER BY id"
    assert unplaced_nulls(text, "sqlite", tables) == ()
    assert unplaced_nulls(text, "postgresql", other_tables) == ("id",)
