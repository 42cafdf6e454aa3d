"""Bookkeeping: accounts, transfers between them, holds, reversals, and balances now and at any instant.

`from hangar_dal import ledger`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, atomic
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


@query
async def insert_account(db: Executor, new: NewLedgerAccount) -> LedgerAccount | None:
    """Store an account; None if its id or its code is taken. `open_account` says which."""
    ...


@query
async def insert_accounts(db: Executor, rows: list[ImportedLedgerAccount]) -> RowCount:
    """Store many in one statement; `import_accounts` makes the batches."""
    ...


@query
async def get_account(db: Executor, account_id: UUID) -> LedgerAccount:
    """The account with this id."""
    ...


@query
async def find_account(db: Executor, code: Label) -> LedgerAccount | None:
    """The account with this code, if there is one."""
    ...


@query
async def list_accounts(
    db: Executor, *, kind: ShortText, currency: Currency, after: LedgerAccount | None = None, limit: PageSize = 50
) -> list[LedgerAccount]:
    """A page of the accounts of a kind in a currency, the newest first."""
    ...


@query
async def list_accounts_of_owner(
    db: Executor, owner_id: UUID, *, after: LedgerAccount | None = None, limit: PageSize = 50
) -> list[LedgerAccount]:
    """A page of the accounts of a user, the newest first."""
    ...


@query
async def close_account(db: Executor, account_id: UUID) -> LedgerAccount:
    """End an account that is empty; `TriggerViolation` if it is not. Repeating it changes nothing."""
    ...


@query
async def insert_transfers(db: Executor, rows: list[Transfer]) -> list[Transfer]:
    """Book rows in one statement, one after the other; returns those that were not booked before, by id."""
    ...


@query
async def get_transfer(db: Executor, transfer_id: UUID) -> Transfer:
    """The transfer with this id."""
    ...


@query
async def find_end_of_hold(db: Executor, hold_id: UUID) -> Transfer | None:
    """What ended a hold, if it has ended."""
    ...


@query
async def list_transfers(
    db: Executor, account_id: UUID, *, after: Transfer | None = None, limit: PageSize = 50
) -> list[Transfer]:
    """A page of the statement of an account: what left it and what reached it, the newest first."""
    ...


@query
async def list_transfers_of_reference(
    db: Executor, reference: Label, *, after: Transfer | None = None, limit: PageSize = 50
) -> list[Transfer]:
    """A page of what was booked for an object of the application, the oldest first."""
    ...


@query
async def list_expired_holds(db: Executor, *, limit: BatchSize = 500) -> list[Transfer]:
    """Holds whose time is over and that have not ended, the oldest first; `expire_holds` ends them."""
    ...


@query
async def get_balance(db: Executor, account_id: UUID) -> Balance:
    """What an account has now."""
    ...


@query
async def get_balance_at(db: Executor, account_id: UUID, at: datetime) -> int:
    """Credits less debits of an account up to this instant, holds left out."""
    ...


@query
async def list_trial_balances(db: Executor) -> list[TrialBalance]:
    """The sums of each currency."""
    ...


@query
async def list_wrong_balances(db: Executor) -> list[WrongBalance]:
    """The accounts whose sums are not those of their transfers: none, unless somebody went past the triggers."""
    ...


@query
def stream_accounts(db: Executor) -> Stream[LedgerAccount]:
    """All accounts, by id, for an export."""
    ...


@query
def stream_transfers(db: Executor) -> Stream[Transfer]:
    """The books, by id, for an export."""
    ...


@query
def stream_accounts_of_owner(db: Executor, owner_id: UUID) -> Stream[LedgerAccount]:
    """The accounts of a user, the oldest first, for an export."""
    ...


@query
def stream_transfers_of_owner(db: Executor, owner_id: UUID) -> Stream[Transfer]:
    """What left or reached the accounts of a user, by id, for an export."""
    ...


@query
async def move_accounts(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the accounts of one user to another."""
    ...


async def open_account(db: Executor, new: NewLedgerAccount) -> LedgerAccount:
    """Open an account. Repeating it with the same id, or with the same code, returns the account.

    `UniqueViolation` if the account with this id or code has another kind, owner or currency, or another rule.
    """
    if account := await insert_account(db, new):
        return account
    account = (await find_account(db, new.code) if new.code else None) or await get_account(db, new.id)
    if any(getattr(account, name) != getattr(new, name) for name in _FIXED):
        raise UniqueViolation("ledger_accounts: another account has this code or id", constraint=_ACCOUNT_CODE)
    return account


