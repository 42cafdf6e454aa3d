"""The tables of the ledger keep their rules when SQL bypasses the package."""

import re

import pytest

from hangar_dal import COMMERCE, Database, Settings, User, builders, ledger, open_database, sealing, uuid7
from hangar_dal.commerce.user_tables import USER_TABLES
from hangar_dal.errors import CheckViolation, ConstraintViolation, TriggerViolation
from hangar_dal.ledger import LedgerAccount, Transfer
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.commerce import account, posted, world
from tests.helpers.domain_fixtures import Sql, sql_on

INSERT = """
INSERT INTO ledger_transfers
(id, kind, debit_account_id, credit_account_id, amount, currency, pending_id, reversed_id, expires_at, created_at)
VALUES ('{id}', '{kind}', '{debit}', '{credit}', {amount}, '{currency}', {pending}, {reversed}, {expires}, '{at}')
"""
AT = "2030-01-01T00:00:00.000000Z"
SAME_CODE = f"""
INSERT INTO ledger_accounts (id, code, kind, currency, created_at)
VALUES ('{{}}', 'wallet:1', 'wallet', 'EUR', '{AT}')
"""
NOT_REPLACED = "ledger_accounts_not_replaced"
# Rules about several columns, which are looked at first.
AHEAD = frozenset({"ledger_transfers_expiry_check", "ledger_balances_floor_check", "ledger_transfers_accounts_check"})


def insert(debit: LedgerAccount, credit: LedgerAccount, /, **given: object) -> str:
    usual = {"kind": "TRANSFER", "amount": 10, "currency": "EUR", "at": AT}
    empty = dict.fromkeys(("pending", "reversed", "expires"), "NULL")
    return INSERT.format(**{"id": uuid7(), "debit": debit.id, "credit": credit.id} | usual | empty | given)


@pytest.fixture
async def ada(database: Database) -> LedgerAccount:
    return await account(database, 500)


@pytest.fixture
async def ben(database: Database) -> LedgerAccount:
    return await account(database)


