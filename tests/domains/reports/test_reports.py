"""Reports: one unresolved per reporter and target, and a queue from which each moderator gets another one."""

import asyncio
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from hangar_dal import Database, builders, comments, reports, users, uuid7
from hangar_dal.errors import ConstraintViolation, InvalidValue, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.reports import Report, ReportReason, ReportResolution, ReportStatus, ReportTarget
from tests.helpers.clock import Clock
from tests.helpers.community import comment, person, video
from tests.helpers.domain_fixtures import Sql

DONE = ReportResolution.ACTION_TAKEN


async def report(db: Database, reporter_id: UUID, target_id: UUID, kind: ReportTarget = ReportTarget.USER) -> Report:
    return await reports.create_report(db, builders.report(target_id, reporter=reporter_id, target_kind=kind))


async def test_a_reporter_has_one_unresolved_report_about_a_target(database: Database) -> None:
    owner, ada, bob = await person(database), await person(database), await person(database)
    made = await video(database, owner.id)
    said = await comment(database, made.id, owner.id)
    for kind, target in (
        (ReportTarget.VIDEO, made.id),
        (ReportTarget.COMMENT, said.id),
        (ReportTarget.USER, owner.id),
    ):
        first = await report(database, ada.id, target, kind)
        assert await report(database, ada.id, target, kind) == first
        assert (await report(database, bob.id, target, kind)).id != first.id
        about = await reports.list_reports_of_target(database, target)
        assert {each.reporter_id for each in about} == {ada.id, bob.id}
    claimed = await reports.claim_report(database, moderator_id=bob.id)
    assert claimed is not None
    assert await report(database, ada.id, made.id, ReportTarget.VIDEO) == claimed
    await reports.resolve_report(database, claimed.id, moderator_id=bob.id, resolution=DONE)
    assert (await report(database, ada.id, made.id, ReportTarget.VIDEO)).id != claimed.id


async def test_what_does_not_exist_is_not_reported(database: Database) -> None:
    ada, bob = await person(database), await person(database)
    for kind in ReportTarget:
        with pytest.raises(TriggerViolation) as caught:
            await report(database, ada.id, uuid7(), kind)
        assert caught.value.constraint == "reports_target"
    new = builders.report(bob, reporter=ada, reason=ReportReason.HATE)
    first = await reports.create_report(database, new)
    with pytest.raises(UniqueViolation):
        await reports.create_report(database, new.model_copy(update={"reporter_id": bob.id, "target_id": ada.id}))
    assert await reports.create_report(database, new) == first


async def test_moderators_claim_the_oldest_release_and_resolve(database: Database, clock: Clock) -> None:
    ada, bob, mod, other = [await person(database) for _ in range(4)]
    first = await report(database, ada.id, bob.id)
    clock.advance(timedelta(seconds=1))
    second = await report(database, bob.id, ada.id)
    claimed = await reports.claim_report(database, moderator_id=mod.id)
    assert claimed is not None
    assert (claimed.id, claimed.status, claimed.claimed_by) == (first.id, ReportStatus.CLAIMED, mod.id)
    assert await reports.list_claimed_reports(database, mod.id) == [claimed]
    also = await reports.claim_report(database, moderator_id=other.id)
    assert also is not None
    assert also.id == second.id
    assert await reports.claim_report(database, moderator_id=other.id) is None
    for act in (
        reports.resolve_report(database, first.id, moderator_id=other.id, resolution=DONE),
        reports.resolve_report(database, uuid7(), moderator_id=other.id, resolution=DONE),
    ):
        with pytest.raises(NotFound):
            await act
    assert await reports.release_report(database, first.id, moderator_id=other.id) == 0
    assert await reports.release_report(database, first.id, moderator_id=mod.id) == 1
    assert await reports.find_report(database, first.id) == first
    again = await reports.claim_report(database, moderator_id=other.id)
    assert again is not None
    assert again.id == first.id
    done = await reports.resolve_report(database, first.id, moderator_id=other.id, resolution=DONE, note="Removed")
    clock.advance(timedelta(hours=1))
    assert done == await reports.resolve_report(
        database, first.id, moderator_id=other.id, resolution=DONE, note="Removed"
    )
    with pytest.raises(NotFound):
        await reports.resolve_report(database, first.id, moderator_id=other.id, resolution=ReportResolution.NO_ACTION)
    assert await reports.list_reports(database, ReportStatus.RESOLVED) == [done]
    assert await reports.list_reports_of_reporter(database, ada.id) == [done]


async def test_a_claim_ends_with_its_lease(database: Database, clock: Clock) -> None:
    ada, bob, mod, other = [await person(database) for _ in range(4)]
    made = await report(database, ada.id, bob.id)
    with pytest.raises(InvalidValue):
        await reports.claim_report(database, moderator_id=mod.id, lease=timedelta(0))
    await reports.claim_report(database, moderator_id=mod.id, lease=timedelta(minutes=1))
    assert await reports.claim_report(database, moderator_id=other.id) is None
    clock.advance(timedelta(minutes=2))
    taken = await reports.claim_report(database, moderator_id=other.id)
    assert taken is not None
    assert (taken.id, taken.claimed_by) == (made.id, other.id)
    with pytest.raises(NotFound):
        await reports.resolve_report(database, made.id, moderator_id=mod.id, resolution=DONE)


