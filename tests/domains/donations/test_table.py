"""What the tables of donations refuse, tried with SQL that bypasses the package."""

from typing import Any

import pytest

from hangar_dal import LIVESTREAMS, Database, Settings, builders, ledger, open_database, sealing, streaming, uuid7
from hangar_dal.errors import CheckViolation, ConstraintViolation, TriggerViolation
from tests.domains.donations.giving import Stage, give, stage, wrong_sums
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.commerce import account
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql, sql_on
from tests.helpers.streaming import live

AT = "2040-01-01T00:00:00.000000Z"
TABLES = ["donations", "donation_totals", "donor_totals"]


def insert(on: Stage, transfer_id: Any, **given: Any) -> str:
    values = {"id": uuid7(), "amount": 100, "currency": "EUR", "refund": "NULL", **given}
    return (
        "INSERT INTO donations (id, livestream_id, transfer_id, refund_id, amount, currency, created_at) VALUES "
        f"('{values['id']}', '{on.stream.id}', '{transfer_id}', {values['refund']}, {values['amount']}, "
        f"'{values['currency']}', '{AT}')"
    )


async def test_a_donation_is_that_of_its_transfer(database: Database, sql: Sql) -> None:
    on = await stage(database)
    moved, other = [await ledger.transfer(database, builders.transfer(on.wallet, on.till)) for _ in range(2)]
    held = await ledger.hold(database, builders.hold(on.wallet, on.till))
    back = await ledger.reverse(database, other.id, transfer_id=uuid7())
    for text, rule in (
        (insert(on, moved.id, amount=99), "donations_of_transfer"),
        (insert(on, moved.id, currency="USD"), "donations_of_transfer"),
        (insert(on, held.id), "donations_of_transfer"),
        (insert(on, back.id), "donations_of_transfer"),
        (insert(on, moved.id, refund=f"'{back.id}'"), "donations_of_refund"),
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(text)
        assert refused.value.constraint == rule, text
    with pytest.raises(ConstraintViolation):
        await sql(insert(on, uuid7()))
    await sql(insert(on, moved.id))
    with pytest.raises(ConstraintViolation):
        await sql(insert(on, moved.id))
    with pytest.raises(TriggerViolation) as again:
        await sql(f"UPDATE donations SET refund_id = '{back.id}'")
    assert again.value.constraint == "donations_of_refund"
    assert await wrong_sums(database) == []


async def test_a_donation_is_neither_changed_nor_deleted(database: Database, sql: Sql) -> None:
    on, fan = await stage(database), await person(database)
    given, other = await give(database, on, fan.id), await live(database, fan.id)
    await streaming.refund_donation(database, given.id, transfer_id=uuid7())
    for change in (
        "amount = 1",
        "currency = 'USD'",
        "is_anonymous = TRUE",
        f"created_at = '{AT}'",
        f"livestream_id = '{other.id}'",
        f"id = '{uuid7()}'",
        f"transfer_id = '{uuid7()}'",
        "refund_id = NULL",
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE donations SET {change}")
        assert refused.value.constraint == "donations_unchanged", change
    with pytest.raises(TriggerViolation) as kept:
        await sql("DELETE FROM donations")
    assert kept.value.constraint == "donations_kept"


async def test_a_message_of_a_donation_has_one(database: Database, sql: Sql) -> None:
    on, fan = await stage(database), await person(database)
    given, other = await give(database, on, None), await live(database, fan.id)
    for message_id, stream in ((uuid7(), on.stream), (given.id, other)):
        await sql(f"DELETE FROM live_chat_messages WHERE id = '{message_id}'")
        with pytest.raises(TriggerViolation) as refused:
            await sql(
                "INSERT INTO live_chat_messages (id, livestream_id, kind, body, created_at) "
                f"VALUES ('{message_id}', '{stream.id}', 'DONATION', '', '{AT}')"
            )
        assert refused.value.constraint == "live_chat_of_donation"


async def test_one_statement_deletes_owners_and_donors_who_gave_each_other(database: Database, sql: Sql) -> None:
    people = [await person(database) for _ in range(3)]
    wallet, till = await account(database, 10_000), await account(database)
    streams = [Stage(await live(database, each.id), wallet, till) for each in people]
    for on in streams:
        for each in people:
            await give(database, on, each.id)
    async with database.transaction() as tx:
        await give(tx, streams[2], people[0].id)
        await sql_on(tx)(f"DELETE FROM users WHERE id IN ('{people[0].id}', '{people[1].id}')")
    assert await wrong_sums(database) == []
    assert await sql("SELECT count(*) FROM donations") == [(4,)]
    assert await sql("SELECT count(*) FROM donor_totals") == [(1,)]


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql) -> None:
    on, fan = await stage(database), await person(database)
    given = await give(database, on, fan.id, metadata={"n": 1})
    await streaming.refund_donation(database, given.id, transfer_id=uuid7())
    await drop_triggers(database, sql)
    assert await unrefused(database, sql, TABLES, ahead=frozenset()) == []
    for change, rule in (
        ("amount = 0", "amount"),
        ("amount = 1000000000000001", "amount"),
        ("currency = 'eur'", "currency"),
    ):
        with pytest.raises(CheckViolation) as refused:
            await sql(f"UPDATE donations SET {change}")
        assert refused.value.constraint == f"donations_{rule}_check"


async def test_replace_does_not_take_a_donation(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=LIVESTREAMS) as db:
        on = await stage(db)
        given = await give(db, on, None)
        for text in ("INSERT OR REPLACE INTO donations SELECT * FROM donations", insert(on, given.transfer_id)):
            with pytest.raises(TriggerViolation) as refused:
                await sql_on(db)(text.replace("INSERT INTO", "INSERT OR REPLACE INTO"))
            assert refused.value.constraint == "donations_not_replaced"
