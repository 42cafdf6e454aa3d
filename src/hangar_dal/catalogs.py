"""The catalogs of this package. An application names the catalogs that it needs and gets only their tables."""

from typing import Final

from hangar_dal.query import Catalog

ACCOUNTS: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.ACCOUNTS",
    sql="accounts/queries",
    migrations="accounts/migrations",
    modules="hangar_dal",
)
"""Users, sessions, second factors, tokens and security events."""

OUTBOX: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.OUTBOX",
    sql="outbox/queries",
    migrations="outbox/migrations",
    modules="hangar_dal",
)
"""Messages that a transaction writes for workers. Independent of users, so that any application can use it."""

COMMUNITY: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.COMMUNITY",
    sql="community/queries",
    migrations="community/migrations",
    modules="hangar_dal",
    uses=[ACCOUNTS],
    user_tables="hangar_dal.community.user_tables",
)
"""Videos, comments, likes, shares, follows, reports and notifications."""

COMMERCE: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.COMMERCE",
    sql="commerce/queries",
    migrations="commerce/migrations",
    modules="hangar_dal",
    uses=[ACCOUNTS],
    user_tables="hangar_dal.commerce.user_tables",
)
"""Ledger, payments, subscriptions, invoices and advertising."""

LIVESTREAMS: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.LIVESTREAMS",
    sql="livestreams/queries",
    migrations="livestreams/migrations",
    modules="hangar_dal",
    uses=[COMMUNITY, COMMERCE, OUTBOX],
    user_tables="hangar_dal.streaming.user_tables",
)
"""Livestreams, their viewers and chats, and donations."""
