"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

SERVING = {"idx_livestream_reminders_queue", "idx_livestream_reminders_user"}


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(explained: Explain) -> None:
    found = explained("livestream_reminders")
    # On PostgreSQL, whose scratch has few rows, a scan of the reminders that are due is the fastest way.
    assert SERVING - {index for each in found if each.plan for index in each.plan.indexes} == set()
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        whole = {query for query, plan in plans if "livestream_reminders" in plan.whole}
        assert whole <= {"livestream_reminders.list_due_reminders", "livestream_reminders.mark_reminders_queued"}
