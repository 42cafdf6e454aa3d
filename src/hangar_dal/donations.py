"""Donations to livestreams: each has a transfer in the books; exact sums, and who gave most.

`from hangar_dal import donations`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`. `streaming.donate` moves the money too.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Executor, atomic
from hangar_dal.models.donations import Donation as Donation
from hangar_dal.models.donations import DonationTotal as DonationTotal
from hangar_dal.models.donations import NewDonation as NewDonation
from hangar_dal.models.donations import TopDonor as TopDonor
from hangar_dal.models.row import Currency, PageSize
from hangar_dal.query import RowCount, Stream

query = LIVESTREAMS.query


@query
async def insert_donation(db: Executor, new: NewDonation) -> Donation | None:
    """Store a donation whose transfer is booked; None if its id is taken. For `streaming.donate`."""
    ...


@query
async def insert_donations(db: Executor, rows: list[Donation]) -> RowCount:
    """Store many in one statement, leaving out ids that are taken; `import_donations` makes the batches."""
    ...


@query
async def get_donation(db: Executor, donation_id: UUID) -> Donation:
    """The donation with this id."""
    ...


@query
async def list_donations(
    db: Executor, livestream_id: UUID, *, after: Donation | None = None, limit: PageSize = 50
) -> list[Donation]:
    """A page of the donations to a livestream, the newest first, refunded and anonymous ones too."""
    ...


@query
async def list_donations_of_donor(
    db: Executor, donor_id: UUID, *, after: Donation | None = None, limit: PageSize = 50
) -> list[Donation]:
    """A page of what a user gave, the newest first."""
    ...


@query
def stream_donations_of_donor(db: Executor, donor_id: UUID) -> Stream[Donation]:
    """What a user gave, for an export."""
    ...


@query
async def list_donation_totals(db: Executor, livestream_id: UUID) -> list[DonationTotal]:
    """What a livestream was given in each currency, exactly."""
    ...


@query
async def list_top_donors(
    db: Executor, livestream_id: UUID, *, currency: Currency, after: TopDonor | None = None, limit: PageSize = 50
) -> list[TopDonor]:
    """A page of those who gave to a livestream in a currency, the most first, without anonymous donors."""
    ...


@query
async def set_refund(db: Executor, donation_id: UUID, *, refund_id: UUID) -> Donation:
    """Note that a donation was taken back by a reversal of its transfer. For `streaming.refund_donation`."""
    ...


@query
async def move_donations(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the donations of one user to another."""
    ...


async def import_donations(db: Executor, rows: Iterable[Donation], *, batch_size: int = 500) -> int:
    """Store many donations whose transfers are booked, one statement a batch, all or none; returns how many are new."""
    once = batches(rows, batch_size, key=lambda row: row.id)
    async with atomic(db) as tx:
        return sum([await insert_donations(tx, batch) for batch in once])
