"""What the tests of advertising share: campaigns, creatives and impressions in a database of COMMERCE."""

import json
from typing import Any

from hangar_dal import Database, User, ad_serving, builders, campaigns, users
from hangar_dal.ad_serving import AdRequest
from hangar_dal.campaigns import Campaign, Creative


async def person(db: Database) -> User:
    """A user who cannot sign in: these tests need no passwords."""
    return await users.insert_user(db, builders.user(), hashed_password="!")


async def campaign(db: Database, owner: User | None = None, **given: Any) -> Campaign:
    """A campaign that is ACTIVE unless something else is given."""
    return await campaigns.create_campaign(db, builders.campaign(owner or await person(db), **given))


async def creative(db: Database, campaign: Campaign, **given: Any) -> Creative:
    """A creative that is APPROVED unless something else is given."""
    return await campaigns.create_creative(db, builders.creative(campaign, **given))


def words(database: Database, *given: str) -> str:
    """A list of texts as a literal: an array on PostgreSQL, a JSON array on SQLite."""
    text = json.dumps(given)
    return {"sqlite": f"'{text}'", "postgresql": "'{" + text[1:-1] + "}'"}[database.dialect]


async def seen(db: Database, viewer: User | None = None, *, click: bool = True) -> AdRequest:
    """A request whose ad was shown, and clicked unless something else is given."""
    request = builders.ad_request(viewer)
    assert await ad_serving.serve(db, request)
    await ad_serving.record_impression(db, request.id)
    if click:
        await ad_serving.record_click(db, request.id)
    return request
