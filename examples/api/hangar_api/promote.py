"""Make the first administrator: `python -m hangar_api.promote ada@hangar.example`. Later ones are made by the API."""

import asyncio
import sys

from hangar_api.catalog import CATALOG
from hangar_dal import Transaction, UserRole, open_database, security_events, users
from hangar_dal.security_events import NewSecurityEvent, SecurityEventKind


async def promote(login: str) -> None:
    async with open_database(catalog=CATALOG) as db:
        found = await users.find_user_by_login(db, login)
        if found is None:
            sys.exit(f"there is no user with the name or e-mail address {login}")
        user_id = found.id

        async def change(tx: Transaction) -> None:
            await users.set_user_role(tx, user_id, UserRole.ADMIN)
            event = NewSecurityEvent(kind=SecurityEventKind.ROLE_CHANGED, user_id=user_id)
            await security_events.record_security_event(tx, event)

        await db.in_transaction(change)
    print(f"{login} is an administrator")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m hangar_api.promote LOGIN")
    asyncio.run(promote(sys.argv[1]))
