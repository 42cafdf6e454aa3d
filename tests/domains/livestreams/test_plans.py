"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

# Other indexes serve the deletion of users and videos.
SERVING = {
    "idx_livestreams_category_live",
    "idx_livestreams_category_scheduled",
    "idx_livestreams_language_category_live",
    "idx_livestreams_language_category_scheduled",
    "idx_livestreams_language_live",
    "idx_livestreams_language_scheduled",
    "idx_livestreams_live",
    "idx_livestreams_owner",
    "idx_livestreams_owner_status",
    "idx_livestreams_scheduled",
}
READS_ALL = {"livestreams.stream_livestreams"}


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(explained: Explain) -> None:
    found = explained("livestreams")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        assert {query for query, plan in plans if "livestreams" in plan.whole} == READS_ALL
