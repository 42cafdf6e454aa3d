"""What SQLite says of statements, by its library and, where that is out of reach, by Python's own means."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hangar_dal.check.databases import sqlite_library
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.storage_types import fits
from hangar_dal.sqlblock import Line, Variant

TABLES = """
CREATE TABLE things (
    id text NOT NULL PRIMARY KEY, title TEXT NOT NULL, small integer, ratio real, body blob, anything any,
    flag integer NOT NULL CHECK (flag IN (0, 1)),
    status text NOT NULL CHECK (status IN ('NEW', 'it''s')),
    colour text CHECK (colour = 'red' OR "colour" = 'blue'),
    folded text COLLATE NOCASE CHECK (folded IN ('A', 'B')), exact text COLLATE BINARY CHECK (exact IN ('A', 'B')),
    level integer NOT NULL, size text, odd text CHECK (odd NOT IN ('X')),
    shout text NOT NULL GENERATED ALWAYS AS (upper(title)) VIRTUAL,
    CONSTRAINT a CHECK (level IN (-1, 0, 1) AND length(title) > 0),
    CONSTRAINT b CHECK (size IS NULL OR size IN ('S', 'M')),
    CONSTRAINT c CHECK (CASE WHEN small > 1 AND odd = 'Y' AND small < 5 THEN 1 ELSE 0 END),
    CONSTRAINT d CHECK (NOT (small > 1 AND odd = 'Z')),
    CONSTRAINT e CHECK (small > 1 AND (odd = 'P' OR odd = 'Q') OR odd = 'R'),
    CONSTRAINT f CHECK (odd = 'P' OR title = 'Q')
) STRICT;
CREATE VIEW seen AS SELECT id, title FROM things;
CREATE TABLE counted (n integer PRIMARY KEY, v text);
CREATE TABLE loose (k text PRIMARY KEY, v text);
CREATE TABLE downwards (n integer PRIMARY KEY DESC);
CREATE TABLE pairs (a integer, b integer, PRIMARY KEY (a, b));
CREATE TABLE keyed (k text PRIMARY KEY) WITHOUT ROWID;
"""


def variant(text: str) -> Variant:
    return Variant("sqlite", tuple(Line(line, number) for number, line in enumerate(text.split("\n"), 1)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "things.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(TABLES)
    return file


@pytest.fixture
def probe(path: Path) -> Iterator[SqliteProbe]:
    with SqliteProbe(path) as opened:
        assert opened.unknown == ""
        yield opened


@pytest.fixture(params=[True, False], ids=["library", "Python alone"])
def either(path: Path, request: pytest.FixtureRequest) -> Iterator[SqliteProbe]:
    with SqliteProbe(path, by_library=request.param) as opened:
        yield opened


def test_columns_get_storage_and_origins(probe: SqliteProbe) -> None:
    described = probe.describe(variant("SELECT t.id AS thing, count(*) AS n, seen.title FROM things AS t, seen"))
    assert [(c.name, c.kind, c.table, c.column) for c in described.columns] == [
        ("thing", "text", "things", "id"),
        ("n", None, None, None),
        ("title", "text", "things", "title"),
    ]


@pytest.mark.parametrize(
    ("text", "names", "reads_only"),
    [
        ("SELECT id, id, :a AS a, count(*) FROM things WHERE title = :b LIMIT:c", ["id", "id", "a", "count(*)"], True),
        ("VALUES (1, :a)", ["column1", "column2"], True),
        ("WITH t AS (SELECT id FROM things) SELECT * FROM t", ["id"], True),
        ("INSERT INTO things (id) VALUES (:id) RETURNING id, upper(title) AS loud", ["id", "loud"], False),
        ("INSERT OR IGNORE INTO things (id) VALUES (:id)", [], False),
        ("REPLACE INTO counted (v) VALUES (:v) RETURNING n", ["n"], False),
        ("UPDATE OR REPLACE things AS t SET title = :t RETURNING *, (SELECT 1) AS one", None, False),
        ("UPDATE main.things SET title = (SELECT 'RETURNING') WHERE id = :id RETURNING id", ["id"], False),
        ("WITH w AS (SELECT :a AS a) DELETE FROM things WHERE id IN (SELECT a FROM w) RETURNING id", ["id"], False),
    ],
)
def test_names_parameters_and_whether_it_writes_are_told(
    either: SqliteProbe, text: str, names: list[str] | None, reads_only: bool
) -> None:
    described = either.describe(variant(text))
    assert described.refusal is None
    assert described.reads_only is reads_only
    assert set(described.parameters) == {parameter.name for parameter in variant(text).parameters}
    assert set(described.parameters.values()) <= {None}
    found = [column.name for column in described.columns]
    assert found == (names if names is not None else [*either.tables().columns["things"], "one"])


def test_nothing_is_executed(either: SqliteProbe, path: Path) -> None:
    for text in (
        "INSERT INTO counted (v) VALUES (1) RETURNING n",
        "DROP TABLE counted",
        "PRAGMA user_version = 7",
        "DELETE FROM counted",
    ):
        assert either.describe(variant(text)).refusal is None
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM counted").fetchone() == (0,)
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("SELECT id,\n       nme\nFROM things", "nme"),
        ("SELECT 'äöü€😀', :first, wrong FROM things", "wrong"),
        ('SELECT "wrong" FROM things', '"wrong"'),
        ("SELECT id FRM things", "things"),
    ],
)
def test_a_refusal_stands_where_the_file_has_it(probe: SqliteProbe, text: str, at: str) -> None:
    refusal = probe.describe(variant(text)).refusal
    assert refusal is not None
    assert refusal.reason
    assert refusal.offset == text.index(at)


def test_python_alone_refuses_too_and_says_what_it_does_not_know(path: Path) -> None:
    with SqliteProbe(path, by_library=False) as probe:
        assert "does not report" in probe.unknown
        refusal = probe.describe(variant("SELECT nme FROM things")).refusal
        assert refusal is not None
        assert refusal.reason == "no such column: nme"
        assert refusal.offset is None
        (column,) = probe.describe(variant("SELECT id FROM things")).columns
        assert (column.kind, column.table) == ("text", None)


def test_a_library_that_is_another_one_is_not_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_library._functions.cache_clear()
    monkeypatch.setattr(sqlite_library, "_source_id", lambda: "2001-01-01 another")
    with SqliteProbe(path) as probe:
        assert probe.unknown
    sqlite_library._functions.cache_clear()


def test_tables_have_their_columns_in_order_with_storage_and_nullability(either: SqliteProbe) -> None:
    tables = either.tables().columns
    things = tables["things"]
    assert list(things)[:6] == ["id", "title", "small", "ratio", "body", "anything"]
    assert [column.kind for column in things.values()][:6] == ["text", "text", "integer", "real", "blob", "any"]
    assert [name for name, column in things.items() if not column.nullable] == [
        "id", "title", "flag", "status", "level", "shout",
    ]  # fmt: skip


def test_a_key_is_never_null_only_where_sqlite_sees_to_it(probe: SqliteProbe) -> None:
    tables = probe.tables().columns
    may_be_null = {
        (t, c.name) for t, columns in tables.items() if t != "things" for c in columns.values() if c.nullable
    }
    assert may_be_null == {
        ("seen", "id"), ("seen", "title"), ("counted", "v"), ("loose", "k"), ("loose", "v"), ("downwards", "n"),
        ("pairs", "a"), ("pairs", "b"),
    }  # fmt: skip


def test_sqlite_itself_agrees_which_keys_may_be_null(path: Path, probe: SqliteProbe) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for table, columns in probe.tables().columns.items():
            for column in columns.values():
                if table in {"counted", "loose", "downwards", "keyed"} and column.name in "nk":
                    stored_null = False
                    try:
                        connection.execute(f"INSERT INTO {table} ({column.name}) VALUES (NULL)")
                        rows = connection.execute(f"SELECT 1 FROM {table} WHERE {column.name} IS NULL").fetchall()
                        stored_null = bool(rows)
                    except sqlite3.IntegrityError:
                        pass
                    assert stored_null is column.nullable, table


def test_checks_that_name_their_values_are_read_and_no_others(probe: SqliteProbe) -> None:
    things = probe.tables().columns["things"]
    assert {name: column.allowed for name, column in things.items() if column.allowed} == {
        "flag": ("0", "1"),
        "status": ("NEW", "it's"),
        "colour": ("red", "blue"),
        "exact": ("A", "B"),
        "level": ("-1", "0", "1"),
        "size": ("S", "M"),
    }


def test_what_sqlite_stores_may_be_the_twin_of_several_kinds() -> None:
    assert all(fits("sqlite", "text", kind) for kind in ("text", "uuid", "instant", "date", "json", "list:uuid"))
    assert fits("sqlite", "integer", "bool")
    assert not fits("sqlite", "integer", "float")
    assert not fits("sqlite", "text", "int")
    assert not fits("sqlite", "any", "text")
