"""`python -m benchmarks.growth` over payments, ads and livestreams: its rows agree, and every call runs."""

import re
from collections.abc import AsyncIterator
from random import Random
from typing import cast

import pytest

from benchmarks.growth import __main__ as growth
from benchmarks.growth import measuring
from benchmarks.growth.filled import Filled
from benchmarks.growth.filling import fill
from benchmarks.growth.places import opened
from hangar_dal import (
    COMMERCE,
    LIVESTREAMS,
    Catalog,
    Database,
    ad_serving,
    builders,
    ledger,
    payments,
    webhook_events,
)
from hangar_dal.database import Statement
from hangar_dal.errors import HangarError
from tests.helpers.domain_fixtures import sql_on
from tests.unit.test_growth import plan_of

ROWS = 3000


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return LIVESTREAMS


async def test_what_is_made_without_triggers_agrees_and_every_call_is_measured(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "WARM_UP", 0)
    fill(database_url, tuple(dict.fromkeys((*growth.COMMERCE_ROWS, *growth.LIVESTREAMS_ROWS))), ROWS)
    async with opened(database_url, COMMERCE, ROWS) as db:
        assert await ledger.list_wrong_balances(db) == []
        assert await payments.list_wrong_revenue(db) == []
        assert await ad_serving.list_wrong_budgets(db) == []
        assert await sql_on(db)("SELECT count(*) FROM campaign_keywords WHERE active_bid IS NOT NULL") == [(ROWS // 2,)]
        for provider in (None, "adyen"):
            plan = await plan_of(db, lambda at, name=provider: webhook_events.list_failed_events(at.db, provider=name))
            assert "idx_webhook_events_failed" in plan, plan
            assert "Sort" not in plan, plan
            assert "TEMP B-TREE" not in plan, plan
        if db.dialect == "sqlite":
            # Hardly any transfer is reversed, as the statistics say.
            assert "SCAN booked" not in await plan_of(db, lambda at: ledger.insert_transfers(at.db, []))
            assert [each async for each in scanning_triggers(db)] == []
    if database_url.startswith("sqlite"):
        assert await accounts_read_as_if_few_had_codes(database_url) == []
    if database_url.startswith("postgresql"):
        assert await rows_read(database_url, "live_chat", "send_chat_message", "livestreams") in range(1, 20)
        assert await rows_read(database_url, "live_viewers", "report_viewers of 20", "live_viewers") in range(1, 100)
    for catalog in (COMMERCE, LIVESTREAMS):
        found = await growth.measure(catalog, {database_url: ROWS}, turns=1)
        assert list(found) == [(domain, name) for domain, calls in growth.DOMAINS[catalog].items() for name in calls]
        assert set(found.values()) == {1.0}


async def accounts_read_as_if_few_had_codes(url: str) -> list[str]:
    """The plans of new accounts that read all accounts, once the statistics say that hardly any has a code."""
    of_codes = "sqlite_autoindex_ledger_accounts_2"
    async with opened(url, COMMERCE, ROWS) as db:
        await sql_on(db)(f"UPDATE sqlite_stat1 SET stat = '{ROWS} {ROWS}' WHERE idx = '{of_codes}'")
    async with opened(url, COMMERCE, ROWS) as db:  # new connections read the statistics
        stored = await sql_on(db)(f"SELECT stat FROM sqlite_stat1 WHERE idx = '{of_codes}'")
        assert stored == [(f"{ROWS} {ROWS}",)]
        one = await plan_of(db, lambda at: ledger.insert_account(at.db, builders.ledger_account()))
        many = await plan_of(db, lambda at: ledger.insert_accounts(at.db, []))
    return [plan for plan in (one, many) if re.search("SCAN (opened|ledger_accounts)", plan)]


async def rows_read(url: str, domain: str, call: str, table: str) -> int:
    """How many rows of a table PostgreSQL reads for a call and its triggers, by plans for any argument.

    Sequential scans are off, as they would be the cheapest way through so few rows.
    """
    async with opened(url, LIVESTREAMS, ROWS) as db, db.transaction() as tx:
        sql = sql_on(tx)
        await sql("SET LOCAL plan_cache_mode = force_generic_plan")
        await sql("SET LOCAL enable_seqscan = off")
        await growth.DOMAINS[LIVESTREAMS][domain][call](Filled(cast("Database", tx), ROWS, Random(1)))
        read = await sql(f"SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = '{table}'")
    return int(read[0][0])


async def scanning_triggers(db: Database) -> AsyncIterator[str]:
    """The triggers that read a whole table to look for a row. Those that look for administrators may."""
    sql = sql_on(db)
    for name, text in await sql("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name"):
        for query, table in re.findall(r"(SELECT 1 FROM (\w+)\s+WHERE\s+[^;]*?)\n\s*\)", text):
            if not name.startswith("last_administrator"):
                explain = Statement(
                    "plan", "EXPLAIN QUERY PLAN " + re.sub(r"\b(NEW|OLD)\.\w+", "'x'", query), writes=False
                )
                try:
                    rows, _ = await db.run(explain, ())
                except HangarError:
                    continue  # it has columns of another query
                if any(str(row[-1]).startswith(f"SCAN {table}") for row in rows):
                    yield name
