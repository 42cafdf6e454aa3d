"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

SERVING = {
    "idx_live_viewer_counts_category",
    "idx_live_viewer_counts_language",
    "idx_live_viewer_counts_language_category",
    "idx_live_viewer_counts_open",
    "idx_live_viewer_counts_viewers",
    "idx_live_viewers_viewer",
}
OF_A_JOB = {
    "live_viewers.close_viewer_counts",
    "live_viewers.delete_viewers_of_ended",
    "live_viewers.sample_viewers_since",
}


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(explained: Explain) -> None:
    found = explained("live_viewers")
    # On PostgreSQL, a list by viewers may begin with what is live, and sort it.
    assert SERVING - {index for each in found if each.plan for index in each.plan.indexes} == set()
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert {query for query, plan in plans if {"live_viewers", "livestreams"} & {*plan.whole}} <= OF_A_JOB
