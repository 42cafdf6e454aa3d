"""Double-entry ledger: accounts, transfers, holds, reversals, and balances now and at any instant.

`from hangar_dal import ledger`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Awaitable, Iterable
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, atomic, time_of
from hangar_dal.errors import InsufficientFunds, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.models.ledger import Balance as Balance
from hangar_dal.models.ledger import ImportedLedgerAccount as ImportedLedgerAccount
from hangar_dal.models.ledger import LedgerAccount as LedgerAccount
from hangar_dal.models.ledger import NewHold as NewHold
from hangar_dal.models.ledger import NewLedgerAccount as NewLedgerAccount
from hangar_dal.models.ledger import NewTransfer as NewTransfer
from hangar_dal.models.ledger import Transfer as Transfer
from hangar_dal.models.ledger import TransferKind as TransferKind
from hangar_dal.models.ledger import TrialBalance as TrialBalance
from hangar_dal.models.ledger import WrongBalance as WrongBalance
from hangar_dal.models.row import Amount as Amount
from hangar_dal.models.row import BatchSize, Currency, Label, PageSize, ShortText
from hangar_dal.query import RowCount, Stream
from hangar_dal.values import uuid7

query = COMMERCE.query

_FLOOR: Final = "ledger_balances_floor"
_ACCOUNT_CODE: Final = "ledger_accounts_code_key"
_FIXED: Final = ("kind", "owner_id", "currency", "may_be_negative")
T = TypeVar("T")


@query
async def insert_account(db: Executor, new: NewLedgerAccount) -> LedgerAccount | None:
    """Store an account; None if its id or its code is taken. Used by `open_account`."""
    ...


@query
async def insert_accounts(db: Executor, rows: list[ImportedLedgerAccount]) -> RowCount:
    """Store accounts in one statement. Used by `import_accounts`."""
    ...


@query
async def get_account(db: Executor, account_id: UUID) -> LedgerAccount:
    """Return the account with this id. Raises `NotFound` if there is none."""
    ...


@query
async def find_account(db: Executor, code: Label) -> LedgerAccount | None:
    """Return the account with this code; None if there is none."""
    ...


@query
async def list_accounts(
    db: Executor, *, kind: ShortText, currency: Currency, after: LedgerAccount | None = None, limit: PageSize = 50
) -> list[LedgerAccount]:
    """Return a page of the accounts of a kind in a currency, newest first."""
    ...


@query
async def list_accounts_of_owner(
    db: Executor, owner_id: UUID, *, after: LedgerAccount | None = None, limit: PageSize = 50
) -> list[LedgerAccount]:
    """Return a page of the accounts of a user, newest first."""
    ...


@query
async def close_account(db: Executor, account_id: UUID) -> LedgerAccount:
    """Close an empty account. Raises `TriggerViolation` if it is not empty. Repeating the call changes nothing."""
    ...


@query
async def insert_transfers(db: Executor, rows: list[Transfer]) -> list[Transfer]:
    """Book rows in one statement, one after the other; return those that were not booked before, ordered by id."""
    ...


@query
async def get_transfer(db: Executor, transfer_id: UUID) -> Transfer:
    """Return the transfer with this id. Raises `NotFound` if there is none."""
    ...


@query
async def find_end_of_hold(db: Executor, hold_id: UUID) -> Transfer | None:
    """Return the transfer that ended a hold; None if the hold has not ended."""
    ...


@query
async def list_transfers(
    db: Executor, account_id: UUID, *, after: Transfer | None = None, limit: PageSize = 50
) -> list[Transfer]:
    """Return a page of the transfers from and to an account, newest first."""
    ...


@query
async def list_transfers_of_reference(
    db: Executor, reference: Label, *, after: Transfer | None = None, limit: PageSize = 50
) -> list[Transfer]:
    """Return a page of the transfers with this reference to an application object, oldest first."""
    ...


@query
async def list_expired_holds(db: Executor, *, limit: BatchSize = 500) -> list[Transfer]:
    """Return expired holds that were not posted or voided, oldest first. Used by `expire_holds`."""
    ...


@query
async def get_balance(db: Executor, account_id: UUID) -> Balance:
    """Return the current balance of an account."""
    ...


@query
async def get_balance_at(db: Executor, account_id: UUID, at: datetime) -> int:
    """Return credits minus debits of an account up to this instant, without holds, in minor units."""
    ...


@query
async def list_trial_balances(db: Executor) -> list[TrialBalance]:
    """Return the totals of all accounts per currency."""
    ...


@query
async def list_wrong_balances(db: Executor) -> list[WrongBalance]:
    """Return the accounts whose balance differs from their transfers; empty unless triggers were bypassed."""
    ...


@query
def stream_accounts(db: Executor) -> Stream[LedgerAccount]:
    """Stream all accounts, ordered by id, for an export."""
    ...


@query
def stream_transfers(db: Executor) -> Stream[Transfer]:
    """Stream all transfers, ordered by id, for an export."""
    ...


@query
def stream_accounts_of_owner(db: Executor, owner_id: UUID) -> Stream[LedgerAccount]:
    """Stream the accounts of a user, oldest first, for an export."""
    ...


@query
def stream_transfers_of_owner(db: Executor, owner_id: UUID) -> Stream[Transfer]:
    """Stream the transfers from and to the accounts of a user, ordered by id, for an export."""
    ...


@query
async def move_accounts(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the accounts of the user `merged` to the user `kept`."""
    ...


