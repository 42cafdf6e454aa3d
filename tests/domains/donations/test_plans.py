"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

import pytest

from conftest import BACKENDS
from hangar_dal.contract.plans_explained import explain
from hangar_dal.contract.project import given_project
from postgres_server import Server

# The other index serves the deletion of users.
SERVING = {"idx_donations_donor", "idx_donations_livestream", "idx_donor_totals_amount"}


@pytest.fixture
def server(_allowed_postgres: Server) -> str:
    return _allowed_postgres.url("postgres")


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(server: str) -> None:
    found = explain(given_project(["hangar_dal:LIVESTREAMS"], ()), ["donations.*"], postgresql=server)
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        assert {query for query, plan in plans if {"donations", "donor_totals"} & {*plan.whole}} == set()
