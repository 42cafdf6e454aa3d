"""Donations to livestreams, each with a transfer in the ledger; exact totals, and the top donors.

`from hangar_dal import donations`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`. `streaming.donate` also moves the money.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Executor
from hangar_dal.models.donations import Donation as Donation
from hangar_dal.models.donations import DonationTotal as DonationTotal
from hangar_dal.models.donations import NewDonation as NewDonation
from hangar_dal.models.donations import TopDonor as TopDonor
from hangar_dal.models.row import Currency, PageSize
from hangar_dal.query import RowCount, Stream

query = LIVESTREAMS.query


@query
async def insert_donation(db: Executor, new: NewDonation) -> Donation | None:
    """Store a donation whose transfer is booked; None if its id is taken. Used by `streaming.donate`."""
    ...


@query
async def insert_donations(db: Executor, rows: list[Donation]) -> RowCount:
    """Store rows in one statement, except those whose id is taken. Used by `import_donations`."""
    ...


@query
async def get_donation(db: Executor, donation_id: UUID) -> Donation:
    """Return the donation with this id. Raises `NotFound` if there is none."""
    ...


@query
async def list_donations(
    db: Executor, livestream_id: UUID, *, after: Donation | None = None, limit: PageSize = 50
) -> list[Donation]:
    """Return a page of the donations to a livestream, newest first, including refunded and anonymous ones."""
    ...


@query
async def list_donations_of_donor(
    db: Executor, donor_id: UUID, *, after: Donation | None = None, limit: PageSize = 50
) -> list[Donation]:
    """Return a page of the donations of a user, newest first."""
    ...


@query
def stream_donations_of_donor(db: Executor, donor_id: UUID) -> Stream[Donation]:
    """Stream the donations of a user, for an export."""
    ...


@query
async def list_donation_totals(db: Executor, livestream_id: UUID) -> list[DonationTotal]:
    """Return the exact totals of the donations to a livestream, per currency."""
    ...


@query
async def list_top_donors(
    db: Executor, livestream_id: UUID, *, currency: Currency, after: TopDonor | None = None, limit: PageSize = 50
) -> list[TopDonor]:
    """Return a page of the donors to a livestream in a currency, highest total first, without anonymous donors."""
    ...


@query
async def set_refund(db: Executor, donation_id: UUID, *, refund_id: UUID) -> Donation:
    """Record that a donation was refunded by a reversal of its transfer. Used by `streaming.refund_donation`."""
    ...


@query
async def move_donations(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the donations of the user `merged` to the user `kept`."""
    ...


async def import_donations(db: Executor, rows: Iterable[Donation], *, batch_size: int = 500) -> int:
    """Store donations whose transfers are booked, in batches, all or none; return how many were new."""
    return sum(await store_in_batches(db, insert_donations, rows, batch_size, key=lambda row: row.id))
