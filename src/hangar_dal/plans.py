"""Plans that users subscribe to: an amount per interval of days, weeks, months or years.

`from hangar_dal import plans`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor
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
    """Store plans in one statement, except those whose id or code is taken; return the stored ones."""
    ...


@query
async def get_plan(db: Executor, plan_id: UUID) -> Plan:
    """Return the plan with this id. Raises `NotFound` if there is none."""
    ...


@query
async def find_plan(db: Executor, code: Label) -> Plan | None:
    """Return the plan with this code; None if there is none."""
    ...


@query
async def list_plans(db: Executor, *, after: Plan | None = None, limit: PageSize = 50) -> list[Plan]:
    """Return a page of all plans, newest first."""
    ...


@query
async def list_open_plans(
    db: Executor, currency: Currency, *, after: Plan | None = None, limit: PageSize = 50
) -> list[Plan]:
    """Return a page of the plans that are not closed in a currency, cheapest first."""
    ...


@query
async def update_plan(db: Executor, plan_id: UUID, **changes: Unpack[PlanChanges]) -> Plan:
    """Change the name or the metadata of a plan. To change the price, close the plan and create another one."""
    ...


@query
async def close_plan(db: Executor, plan_id: UUID) -> Plan:
    """Close a plan for new subscriptions. Existing subscriptions continue. Repeating the call changes nothing."""
    ...


@query
def stream_plans(db: Executor) -> Stream[Plan]:
    """Stream all plans, ordered by id, for an export."""
    ...


async def create_plan(db: Executor, new: NewPlan) -> Plan:
    """Create a plan. Repeating the call with the same id or code returns the plan.

    Raises `UniqueViolation` if the plan with this id or code has another price, interval or trial.
    """
    if rows := await insert_plans(db, [new]):
        return rows[0]
    plan = await find_plan(db, new.code) or await get_plan(db, new.id)
    if any(getattr(plan, name) != getattr(new, name) for name in _TERMS):
        raise UniqueViolation("plans: another plan has this code or id", constraint="plans_code_key")
    return plan


async def import_plans(db: Executor, rows: Iterable[NewPlan], *, batch_size: int = 500) -> int:
    """Store plans in batches, all or none, except those whose id or code is taken; return how many were stored."""
    return sum(map(len, await store_in_batches(db, insert_plans, rows, batch_size)))
