"""Payment methods of users: the provider's token, sealed, and details to display. Each user may have a default.

`from hangar_dal import payment_methods`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, Transaction
from hangar_dal.errors import UniqueViolation
from hangar_dal.models.payment_methods import DefaultPaymentMethod as DefaultPaymentMethod
from hangar_dal.models.payment_methods import Month, PaymentMethodChanges, SealedToken, Year
from hangar_dal.models.payment_methods import NewPaymentMethod as NewPaymentMethod
from hangar_dal.models.payment_methods import PaymentMethod as PaymentMethod
from hangar_dal.models.payment_methods import PaymentMethodSummary as PaymentMethodSummary
from hangar_dal.models.row import PageSize
from hangar_dal.query import RowCount, Stream

query = COMMERCE.query

_FIXED: Final = ("user_id", "provider")


@query
async def insert_payment_method(db: Executor, new: NewPaymentMethod) -> PaymentMethodSummary | None:
    """Seal and store a method; None if its id is taken. Used by `add_payment_method`."""
    ...


@query
async def insert_payment_methods(db: Executor, rows: list[NewPaymentMethod]) -> RowCount:
    """Seal and store methods in one statement, except those whose id is taken. Used by `import_payment_methods`."""
    ...


@query
async def get_payment_method(db: Executor, payment_method_id: UUID) -> PaymentMethod:
    """Return the method with this id and its token. Raises `NotFound` if there is none."""
    ...


@query
async def find_default_payment_method(db: Executor, user_id: UUID) -> PaymentMethod | None:
    """Return the default method of a user with its token; None if there is none."""
    ...


@query
async def list_payment_methods(
    db: Executor, user_id: UUID, *, after: PaymentMethodSummary | None = None, limit: PageSize = 50
) -> list[PaymentMethodSummary]:
    """Return a page of the methods of a user, newest first."""
    ...


@query
async def list_expiring_payment_methods(
    db: Executor, *, year: Year, month: Month, after: PaymentMethodSummary | None = None, limit: PageSize = 50
) -> list[PaymentMethodSummary]:
    """Return a page of the methods that expire in this month, ordered by id."""
    ...


@query
def stream_payment_methods(db: Executor, user_id: UUID) -> Stream[PaymentMethodSummary]:
    """Stream the methods of a user without their tokens, oldest first, for an export."""
    ...


@query
def stream_default_payment_methods(db: Executor, user_id: UUID) -> Stream[DefaultPaymentMethod]:
    """Stream the default method of a user, for an export."""
    ...


@query
async def update_payment_method(
    db: Executor, payment_method_id: UUID, **changes: Unpack[PaymentMethodChanges]
) -> PaymentMethodSummary:
    """Change the displayed details of a method. Omitted fields stay as they are; None is stored as NULL."""
    ...


@query
async def replace_payment_method_token(
    db: Executor,
    *,
    id: UUID,  # noqa: A002  (the name of the column)
    user_id: UUID,
    token: SealedToken,
) -> PaymentMethodSummary:
    """Seal and replace the token of a method. Raises `NotFound` unless it is a method of this user."""
    ...


@query
async def set_default_payment_method(db: Executor, payment_method_id: UUID, *, user_id: UUID) -> DefaultPaymentMethod:
    """Make a method the default of its user. Raises `NotFound` unless it is a method of this user."""
    ...


@query
async def clear_default_payment_method(db: Executor, user_id: UUID) -> RowCount:
    """Remove the default of a user; 0 if there is none. The method stays."""
    ...


@query
async def delete_payment_method(db: Executor, payment_method_id: UUID, *, user_id: UUID) -> RowCount:
    """Delete a method of a user, also as the default; 0 if the user has no such method. Payments with it stay."""
    ...


@query
async def drop_second_default(db: Transaction, *, kept: UUID, merged: UUID) -> RowCount:
    """Remove the default of `merged` if `kept` has a default. Used by `move_payment_methods`."""
    ...


@query
async def move_payment_method(
    db: Executor,
    *,
    id: UUID,  # noqa: A002  (the name of the column)
    user_id: UUID,
    token: SealedToken,
    moved_from: UUID,
) -> RowCount:
    """Give a method to another user and seal its token again. Used by `move_payment_methods`."""
    ...


async def add_payment_method(db: Executor, new: NewPaymentMethod) -> PaymentMethodSummary:
    """Seal and store a method. Repeating the call with the same id returns the method as it is now.

    Raises `UniqueViolation` if a method of another user or provider has the id, and `ForeignKeyViolation` if there is
    no such user.
    """
    if method := await insert_payment_method(db, new):
        return method
    stored = await get_payment_method(db, new.id)
    if any(getattr(stored, name) != getattr(new, name) for name in _FIXED):
        raise UniqueViolation("payment_methods: another method has this id", constraint="payment_methods_pkey")
    return PaymentMethodSummary(**stored.model_dump(exclude={"token"}))


async def import_payment_methods(db: Executor, rows: Iterable[NewPaymentMethod], *, batch_size: int = 500) -> int:
    """Store methods in batches, all or none, except those that exist; return how many were stored."""
    return sum(await store_in_batches(db, insert_payment_methods, rows, batch_size))


async def move_payment_methods(db: Transaction, *, kept: UUID, merged: UUID) -> int:
    """Give the methods of `merged` to `kept`; return how many. If `kept` has a default, it stays.

    Each token is opened and sealed again, because it is bound to its user.
    """
    await drop_second_default(db, kept=kept, merged=merged)
    async with stream_payment_methods(db, merged) as rows:
        moved = [row.id async for row in rows]
    for method_id in moved:
        method = await get_payment_method(db, method_id)
        await move_payment_method(db, id=method.id, user_id=kept, token=method.token, moved_from=merged)
    return len(moved)
