"""Wallets: the accounts of a user in the ledger, and transfers from one user to another."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, or_not_found
from hangar_api.schemas import Request
from hangar_dal import Executor, Transaction, ledger, social, uuid7
from hangar_dal.errors import NotFound
from hangar_dal.ledger import Balance, LedgerAccount, NewLedgerAccount, NewTransfer, Transfer, TransferKind

router = APIRouter(prefix="/me/wallets", tags=["wallets"])
_KEY = ("created_at", "id")


class OpenedWallet(Request):
    currency: str


class WalletResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    currency: str
    created_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, account: LedgerAccount) -> "WalletResponse":
        return cls.model_validate(account)


class BalanceResponse(BaseModel):
    """`posted` is what the wallet has, `available` what is left of it after what is held."""

    posted: int
    held: int
    available: int

    @classmethod
    def of(cls, balance: Balance) -> "BalanceResponse":
        return cls(posted=balance.posted, held=balance.held, available=balance.available)


class Sum(Request):
    """`id` is for clients that repeat a request whose answer was lost: the same id moves an amount once."""

    id: UUID = Field(default_factory=uuid7)
    amount: int
    reference: str | None = None


class SentMoney(Sum):
    recipient_id: UUID


class TransferResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: TransferKind
    debit_account_id: UUID
    credit_account_id: UUID
    amount: int
    currency: str
    reference: str | None
    created_at: datetime

    @classmethod
    def of(cls, transfer: Transfer) -> "TransferResponse":
        return cls.model_validate(transfer)


@router.post("", status_code=status.HTTP_201_CREATED)
async def open_wallet(given: OpenedWallet, current: Current, db: Db) -> WalletResponse:
    """Open the wallet of the user in a currency. Repeating it answers the same wallet."""
    return WalletResponse.of(await open_for(db, current.user.id, given.currency))


@router.get("")
async def list_mine(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[WalletResponse]:
    """The newest first."""
    after = row_of(cursor, LedgerAccount, _KEY)
    rows = await ledger.list_accounts_of_owner(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _KEY, WalletResponse.of)


@router.get("/{wallet_id}/balance")
async def show_balance(wallet_id: UUID, current: Current, db: Db) -> BalanceResponse:
    await _own(db, wallet_id, current.user.id)
    return BalanceResponse.of(await ledger.get_balance(db, wallet_id))


@router.get("/{wallet_id}/transfers")
async def list_transfers(
    wallet_id: UUID, current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[TransferResponse]:
    """What left the wallet and what reached it, the newest first."""
    await _own(db, wallet_id, current.user.id)
    rows = await ledger.list_transfers(db, wallet_id, after=row_of(cursor, Transfer, _KEY), limit=limit)
    return page(rows, limit, _KEY, TransferResponse.of)


@router.post("/{wallet_id}/transfers", status_code=status.HTTP_201_CREATED)
async def send(wallet_id: UUID, given: SentMoney, current: Current, db: Db) -> TransferResponse:
    """Send money to another user, whom this one sees. It reaches their wallet, which is opened if need be."""

    async def work(tx: Transaction) -> Transfer:
        wallet = await _own(tx, wallet_id, current.user.id)
        or_not_found(await social.find_profile(tx, given.recipient_id, viewer_id=current.user.id))
        reached = await open_for(tx, given.recipient_id, wallet.currency)
        return await ledger.transfer(tx, moved(given, wallet, reached))

    return TransferResponse.of(await db.in_transaction(work))


@router.delete("/{wallet_id}", status_code=status.HTTP_204_NO_CONTENT)
async def close(wallet_id: UUID, current: Current, db: Db) -> None:
    """End a wallet that is empty. Repeating it changes nothing."""

    async def work(tx: Transaction) -> None:
        await _own(tx, wallet_id, current.user.id)
        await ledger.close_account(tx, wallet_id)

    await db.in_transaction(work)


async def open_for(db: Executor, user_id: UUID, currency: str) -> LedgerAccount:
    """The wallet of a user in a currency, opened if it is not there."""
    code = f"wallet:{currency}:{user_id}"
    return await ledger.open_account(
        db, NewLedgerAccount(code=code, kind="wallet", owner_id=user_id, currency=currency)
    )


def moved(given: Sum, debit: LedgerAccount, credit: LedgerAccount) -> NewTransfer:
    return NewTransfer(
        id=given.id,
        debit_account_id=debit.id,
        credit_account_id=credit.id,
        amount=given.amount,
        currency=debit.currency,
        reference=given.reference,
    )


async def _own(db: Executor, account_id: UUID, user_id: UUID) -> LedgerAccount:
    account = await ledger.get_account(db, account_id)
    if account.owner_id != user_id:
        raise NotFound("the user has no such wallet")
    return account
