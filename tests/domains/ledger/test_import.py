"""What was exported is imported: accounts, then their transfers."""

from typing import Any

from hangar_dal import Database, builders, ledger, uuid7
from hangar_dal.ledger import ImportedLedgerAccount, LedgerAccount, TransferKind
from tests.helpers.commerce import account, posted


def imported(row: LedgerAccount, **changes: Any) -> ImportedLedgerAccount:
    return ImportedLedgerAccount(**row.model_dump(exclude={"closed_at"}) | changes)


async def test_exported_accounts_are_imported_open_and_those_that_exist_are_left_out(database: Database) -> None:
    ada, ben = await account(database, 100, code="wallet:ada"), await account(database)
    await ledger.close_account(database, ben.id)
    async with ledger.stream_accounts(database) as rows:
        exported = [row async for row in rows]
    assert [row.id for row in exported] == sorted(row.id for row in exported)
    closed = [row for row in exported if row.closed_at is not None]
    assert [row.id for row in closed] == [ben.id]
    assert await ledger.import_accounts(database, [imported(row) for row in exported]) == 0
    with_a_taken_code = imported(ada, id=uuid7())
    new = [imported(row, id=uuid7(), code=f"copy:{number}") for number, row in enumerate(exported)]
    assert await ledger.import_accounts(database, [with_a_taken_code, *new], batch_size=2) == len(new)
    for row in new:
        stored = await ledger.get_account(database, row.id)
        assert (imported(stored), stored.closed_at) == (row, None)
    assert await ledger.transfer(database, builders.transfer(ada, new[-1].id))


async def test_what_was_exported_is_imported(database: Database) -> None:
    ada, ben = await account(database, 500), await account(database)
    held = await ledger.hold(database, builders.hold(ada, ben))
    await ledger.post(database, held.id, transfer_id=uuid7(), amount=50)
    async with ledger.stream_transfers(database) as rows:
        exported = [row async for row in rows]
    assert [row.kind for row in exported] == [TransferKind.TRANSFER, TransferKind.PENDING, TransferKind.POSTED]
    assert await ledger.import_transfers(database, exported) == 0
    moved = [row.model_copy(update={"id": uuid7(), "pending_id": None}) for row in exported[:1]]
    assert await ledger.import_transfers(database, moved) == 1
    assert await posted(database, ada) == [950]