async def open_account(db: Executor, new: NewLedgerAccount) -> LedgerAccount:
    """Open an account. Repeating the call with the same id or code returns the account.

    Raises `UniqueViolation` if the existing account has another kind, owner, currency or `may_be_negative`.
    """
    if account := await insert_account(db, new):
        return account
    account = (await find_account(db, new.code) if new.code else None) or await get_account(db, new.id)
    if any(getattr(account, name) != getattr(new, name) for name in _FIXED):
        raise UniqueViolation("ledger_accounts: another account has this code or id", constraint=_ACCOUNT_CODE)
    return account


async def import_accounts(db: Executor, rows: Iterable[ImportedLedgerAccount], *, batch_size: int = 500) -> int:
    """Store accounts in batches, all or none, except those that exist; return how many were stored."""
    return sum(await store_in_batches(db, insert_accounts, rows, batch_size))


async def transfer(db: Executor, new: NewTransfer) -> Transfer:
    """Book a transfer. Repeating the call with the same id returns the booked transfer.

    Raises `InsufficientFunds` if an account would become negative and may not, `ForeignKeyViolation` if an account does
    not exist or has another currency, and `UniqueViolation` if another transfer has the id.
    """
    return await _booked(db, _entry(db, new, TransferKind.TRANSFER))


async def transfer_many(db: Executor, rows: Iterable[NewTransfer], *, batch_size: int = 500) -> int:
    """Book transfers in batches, all or none; return how many were new.

    Within a batch, transfers are booked in the order of their ids. Ids from `uuid7` are in order of creation.
    """
    return await import_transfers(db, (_entry(db, new, TransferKind.TRANSFER) for new in rows), batch_size=batch_size)


async def import_transfers(db: Executor, rows: Iterable[Transfer], *, batch_size: int = 500) -> int:
    """Book the rows of `stream_transfers` in batches, all or none; return how many were new."""
    return sum(map(len, await _inserted(store_in_batches(db, insert_transfers, rows, batch_size))))


async def hold(db: Executor, new: NewHold) -> Transfer:
    """Reserve an amount until `post` moves it or `void` releases it. Raises the same errors as `transfer`."""
    return await _booked(db, _entry(db, new, TransferKind.PENDING))


async def post(db: Executor, hold_id: UUID, *, transfer_id: UUID, amount: Amount | None = None) -> Transfer:
    """Move the held amount or a part of it; the rest is released. Repeating the call with the same id changes nothing.

    Raises `UniqueViolation` if the hold has ended otherwise, and `TriggerViolation` if it has expired or is smaller.
    """
    held = await get_transfer(db, hold_id)
    return await _booked(db, _end(db, held, TransferKind.POSTED, transfer_id, amount or held.amount))


async def void(db: Executor, hold_id: UUID, *, transfer_id: UUID) -> Transfer:
    """Release a hold. Repeating the call with the same id changes nothing. Raises `UniqueViolation` as `post` does."""
    held = await get_transfer(db, hold_id)
    return await _booked(db, _end(db, held, TransferKind.VOIDED, transfer_id, held.amount))


async def expire_holds(db: Executor, *, limit: BatchSize = 500) -> int:
    """Release up to `limit` expired holds; return how many. Several processes may call it at once."""
    async with atomic(db) as tx:
        over = await list_expired_holds(tx, limit=limit)
        ended = [_end(tx, held, TransferKind.EXPIRED, uuid7(), held.amount) for held in over]
        return len(await _inserted(insert_transfers(tx, ended)))


async def reverse(db: Executor, reversed_id: UUID, *, transfer_id: UUID, reference: Label | None = None) -> Transfer:
    """Reverse a transfer, once. A repeated call with the same id changes nothing. Raises the errors of `transfer`."""
    back = await get_transfer(db, reversed_id)
    sides = {"debit_account_id": back.credit_account_id, "credit_account_id": back.debit_account_id}
    entry = back.model_copy(
        update={
            **sides,
            "id": transfer_id,
            "kind": TransferKind.REVERSAL,
            "pending_id": None,
            "reversed_id": back.id,
            "reference": reference or back.reference,
            "metadata": {},
            "created_at": time_of(db),
        }
    )
    return await _booked(db, entry)


def _entry(db: Executor, new: NewTransfer, kind: TransferKind) -> Transfer:
    rest = {"pending_id": None, "reversed_id": None, "expires_at": None, "created_at": time_of(db)}
    return Transfer(kind=kind, **{**rest, **dict(new)})


def _end(db: Executor, held: Transfer, kind: TransferKind, transfer_id: UUID, amount: Amount) -> Transfer:
    ended = {"id": transfer_id, "kind": kind, "amount": amount, "pending_id": held.id}
    return held.model_copy(update={**ended, "expires_at": None, "created_at": time_of(db)})


async def _inserted(inserted: Awaitable[T]) -> T:
    """Return the result of the call. Raises `InsufficientFunds` if an account would fall below its floor."""
    try:
        return await inserted
    except TriggerViolation as error:
        if error.constraint != _FLOOR:
            raise
    raise InsufficientFunds("the account may not be negative, and does not have this amount")


async def _booked(db: Executor, entry: Transfer) -> Transfer:
    """Book a row, or return the row that an earlier call has booked."""
    if rows := await _inserted(insert_transfers(db, [entry])):
        return rows[0]
    try:
        booked = await get_transfer(db, entry.id)
    except NotFound:
        constraint = "ledger_transfers_pending_id_key" if entry.pending_id else "ledger_transfers_reversed_id_key"
        raise UniqueViolation(
            "ledger_transfers: the hold has ended, or the transfer was reversed", constraint=constraint
        ) from None
    if booked.model_copy(update={"created_at": entry.created_at}) != entry:
        raise UniqueViolation("ledger_transfers: another transfer has this id", constraint="ledger_transfers_pkey")
    return booked
