"""Each index of the table serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

# The unique index of claims serves the rule alone.
SERVING = {
    "idx_outbox_dead",
    "idx_outbox_dead_of_topic",
    "idx_outbox_due",
    "idx_outbox_finished",
    "idx_outbox_key",
    "outbox_topic_dedup_key_key",
}


def test_each_index_serves_a_query_and_none_reads_a_whole_table(explained: Explain) -> None:
    found = explained("outbox")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        assert {query for query, plan in plans if "outbox" in plan.whole} == set()
