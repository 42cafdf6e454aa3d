"""What the tests of donations share: a livestream with two accounts, and donations to it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hangar_dal import Database, builders, streaming
from hangar_dal.donations import Donation
from hangar_dal.ledger import LedgerAccount
from hangar_dal.livestreams import Livestream
from tests.helpers.commerce import account
from tests.helpers.community import person
from tests.helpers.domain_fixtures import sql_on
from tests.helpers.streaming import live


@dataclass(frozen=True)
class Stage:
    """A livestream, the wallet of its fans, and the account of its owner."""

    stream: Livestream
    wallet: LedgerAccount
    till: LedgerAccount


async def stage(db: Database, amount: int = 10_000) -> Stage:
    owner = await person(db)
    return Stage(await live(db, owner.id), await account(db, amount), await account(db))


async def give(db: Any, on: Stage, donor_id: UUID | None, amount: int = 100, text: str = "", **given: Any) -> Donation:
    new = builders.donation(on.stream, donor=donor_id, amount=amount, **given)
    return await streaming.donate(db, new, debit_account_id=on.wallet.id, credit_account_id=on.till.id, text=text)


async def wrong_sums(db: Database) -> list[Any]:
    """The sums of livestreams and of donors that are not those of the donations."""
    sql = sql_on(db)
    counted = await sql(
        "SELECT livestream_id, currency, sum(donations), sum(amount) FROM donation_totals WHERE donations > 0 "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    given = await sql(
        "SELECT livestream_id, currency, count(*), sum(amount) FROM donations WHERE refund_id IS NULL "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    of_donors = await sql(
        "SELECT livestream_id, currency, donor_id, donations, amount FROM donor_totals WHERE donations > 0 "
        "ORDER BY 1, 2, 3"
    )
    by_donors = await sql(
        "SELECT livestream_id, currency, donor_id, count(*), sum(amount) FROM donations "
        "WHERE refund_id IS NULL AND donor_id IS NOT NULL AND NOT is_anonymous GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    return [pair for pair in ((counted, given), (of_donors, by_donors)) if pair[0] != pair[1]]
