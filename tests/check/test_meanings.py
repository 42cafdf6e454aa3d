"""Each construct that the databases understand in different ways is refused, and its portable forms are not.

`meanings.txt` has statements that both databases accept, with the answer of each. Both databases are asked again, so
that no case outlives its reason. Below the name of a meaning, `differs` is a statement that it refuses and `same` is
a portable form. `with` says what SQLite needs for the statement: its mathematical functions, or a version.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.databases.postgresql_columns import with_details
from hangar_dal.check.meanings.collect import differences
from hangar_dal.check.model import Tables
from hangar_dal.migrations import schema_postgresql
from hangar_dal.query.meanings import MEANINGS
from tests.helpers.cases import read_cases

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "rules.md"
# Texts of a locale are folded beyond ASCII. Which collations a server has depends on its system.
LOCALES = """
SELECT quote_ident(collname) FROM pg_collation
WHERE collnamespace = 'pg_catalog'::regnamespace AND collname NOT IN ('C', 'POSIX', 'ucs_basic', 'default')
AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))
ORDER BY collname
"""
ROWS = """
INSERT INTO item (id, n, small, x, s, f, u, at, day, data, raw, mood, tags, z) VALUES
(1, 5, 3, 2.5, 'Plan', {true}, '0190a000-0000-7000-8000-00000000000a', '2024-01-02T10:00:00.000000Z', '2024-01-02',
 '{{"a":1,"b":true,"c":"x","d":null,"e":[1,2],"f":1.5,"g":{{"b":1}}}}', {ab}, 'small', '{pq}', 'É'),
(2, -7, 4, 3.0, '12x', {false}, '0190a000-0000-7000-8000-00000000000b', '2024-03-01T00:00:00.000000Z', '2024-03-01',
 '{{"a":2}}', {a}, 'large', '{none}', 'b'),
(3, 0, 0, -0.5, '', {true}, '0190a000-0000-7000-8000-00000000000c', '2023-12-31T23:59:59.999999Z', '2023-12-31',
 '{{}}', {empty}, 'medium', '{z}', 'c');
