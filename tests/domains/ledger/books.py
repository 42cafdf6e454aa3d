"""The books as a plain Python model of them, and random steps that are taken in the model and in a database alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from hangar_dal import Database, builders, ledger, uuid7
from hangar_dal.errors import ConstraintViolation, InsufficientFunds
from hangar_dal.ledger import LedgerAccount, Transfer, TransferKind
from tests.helpers.clock import Clock

MOVES = (TransferKind.TRANSFER, TransferKind.POSTED, TransferKind.REVERSAL)


@dataclass
class Books:
    """What has to be true after each step. An account in `floors` never has less than nothing."""

    floors: set[UUID]
    posted: dict[UUID, int]
    held: dict[UUID, int]
    holds: dict[UUID, Transfer] = field(default_factory=dict)
    ended: set[UUID] = field(default_factory=set)
    reversed: set[UUID] = field(default_factory=set)
    moved: list[Transfer] = field(default_factory=list)

    @classmethod
    def of(cls, accounts: Sequence[LedgerAccount]) -> "Books":
        zero = dict.fromkeys((each.id for each in accounts), 0)
        return cls({each.id for each in accounts if not each.may_be_negative}, zero, dict(zero))

    def can_leave(self, account_id: UUID, amount: int) -> bool:
        return account_id not in self.floors or self.posted[account_id] - self.held[account_id] >= amount

    def book(self, row: Transfer) -> None:
        """Take over what the database has booked."""
        if row.pending_id is not None:
            held = self.holds.pop(row.pending_id)
            self.held[held.debit_account_id] -= held.amount
            self.ended.add(row.pending_id)
        if row.kind is TransferKind.PENDING:
            self.held[row.debit_account_id] += row.amount
            self.holds[row.id] = row
        if row.kind in MOVES:
            self.posted[row.debit_account_id] -= row.amount
            self.posted[row.credit_account_id] += row.amount
            self.moved.append(row)
        if row.reversed_id is not None:
            self.reversed.add(row.reversed_id)

    def has_expired(self, hold: Transfer, now: datetime) -> bool:
        return hold.expires_at is not None and hold.expires_at <= now


class Walk:
    """Random steps. After each of them, the database has done what the model says that it must do."""

    def __init__(self, db: Database, clock: Clock, accounts: Sequence[LedgerAccount], seed: int) -> None:
        self.db, self.clock, self.random = db, clock, Random(seed)
        self.accounts = [each.id for each in accounts]
        self.books = Books.of(accounts)
        self.last_hold: Transfer | None = None
        self.steps = (self.transfer,) * 4 + (self.hold,) * 3 + (self.post,) * 2 + (self.void, self.reverse, self.wait)

    async def step(self) -> None:
        await self.random.choice(self.steps)()

    async def compare(self) -> None:
        for account_id in self.accounts:
            balance = await ledger.get_balance(self.db, account_id)
            assert balance.posted == self.books.posted[account_id]
            assert balance.held == self.books.held[account_id]
            assert await ledger.get_balance_at(self.db, account_id, self.db.now()) == balance.posted
        assert sum(self.books.posted.values()) == 0
        assert await ledger.list_wrong_balances(self.db) == []

    def sides(self) -> tuple[UUID, UUID, int]:
        debit, credit = self.random.sample(self.accounts, 2)
        return debit, credit, self.random.choice((1, 5, 50, 500))

    async def transfer(self) -> None:
        debit, credit, amount = self.sides()
        new = builders.transfer(debit, credit, amount=amount)
        try:
            row = await ledger.transfer(self.db, new)
        except InsufficientFunds:
            assert not self.books.can_leave(debit, amount)
            return
        assert self.books.can_leave(debit, amount)
        self.books.book(row)
        assert await ledger.transfer(self.db, new) == row

    async def hold(self) -> None:
        debit, credit, amount = self.sides()
        expires_at = self.db.now() + timedelta(minutes=self.random.randrange(1, 90)) if amount < 50 else None
        new = builders.hold(debit, credit, amount=amount, expires_at=expires_at)
        try:
            row = await ledger.hold(self.db, new)
        except InsufficientFunds:
            assert not self.books.can_leave(debit, amount)
            return
        assert self.books.can_leave(debit, amount)
        self.books.book(row)

    async def post(self) -> None:
        if not (held := self.any_hold()):
            return
        amount = self.random.randint(1, held.amount + 1)
        may = held.id in self.books.holds and amount <= held.amount and not self.books.has_expired(held, self.db.now())
        try:
            row = await ledger.post(self.db, held.id, transfer_id=uuid7(), amount=amount)
        except ConstraintViolation:
            assert not may
            return
        assert may
        self.books.book(row)

    async def void(self) -> None:
        if not (held := self.any_hold()):
            return
        try:
            row = await ledger.void(self.db, held.id, transfer_id=uuid7())
        except ConstraintViolation:
            assert held.id in self.books.ended
            return
        assert held.id in self.books.holds
        self.books.book(row)

    def any_hold(self) -> Transfer | None:
        """One that is open, or one that has ended: the last one that was seen."""
        if self.books.holds and self.random.random() < 0.9:
            self.last_hold = self.random.choice(list(self.books.holds.values()))
        return self.last_hold

    async def reverse(self) -> None:
        if not self.books.moved:
            return
        row = self.random.choice(self.books.moved[-20:])
        may = row.id not in self.books.reversed and self.books.can_leave(row.credit_account_id, row.amount)
        try:
            back = await ledger.reverse(self.db, row.id, transfer_id=uuid7())
        except (ConstraintViolation, InsufficientFunds):
            assert not may
            return
        assert may
        self.books.book(back)

    async def wait(self) -> None:
        """Time passes, over midnight too, and what has expired is free again."""
        self.clock.advance(timedelta(minutes=self.random.randrange(1, 600)))
        over = [each for each in self.books.holds.values() if self.books.has_expired(each, self.db.now())]
        while await ledger.expire_holds(self.db, limit=2):
            pass
        for held in over:
            end = await ledger.find_end_of_hold(self.db, held.id)
            assert end is not None
            self.books.book(end)