async def import_accounts(db: Executor, rows: Iterable[ImportedLedgerAccount], *, batch_size: int = 500) -> int:
    """Store many accounts, one statement a batch, all or none; returns how many were new."""
    async with atomic(db) as tx:
        return sum([await insert_accounts(tx, batch) for batch in batches(rows, batch_size)])


async def transfer(db: Executor, new: NewTransfer) -> Transfer:
    """Book a transfer. Repeating it with the same id returns what was booked.

    `InsufficientFunds` if an account that may not be negative would be; `ForeignKeyViolation` if an account does not
    exist or has another currency; `UniqueViolation` if another transfer has the id.
    """
    return await _booked(db, _entry(db, new, TransferKind.TRANSFER))


async def transfer_many(db: Executor, rows: Iterable[NewTransfer], *, batch_size: int = 500) -> int:
    """Book many transfers, one statement a batch, all or none; returns how many were new.

    Within a batch, the ids say which comes first: those of `uuid7` rise in the order in which they are made.
    """
    async with atomic(db) as tx:
        entries = (_entry(tx, new, TransferKind.TRANSFER) for new in rows)
        return sum([len(await _inserted(tx, batch)) for batch in batches(entries, batch_size)])


async def import_transfers(db: Executor, rows: Iterable[Transfer], *, batch_size: int = 500) -> int:
    """Book what `stream_transfers` gave, one statement a batch, all or none; returns how many were new."""
    async with atomic(db) as tx:
        return sum([len(await _inserted(tx, batch)) for batch in batches(rows, batch_size)])


async def hold(db: Executor, new: NewHold) -> Transfer:
    """Set an amount aside, until `post` moves it or `void` frees it. The errors of `transfer`."""
    return await _booked(db, _entry(db, new, TransferKind.PENDING))


async def post(db: Executor, hold_id: UUID, *, transfer_id: UUID, amount: Amount | None = None) -> Transfer:
    """Move what was held, or a part of it; the rest is free again. Repeating it with the same id changes nothing.

    `UniqueViolation` if something else has ended the hold; `TriggerViolation` if it has expired or is less.
    """
    held = await get_transfer(db, hold_id)
    return await _booked(db, _end(db, held, TransferKind.POSTED, transfer_id, amount or held.amount))


async def void(db: Executor, hold_id: UUID, *, transfer_id: UUID) -> Transfer:
    """Free what was held. Repeating it with the same id changes nothing; `UniqueViolation` as for `post`."""
    held = await get_transfer(db, hold_id)
    return await _booked(db, _end(db, held, TransferKind.VOIDED, transfer_id, held.amount))


async def expire_holds(db: Executor, *, limit: BatchSize = 500) -> int:
    """Free up to `limit` holds whose time is over; returns how many. Several processes may do it at once."""
    async with atomic(db) as tx:
        over = await list_expired_holds(tx, limit=limit)
        return len(await _inserted(tx, [_end(tx, held, TransferKind.EXPIRED, uuid7(), held.amount) for held in over]))


async def reverse(db: Executor, reversed_id: UUID, *, transfer_id: UUID, reference: Label | None = None) -> Transfer:
    """Take a transfer back, once. Repeating it with the same id changes nothing; the errors of `transfer`."""
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
            "created_at": db.now(),
        }
    )
    return await _booked(db, entry)


def _entry(db: Executor, new: NewTransfer, kind: TransferKind) -> Transfer:
    rest = {"pending_id": None, "reversed_id": None, "expires_at": None, "created_at": db.now()}
    return Transfer(kind=kind, **{**rest, **dict(new)})


def _end(db: Executor, held: Transfer, kind: TransferKind, transfer_id: UUID, amount: Amount) -> Transfer:
    ended = {"id": transfer_id, "kind": kind, "amount": amount, "pending_id": held.id}
    return held.model_copy(update={**ended, "expires_at": None, "created_at": db.now()})


async def _inserted(db: Executor, rows: list[Transfer]) -> list[Transfer]:
    try:
        return await insert_transfers(db, rows)
    except TriggerViolation as error:
        if error.constraint != _FLOOR:
            raise
    raise InsufficientFunds("an account that may not be negative has less than what would leave it")


async def _booked(db: Executor, entry: Transfer) -> Transfer:
    """Book one row, or return the one that an earlier call has booked."""
    if rows := await _inserted(db, [entry]):
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
