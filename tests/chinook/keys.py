"""Queries that are right because of a key: each comes close to a mistake that `check` reports."""
# mypy: disable-error-code="empty-body"

from datetime import datetime

from pydantic import BaseModel

from hangar_dal import Executor, RowCount
from tests.chinook import Limit, query


class Numbered(BaseModel):
    id: int
    number: int


class Entry(BaseModel):
    playlist_id: int
    track_id: int


class Invoice(BaseModel):
    invoice_id: int
    invoice_date: datetime
    total: int


class Support(BaseModel):
    customer_id: int
    email: str
    employee: str | None


@query
async def set_prices_of_lines(db: Executor, *, invoice_id: int) -> RowCount: ...


@query
async def set_composers_of_playlist(db: Executor, *, playlist_id: int) -> RowCount: ...


@query
async def set_totals_of_customer(db: Executor, *, customer_id: int) -> RowCount: ...


@query
async def set_support_of_customer(db: Executor, *, customer_id: int, employee_id: int) -> RowCount: ...


@query
async def list_numbered_entries(db: Executor, *, playlist_id: int) -> list[Numbered]: ...


@query
async def list_customers_by_email(db: Executor) -> list[Numbered]: ...


@query
async def list_ranked_genres(db: Executor) -> list[Numbered]: ...


@query
async def list_numbered_lines(db: Executor, *, customer_id: int) -> list[Numbered]: ...


@query
async def list_invoices_before(
    db: Executor, *, customer_id: int, invoice_date: datetime, invoice_id: int, limit: Limit
) -> list[Invoice]: ...


@query
async def list_entries_after(db: Executor, *, playlist_id: int, track_id: int, limit: Limit) -> list[Entry]: ...


@query
async def list_largest_invoices_after(
    db: Executor, *, customer_id: int, total: int, invoice_id: int, limit: Limit
) -> list[Invoice]: ...


@query
async def list_entries_of_playlist_after(
    db: Executor, *, playlist_id: int, after: int, limit: Limit
) -> list[Entry]: ...


@query
async def list_invoices_between(db: Executor, *, since: datetime, until: datetime, limit: Limit) -> list[Invoice]: ...


@query
async def get_entry(db: Executor, *, playlist_id: int, track_id: int) -> Entry: ...


@query
async def get_support_by_email(db: Executor, *, email: str) -> Support: ...


@query
async def get_support_of_invoice(db: Executor, *, invoice_id: int) -> Support: ...


@query
async def get_latest_invoice(db: Executor) -> Invoice: ...