async def test_no_two_moderators_claim_the_same_report(database: Database) -> None:
    people = [await person(database) for _ in range(4)]
    made = {(await report(database, one.id, other.id)).id for one, other in product(people, people) if one != other}

    async def work(moderator_id: UUID) -> list[UUID]:
        found = []
        while claimed := await reports.claim_report(database, moderator_id=moderator_id):
            found.append(claimed.id)
            await asyncio.sleep(0)
        return found

    claimed = [each for found in await asyncio.gather(*(work(each.id) for each in people)) for each in found]
    assert sorted(claimed) == sorted(made)


async def test_reports_stay_when_reporter_moderator_and_target_are_deleted(database: Database) -> None:
    ada, bob, mod = await person(database), await person(database), await person(database)
    made = await report(database, ada.id, bob.id)
    await reports.claim_report(database, moderator_id=mod.id)
    await users.delete_user(database, mod.id)
    assert await reports.find_report(database, made.id) == made
    for gone in (ada, bob):
        await users.delete_user(database, gone.id)
    assert await reports.find_report(database, made.id) == made.model_copy(update={"reporter_id": None})


async def test_a_report_about_a_removed_comment_is_resolved_and_purged(database: Database, clock: Clock) -> None:
    owner, mod = await person(database), await person(database)
    said = await comment(database, (await video(database, owner.id)).id, owner.id)
    made = await report(database, mod.id, said.id, ReportTarget.COMMENT)
    await comments.remove_comment(database, said.id)
    await reports.claim_report(database, moderator_id=mod.id)
    await reports.resolve_report(database, made.id, moderator_id=mod.id, resolution=DONE)
    await report(database, mod.id, owner.id)
    clock.advance(timedelta(days=1))
    assert await reports.purge_reports(database, before=clock.now, batch_size=1) == 1
    assert await reports.find_report(database, made.id) is None


async def test_the_table_refuses_other_states_and_changes(database: Database, sql: Sql) -> None:
    ada, bob, mod = await person(database), await person(database), await person(database)
    await report(database, ada.id, bob.id)
    at = "'2030-01-02T03:04:05.000000Z'"
    to = {
        "OPEN": f"status = 'OPEN', claimed_by = NULL, claimed_at = NULL, available_at = {at}",
        "CLAIMED": f"status = 'CLAIMED', claimed_by = '{mod.id}', claimed_at = {at}, available_at = {at}, "
        "resolution = NULL, resolved_at = NULL",
        "RESOLVED": f"status = 'RESOLVED', claimed_at = {at}, available_at = NULL, resolution = 'NO_ACTION', "
        f"resolved_at = {at}",
    }
    allowed = {("OPEN", "CLAIMED"), ("CLAIMED", "OPEN"), ("CLAIMED", "RESOLVED")}
    for before, after in product(to, to):
        await sql("DELETE FROM reports")
        await report(database, ada.id, bob.id)
        for step in {"OPEN": (), "CLAIMED": ("CLAIMED",), "RESOLVED": ("CLAIMED", "RESOLVED")}[before]:
            await sql(f"UPDATE reports SET {to[step]}")
        if before == after or (before, after) in allowed:
            await sql(f"UPDATE reports SET {to[after]}")
            continue
        with pytest.raises(TriggerViolation) as caught:
            await sql(f"UPDATE reports SET {to[after]}, note = NULL")
        assert caught.value.constraint == "reports_status_transition"
    for change, rule in (
        (f"UPDATE reports SET target_id = '{mod.id}'", "reports_unchanged"),
        ("UPDATE reports SET available_at = " + at, "reports_available_check"),
        ("UPDATE reports SET resolution = NULL", "reports_resolved_check"),
        ("UPDATE reports SET resolution = 'MAYBE'", "reports_resolution_check"),
        ("UPDATE reports SET claimed_at = NULL", "reports_claimed_check"),
        ("UPDATE reports SET reason = 'BORED'", "reports_reason_check"),
        ("UPDATE reports SET details = ''", "reports_details_check"),
        ("UPDATE reports SET note = ''", "reports_note_check"),
        ("UPDATE reports SET metadata = '[]'", "reports_metadata_check"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(change)
        assert refused.value.constraint == rule, change


async def test_the_table_refuses_a_second_unresolved_report_and_a_new_one_that_is_not_open(
    database: Database, sql: Sql
) -> None:
    ada, bob = await person(database), await person(database)
    await report(database, ada.id, bob.id)
    at = "'2030-01-02T03:04:05.000000Z'"

    def new(reporter: str, status: str, claimed: str) -> str:
        return (
            f"INSERT INTO reports VALUES ('{uuid7()}', {reporter}, 'USER', '{bob.id}', 'SPAM', NULL, '{{}}', "
            f"'{status}', {claimed}, {at}, NULL, NULL, NULL, {at})"
        )

    for reporter, status, claimed in ((f"'{bob.id}'", "CLAIMED", f"'{ada.id}', {at}"), ("NULL", "OPEN", "NULL, NULL")):
        with pytest.raises(TriggerViolation) as caught:
            await sql(new(reporter, status, claimed))
        assert caught.value.constraint == "reports_first_status"
    with pytest.raises(ConstraintViolation) as twice:
        await sql(new(f"'{ada.id}'", "OPEN", "NULL, NULL"))
    # On SQLite, a trigger comes before the unique index: it refuses INSERT OR REPLACE too.
    assert twice.value.constraint in {"reports_unresolved_key", "reports_not_replaced"}
