"""What the tests of the catalog COMMERCE share: its databases, and accounts with money in them."""

from typing import Any

import pytest

from hangar_dal import COMMERCE, Catalog, Database, builders, ledger
from hangar_dal.ledger import LedgerAccount


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
