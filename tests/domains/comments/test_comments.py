"""Comments: written, edited and removed, and trees that keep only what still has answers."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from hangar_dal import Database, builders, comments, likes, social, users, uuid7, videos
from hangar_dal.comments import Comment, CommentStatus, ImportedComment
from hangar_dal.errors import CheckViolation, ConstraintViolation, NotFound, TriggerViolation, UniqueViolation
from tests.helpers.clock import Clock
from tests.helpers.community import comment, person, video
from tests.helpers.domain_fixtures import Sql


async def chain(db: Database, video_id: UUID, authors: Sequence[UUID]) -> list[Comment]:
    """A comment, an answer to it, an answer to that, and so on."""
    made: list[Comment] = []
    for author_id in authors:
        made.append(await comment(db, video_id, author_id, parent_id=made[-1].id if made else None))
    return made


async def test_a_comment_is_stored_once_and_edited_by_its_author(database: Database, clock: Clock) -> None:
    owner, other = await person(database), await person(database)
    made = await video(database, owner.id)
    new = builders.comment(video=made, author=other, body="First", metadata={"at": 12})
    first = await comments.create_comment(database, new)
    assert (first.root_id, first.depth, first.parent_id, first.metadata) == (first.id, 1, None, {"at": 12})
    assert await comments.create_comment(database, new) == first
    with pytest.raises(UniqueViolation):
        await comments.create_comment(database, new.model_copy(update={"author_id": owner.id}))
    clock.advance(timedelta(minutes=1))
    edited = await comments.edit_comment(database, first.id, author_id=other.id, body="Second")
    assert edited == first.model_copy(update={"body": "Second", "edited_at": clock.now})
    with pytest.raises(NotFound):
        await comments.edit_comment(database, first.id, author_id=owner.id, body="Third")
    assert await comments.count_comments(database, made.id) == 1


async def test_an_answer_has_the_root_of_its_parent_and_at_most_eight_levels(database: Database) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    tree = await chain(database, made.id, [owner.id] * 8)
    assert [each.depth for each in tree] == list(range(1, 9))
    assert {each.root_id for each in tree} == {tree[0].id}
    with pytest.raises(CheckViolation) as caught:
        await comment(database, made.id, owner.id, parent_id=tree[-1].id)
    assert caught.value.constraint == "comments_depth_check"


async def test_only_what_is_seen_is_commented_and_answered(database: Database) -> None:
    owner, ada, bob = await person(database), await person(database), await person(database)
    made, elsewhere = await video(database, owner.id), await video(database, owner.id)
    first = await comment(database, made.id, ada.id)
    await social.block(database, blocker_id=ada.id, blocked_id=bob.id)
    for video_id, parent_id in ((made.id, first.id), (elsewhere.id, first.id), (made.id, uuid7()), (uuid7(), None)):
        with pytest.raises(NotFound):
            await comment(database, video_id, bob.id, parent_id=parent_id)
    await comment(database, made.id, bob.id)
    await social.block(database, blocker_id=owner.id, blocked_id=bob.id)
    with pytest.raises(NotFound):
        await comment(database, made.id, bob.id)
    await comments.remove_comment(database, first.id)
    with pytest.raises(NotFound):
        await comment(database, made.id, ada.id, parent_id=first.id)


async def test_a_removed_comment_without_answers_goes(database: Database) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    first = await comment(database, made.id, owner.id)
    await likes.like_comment(database, first.id, user_id=owner.id)
    assert await comments.remove_comment(database, first.id) == 1
    assert await comments.remove_comment(database, first.id) == 0
    with pytest.raises(NotFound):
        await comments.get_comment(database, first.id)
    assert await comments.count_comments(database, made.id) == 0


async def test_a_removed_comment_stays_without_text_until_its_last_answer_goes(database: Database) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    top, middle, low = await chain(database, made.id, [owner.id] * 3)
    beside = await comment(database, made.id, owner.id, parent_id=middle.id)
    for each in (top, middle):
        assert await comments.remove_comment(database, each.id) == 1
        left = await comments.get_comment(database, each.id)
        assert (left.status, left.body, left.metadata) == (CommentStatus.REMOVED, None, {})
        with pytest.raises(NotFound):
            await likes.like_comment(database, each.id, user_id=owner.id)
        with pytest.raises(NotFound):
            await comments.edit_comment(database, each.id, author_id=owner.id, body="Back")
    assert await comments.count_comments(database, made.id) == 2
    await comments.remove_comment(database, low.id)
    assert (await comments.get_comment(database, top.id)).status is CommentStatus.REMOVED
    await comments.remove_comment(database, beside.id)
    async with comments.stream_comments(database) as stream:
        assert [each async for each in stream] == []
    assert await comments.count_comments(database, made.id) == 0


async def test_a_deleted_user_leaves_placeholders_only_where_others_answered(database: Database, sql: Sql) -> None:
    owner, ada, bob = await person(database), await person(database), await person(database)
    made = await video(database, owner.id)
    top, low, kept = await chain(database, made.id, [ada.id, ada.id, bob.id])
    await chain(database, made.id, [ada.id, ada.id])
    await users.delete_user(database, ada.id)
    async with comments.stream_comments(database) as stream:
        left = [each async for each in stream]
    assert [(each.id, each.author_id, each.body) for each in left] == [
        (top.id, None, None),
        (low.id, None, None),
        (kept.id, bob.id, kept.body),
    ]
    assert await comments.count_comments(database, made.id) == 1
    await users.delete_user(database, bob.id)
    assert await sql("SELECT 1 FROM comments") == []
    assert await comments.count_comments(database, made.id) == 0


async def test_a_deleted_video_takes_its_comments_along(database: Database, sql: Sql) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    tree = await chain(database, made.id, [owner.id] * 4)
    await comments.remove_comment(database, tree[1].id)
    await likes.like_comment(database, tree[3].id, user_id=owner.id)
    await videos.delete_video(database, made.id)
    for table in ("comments", "comment_likes", "video_comment_counts", "answer_counts", "comment_like_counts"):
        assert await sql(f"SELECT 1 FROM {table}") == []


async def test_comments_are_imported_in_batches_and_counted(database: Database) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    rows: list[ImportedComment] = []
    for number in range(12):
        above = rows[(number - 1) // 3] if number else None
        new_id = uuid7()
        rows.append(
            ImportedComment(
                id=new_id,
                video_id=made.id,
                parent_id=above.id if above else None,
                root_id=above.root_id if above else new_id,
                depth=above.depth + 1 if above else 1,
                author_id=owner.id,
                body="Imported",
                created_at=database.now(),
            )
        )
    assert await comments.import_comments(database, rows, batch_size=5) == 12
    assert await comments.import_comments(database, rows) == 0
    assert await comments.count_comments(database, made.id) == 12
    (thread,) = await comments.list_comments(database, made.id, viewer_id=None)
    assert thread.answers == 3


async def test_the_table_refuses_a_comment_that_breaks_a_rule(database: Database, sql: Sql) -> None:
    owner = await person(database)
    made, elsewhere = await video(database, owner.id), await video(database, owner.id)
    top, low = await chain(database, made.id, [owner.id] * 2)
    gone, _ = await chain(database, made.id, [owner.id] * 2)
    await comments.remove_comment(database, gone.id)
    at = "2030-01-02T03:04:05.000000Z"

    def new(
        rule: str,
        *,
        video_id: UUID = made.id,
        parent: UUID | None = None,
        root: UUID | None = None,
        depth: int = 1,
        author: UUID | None = owner.id,
        body: str = "'x'",
        status: str = "VISIBLE",
        metadata: str = "{}",
    ) -> tuple[str, str]:
        new_id = uuid7()
        parent_id = f"'{parent}'" if parent else "NULL"
        author_id = f"'{author}'" if author else "NULL"
        return rule, (
            f"INSERT INTO comments VALUES ('{new_id}', '{video_id}', {parent_id}, '{root or new_id}', {depth}, "
            f"{author_id}, {body}, '{status}', '{metadata}', '{at}', NULL)"
        )

    for rule, statement in (
        new("comments_first_status", status="REMOVED", body="NULL"),
        new("comments_first_status", author=None),
        new("comments_removed_check", body="NULL"),
        new("comments_body_check", body="''"),
        new("comments_status_check", status="HIDDEN"),
        new("comments_metadata_check", metadata="[]"),
        new("comments_root_check", depth=2),
        new("comments_root_check", root=top.id),
        new("comments_depth_check", depth=0),
        new("comments_answer", parent=uuid7(), root=top.id, depth=2),
        new("comments_answer", parent=gone.id, root=gone.id, depth=2),
        new("comments_answer", parent=top.id, root=top.id, depth=3),
        new("comments_answer", parent=top.id, root=low.id, depth=2),
        new("comments_answer", parent=top.id, root=top.id, depth=2, video_id=elsewhere.id),
        new("comments_video_id_fkey", video_id=uuid7()),
        new("comments_author_id_fkey", author=uuid7()),
        ("comments_status_transition", f"UPDATE comments SET status = 'VISIBLE', body = 'x' WHERE id = '{gone.id}'"),
        ("comments_unchanged", f"UPDATE comments SET video_id = '{elsewhere.id}' WHERE id = '{top.id}'"),
        ("comments_unchanged", f"UPDATE comments SET parent_id = NULL WHERE id = '{low.id}'"),
        ("comments_unchanged", f"UPDATE comments SET created_at = '{at}' WHERE id = '{low.id}'"),
        ("comments_unchanged", f"UPDATE comments SET id = '{uuid7()}' WHERE id = '{low.id}'"),
        ("comments_parent_id_fkey", f"DELETE FROM comments WHERE id = '{top.id}'"),
        ("video_comment_counts_comments_check", "UPDATE video_comment_counts SET comments = -1"),
        ("answer_counts_answers_check", "UPDATE answer_counts SET answers = -1"),
    ):
        await _refused(sql, statement, rule)
    assert await comments.count_comments(database, made.id) == 3


async def _refused(sql: Sql, statement: str, rule: str) -> None:
    with pytest.raises(ConstraintViolation) as caught:
        await sql(statement)
    # SQLite does not say which foreign key is broken.
    assert caught.value.constraint == rule or (rule.endswith("_fkey") and caught.value.constraint is None), statement


async def test_sql_that_bypasses_the_package_keeps_the_tree(database: Database, sql: Sql) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    top, middle, low = await chain(database, made.id, [owner.id] * 3)
    await sql(f"UPDATE comments SET status = 'REMOVED', body = NULL WHERE id IN ('{top.id}', '{middle.id}')")
    assert len(await sql("SELECT 1 FROM comments")) == 3
    assert await comments.count_comments(database, made.id) == 1
    await sql(f"DELETE FROM comments WHERE id = '{low.id}'")
    assert await sql("SELECT 1 FROM comments") == []
    assert await comments.count_comments(database, made.id) == 0
    with pytest.raises(TriggerViolation):
        await sql(
            f"INSERT INTO comments VALUES ('{uuid7()}', '{made.id}', '{top.id}', '{top.id}', 2, '{owner.id}', 'x', "
            "'VISIBLE', '{}', '2030-01-02T03:04:05.000000Z', NULL)"
        )
