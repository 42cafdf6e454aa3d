"""What is asked about campaigns, the ads that are shown, and their reports."""

from datetime import timedelta
from typing import Final

from benchmarks.growth.calls_of_payments import number
from benchmarks.growth.filled import Calls, Filled
from benchmarks.growth.filling import CAMPAIGN, CREATIVE, REQUEST, START, id_of
from hangar_dal import ad_reports, ad_serving, builders, campaigns
from hangar_dal.ad_serving import AdRequest
from hangar_dal.campaigns import CampaignStatus, CreativeStatus

OWNER: Final = 0


async def find_middles(at: Filled) -> None:
    """A row in the middle of each long list."""
    half, db = at.rows // 20 * 10, at.db
    at.middle["campaign"] = await campaigns.get_campaign(db, id_of(CAMPAIGN, half))
    at.middle["creative"] = await campaigns.get_creative(db, id_of(CREATIVE, half))
    at.middle["impression"] = await ad_serving.find_impression(db, id_of(REQUEST, half))


def request(at: Filled, *keywords: str, country: str = "XX") -> AdRequest:
    return builders.ad_request(at.user(), currency="EUR", keywords=list(keywords), traits={"country": country})


def spread(at: Filled) -> str:
    """A keyword that twenty campaigns have."""
    return f"rare{number(at, 0) // 20}"


_CAMPAIGNS: Final[Calls] = {
    "get_campaign": lambda at: campaigns.get_campaign(at.db, id_of(CAMPAIGN, number(at, 1))),
    "list_campaigns_of_owner": lambda at: campaigns.list_campaigns_of_owner(at.db, at.user()),
    "list_campaigns_of_owner, long, deep": lambda at: campaigns.list_campaigns_of_owner(
        at.db, at.user(OWNER), status=CampaignStatus.ACTIVE, after=at.middle["campaign"]
    ),
    "list_campaigns, in review, deep": lambda at: campaigns.list_campaigns(
        at.db, CampaignStatus.REVIEW, after=at.middle["campaign"]
    ),
    "list_campaigns_of_keyword, long, deep": lambda at: campaigns.list_campaigns_of_keyword(
        at.db, "cars", after=at.middle["campaign"]
    ),
    "list_creatives_of_campaign": lambda at: campaigns.list_creatives_of_campaign(
        at.db, id_of(CAMPAIGN, number(at, 1))
    ),
    "list_creatives_of_campaign, long, deep": lambda at: campaigns.list_creatives_of_campaign(
        at.db, id_of(CAMPAIGN, 0), status=CreativeStatus.RETIRED, after=at.middle["creative"]
    ),
    "list_creatives, in review, deep": lambda at: campaigns.list_creatives(
        at.db, CreativeStatus.REVIEW, after=at.middle["creative"]
    ),
    "create_campaign": lambda at: campaigns.create_campaign(at.db, builders.campaign(at.user(), keywords=["new"])),
    "update_campaign": lambda at: campaigns.update_campaign(at.db, id_of(CAMPAIGN, number(at, 7)), name=at.rare()),
    "end_campaigns, 2": lambda at: campaigns.end_campaigns(at.db, batch_size=2),
}
_SERVING: Final[Calls] = {
    "list_eligible_ads, no keyword": lambda at: ad_serving.list_eligible_ads(at.db, request(at)),
    "list_eligible_ads of a popular keyword": lambda at: ad_serving.list_eligible_ads(at.db, request(at, "cars")),
    "list_eligible_ads of a rare keyword": lambda at: ad_serving.list_eligible_ads(at.db, request(at, spread(at))),
    "serve": lambda at: ad_serving.serve(at.db, request(at, "cars", spread(at))),
    "find_served_ad": lambda at: ad_serving.find_served_ad(at.db, id_of(REQUEST, number(at, 1))),
    "get_budget": lambda at: ad_serving.get_budget(at.db, id_of(CAMPAIGN, number(at, 1))),
    "list_days": lambda at: ad_serving.list_days(at.db, id_of(CAMPAIGN, number(at, 1))),
    "list_impressions": lambda at: ad_serving.list_impressions(at.db, id_of(CAMPAIGN, number(at, 1))),
    "list_impressions, long, deep": lambda at: ad_serving.list_impressions(
        at.db, id_of(CAMPAIGN, 0), after=at.middle["impression"]
    ),
    "release_expired, 5": lambda at: ad_serving.release_expired(at.db, batch_size=5),
    "delete_viewer_days, 5": lambda at: ad_serving.delete_viewer_days(
        at.db, before=at.db.now().date() + timedelta(days=1), batch_size=5
    ),
}
_REPORTS: Final[Calls] = {
    "list_reports": lambda at: ad_reports.list_reports(at.db, id_of(CAMPAIGN, number(at, 1)), **_days(at)),
    "list_reports, long": lambda at: ad_reports.list_reports(at.db, id_of(CAMPAIGN, 0), **_days(at)),
    "list_report_days": lambda at: ad_reports.list_report_days(at.db, id_of(CAMPAIGN, number(at, 1)), **_days(at)),
    "get_report_totals": lambda at: ad_reports.get_report_totals(at.db, id_of(CAMPAIGN, number(at, 1)), **_days(at)),
    "list_unsettled": lambda at: ad_reports.list_unsettled(at.db, at.db.now().date()),
    "report_impressions, 5": lambda at: ad_reports.report_impressions(at.db, batch_size=5),
    "report_clicks, 5": lambda at: ad_reports.report_clicks(at.db, batch_size=5),
    "delete_reported_impressions, 5": lambda at: ad_reports.delete_reported_impressions(
        at.db, before=at.db.now(), batch_size=5
    ),
}
DOMAINS: Final = {"campaigns": _CAMPAIGNS, "ad_serving": _SERVING, "ad_reports": _REPORTS}


def _days(at: Filled) -> dict[str, object]:
    return {"since": START.date(), "until": at.db.now().date()}
