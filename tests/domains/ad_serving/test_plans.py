"""Each index of the tables of ads serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

# Other indexes serve the deletion of users and creatives, and reports.
SERVING = {
    "idx_ad_impressions_campaign",
    "idx_ad_impressions_viewer",
    "idx_ad_reservations_expiry",
    "idx_ad_viewer_days_day",
    "idx_campaign_keywords_bid",
}
READS_ALL = {"ad_serving.list_wrong_budgets"}
# On PostgreSQL the scratch is almost empty, where a scan is the fastest way.
SMALL = {"ad_serving.delete_viewer_days", "ad_serving.insert_impressions"}


def test_each_index_serves_a_query_and_none_reads_a_whole_table(explained: Explain) -> None:
    found = explained("ad_serving")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        tables = {"ad_impressions", "ad_reservations", "ad_viewer_days", "ad_days", "ad_budgets", "campaign_keywords"}
        assert {query for query, plan in plans if tables & {*plan.whole}} - SMALL == READS_ALL
