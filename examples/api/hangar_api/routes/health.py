"""Two probes for a supervisor: does the process run, and can it work?"""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from hangar_api.dependencies import Db

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@router.get("/health")
async def health() -> Health:
    """The process runs. It asks no database, so that an outage of the database does not restart every process."""
    return Health()


@router.get("/ready")
async def ready(db: Db) -> Health:
    """The database answers. Otherwise the status is 503."""
    await db.ping(timeout=2)
    return Health()
