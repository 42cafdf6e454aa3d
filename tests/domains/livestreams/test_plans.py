"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

import pytest

from conftest import BACKENDS
from hangar_dal.contract.plans_explained import explain
from hangar_dal.contract.project import given_project
from postgres_server import Server

# Other indexes serve the deletion of users and videos.
SERVING = {
    "idx_livestreams_category_live",
    "idx_livestreams_language_category_live",
    "idx_livestreams_language_live",
    "idx_livestreams_live",
    "idx_livestreams_owner",
    "idx_livestreams_owner_status",
    "idx_livestreams_scheduled",
}
READS_ALL = {"livestreams.stream_livestreams"}


@pytest.fixture
def server(_allowed_postgres: Server) -> str:
    return _allowed_postgres.url("postgres")


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(server: str) -> None:
    found = explain(given_project(["hangar_dal:LIVESTREAMS"], ()), ["livestreams.*"], postgresql=server)
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        assert {query for query, plan in plans if "livestreams" in plan.whole} == READS_ALL