async def test_a_transfer_is_neither_changed_nor_deleted(
    database: Database, sql: Sql, ada: LedgerAccount, ben: LedgerAccount
) -> None:
    await ledger.transfer(database, builders.transfer(ada, ben))
    for text, rule in (
        ("UPDATE ledger_transfers SET amount = 1", "ledger_transfers_unchanged"),
        ("UPDATE ledger_transfers SET reference = 'x'", "ledger_transfers_unchanged"),
        ("DELETE FROM ledger_transfers", "ledger_transfers_kept"),
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(text)
        assert refused.value.constraint == rule
    with pytest.raises(ConstraintViolation):
        await sql(f"DELETE FROM ledger_accounts WHERE id = '{ada.id}'")


async def test_the_tables_refuse_what_is_no_transfer(
    database: Database, sql: Sql, ada: LedgerAccount, ben: LedgerAccount
) -> None:
    held = await ledger.hold(database, builders.hold(ada, ben, amount=100))
    moved = await ledger.transfer(database, builders.transfer(ada, ben, amount=50))

    def end(of: Transfer, kind: str, **given: object) -> str:
        return insert(ada, ben, **{"kind": kind, "pending": f"'{of.id}'", "amount": of.amount} | given)

    def back(of: Transfer, **given: object) -> str:
        return insert(ben, ada, **{"kind": "REVERSAL", "reversed": f"'{of.id}'", "amount": of.amount} | given)

    for text, rule in (
        (insert(ada, ben, amount=0), "ledger_transfers_amount_check"),
        (insert(ada, ben, amount=-5), "ledger_transfers_amount_check"),
        (insert(ada, ben, amount=10**15 + 1), "ledger_transfers_amount_check"),
        (insert(ada, ada), "ledger_transfers_accounts_check"),
        (insert(ada, ben, amount=351), "ledger_balances_floor"),
        (insert(ada, ben, kind="PENDING", amount=351), "ledger_balances_floor"),
        (insert(ada, ben, kind="GIFT"), "ledger_transfers_kind_check"),
        (insert(ada, ben, kind="POSTED"), "ledger_transfers_pending_check"),
        (insert(ada, ben, pending=f"'{held.id}'"), "ledger_transfers_pending_check"),
        (insert(ada, ben, kind="REVERSAL"), "ledger_transfers_reversal_check"),
        (insert(ada, ben, reversed=f"'{moved.id}'"), "ledger_transfers_reversal_check"),
        (insert(ada, ben, expires=f"'{AT}'"), "ledger_transfers_expiry_check"),
        (insert(ada, ben, kind="PENDING", expires=f"'{AT}'"), "ledger_transfers_expiry_check"),
        (end(held, "POSTED", amount=101), "ledger_transfers_of_hold"),
        (end(held, "POSTED", debit=ben.id, credit=ada.id), "ledger_transfers_of_hold"),
        (end(held, "VOIDED", amount=99), "ledger_transfers_of_hold"),
        (end(held, "EXPIRED", amount=99), "ledger_transfers_of_hold"),
        (end(moved, "POSTED"), "ledger_transfers_of_hold"),
        (end(held, "EXPIRED"), "ledger_transfers_hold_open"),
        (back(moved, amount=49), "ledger_transfers_of_reversed"),
        (back(moved, debit=ada.id, credit=ben.id), "ledger_transfers_of_reversed"),
        (back(held), "ledger_transfers_of_reversed"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(text)
        assert refused.value.constraint == rule, text
    assert await posted(database, ada, ben) == [450, 50]
    await sql(end(held, "POSTED", amount=1))
    await sql(back(moved))
    assert await posted(database, ada, ben) == [499, 1]
    for text in (end(held, "VOIDED"), back(moved)):
        with pytest.raises(ConstraintViolation):
            await sql(text)
    assert await ledger.list_wrong_balances(database) == []


async def test_the_books_of_an_account_stay_its_own(sql: Sql, ada: LedgerAccount) -> None:
    for change, rule in (
        ("currency = 'USD'", "ledger_accounts_unchanged"),
        ("may_be_negative = TRUE", "ledger_accounts_unchanged"),
        (f"id = '{uuid7()}'", "ledger_accounts_unchanged"),
        (f"created_at = '{AT}'", "ledger_accounts_unchanged"),
        (f"closed_at = '{AT}'", "ledger_accounts_empty"),
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE ledger_accounts SET {change} WHERE id = '{ada.id}'")
        assert refused.value.constraint == rule, change


async def test_an_account_is_not_opened_again(database: Database, sql: Sql, ben: LedgerAccount) -> None:
    await ledger.close_account(database, ben.id)
    with pytest.raises(TriggerViolation) as refused:
        await sql(f"UPDATE ledger_accounts SET closed_at = NULL WHERE id = '{ben.id}'")
    assert refused.value.constraint == "ledger_accounts_empty"


async def test_a_balance_that_somebody_changed_is_found(database: Database, sql: Sql, ada: LedgerAccount) -> None:
    await sql(f"UPDATE ledger_balances SET credits = credits + 5 WHERE account_id = '{ada.id}'")
    (wrong,) = await ledger.list_wrong_balances(database)
    assert (wrong.account_id, wrong.posted, wrong.booked) == (ada.id, 505, 500)


async def test_an_empty_account_can_be_deleted(database: Database, sql: Sql, ben: LedgerAccount) -> None:
    await sql(f"DELETE FROM ledger_accounts WHERE id = '{ben.id}'")
    assert await sql("SELECT count(*) FROM ledger_balances") == [(0,)]
    assert (await world(database)).may_be_negative


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql, user: User) -> None:
    """Except for the two columns that a foreign key with the currency is ahead of on PostgreSQL."""
    ada, ben = await account(database, 500, owner=user, code="wallet:1"), await account(database)
    held = await ledger.hold(database, builders.hold(ada, ben, expires_at=builders.LATER, reference="order:1"))
    moved = await ledger.transfer(database, builders.transfer(ada, ben))
    await ledger.reverse(database, moved.id, transfer_id=uuid7())
    await ledger.hold(database, builders.hold(ada, ben, expires_at=builders.LATER))
    await ledger.post(database, held.id, transfer_id=uuid7())
    await ledger.close_account(database, (await account(database)).id)
    await drop_triggers(database, sql)
    tables = [table for table in USER_TABLES if table.startswith("ledger_")]
    assert await unrefused(database, sql, tables, ahead=AHEAD) == []
    for text, rule in (
        ("UPDATE ledger_accounts SET code = ''", "ledger_accounts_code_check"),
        ("UPDATE ledger_accounts SET kind = ''", "ledger_accounts_kind_check"),
        ("UPDATE ledger_accounts SET currency = 'EUr'", "ledger_accounts_currency_check"),
        ("UPDATE ledger_transfers SET reference = ''", "ledger_transfers_reference_check"),
        ("UPDATE ledger_transfers SET amount = 0", "ledger_transfers_amount_check"),
    ):
        with pytest.raises(CheckViolation) as refused:
            await sql(text)
        assert refused.value.constraint == rule
    with pytest.raises(ConstraintViolation):
        await sql("UPDATE ledger_accounts SET code = 'x'")


async def test_replace_does_not_get_past_the_books(sqlite_url: str) -> None:
    """INSERT OR REPLACE and UPDATE OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        sql = sql_on(db)
        ada, ben = await account(db, 500, code="wallet:1"), await account(db)
        moved = await ledger.transfer(db, builders.transfer(ada, ben))
        back = await ledger.reverse(db, moved.id, transfer_id=uuid7())
        held = await ledger.hold(db, builders.hold(ada, ben))
        await ledger.void(db, held.id, transfer_id=uuid7())
        again = {"kind": "REVERSAL", "reversed": f"'{moved.id}'", "amount": moved.amount}
        for text, rule in (
            (insert(ada, ben, id=moved.id), "ledger_transfers_not_replaced"),
            (insert(ben, ada, **again), "ledger_transfers_not_replaced"),
            (insert(ada, ben, kind="VOIDED", pending=f"'{held.id}'", amount=100), "ledger_transfers_not_replaced"),
            (f"INSERT INTO ledger_accounts SELECT * FROM ledger_accounts WHERE id = '{ada.id}'", NOT_REPLACED),
            (SAME_CODE.format(uuid7()), NOT_REPLACED),
            (f"UPDATE ledger_accounts SET code = 'wallet:1' WHERE id = '{ben.id}'", "ledger_accounts_not_overwritten"),
        ):
            with pytest.raises(TriggerViolation) as refused:
                await sql(re.sub("INSERT|UPDATE", r"\g<0> OR REPLACE", text, count=1))
            assert refused.value.constraint == rule
        assert back.reversed_id == moved.id
        assert await ledger.list_wrong_balances(db) == []


@pytest.mark.parametrize("clause", ["OR IGNORE", "OR FAIL"])
async def test_no_clause_of_sqlite_hides_that_an_account_has_less(sqlite_url: str, clause: str) -> None:
    """What a CHECK refuses in a trigger would be passed over, and the rest of the transfer booked."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        ada, ben = await account(db, 500), await account(db)
        for kind in ("TRANSFER", "PENDING"):
            with pytest.raises(TriggerViolation) as refused:
                await sql_on(db)(insert(ada, ben, kind=kind, amount=501).replace("INSERT", f"INSERT {clause}", 1))
            assert refused.value.constraint == "ledger_balances_floor"
        assert await posted(db, ada, ben) == [500, 0]
        assert len(await ledger.list_transfers(db, ada.id)) == 1
        assert await ledger.list_wrong_balances(db) == []


async def test_the_books_are_not_truncated(postgres_url: str) -> None:
    """TRUNCATE, which PostgreSQL alone has."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        with pytest.raises(TriggerViolation) as refused:
            await sql_on(db)("TRUNCATE ledger_transfers CASCADE")
        assert refused.value.constraint == "ledger_transfers_kept"
