"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

# Other indexes serve triggers and the deletion of users.
SERVING = {
    "idx_live_bans_expiry",
    "idx_live_bans_owner",
    "idx_live_bans_user",
    "idx_live_chat_messages_author",
    "idx_live_chat_messages_created",
    "idx_live_chat_messages_stream",
    "idx_live_moderators_moderator",
}


def test_each_index_serves_a_query_and_no_page_reads_all_messages(explained: Explain) -> None:
    found = explained("live_chat")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        whole = {query for query, plan in plans if "live_chat_messages" in plan.whole}
        assert whole <= {"live_chat.delete_old_chat_messages"}
