"""Fills a database with many rows in a short time.

The statements of `sql/` make them, the same on both databases. Triggers and foreign keys are off meanwhile, and
`derived.sql` makes what the triggers would have made. A test compares both ways.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from json import dumps
from pathlib import Path
from string import Template
from typing import Final
from uuid import UUID

import psycopg

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
USER, VIDEO, COMMENT, SHARE, REPORT, EVENT, MESSAGE, ACCOUNT, TRANSFER, METHOD, PAYMENT, KEY, WEBHOOK = range(1, 14)
PLAN, SUBSCRIPTION, INVOICE, CAMPAIGN, CREATIVE, REQUEST, LIVESTREAM, CHAT, DONATION = range(14, 23)
KINDS: Final = {
    "USER": USER,
    "VIDEO": VIDEO,
    "COMMENT": COMMENT,
    "SHARE": SHARE,
    "REPORT": REPORT,
    "EVENT": EVENT,
    "MESSAGE": MESSAGE,
    "ACCOUNT": ACCOUNT,
    "TRANSFER": TRANSFER,
    "METHOD": METHOD,
    "PAYMENT": PAYMENT,
    "KEY": KEY,
    "WEBHOOK": WEBHOOK,
    "PLAN": PLAN,
    "SUBSCRIPTION": SUBSCRIPTION,
    "INVOICE": INVOICE,
    "CAMPAIGN": CAMPAIGN,
    "CREATIVE": CREATIVE,
    "REQUEST": REQUEST,
    "LIVESTREAM": LIVESTREAM,
    "CHAT": CHAT,
    "DONATION": DONATION,
}
COMMUNITY_ROWS: Final = ("users.sql", "community.sql", "notifications.sql", "derived.sql", "final.sql")
COMMERCE_ROWS: Final = (
    "users.sql",
    "ledger.sql",
    "ledger_derived.sql",
    "payments.sql",
    "billing.sql",
    "advertising.sql",
    "advertising_derived.sql",
)
LIVESTREAMS_ROWS: Final = ("users.sql", "livestreams.sql")
OUTBOX_ROWS: Final = ("outbox.sql",)
SQL: Final = Path(__file__).parent / "sql"
SQLITE_SERIES: Final = """
CREATE TEMP TABLE series AS
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows} - 1)
SELECT n, at(n) AS at FROM numbers;
"""
# Functions of the same names as on SQLite. `json_array` is a keyword since PostgreSQL 16, so it is `texts` on both.
POSTGRESQL_SERIES: Final = f"""
SET session_replication_role = {{role}};
SET client_min_messages = warning;
CREATE FUNCTION at(seconds bigint) RETURNS timestamptz LANGUAGE sql
RETURN to_timestamp(seconds + {int(START.timestamp())});
CREATE FUNCTION day(instant timestamptz) RETURNS date LANGUAGE sql RETURN CAST(instant AT TIME ZONE 'UTC' AS date);
CREATE FUNCTION id(kind bigint, number bigint) RETURNS uuid LANGUAGE sql
RETURN CAST(lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0') AS uuid);
CREATE FUNCTION object(document text) RETURNS jsonb LANGUAGE sql RETURN CAST(document AS jsonb);
CREATE FUNCTION words(words text) RETURNS text[] LANGUAGE sql RETURN string_to_array(words, ' ');
CREATE FUNCTION texts(VARIADIC texts text[]) RETURNS text[] LANGUAGE sql RETURN texts;
CREATE FUNCTION json_each(texts text[]) RETURNS TABLE (value text) LANGUAGE sql AS 'SELECT unnest(texts)';
CREATE TABLE series AS SELECT n, at(n) AS at FROM generate_series(CAST(0 AS bigint), {{rows}} - 1) AS numbers (n);
ANALYZE series;
"""
POSTGRESQL_END: Final = """
DROP TABLE series;
DROP FUNCTION at, day, id, object, words, texts, json_each(text[]);
"""


def id_of(kind: int, number: int) -> UUID:
    """The id of a row. Its last digit chooses the row of a count, as in a random id."""
    return UUID(_id(kind, number))


def fill(url: str, files: tuple[str, ...], rows: int, *, triggers: bool = False, **numbers: int) -> None:
    """Run the statements of these files for so many rows; with triggers, or with what they would have made."""
    dialect, way = ("sqlite", _sqlite) if url.startswith("sqlite") else ("postgresql", _postgresql)
    with way(url, rows, triggers) as run:
        for file in files:
            for path in (SQL / file, SQL / dialect / file):
                if path.exists():
                    run(Template(path.read_text()).substitute(KINDS, users=rows // 10, **numbers))


Run = Callable[[str], object]


@contextmanager
def _sqlite(url: str, rows: int, triggers: bool) -> Iterator[Run]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as db:
        db.create_function("id", 2, _id, deterministic=True)
        db.create_function("at", 1, _at, deterministic=True)
        db.create_function("day", 1, lambda instant: instant[:10], deterministic=True)
        db.create_function("object", 1, lambda json: json, deterministic=True)
        db.create_function("words", 1, lambda words: dumps(words.split(), separators=(",", ":")), deterministic=True)
        db.create_function("texts", -1, lambda *texts: dumps(texts, separators=(",", ":")), deterministic=True)
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA cache_size = -500000")
        kept = [] if triggers else db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        db.executescript("".join(f'DROP TRIGGER "{name}";' for name, _ in kept))
        db.execute(f"PRAGMA foreign_keys = {triggers}")
        db.executescript(SQLITE_SERIES.format(rows=rows))
        yield lambda text: db.executescript(f"BEGIN; {text}; COMMIT")
        db.executescript("".join(f"{text};" for _, text in kept) + "ANALYZE")


@contextmanager
def _postgresql(url: str, rows: int, triggers: bool) -> Iterator[Run]:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(POSTGRESQL_SERIES.format(rows=rows, role="origin" if triggers else "replica").encode())
        yield lambda text: db.execute(text.encode())
        db.execute(POSTGRESQL_END)
        db.execute("VACUUM ANALYZE")


def _id(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-7000-8000-{number:012x}"


def _at(seconds: int) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()[:19] + ".000000Z"  # strftime takes three times as long
