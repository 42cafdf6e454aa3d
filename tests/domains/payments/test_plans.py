"""Each index of the tables serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain
from tests.helpers.postgres_server import Server

# Other indexes serve triggers and the deletion of methods.
SERVING = {
    "idx_payment_captures_payment",
    "idx_payment_methods_expiry",
    "idx_payment_methods_user",
    "idx_payment_refunds_payment",
    "idx_payments_payer",
    "idx_payments_payer_status",
    "idx_payments_reference",
    "idx_payments_status",
    "payments_provider_provider_reference_key",
}
TABLES = {"payments", "payment_captures", "payment_refunds", "payment_methods"}
READ_ALL = {
    "payments.list_wrong_revenue",
    "payments.stream_captures",
    "payments.stream_payments",
    "payments.stream_refunds",
}
# On PostgreSQL the scratch is almost empty, where a scan of the captures of one user is the fastest way.
OF_ONE_USER = {"payments.stream_captures_of_payer", "payments.stream_refunds_of_payer"}
# For a batch of many rows PostgreSQL 18 reads the almost empty table once, instead of searching it for each row.
BATCHES = {"payments.insert_captures", "payments.insert_refunds"}


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(explained: Explain, postgres_server: Server) -> None:
    found = explained("payments", "payment_methods")
    is_new = int(postgres_server.version().partition(".")[0]) >= 18
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        allowed = READ_ALL | OF_ONE_USER | (BATCHES if is_new and dialect == "postgresql" else set())
        assert {query for query, plan in plans if TABLES & {*plan.whole}} <= allowed
