"""Plans that users subscribe to: an amount for each day, week, month or year.

`from hangar_dal import plans`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, atomic
from hangar_dal.errors import UniqueViolation
from hangar_dal.models.plans import NewPlan as NewPlan
from hangar_dal.models.plans import Plan as Plan
from hangar_dal.models.plans import PlanChanges as PlanChanges
from hangar_dal.models.row import Currency, Label, PageSize
from hangar_dal.periods import IntervalUnit as IntervalUnit
from hangar_dal.query import Stream

query = COMMERCE.query

_TERMS: Final = ("code", "amount", "currency", "interval_unit", "interval_count", "trial_days")


@query
async def insert_plans(db: Executor, rows: list[NewPlan]) -> list[Plan]:
    """Store plans in one statement; returns those that are new. Ids and codes that are taken are left out."""
    ...


@query
async def get_plan(db: Executor, plan_id: UUID) -> Plan:
    """The plan with this id."""
    ...


@query
async def find_plan(db: Executor, code: Label) -> Plan | None:
    """The plan with this code, if there is one."""
    ...


@query
async def list_plans(db: Executor, *, after: Plan | None = None, limit: PageSize = 50) -> list[Plan]:
    """A page of all plans, the newest first."""
    ...


@query
async def list_open_plans(
    db: Executor, currency: Currency, *, after: Plan | None = None, limit: PageSize = 50
) -> list[Plan]:
    """A page of the plans that are sold in a currency, the cheapest first."""
    ...


@query
async def update_plan(db: Executor, plan_id: UUID, **changes: Unpack[PlanChanges]) -> Plan:
    """Change the name or the metadata. The price stays: close the plan, and create another one."""
    ...


@query
async def close_plan(db: Executor, plan_id: UUID) -> Plan:
    """Sell a plan no more; its subscriptions go on. Repeating it changes nothing."""
    ...


@query
def stream_plans(db: Executor) -> Stream[Plan]:
    """All plans, by id, for an export."""
    ...


async def create_plan(db: Executor, new: NewPlan) -> Plan:
    """Create a plan. Repeating it with the same id, or with the same code, returns the plan.

    `UniqueViolation` if the plan with this id or code has another price or interval.
    """
    if rows := await insert_plans(db, [new]):
        return rows[0]
    plan = await find_plan(db, new.code) or await get_plan(db, new.id)
    if any(getattr(plan, name) != getattr(new, name) for name in _TERMS):
        raise UniqueViolation("plans: another plan has this code or id", constraint="plans_code_key")
    return plan


async def import_plans(db: Executor, rows: Iterable[NewPlan], *, batch_size: int = 500) -> int:
    """Store many plans, one statement a batch, all or none; returns how many. Taken ids and codes are left out."""
    async with atomic(db) as tx:
        return sum([len(await insert_plans(tx, batch)) for batch in batches(rows, batch_size)])
