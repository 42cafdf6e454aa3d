"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

import pytest

from conftest import BACKENDS
from hangar_dal.contract.plans_explained import explain
from hangar_dal.contract.project import given_project
from postgres_server import Server

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


@pytest.fixture
def server(_allowed_postgres: Server) -> str:
    return _allowed_postgres.url("postgres")


def test_each_index_serves_a_query_and_no_page_reads_all_messages(server: str) -> None:
    found = explain(given_project(["hangar_dal:LIVESTREAMS"], ()), ["live_chat.*"], postgresql=server)
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        whole = {query for query, plan in plans if "live_chat_messages" in plan.whole}
        assert whole <= {"live_chat.delete_old_chat_messages"}
