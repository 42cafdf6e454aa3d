"""Each index of the table serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

# The unique index of claims serves the rule alone.
SERVING = {
    "idx_webhook_events_due",
    "idx_webhook_events_failed",
    "idx_webhook_events_failed_of_provider",
    "idx_webhook_events_finished",
    "idx_webhook_events_key",
    "webhook_events_provider_event_id_key",
}


def test_each_index_serves_a_query_and_none_reads_a_whole_table(explained: Explain) -> None:
    found = explained("webhook_events")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        assert {query for query, plan in plans if "webhook_events" in plan.whole} == set()
