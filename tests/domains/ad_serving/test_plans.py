"""Each index of the tables of ads serves a query on both databases, as `hangar-dal explain` shows it."""

import pytest

from conftest import BACKENDS
from hangar_dal.contract.plans_explained import explain
from hangar_dal.contract.project import given_project
from postgres_server import Server

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


@pytest.fixture
def server(_allowed_postgres: Server) -> str:
    return _allowed_postgres.url("postgres")


def test_each_index_serves_a_query_and_none_reads_a_whole_table(server: str) -> None:
    found = explain(given_project(["hangar_dal:COMMERCE"], ()), ["ad_serving.*"], postgresql=server)
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        tables = {"ad_impressions", "ad_reservations", "ad_viewer_days", "ad_days", "ad_budgets", "campaign_keywords"}
        assert {query for query, plan in plans if tables & {*plan.whole}} - SMALL == READS_ALL
