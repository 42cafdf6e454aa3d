"""Comments that are answered, removed and deleted at the same time."""

import asyncio
from random import Random
from uuid import UUID

import pytest

from hangar_dal import Database, Transaction, builders, comments
from hangar_dal.comments import CommentStatus
from hangar_dal.database import Isolation
from hangar_dal.errors import ForeignKeyViolation, NotFound, TransactionConflict, TriggerViolation
from tests.helpers.community import comment, person, video
from tests.helpers.community import on_postgresql as on_postgresql
from tests.helpers.domain_fixtures import Sql, sql_on
from tests.helpers.waiting import check_running


async def whole(database: Database, sql: Sql, video_id: UUID) -> bool:
    """No removed comment without answers, and the counts are those of the rows."""
    empty = await sql(
        "SELECT 1 FROM comments AS c WHERE status = 'REMOVED'"
        " AND NOT EXISTS (SELECT 1 FROM comments AS a WHERE a.parent_id = c.id)"
    )
    wrong = await sql(
        "SELECT 1 FROM comments AS c WHERE"
        " (SELECT coalesce(sum(answers), 0) FROM answer_counts WHERE comment_id = c.id)"
        " <> (SELECT count(*) FROM comments AS a WHERE a.parent_id = c.id AND a.status = 'VISIBLE')"
    )
    rows = await sql("SELECT 1 FROM comments WHERE status = 'VISIBLE'")
    return empty == wrong == [] and await comments.count_comments(database, video_id) == len(rows)


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
async def test_answers_and_removals_at_once_leave_no_empty_placeholder(
    database: Database, sql: Sql, seed: int, isolation: Isolation
) -> None:
    random = Random(seed)
    owner = await person(database)
    made = await video(database, owner.id)
    ids = [(await comment(database, made.id, owner.id)).id for _ in range(2)]
    ids += [(await comment(database, made.id, owner.id, parent_id=parent)).id for parent in ids * 3]

    async def change() -> None:
        target = random.choice(ids)
        if random.random() < 0.4:
            new = builders.comment(video=made, author=owner, parent=target)

            async def work(tx: Transaction) -> None:
                await comments.create_comment(tx, new)

        else:

            async def work(tx: Transaction) -> None:
                await comments.remove_comment(tx, target)

        try:
            await database.in_transaction(work, isolation=isolation)
        except (NotFound, TriggerViolation):
            return  # what is answered was removed meanwhile
        except ForeignKeyViolation:  # what is removed was answered after the snapshot of this transaction
            assert isolation != "read committed"

    for _ in range(6):
        await asyncio.gather(*(change() for _ in range(8)))
        assert await whole(database, sql, made.id)
    for each in reversed(ids):
        await comments.remove_comment(database, each)
    assert await whole(database, sql, made.id)


async def test_a_removal_waits_for_an_answer_on_postgresql(on_postgresql: Database) -> None:
    db = on_postgresql
    owner = await person(db)
    made = await video(db, owner.id)
    top = await comment(db, made.id, owner.id)
    async with db.transaction() as tx:
        await comment(tx, made.id, owner.id, parent_id=top.id)
        removal = asyncio.create_task(comments.remove_comment(db, top.id))
        while not await sql_on(db)("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            check_running(removal)
            await asyncio.sleep(0.01)
    assert await removal == 1
    assert (await comments.get_comment(db, top.id)).status is CommentStatus.REMOVED


async def test_a_removal_sees_that_its_last_answer_went_after_its_snapshot_on_postgresql(
    on_postgresql: Database,
) -> None:
    db = on_postgresql
    owner = await person(db)
    made = await video(db, owner.id)
    top = await comment(db, made.id, owner.id)
    low = await comment(db, made.id, owner.id, parent_id=top.id)
    with pytest.raises(TransactionConflict):
        async with db.transaction(isolation="repeatable read") as tx:
            await comments.get_comment(tx, top.id)
            await comments.remove_comment(db, low.id)
            await comments.remove_comment(tx, top.id)
