"""How to export and merge the tables of COMMERCE that refer to users.

`accounts` finds this module through the catalog, so that an export or merge never misses these tables. A test compares
the list with the migrated schema, so that no new table is forgotten.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hangar_dal import (
    ad_reports,
    ad_serving,
    campaigns,
    idempotency_keys,
    invoices,
    ledger,
    payment_methods,
    payments,
    subscriptions,
)
from hangar_dal.accounts.user_tables import UserTable, moved, streamed

_SUMS: Final = UserTable()  # maintained by triggers
_OF_CAMPAIGNS: Final = UserTable()  # derived from the campaigns, and moved with them

USER_TABLES: Final[Mapping[str, UserTable]] = MappingProxyType(
    {
        "ledger_accounts": UserTable(
            export=streamed(ledger.stream_accounts_of_owner), move=moved(ledger.move_accounts)
        ),
        # Transfers stay with their accounts.
        "ledger_transfers": UserTable(export=streamed(ledger.stream_transfers_of_owner)),
        "ledger_holds": _SUMS,
        "ledger_balances": _SUMS,
        "ledger_days": _SUMS,
        "campaigns": UserTable(
            export=streamed(campaigns.stream_campaigns_of_owner), move=moved(campaigns.move_campaigns)
        ),
        "campaign_keywords": _OF_CAMPAIGNS,
        "creatives": UserTable(export=streamed(campaigns.stream_creatives_of_owner)),
        # The deletion of the user cancels them.
        "subscriptions": UserTable(
            export=streamed(subscriptions.stream_subscriptions_of_user), move=moved(subscriptions.move_subscriptions)
        ),
        "subscription_periods": UserTable(export=streamed(subscriptions.stream_periods_of_user)),
        "invoices": UserTable(
            export=streamed(invoices.stream_invoices_of_customer), move=moved(invoices.move_invoices)
        ),
        "invoice_lines": UserTable(export=streamed(invoices.stream_lines_of_customer)),
        "invoice_recipients": UserTable(
            export=streamed(invoices.stream_recipients_of_user), move=moved(invoices.move_recipients)
        ),
        # The tokens of the methods are not exported.
        "payment_methods": UserTable(
            export=streamed(payment_methods.stream_payment_methods), move=moved(payment_methods.move_payment_methods)
        ),
        "default_payment_methods": UserTable(export=streamed(payment_methods.stream_default_payment_methods)),
        "payments": UserTable(export=streamed(payments.stream_payments_of_payer), move=moved(payments.move_payments)),
        # Captures and refunds stay with their payments.
        "payment_captures": UserTable(export=streamed(payments.stream_captures_of_payer)),
        "payment_refunds": UserTable(export=streamed(payments.stream_refunds_of_payer)),
        "ad_budgets": _SUMS,
        "ad_days": _SUMS,
        # Deleted with the merged user: they only count for caps, and are purged after the day.
        "ad_viewer_days": _SUMS,
        # Reservations of the merged user expire within minutes, so they are not moved.
        "ad_reservations": UserTable(),
        "ad_impressions": UserTable(
            export=streamed(ad_serving.stream_impressions_of_viewer), move=moved(ad_serving.move_impressions)
        ),
        "ad_clicks": UserTable(export=streamed(ad_serving.stream_clicks_of_viewer)),
        "idempotency_keys": UserTable(
            export=streamed(idempotency_keys.stream_keys_of_user), move=moved(idempotency_keys.move_keys)
        ),
        "ad_reports": UserTable(export=streamed(ad_reports.stream_reports_of_owner)),
        "ad_settlements": UserTable(export=streamed(ad_reports.stream_settlements_of_owner)),
    }
)
