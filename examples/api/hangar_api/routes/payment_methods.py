"""What a user pays with. The provider's token goes in, and never comes out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, or_not_found
from hangar_api.schemas import Request
from hangar_dal import Transaction, payment_methods, uuid7
from hangar_dal.errors import NotFound
from hangar_dal.payment_methods import NewPaymentMethod, PaymentMethod, PaymentMethodSummary

router = APIRouter(prefix="/me/payment-methods", tags=["payment methods"])
_KEY = ("created_at", "id")


class AddedMethod(Request):
    """`token` is what the provider's form gave to the client. `id` is for clients that repeat a lost request."""

    id: UUID = Field(default_factory=uuid7)
    provider: str
    token: SecretStr
    brand: str
    last_four: str | None = None
    expires_month: int | None = None
    expires_year: int | None = None


class ChangedMethod(Request):
    """What changes when a card is replaced. A field that is left out stays as it is."""

    brand: str | None = None
    last_four: str | None = None
    expires_month: int | None = None
    expires_year: int | None = None


class NewToken(Request):
    token: SecretStr


class PaymentMethodResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    provider: str
    brand: str
    last_four: str | None
    expires_month: int | None
    expires_year: int | None
    created_at: datetime

    @classmethod
    def of(cls, method: PaymentMethodSummary | PaymentMethod) -> "PaymentMethodResponse":
        return cls.model_validate(method)


@router.post("", status_code=status.HTTP_201_CREATED)
async def add(given: AddedMethod, current: Current, db: Db) -> PaymentMethodResponse:
    """Store a method. Repeating it with the same id answers what was stored."""
    fields = given.model_dump() | {"user_id": current.user.id, "token": given.token.get_secret_value()}
    return PaymentMethodResponse.of(await payment_methods.add_payment_method(db, NewPaymentMethod(**fields)))


@router.get("")
async def list_mine(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[PaymentMethodResponse]:
    """The newest first."""
    after = row_of(cursor, PaymentMethodSummary, _KEY)
    rows = await payment_methods.list_payment_methods(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _KEY, PaymentMethodResponse.of)


@router.get("/default")
async def show_default(current: Current, db: Db) -> PaymentMethodResponse:
    """The method that is taken if a payment names none."""
    found = await payment_methods.find_default_payment_method(db, current.user.id)
    return PaymentMethodResponse.of(or_not_found(found))


@router.delete("/default", status_code=status.HTTP_204_NO_CONTENT)
async def clear_default(current: Current, db: Db) -> None:
    """The answer is the same if there was no default."""
    await payment_methods.clear_default_payment_method(db, current.user.id)


@router.put("/{method_id}/default", status_code=status.HTTP_204_NO_CONTENT)
async def choose_default(method_id: UUID, current: Current, db: Db) -> None:
    await payment_methods.set_default_payment_method(db, method_id, user_id=current.user.id)


@router.patch("/{method_id}")
async def change(method_id: UUID, given: ChangedMethod, current: Current, db: Db) -> PaymentMethodResponse:
    changes: dict[str, Any] = given.model_dump(exclude_unset=True)

    async def work(tx: Transaction) -> PaymentMethod | PaymentMethodSummary:
        method = await payment_methods.get_payment_method(tx, method_id)
        if method.user_id != current.user.id:
            raise NotFound("the user has no such payment method")
        return await payment_methods.update_payment_method(tx, method_id, **changes) if changes else method

    return PaymentMethodResponse.of(await db.in_transaction(work))


@router.put("/{method_id}/token", status_code=status.HTTP_204_NO_CONTENT)
async def replace_token(method_id: UUID, given: NewToken, current: Current, db: Db) -> None:
    token = given.token.get_secret_value()
    await payment_methods.replace_payment_method_token(db, id=method_id, user_id=current.user.id, token=token)


@router.delete("/{method_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete(method_id: UUID, current: Current, db: Db) -> None:
    """Payments that were made with it stay."""
    if not await payment_methods.delete_payment_method(db, method_id, user_id=current.user.id):
        raise NotFound("the user has no such payment method")
