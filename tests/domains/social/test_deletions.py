"""Many users, videos or comments that one statement deletes, with all that others did with them."""

from contextlib import suppress
from itertools import product
from random import Random
from uuid import UUID

import pytest

from hangar_dal import Database, builders, comments, likes, reports, shares, social, uuid7
from hangar_dal.comments import ImportedComment
from hangar_dal.database import Executor
from hangar_dal.likes import CommentLike
from hangar_dal.shares import Share
from hangar_dal.social import FollowStatus
from tests.domains.recounting import wrong_counts
from tests.helpers.community import comment, person, video
from tests.helpers.community import on_postgresql as on_postgresql
from tests.helpers.domain_fixtures import sql_on

AT = builders.EARLIER
PEOPLE, VIDEOS, ROOTS, MORE_THAN_ALL = 6, 4, 4, 1000


def of_few_shards(random: Random) -> UUID:
    """An id that ends with one of two digits, so that rows of counts are shared."""
    return UUID(f"{str(uuid7())[:-1]}{random.choice('0f')}")


def said_about(video_id: UUID, people: list[UUID], random: Random) -> list[ImportedComment]:
    """A few trees of comments."""
    said: list[ImportedComment] = []
    for place in range(ROOTS * 3):
        made = of_few_shards(random)
        above = random.choice(said) if place >= ROOTS else None
        if above is not None and above.depth == 8:
            continue
        said.append(
            ImportedComment(
                id=made,
                video_id=video_id,
                parent_id=above and above.id,
                root_id=above.root_id if above else made,
                depth=above.depth + 1 if above else 1,
                author_id=random.choice(people),
                body="Well flown",
                created_at=AT,
            )
        )
    return said


async def crowd(db: Database, random: Random) -> None:
    """People who follow each other, and say, like and share much about the videos of each other."""
    people = [(await person(db, id=of_few_shards(random))).id for _ in range(PEOPLE)]
    seen = [(await video(db, random.choice(people), id=of_few_shards(random))).id for _ in range(VIDEOS)]
    said = [each for video_id in seen for each in said_about(video_id, people, random)]
    await comments.import_comments(db, said)

    def some(*kinds: list[UUID]) -> list[tuple[UUID, ...]]:
        rows = [row for row in product(*kinds) if len({*row}) == len(row)]
        return random.sample(rows, len(rows) * 2 // 3)

    def share(video_id: UUID, sender: UUID, recipient: UUID) -> Share:
        new = builders.share(video=video_id, user=sender, recipient=recipient, id=of_few_shards(random))
        return Share(**new.model_dump(), created_at=AT)

    liked = some([each.id for each in said], people)
    await likes.import_comment_likes(db, [CommentLike(comment_id=a, user_id=b, created_at=AT) for a, b in liked])
    await likes.import_video_likes(db, [builders.like(video=a, user=b) for a, b in some(seen, people)])
    statuses = [*FollowStatus, FollowStatus.ACCEPTED]
    follows = [builders.follow(follower=a, followed=b, status=random.choice(statuses)) for a, b in some(people, people)]
    await social.import_follows(db, follows)
    await shares.import_shares(db, [share(*row) for row in some(seen, people, people)])


# What one statement does to these rows, and the rows.
CHANGES: dict[str, tuple[str, str]] = {
    "users": ("DELETE FROM users WHERE id IN ({})", "SELECT id FROM users"),
    "videos": ("DELETE FROM videos WHERE id IN ({})", "SELECT id FROM videos"),
    "trees": ("DELETE FROM comments WHERE root_id IN ({})", "SELECT id FROM comments WHERE depth = 1"),
    "comments": (
        "UPDATE comments SET status = 'REMOVED', body = NULL WHERE id IN ({})",
        "SELECT id FROM comments WHERE status = 'VISIBLE'",
    ),
}
EMPTY = (
    "SELECT 1 FROM comments AS c WHERE status <> 'REMOVED' AND author_id IS NULL OR status = 'REMOVED'"
    " AND NOT EXISTS (SELECT 1 FROM comments AS a WHERE a.parent_id = c.id)"
)


async def change(db: Executor, name: str, size: int, random: Random) -> None:
    """One statement that changes so many rows, or all; what is left is whole."""
    sql, (statement, rows) = sql_on(db), CHANGES[name]
    found = sorted(str(row[0]) for row in await sql(rows))
    chosen = random.sample(found, min(size, len(found)))
    await sql(statement.format(", ".join(f"'{each}'" for each in chosen) or "NULL"))
    assert await wrong_counts(sql, views=False) == await sql(EMPTY) == []


FOREIGN_KEYS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'f' ORDER BY conname"
)


