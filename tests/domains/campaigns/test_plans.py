"""Each index of the tables of campaigns serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

# The other index serves triggers.
SERVING = {
    "idx_campaigns_ends",
    "idx_campaigns_owner",
    "idx_campaigns_owner_status",
    "idx_campaigns_status",
    "idx_creatives_campaign",
    "idx_creatives_campaign_status",
    "idx_creatives_status",
}


def test_each_index_serves_a_query_and_none_reads_a_whole_table(explained: Explain) -> None:
    found = explained("campaigns")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        # On PostgreSQL the scratch is almost empty, where a scan of the creatives is the fastest way.
        read = {query for query, plan in plans if {"campaigns", "campaign_keywords", "creatives"} & {*plan.whole}}
        assert read <= {"campaigns.stream_creatives_of_owner"}
