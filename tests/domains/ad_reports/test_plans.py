"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

SERVING = {
    "idx_ad_clicks_reported",
    "idx_ad_days_day",
    "idx_ad_impressions_reported",
    "idx_ad_settlements_campaign",
}
READS_ALL = {"ad_reports.list_wrong_reports"}
# On PostgreSQL the scratch is almost empty, where a scan is the fastest way.
SMALL = {
    "ad_reports.report_clicks",
    "ad_reports.delete_reported_impressions",
    "ad_reports.stream_reports_of_owner",
    "ad_reports.stream_settlements_of_owner",
}


def test_each_index_serves_a_query_and_none_reads_a_whole_table(explained: Explain) -> None:
    found = explained("ad_reports")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        tables = {"ad_impressions", "ad_clicks", "ad_days", "ad_reports", "ad_settlements"}
        assert {query for query, plan in plans if tables & {*plan.whole}} - SMALL == READS_ALL
