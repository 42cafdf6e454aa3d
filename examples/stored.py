"""A query of the examples' own: its SQL is in `sql/sqlite/stored.sql` and `sql/postgresql/stored.sql`."""
# mypy: disable-error-code="empty-body"

from pathlib import Path
from typing import Final
from uuid import UUID

from hangar_dal import ACCOUNTS, Catalog, Executor

CATALOG: Final = Catalog("examples", sql=Path(__file__).parent / "sql", uses=[ACCOUNTS])
query = CATALOG.query


@query
async def get_stored_cookies(db: Executor, session_cookie_id: UUID) -> str:
    """A session's cookies as the table holds them: sealed."""
    ...
