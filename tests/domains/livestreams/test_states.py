"""The states of a livestream, tried with SQL that bypasses the package."""

from datetime import timedelta
from itertools import product

import pytest

from hangar_dal import Database, livestreams
from hangar_dal.errors import ConstraintViolation, TriggerViolation
from tests.helpers.clock import Clock
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql
from tests.helpers.streaming import announced, live

AT = "'2030-01-02T03:04:05.000000Z'"
TO = {
    "SCHEDULED": "status = 'SCHEDULED', started_at = NULL, ended_at = NULL",
    "LIVE": f"status = 'LIVE', started_at = {AT}, ended_at = NULL",
    "ENDED": f"status = 'ENDED', started_at = {AT}, ended_at = {AT}",
    "CANCELLED": "status = 'CANCELLED', started_at = NULL, ended_at = NULL",
}
STEPS = {"SCHEDULED": (), "LIVE": ("LIVE",), "ENDED": ("LIVE", "ENDED"), "CANCELLED": ("CANCELLED",)}
ALLOWED = {("SCHEDULED", "LIVE"), ("SCHEDULED", "CANCELLED"), ("LIVE", "ENDED")}


async def test_a_status_is_reached_only_from_those_that_lead_to_it(database: Database, sql: Sql) -> None:
    owner = await person(database)
    for before, after in product(TO, TO):
        await sql("DELETE FROM livestreams")
        await announced(database, owner.id)
        for step in STEPS[before]:
            await sql(f"UPDATE livestreams SET {TO[step]}")
        if before == after or (before, after) in ALLOWED:
            await sql(f"UPDATE livestreams SET {TO[after]}")
            continue
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE livestreams SET {TO[after]}")
        assert refused.value.constraint == "livestreams_status_transition", (before, after)


async def test_a_repeated_step_changes_nothing_and_another_one_is_refused(database: Database, clock: Clock) -> None:
    owner = await person(database)
    begun, off = await live(database, owner.id), await announced(database, owner.id)
    off = await livestreams.cancel_livestream(database, off.id)
    clock.advance(timedelta(minutes=1))
    assert await livestreams.start_livestream(database, begun.id) == begun
    assert await livestreams.cancel_livestream(database, off.id) == off
    over = await livestreams.end_livestream(database, begun.id)
    assert (over.started_at, over.ended_at) == (begun.started_at, clock.now)
    clock.advance(timedelta(minutes=1))
    assert await livestreams.end_livestream(database, over.id) == over
    for change, which in (
        (livestreams.start_livestream, over),
        (livestreams.cancel_livestream, over),
        (livestreams.start_livestream, off),
        (livestreams.end_livestream, off),
    ):
        with pytest.raises(TriggerViolation):
            await change(database, which.id)


async def test_a_livestream_does_not_end_before_it_began(database: Database, clock: Clock) -> None:
    """The clock of the machine that ends it may be behind that of the one that started it."""
    begun = await live(database, (await person(database)).id)
    clock.advance(timedelta(seconds=-5))
    over = await livestreams.end_livestream(database, begun.id)
    assert over.ended_at == begun.started_at


async def test_a_status_has_its_instants(database: Database, sql: Sql) -> None:
    made = await announced(database, (await person(database)).id)
    for change, rule in (
        (f"started_at = {AT}", "livestreams_started_check"),
        ("status = 'LIVE'", "livestreams_started_check"),
        (f"ended_at = {AT}", "livestreams_ended_check"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(f"UPDATE livestreams SET {change}")
        assert refused.value.constraint == rule
    await livestreams.start_livestream(database, made.id)
    for change, rule in (
        (f"status = 'ENDED', ended_at = {AT.replace('2030', '2029')}", "livestreams_span_check"),
        ("status = 'ENDED'", "livestreams_ended_check"),
        (f"started_at = {AT}", "livestreams_unchanged"),
        (f"created_at = {AT}", "livestreams_unchanged"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(f"UPDATE livestreams SET {change}")
        assert refused.value.constraint == rule
    await livestreams.end_livestream(database, made.id)
    with pytest.raises(TriggerViolation) as again:
        await sql(f"UPDATE livestreams SET ended_at = {AT.replace('2030', '2031')}")
    assert again.value.constraint == "livestreams_unchanged"
