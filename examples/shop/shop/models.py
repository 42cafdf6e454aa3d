"""Rows, their fields in the order of the columns. Money is an integer of minor units, and a currency."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypedDict
from uuid import UUID

from pydantic import Field, StringConstraints

from hangar_dal import Row, uuid7

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{3,20}$")]
Minor = Annotated[int, Field(ge=0)]
CurrencyCode = Literal["EUR", "ISK", "USD"]


class ProductStatus(StrEnum):
    """A draft is not for sale yet; a retired product is no longer for sale."""

    DRAFT = "DRAFT"
    ON_SALE = "ON_SALE"
    RETIRED = "RETIRED"


class Currency(Row):
    code: CurrencyCode
    minor_digits: int


class NewProduct(Row):
    id: UUID = Field(default_factory=uuid7)
    sku: Sku
    name: Name
    price_minor: Minor
    currency: CurrencyCode
    status: ProductStatus = ProductStatus.DRAFT


class Product(NewProduct):
    created_at: datetime


class ProductChanges(TypedDict, total=False):
    """What `update_product` may change; a field left out stays."""

    name: Name
    price_minor: Minor
    status: ProductStatus


class Sales(Row):
    """How a product sells. `last_sold_at` is None until it does."""

    sku: str
    quantity: int
    last_sold_at: datetime | None


class OrderLine(Row):
    order_id: UUID
    product_id: UUID
    quantity: int = Field(ge=1)
    price_minor: Minor


class NewOrder(Row):
    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    currency: CurrencyCode
    note: str | None = None


class Order(Row):
    id: UUID
    user_id: UUID
    currency: CurrencyCode
    placed_at: datetime
    paid_at: datetime | None
    note: str | None


class OrderWithLines(Order):
    lines: list[OrderLine]
