"""What exporting and merging users do with the tables of COMMERCE that refer to users.

`accounts` finds this module by the catalog, so that a database with these tables never exports or merges without them.
A test compares the list with the migrated schema, so that no new table is forgotten.
"""

from collections.abc import AsyncGenerator, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from hangar_dal import ledger
from hangar_dal.accounts.user_tables import UserTable
from hangar_dal.database import Transaction
from hangar_dal.models.users import User


async def _accounts(tx: Transaction, user: User) -> AsyncGenerator[BaseModel, None]:
    async with ledger.stream_accounts_of_owner(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _transfers(tx: Transaction, user: User) -> AsyncGenerator[BaseModel, None]:
    async with ledger.stream_transfers_of_owner(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_accounts(tx: Transaction, kept: User, merged: User) -> None:
    await ledger.move_accounts(tx, kept=kept.id, merged=merged.id)


_SUMS: Final = UserTable()  # triggers keep them

USER_TABLES: Final[Mapping[str, UserTable]] = MappingProxyType(
    {
        "ledger_accounts": UserTable(export=_accounts, move=_move_accounts),
        "ledger_transfers": UserTable(export=_transfers),  # they stay with their accounts
        "ledger_holds": _SUMS,
        "ledger_balances": _SUMS,
        "ledger_days": _SUMS,
    }
)
