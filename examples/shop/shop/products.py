"""What is for sale."""
# mypy: disable-error-code="empty-body"

from typing import Annotated, Literal, Unpack
from uuid import UUID

from pydantic import Field

from hangar_dal import Executor, RowCount, Stream
from shop import query
from shop.models import Currency, NewProduct, Product, ProductChanges, ProductStatus, Sales, Sku

PageSize = Annotated[int, Field(ge=1, le=1000)]


@query
async def list_currencies(db: Executor) -> list[Currency]:
    """Every currency that prices may be in."""
    ...


@query
async def insert_products(db: Executor, products: list[NewProduct]) -> RowCount:
    """Many in one statement. `UniqueViolation` if one's sku is taken; then none is stored."""
    ...


@query
async def find_product_by_sku(db: Executor, sku: Sku) -> Product | None:
    """The product that is ordered by this sku."""
    ...


@query
async def list_products(
    db: Executor,
    *,
    status: ProductStatus | None = None,
    order: Literal["newest", "name", "cheapest"] = "newest",
    after: Product | None = None,
    limit: PageSize = 50,
) -> list[Product]:
    """A page of products; `after` is the last one of the page before."""
    ...


@query
def stream_products(db: Executor) -> Stream[Product]:
    """All of them, in chunks, for the nightly export."""
    ...


@query
async def update_product(db: Executor, product_id: UUID, **changes: Unpack[ProductChanges]) -> Product:
    """Change the fields that are given."""
    ...


@query
async def get_sales(db: Executor, product_id: UUID) -> Sales:
    """How many were sold, and when the last one was."""
    ...
