"""A table to write in and texts to run, each in the form of the database in use."""

import re
from typing import Any, Final

from hangar_dal.database import Executor, Parameters, Result, Statement
from hangar_dal.database.batch import Call

_NAME: Final = re.compile(r"(?<!:):(\w+)")
_READS: Final = ("SELECT", "VALUES")


def _for_sqlite(text: str, values: dict[str, Any]) -> tuple[str, Parameters]:
    return text, values


def _for_postgresql(text: str, values: dict[str, Any]) -> tuple[str, Parameters]:
    names = list(values)
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", text), list(values.values())


_FORMS: Final = {"sqlite": _for_sqlite, "postgresql": _for_postgresql}


def sql(db: Executor, text: str, /, **values: Any) -> tuple[Statement, Parameters]:
    """A text with ``:name`` placeholders, as the database in use takes it."""
    own_text, parameters = _FORMS[db.dialect](text, values)
    return Statement("the_query", own_text, writes=not text.lstrip().startswith(_READS)), parameters


async def run(db: Executor, text: str, /, **values: Any) -> Result:
    return await db.run(*sql(db, text, **values))


async def column(db: Executor, text: str, /, **values: Any) -> list[Any]:
    """The first column of what a statement returns."""
    rows, _ = await run(db, text, **values)
    return [row[0] for row in rows]


def query(text: str, *, returns_rows: bool = False) -> Any:
    """A query for a batch: `batch.add(query(text), id=1)`. Its result is its rows, or their number."""

    async def the_query(db: Executor, **values: Any) -> Any:
        return await run(db, text, **values)

    def prepare(db: Executor, _: tuple[Any, ...], named: dict[str, Any]) -> Call:
        statement, parameters = sql(db, text, **named)
        return Call(statement, parameters, lambda rows, count: rows if returns_rows else count, returns_rows)

    the_query.prepare = prepare  # type: ignore[attr-defined]  # as `Catalog.query` does
    return the_query


LEDGER: Final = {
    "sqlite": """CREATE TABLE ledger (
        id INTEGER NOT NULL CONSTRAINT ledger_pkey PRIMARY KEY,
        amount INTEGER NOT NULL,
        note TEXT,
        CONSTRAINT ledger_amount_check CHECK (amount >= 0)
    ) STRICT""",
    "postgresql": """CREATE TABLE ledger (
        id bigint PRIMARY KEY,
        amount bigint NOT NULL,
        note text,
        CONSTRAINT ledger_amount_check CHECK (amount >= 0)
    )""",
}
# A statement that runs for as long as nobody stops it.
ENDLESS: Final = {
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(3600)",
}
ENDLESS_WRITE: Final = {
    "sqlite": """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        INSERT INTO ledger (id, amount) SELECT -i, 1 FROM n""",
    "postgresql": "INSERT INTO ledger (id, amount) SELECT -i, 1 FROM generate_series(1, 1000000000) AS i",
}


def endless(db: Executor) -> tuple[Statement, Parameters]:
    return Statement("the_endless_query", ENDLESS[db.dialect], writes=False), ()


def endless_write(db: Executor) -> tuple[Statement, Parameters]:
    return Statement("the_endless_write", ENDLESS_WRITE[db.dialect], writes=True), ()


def make_ledger(db: Executor) -> tuple[Statement, Parameters]:
    return Statement("", LEDGER[db.dialect], writes=True), ()
