"""The books of the catalog COMMERCE for a plausible database: accounts, and transfers between them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, NamedTuple
from uuid import UUID

from benchmarks.chance import Chance, shares
from benchmarks.people import People
from hangar_dal.ledger import ImportedLedgerAccount, Transfer, TransferKind

CURRENCY: Final = "EUR"
PURCHASES: Final = 1  # for each user

_WALLETS: Final = 0.3
_PRICES: Final = (500, 1000, 1990, 5000, 9900)
_MINUTE, _HOUR, _WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=7)


class Wallet(NamedTuple):
    """The account of a user."""

    id: UUID
    owner: int
    at: datetime


class Books(People):
    """What users pay in, and pay with. No wallet ever has less than nothing."""

    @cached_property
    def house(self) -> dict[str, UUID]:
        """The accounts that belong to no user, by their kind."""
        chance = self._chance("house")
        return {kind: chance.key(self.joined[0]) for kind in ("provider", "revenue", "advertisers")}

    @cached_property
    def wallets(self) -> dict[int, Wallet]:
        """The wallets by their owners. Famous users have one, since they are given something."""
        chance = self._chance("wallets")
        famous = set(self.famous[: max(5, self.size // 20)])
        return {
            place: Wallet(chance.key(at), place, at)
            for place, at in enumerate(self.joined)
            if place in famous or chance.random() < _WALLETS
        }

    def ledger_accounts(self) -> Iterator[ImportedLedgerAccount]:
        for kind, key in self.house.items():
            yield ImportedLedgerAccount(
                id=key,
                code=f"{kind}:{CURRENCY}",
                kind=kind,
                currency=CURRENCY,
                may_be_negative=True,
                created_at=self.joined[0],
            )
        for wallet in self.wallets.values():
            owner = self.ids[wallet.owner]
            yield ImportedLedgerAccount(
                id=wallet.id,
                code=f"wallet:{CURRENCY}:{owner}",
                kind="wallet",
                owner_id=owner,
                currency=CURRENCY,
                created_at=wallet.at,
            )

    def ledger_transfers(self) -> Iterator[Transfer]:
        """Whoever buys something has paid it in before. A fifth is held first, and some of it is taken back."""
        chance = self._chance("ledger_transfers")
        wallets = chance.sample(list(self.wallets.values()), len(self.wallets))
        for wallet, number in zip(wallets, shares(len(wallets), self.size * PURCHASES), strict=True):
            for _ in range(number):
                at, amount = chance.between(wallet.at, self.end - _HOUR), chance.choice(_PRICES)
                yield self.paid_in(chance, at, wallet, amount)
                is_held = chance.random() < 0.2
                is_open = is_held and chance.random() < 0.3
                later = chance.between(at + _MINUTE, self.end)  # in another millisecond: ids say which is booked first
                if is_open:
                    later = max(at + _MINUTE, self.end - _WEEK * chance.random())
                bought = {"debit_account_id": wallet.id, "credit_account_id": self.house["revenue"], "amount": amount}
                if not is_held:
                    yield transfer(chance, later, **bought)
                    continue
                held = transfer(chance, later, TransferKind.PENDING, **bought, expires_at=later + _WEEK)
                yield held
                if not is_open:
                    kind = chance.choices([TransferKind.POSTED, TransferKind.VOIDED], [3, 1])[0]
                    ended_at = chance.between(later + _MINUTE, min(later + _WEEK, self.end + _HOUR))
                    yield transfer(chance, ended_at, kind, **bought, pending_id=held.id)

    def paid_in(self, chance: Chance, at: datetime, wallet: Wallet, amount: int) -> Transfer:
        sides = {"debit_account_id": self.house["provider"], "credit_account_id": wallet.id}
        return transfer(chance, at, **sides, amount=amount, reference="top-up")


def transfer(chance: Chance, at: datetime, kind: TransferKind = TransferKind.TRANSFER, **fields: Any) -> Transfer:
    """A row of the books. Within a batch, the ids say which is booked first: those of later instants are greater."""
    others = {"pending_id": None, "reversed_id": None, "expires_at": None, "reference": None, "metadata": {}}
    return Transfer(id=chance.key(at), kind=kind, currency=CURRENCY, created_at=at, **{**others, **fields})
