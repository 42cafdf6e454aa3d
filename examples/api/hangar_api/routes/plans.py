"""Plans, for administrators."""

from uuid import UUID

from fastapi import APIRouter, status
from pydantic import Field

from hangar_api.dependencies import Administrator, Db
from hangar_api.routes.subscriptions import PlanResponse
from hangar_api.schemas import Request
from hangar_dal import plans, uuid7
from hangar_dal.plans import IntervalUnit, NewPlan

router = APIRouter(prefix="/cashier/plans", tags=["plans"])


class CreatedPlan(Request):
    """Sent again with the same `id` or `code`, it is one plan."""

    id: UUID = Field(default_factory=uuid7)
    code: str
    name: str
    amount: int
    currency: str
    interval_unit: IntervalUnit
    interval_count: int = 1
    trial_days: int = 0


class NewName(Request):
    name: str


@router.post("", status_code=status.HTTP_201_CREATED)
async def create(given: CreatedPlan, administrator: Administrator, db: Db) -> PlanResponse:
    return PlanResponse.of(await plans.create_plan(db, NewPlan(**given.model_dump())))


@router.put("/{plan_id}/name")
async def rename(plan_id: UUID, given: NewName, administrator: Administrator, db: Db) -> PlanResponse:
    """The price stays: close the plan, and create another one."""
    return PlanResponse.of(await plans.update_plan(db, plan_id, name=given.name))


@router.post("/{plan_id}/close")
async def close(plan_id: UUID, administrator: Administrator, db: Db) -> PlanResponse:
    """It is sold no more; its subscriptions go on. Repeating it changes nothing."""
    return PlanResponse.of(await plans.close_plan(db, plan_id))
