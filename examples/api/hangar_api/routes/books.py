"""The books, for administrators: money that comes in, transfers that are taken back, and whether all of it adds up."""

from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, Field

from hangar_api.dependencies import Administrator, Db
from hangar_api.routes.wallets import BalanceResponse, Sum, TransferResponse, moved, open_for
from hangar_api.schemas import Request
from hangar_dal import Transaction, ledger, users, uuid7
from hangar_dal.ledger import NewLedgerAccount, Transfer, TrialBalance, WrongBalance

router = APIRouter(prefix="/books", tags=["books"])


class Deposit(Sum):
    user_id: UUID
    currency: str


class Reversal(Request):
    id: UUID = Field(default_factory=uuid7)
    reference: str | None = None


class Audit(BaseModel):
    """The sums of each currency, and the accounts whose sums are not those of their transfers: none."""

    balances: list[TrialBalance]
    wrong: list[WrongBalance]


@router.post("/deposits", status_code=status.HTTP_201_CREATED)
async def deposit(given: Deposit, administrator: Administrator, db: Db) -> TransferResponse:
    """Put money into the wallet of a user, which is opened if need be."""

    async def work(tx: Transaction) -> Transfer:
        await users.get_user(tx, given.user_id)  # which reports an unknown user
        wallet = await open_for(tx, given.user_id, given.currency)
        new = NewLedgerAccount(
            code=f"bank:{given.currency}", kind="bank", currency=given.currency, may_be_negative=True
        )
        bank = await ledger.open_account(tx, new)
        return await ledger.transfer(tx, moved(given, bank, wallet))

    return TransferResponse.of(await db.in_transaction(work))


@router.post("/transfers/{transfer_id}/reverse")
async def reverse(transfer_id: UUID, given: Reversal, administrator: Administrator, db: Db) -> TransferResponse:
    """Take a transfer back, once, as a whole."""
    booked = await ledger.reverse(db, transfer_id, transfer_id=given.id, reference=given.reference)
    return TransferResponse.of(booked)


@router.get("/transfers/{transfer_id}")
async def show_transfer(transfer_id: UUID, administrator: Administrator, db: Db) -> TransferResponse:
    return TransferResponse.of(await ledger.get_transfer(db, transfer_id))


@router.get("/accounts/{account_id}/balance")
async def show_balance(account_id: UUID, administrator: Administrator, db: Db) -> BalanceResponse:
    return BalanceResponse.of(await ledger.get_balance(db, account_id))


@router.get("/audit")
async def audit(administrator: Administrator, db: Db) -> Audit:
    return Audit(balances=await ledger.list_trial_balances(db), wrong=await ledger.list_wrong_balances(db))
