"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

# The other index serves the deletion of users.
SERVING = {"idx_donations_donor", "idx_donations_livestream", "idx_donor_totals_amount"}


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(explained: Explain) -> None:
    found = explained("donations")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        assert {query for query, plan in plans if {"donations", "donor_totals"} & {*plan.whole}} == set()
