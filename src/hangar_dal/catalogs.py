"""The package's own catalogs. An application names the ones whose tables it wants, and gets no others."""

from typing import Final

from hangar_dal.query import Catalog

ACCOUNTS: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.ACCOUNTS",
    sql="accounts/queries",
    migrations="accounts/migrations",
    modules="hangar_dal",
)
"""Users, and all that a sign-in stores."""

OUTBOX: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.OUTBOX",
    sql="outbox/queries",
    migrations="outbox/migrations",
    modules="hangar_dal",
)
"""Messages that a transaction leaves for workers. It knows no users, so that any application can have it."""

COMMUNITY: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.COMMUNITY",
    sql="community/queries",
    migrations="community/migrations",
    modules="hangar_dal",
    uses=[ACCOUNTS],
    user_tables="hangar_dal.community.user_tables",
)
"""Videos, what users do with them and with each other, and notifications."""

COMMERCE: Final = Catalog(
    "hangar_dal.sql",
    name="hangar_dal.COMMERCE",
    sql="commerce/queries",
    migrations="commerce/migrations",
    modules="hangar_dal",
    uses=[ACCOUNTS],
    user_tables="hangar_dal.commerce.user_tables",
)
"""Bookkeeping, payments, subscriptions, invoices and ads."""

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
