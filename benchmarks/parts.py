"""A plain table of the benchmarks' own, and the queries that fill it: declared as any application would."""
# mypy: disable-error-code="empty-body"

from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import Field

from hangar_dal import ACCOUNTS, Catalog, Executor, Row, RowCount

CATALOG = Catalog("benchmarks", sql=Path(__file__).with_name("sql"), uses=[ACCOUNTS])
query = CATALOG.query

TABLES = {
    "sqlite": "CREATE TABLE parts (id text PRIMARY KEY, name text NOT NULL, number integer NOT NULL,"
    " weight real NOT NULL, made_at text NOT NULL) STRICT",
    "postgresql": "CREATE TABLE parts (id uuid PRIMARY KEY, name text NOT NULL, number bigint NOT NULL,"
    " weight double precision NOT NULL, made_at timestamptz NOT NULL)",
}


class Part(Row):
    id: UUID = Field(default_factory=uuid4)
    name: str
    number: int
    weight: float
    made_at: datetime


@query
async def insert_parts(db: Executor, parts: list[Part]) -> RowCount:
    """Store many in one statement."""
    ...
