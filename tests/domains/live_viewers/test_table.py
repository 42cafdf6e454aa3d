"""What the tables of viewers refuse and keep, tried with SQL that bypasses the package."""

from datetime import timedelta

import pytest

from hangar_dal import LIVESTREAMS, Database, Settings, live_viewers, livestreams, open_database, sealing, uuid7
from hangar_dal.errors import ConstraintViolation, TriggerViolation
from tests.helpers.clock import Clock
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql, sql_on
from tests.helpers.streaming import announced, ended, live

EARLY, AT = "'2020-01-01T00:00:00.000000Z'", "'2040-01-01T00:00:00.000000Z'"
VIEWER: dict[str, str] = {
    f"seen_at = {EARLY}": "live_viewers_forward",
    f"joined_at = {EARLY}": "live_viewers_forward",
    f"joined_at = {AT}": "live_viewers_forward",
    "watched_ms = 0": "live_viewers_forward",
    f"livestream_id = '{uuid7()}'": "live_viewers_forward",
}
COUNTS: dict[str, str] = {
    "peak = 0": "live_viewer_counts_forward",
    "past_viewers = 0": "live_viewer_counts_forward",
    "past_watched_ms = 0": "live_viewer_counts_forward",
    "viewers = 7": "live_viewer_counts_peak_check",
    "viewers = -1": "live_viewer_counts_viewers_check",
}


async def test_what_was_watched_and_counted_only_grows(database: Database, sql: Sql, clock: Clock) -> None:
    owner, fan, gone = [await person(database) for _ in range(3)]
    begun = await live(database, owner.id)
    for _ in range(2):
        await live_viewers.report_viewers(database, begun.id, [fan.id, gone.id])
        await live_viewers.sample_viewers(database)
        clock.advance(timedelta(seconds=15))
    await sql(f"DELETE FROM live_viewers WHERE viewer_id = '{gone.id}'")
    for table, changes in (("live_viewers", VIEWER), ("live_viewer_counts", COUNTS)):
        for change, rule in changes.items():
            with pytest.raises(ConstraintViolation) as refused:
                await sql(f"UPDATE {table} SET {change}")
            assert refused.value.constraint == rule, change
    totals = await live_viewers.get_viewer_totals(database, begun.id)
    assert (totals.peak, totals.all_viewers, totals.watched_ms) == (2, 2, 30_000)


async def test_nobody_watches_before_the_beginning(database: Database, sql: Sql) -> None:
    owner = await person(database)
    for which, at in ((await announced(database, owner.id), AT), (await live(database, owner.id), EARLY)):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"INSERT INTO live_viewers VALUES ('{which.id}', '{owner.id}', {at}, {at}, 0)")
        assert refused.value.constraint == "live_viewers_started"


async def test_one_statement_deletes_owners_and_viewers_who_watched_each_other(
    database: Database, sql: Sql, clock: Clock
) -> None:
    people = [await person(database) for _ in range(4)]
    begun = [await live(database, each.id) for each in people]
    for which in begun:
        await live_viewers.report_viewers(database, which.id, [each.id for each in people])
    await live_viewers.sample_viewers(database)
    gone = ", ".join(f"'{each.id}'" for each in people[:3])
    async with database.transaction() as tx:
        await live_viewers.report_viewers(tx, begun[3].id, [people[0].id])
        await sql_on(tx)(f"DELETE FROM users WHERE id IN ({gone})")
    assert await sql("SELECT past_viewers FROM live_viewer_counts") == [(3,)]
    assert await sql("SELECT count(*) FROM live_viewers") == [(1,)]
    await livestreams.delete_livestream(database, begun[3].id)
    assert await sql("SELECT count(*) FROM live_viewer_counts") == [(0,)]


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql, clock: Clock) -> None:
    owner = await person(database)
    over = await ended(database, owner.id)
    row = live_viewers.Viewer(
        livestream_id=over.id, viewer_id=owner.id, joined_at=clock.now, seen_at=clock.now, watched_ms=5
    )
    await live_viewers.import_viewers(database, [row])
    clock.advance(timedelta(minutes=1))
    await live_viewers.purge_viewers(database, before=clock.now)
    begun = await live(database, owner.id, language="de", category="air")
    await live_viewers.report_viewers(database, begun.id, [owner.id])
    await live_viewers.sample_viewers(database)
    await drop_triggers(database, sql)
    ahead = frozenset({"live_viewers_span_check", "live_viewer_counts_peak_check"})
    assert await unrefused(database, sql, ["live_viewers", "live_viewer_counts"], ahead=ahead) == []
    for change, rule in (
        (f"joined_at = {AT}", "live_viewers_span_check"),
        ("watched_ms = -1", "live_viewers_watched_ms_check"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(f"UPDATE live_viewers SET {change}")
        assert refused.value.constraint == rule


async def test_replace_does_not_take_what_was_watched(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=LIVESTREAMS) as db:
        owner = await person(db)
        begun = await live(db, owner.id)
        await live_viewers.report_viewers(db, begun.id, [owner.id])
        with pytest.raises(TriggerViolation) as refused:
            await sql_on(db)("INSERT OR REPLACE INTO live_viewers SELECT * FROM live_viewers")
        assert refused.value.constraint == "live_viewers_not_replaced"