class Undone(Exception):
    """Ends a transaction that is not to be kept."""


async def try_all(db: Database, random: Random, *, again: bool) -> None:
    """Each change of each size, in a transaction that is undone; with `again`, one more change of one row in it."""
    for name, size in product(CHANGES, (1, 2, 3, MORE_THAN_ALL)):
        with suppress(Undone):
            async with db.transaction() as tx:
                await change(tx, name, size, random)
                if again:
                    await change(tx, random.choice([*CHANGES]), 1, random)
                raise Undone


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 30))]


@pytest.mark.parametrize("further", SEEDS)
async def test_one_statement_deletes_many_whatever_they_did_with_each_other(
    database: Database, seed: int, further: int
) -> None:
    random = Random(seed + further)
    await crowd(database, random)
    assert await wrong_counts(sql_on(database), views=False) == []
    await try_all(database, random, again=True)


@pytest.mark.long
@pytest.mark.parametrize("further", range(10))
async def test_one_statement_deletes_many_whatever_the_order_of_foreign_keys(
    on_postgresql: Database, seed: int, further: int
) -> None:
    """PostgreSQL alone: it acts on foreign keys in the order in which they were made, which a restored dump changes."""
    random, sql = Random(seed + further), sql_on(on_postgresql)
    await crowd(on_postgresql, random)
    keys = await sql(FOREIGN_KEYS)
    for table, name, definition in random.sample(keys, len(keys)):
        await sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        await sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    await try_all(on_postgresql, random, again=False)


@pytest.mark.parametrize(
    ("first", "deleted"),
    [
        ("DELETE FROM video_likes", "videos"),
        ("DELETE FROM shares", "videos"),
        ("DELETE FROM comments WHERE depth = 2", "videos"),
        ("DELETE FROM comments WHERE depth = 2", "comments WHERE depth = 1"),
        ("DELETE FROM comments WHERE depth = 2", "users WHERE display_name = 'Ada'"),
        ("UPDATE comments SET status = 'REMOVED', body = NULL WHERE depth = 2", "videos"),
        ("UPDATE comments SET status = 'REMOVED', body = NULL WHERE depth = 2", "comments WHERE depth = 1"),
        ("UPDATE comments SET author_id = NULL WHERE depth = 2", "videos"),
        ("DELETE FROM comment_likes", "comments WHERE depth = 2"),
        ("DELETE FROM follows", "users WHERE display_name = 'Ada'"),
        ("UPDATE follows SET status = 'ACCEPTED', accepted_at = created_at", "users WHERE display_name <> 'Ada'"),
        ("UPDATE reports SET claimed_by = NULL", "users WHERE display_name = 'Ada'"),
    ],
)
async def test_a_row_is_deleted_by_the_statement_that_changes_what_belongs_to_it(
    on_postgresql: Database, first: str, deleted: str
) -> None:
    """PostgreSQL alone: a statement of SQLite changes one table."""
    db, sql = on_postgresql, sql_on(on_postgresql)
    names = ("Ada", "Bob", "Eve", "Zoe", "Max")
    ada, bob, eve, zoe, max_ = [await person(db, display_name=name, id=of_few_shards(Random(1))) for name in names]
    made = await video(db, bob.id)
    said = await comment(db, made.id, ada.id)
    for _ in range(2):
        answer = await comment(db, made.id, eve.id, parent_id=said.id, id=of_few_shards(Random(1)))
        await shares.share_video(db, builders.share(video=made, user=ada, id=of_few_shards(Random(1))))
    for each in (ada, bob, eve):
        await likes.like_video(db, made.id, user_id=each.id)
        await likes.like_comment(db, answer.id, user_id=each.id)
    follows = [
        builders.follow(follower=one, followed=other) for one, other in ((ada, bob), (ada, eve), (bob, ada), (eve, ada))
    ]
    await social.import_follows(db, follows)
    wanted = [builders.follow(follower=zoe, followed=max_, status=FollowStatus.PENDING)]
    await social.import_follows(db, wanted)
    await reports.create_report(db, builders.report(made, reporter=ada))
    await reports.claim_report(db, moderator_id=eve.id)
    # What the subquery reads is done first.
    await sql(
        f"WITH changed AS ({first} RETURNING 1) DELETE FROM {deleted}"
        f" {'AND' if 'WHERE' in deleted else 'WHERE'} (SELECT count(*) FROM changed) > 0"
    )
    assert await wrong_counts(sql) == await sql(EMPTY) == []
    assert await sql("SELECT 1 FROM reports WHERE claimed_by IS NULL AND status = 'CLAIMED'") == []