INSERT INTO child VALUES (1, 1, 10), (2, 1, 20), (3, 2, 30);
INSERT INTO doc VALUES
(1, '{{"a":1,"b":2}}', '{{"b":2,"a":1}}'),
(2, '{{"b":2,"a":1}}', '{{}}');
"""
SQLITE = """
CREATE TABLE item (
    id integer NOT NULL PRIMARY KEY, n integer, small integer, x real, s text, f integer, u text, at text, day text,
    data text, raw blob, mood text, tags text, z text
) STRICT;
CREATE TABLE child (id integer NOT NULL PRIMARY KEY, item_id integer NOT NULL, n integer NOT NULL) STRICT;
CREATE TABLE doc (id integer NOT NULL PRIMARY KEY, one text, other text) STRICT;
CREATE TABLE sale (
    id integer NOT NULL PRIMARY KEY, price integer, rate integer, long integer, clock text, n integer
) STRICT;
INSERT INTO sale VALUES
(1, 1050, 10500, 39600000000, '10:00:00.000000', 5), (2, 200, 2000, 60000000, '09:00:00.000000', 5);
"""
POSTGRESQL = """
CREATE TYPE mood AS ENUM ('small', 'medium', 'large');
CREATE TABLE item (
    id bigint NOT NULL PRIMARY KEY, n bigint, small integer, x double precision, s text COLLATE "C", f boolean, u uuid,
    at timestamptz, day date, data jsonb, raw bytea, mood mood, tags text[], z text COLLATE {locale}
);
CREATE TABLE child (id bigint NOT NULL PRIMARY KEY, item_id bigint NOT NULL, n bigint NOT NULL);
CREATE TABLE doc (id bigint NOT NULL PRIMARY KEY, one jsonb, other jsonb);
CREATE TABLE sale (
    id bigint NOT NULL PRIMARY KEY, price numeric(18, 2), rate numeric(18, 3), long interval, clock time, n bigint
);
INSERT INTO sale VALUES (1, 10.5, 10.5, '11 hours', '10:00', 5), (2, 2, 2, '1 minute', '09:00', 5);
"""


class Entry(NamedTuple):
    """One statement. `meaning` is the one that refuses it; empty for what is not refused."""

    meaning: str
    differs: bool
    needs: str
    text: str
    sqlite: str
    postgresql: str


def entries() -> Iterator[Entry]:
    for case in read_cases(HERE / "meanings.txt"):
        kind, _, needs = case.expected.partition(" with ")
        assert kind in ("differs", "same"), case
        meaning = case.group if case.group in MEANINGS else ""
        yield Entry(meaning, kind == "differs", needs, case.statement, case.answers[0], case.answers[-1])


ENTRIES = list(entries())


def plain(value: Any) -> Any:
    """A value as this package reads it on both databases."""
    match value:
        case bool():
            return int(value)
        case Decimal():
            return float(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date() | UUID():
            return str(value)
        case timedelta():
            return f"{value.total_seconds()} seconds"
        case bytes():
            return value.hex()
        case dict() | list():
            return json.dumps(value, separators=(",", ":"))
    return float(f"{value:.12g}") if isinstance(value, float) else value


def answer(rows: list[tuple[Any, ...]]) -> str:
    """The same for equal numbers, whatever their types."""
    numbers = [[float(value) if isinstance(value := plain(each), int) else value for each in row] for row in rows]
    return json.dumps(numbers, ensure_ascii=False)


class Both:
    """Two databases with the same rows, each statement on rows that no other one has changed."""

    def __init__(self, sqlite: sqlite3.Connection, postgresql: "psycopg.Connection[Any]", tables: Tables) -> None:
        self._sqlite, self._postgresql, self.tables = sqlite, postgresql, tables

    def sqlite(self, text: str) -> str:
        self._sqlite.execute("BEGIN")
        try:
            return answer(self._sqlite.execute(text).fetchall())
        except sqlite3.Error as error:
            return f"error: {error}"
        finally:
            self._sqlite.execute("ROLLBACK")

    def postgresql(self, text: str) -> str:
        try:
            with self._postgresql.transaction(force_rollback=True):
                return answer(self._postgresql.execute(text.encode()).fetchall())
        except psycopg.Error as error:
            return f"error: {error.diag.message_primary}"

    def has(self, needs: str) -> bool:
        if needs == "math":
            [(has,)] = self._sqlite.execute("SELECT sqlite_compileoption_used('ENABLE_MATH_FUNCTIONS')")
            return bool(has)
        return not needs or sqlite3.sqlite_version_info >= tuple(map(int, needs.split(".")))


@pytest.fixture(scope="module")
def both(postgres_server: Any) -> Iterator[Both]:
    name = f"hangar_{token_hex(6)}"
    with (
        postgres_server.database(name),
        psycopg.connect(postgres_server.url(name), autocommit=True) as postgresql,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as sqlite,
    ):
        postgresql.execute("SET timezone = 'UTC'")
        named = [collation for (collation,) in postgresql.execute(LOCALES).fetchall()]
        folding = (each for each in named if folds(postgresql, each))
        postgresql.execute(POSTGRESQL.format(locale=next(folding)).encode())
        values = {"true": "true", "false": "false", "pq": "{p,q}", "none": "{}", "z": "{z}"}
        raw = {"ab": r"'\x6162'", "a": r"'\x61'", "empty": "''"}
        postgresql.execute(ROWS.format(**values, **raw).encode())
        sqlite.executescript(SQLITE)
        values = {"true": "1", "false": "0", "pq": '["p","q"]', "none": "[]", "z": '["z"]'}
        raw = {"ab": "x'6162'", "a": "x'61'", "empty": "x''"}
        sqlite.executescript(ROWS.format(**values, **raw))
        with PostgresProbe(postgres_server.url(name)) as probe:
            tables = with_details(with_keys(probe.tables(), schema_postgresql.read_schema(postgresql)), postgresql)
        yield Both(sqlite, postgresql, tables)


def folds(connection: "psycopg.Connection[Any]", collation: str) -> bool:
    [(folded,)] = connection.execute(f"SELECT lower('É' COLLATE {collation})".encode()).fetchall()
    return bool(folded == "é")


def test_databases_answer_as_recorded(both: Both) -> None:
    for entry in ENTRIES:
        assert both.postgresql(entry.text) == entry.postgresql, entry
        if not both.has(entry.needs) or entry.sqlite.startswith("error: "):
            assert both.sqlite(entry.text).startswith("error: "), entry
        else:
            assert both.sqlite(entry.text) == entry.sqlite, entry
        assert (entry.sqlite != entry.postgresql) is entry.differs, entry


def test_only_differences_are_refused(both: Both) -> None:
    for entry in ENTRIES:
        found = {each.meaning for each in differences(entry.text, "postgresql", both.tables, {})}
        if entry.differs and entry.meaning:
            assert entry.meaning in found, entry
        else:
            assert not found, entry


@pytest.mark.parametrize(("kind", "meanings"), [("float", ["round_half"]), ("int", []), (None, [])])
def test_an_argument_counts_by_its_type(kind: str | None, meanings: list[str]) -> None:
    found = differences("SELECT round(:price)", "postgresql", Tables({}), {"price": kind})
    assert [each.meaning for each in found] == meanings


def test_a_text_from_json_may_have_other_letters() -> None:
    found = differences("SELECT lower(CAST(:doc ->> 'k' AS text))", "postgresql", Tables({}), {"doc": "json"})
    assert [each.meaning for each in found] == ["case_folding"]


def test_a_difference_has_its_place_in_the_statement() -> None:
    text = "SELECT /* one */ :like, 2 <<\n-1, round(CAST(:price AS float)), 1 UNION SELECT 1 INTERSECT SELECT 1"
    found = [text[each.at :] for each in differences(text, "postgresql", Tables({}), {})]
    assert [each.split()[0] for each in found] == ["2", "round(CAST(:price", "INTERSECT"]


def test_every_meaning_has_an_entry_and_a_line_in_the_documentation() -> None:
    refused = {entry.meaning for entry in ENTRIES if entry.differs}
    documented = DOCS.read_text(encoding="utf-8")
    for name, meaning in MEANINGS.items():
        assert name in refused or name.startswith("like_")
        escaped = [part.replace("|", r"\|") for part in meaning]
        assert f"| {' | '.join(part[0].upper() + part[1:] for part in escaped)} |" in documented
