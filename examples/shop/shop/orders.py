"""Who bought what."""
# mypy: disable-error-code="empty-body"

from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal import Executor, RowCount
from shop import query
from shop.models import NewOrder, Order, OrderLine, OrderWithLines

PageSize = Annotated[int, Field(ge=1, le=1000)]


@query
async def insert_order(db: Executor, new: NewOrder) -> Order:
    """Store an order, placed now and not yet paid; its lines follow in the same transaction."""
    ...


@query
async def insert_order_lines(db: Executor, lines: list[OrderLine]) -> RowCount:
    """What is ordered, at the price of this moment."""
    ...


@query
async def pay_order(db: Executor, order_id: UUID) -> Order:
    """Note that it is paid. `NotFound` if there is no such order, or it was paid before."""
    ...


@query
async def list_orders(
    db: Executor, *, user_id: UUID, after: Order | None = None, limit: PageSize = 50
) -> list[OrderWithLines]:
    """A page of a user's orders with their lines, newest first; `after` is the last one of the page before."""
    ...


@query
async def delete_order(db: Executor, order_id: UUID) -> RowCount:
    """Delete an order with its lines; 0 if there is no such order."""
    ...
