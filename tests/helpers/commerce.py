"""What the tests of the catalog COMMERCE share: its databases, accounts with money in them, and payments."""

from typing import Any

import pytest

from hangar_dal import COMMERCE, Catalog, Database, builders, ledger, payments, uuid7
from hangar_dal.ledger import LedgerAccount
from hangar_dal.payments import Payment


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return COMMERCE


async def account(db: Database, amount: int = 0, **given: Any) -> LedgerAccount:
    """An account that may not be negative, with this amount in it."""
    opened = await ledger.open_account(db, builders.ledger_account(**given))
    if amount:
        source = await world(db, opened.currency)
        await ledger.transfer(db, builders.transfer(source, opened, amount=amount, currency=opened.currency))
    return opened


async def world(db: Database, currency: str = "EUR") -> LedgerAccount:
    """The one account of a currency where all money comes from: it may be negative."""
    return await ledger.open_account(
        db, builders.ledger_account(code=f"world:{currency}", kind="world", currency=currency, may_be_negative=True)
    )


async def posted(db: Database, *accounts: LedgerAccount) -> list[int]:
    return [(await ledger.get_balance(db, each.id)).posted for each in accounts]


async def authorized(db: Database, amount: int = 1000, **given: Any) -> Payment:
    """A payment of this amount that the provider has authorised."""
    made = await payments.create_payment(db, builders.payment(amount=amount, **given))
    return await payments.authorize_payment(db, made.id, provider_reference=made.provider_reference or f"pi_{made.id}")


async def captured(db: Database, amount: int = 1000, **given: Any) -> Payment:
    """A payment of this amount that is captured."""
    made = await authorized(db, amount, **given)
    await payments.capture(db, made.id, capture_id=uuid7())
    return await payments.get_payment(db, made.id)
