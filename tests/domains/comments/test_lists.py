"""Lists of comments: pages, nested answers, whole branches, and what blocks hide."""

from datetime import timedelta
from uuid import UUID

import pytest

from hangar_dal import Database, comments, likes, social, videos
from hangar_dal.comments import CommentAuthor, CommentDetails, CommentStatus
from hangar_dal.errors import NotFound
from hangar_dal.videos import VideoVisibility
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock
from tests.helpers.community import comment, person, video


async def test_a_page_has_first_answers_and_counts(database: Database, clock: Clock) -> None:
    owner, fan = await person(database), await person(database)
    made = await video(database, owner.id)
    tops, answers = [], []
    for _ in range(3):
        clock.advance(timedelta(seconds=1))
        tops.append(await comment(database, made.id, owner.id, metadata={"a": [1]}))
    for _ in range(4):
        clock.advance(timedelta(seconds=1))
        answers.append(await comment(database, made.id, fan.id, parent_id=tops[1].id))
    below = await comment(database, made.id, owner.id, parent_id=answers[0].id)
    for liked, who in ((tops[1], owner), (tops[1], fan), (answers[0], owner)):
        await likes.like_comment(database, liked.id, user_id=who.id)
    await comments.remove_comment(database, answers[0].id)
    page = await comments.list_comments(database, made.id, viewer_id=fan.id, answers=2, limit=2)
    assert [each.id for each in page] == [tops[2].id, tops[1].id]
    thread = page[1]
    assert (thread.likes, thread.answers, thread.metadata) == (2, 3, {"a": [1]})
    assert thread.author == CommentAuthor(id=owner.id, username=owner.username, display_name=owner.display_name)
    first, second = thread.first_answers
    assert (first.id, first.status, first.author, first.body) == (answers[0].id, CommentStatus.REMOVED, None, None)
    assert (first.answers, second.id, second.author and second.author.id) == (1, answers[1].id, fan.id)
    assert second.created_at == answers[1].created_at
    rest = await comments.list_comments(database, made.id, viewer_id=None, after=page[-1], answers=0)
    assert [(each.id, each.first_answers) for each in rest] == [(tops[0].id, [])]
    more = await comments.list_answers(database, tops[1].id, viewer_id=None, after=second)
    assert [each.id for each in more] == [each.id for each in answers[2:]]
    assert thread.first_answers == (await comments.list_answers(database, tops[1].id, viewer_id=None, limit=2))
    branch = await comments.list_branch(database, tops[1].id, viewer_id=None)
    assert [each.id for each in branch] == [tops[1].id, answers[0].id, below.id, *(each.id for each in answers[1:])]
    assert CommentDetails.model_validate(thread.model_dump(exclude={"first_answers"})) == branch[0]
    assert await comments.find_visible_comment(database, tops[1].id, viewer_id=None) == branch[0]
    assert await comments.find_visible_comment(database, answers[0].id, viewer_id=None) == branch[1]
    assert [each.id for each in await comments.list_branch(database, answers[0].id, viewer_id=None)] == [
        answers[0].id,
        below.id,
    ]


async def test_lists_of_comments_are_one_statement_for_one_comment_and_for_twenty(
    database: Database, hangar_queries: HangarQueries
) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    tops = [await comment(database, made.id, owner.id) for _ in range(20)]
    for top in tops:
        await comment(database, made.id, owner.id, parent_id=top.id)
    for _ in range(19):
        await comment(database, made.id, owner.id, parent_id=tops[0].id)
    for limit in (1, 20):
        with hangar_queries(at_most=1):
            page = await comments.list_comments(database, made.id, viewer_id=owner.id, limit=limit)
        assert [bool(each.author and each.first_answers) for each in page] == [True] * limit
        with hangar_queries(at_most=1):
            answers = await comments.list_answers(database, tops[0].id, viewer_id=owner.id, limit=limit)
        with hangar_queries(at_most=1):
            branch = await comments.list_branch(database, tops[0].id, viewer_id=owner.id, limit=limit)
        for found in (answers, branch):
            assert [each.author and each.author.id for each in found] == [owner.id] * limit


async def test_comments_of_an_author_come_newest_first(database: Database, clock: Clock) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    written = []
    for _ in range(3):
        written.append(await comment(database, made.id, owner.id))
        clock.advance(timedelta(seconds=1))
    page = await comments.list_comments_of_author(database, owner.id, limit=2)
    rest = await comments.list_comments_of_author(database, owner.id, after=page[-1])
    assert [*page, *rest] == written[::-1]


async def test_a_block_hides_comments_with_their_answers_both_ways(database: Database) -> None:
    owner, ada, bob, eve = [await person(database) for _ in range(4)]
    made = await video(database, owner.id)
    by_ada = await comment(database, made.id, ada.id)
    by_bob = await comment(database, made.id, bob.id)
    under_ada = await comment(database, made.id, eve.id, parent_id=by_ada.id)
    under_bob = await comment(database, made.id, ada.id, parent_id=by_bob.id)
    below = await comment(database, made.id, eve.id, parent_id=under_bob.id)
    await social.block(database, blocker_id=ada.id, blocked_id=bob.id)

    async def seen(viewer_id: UUID | None) -> set[UUID]:
        found: set[UUID] = set()
        for thread in await comments.list_comments(database, made.id, viewer_id=viewer_id):
            found |= {thread.id, *(each.id for each in thread.first_answers)}
        for each in (by_ada, by_bob):
            answers = await comments.list_answers(database, each.id, viewer_id=viewer_id)
            assert {answer.id for answer in answers} <= found
            branch = await comments.list_branch(database, each.id, viewer_id=viewer_id)
            found |= {one.id for one in branch}
        return found

    everything = {each.id for each in (by_ada, by_bob, under_ada, under_bob, below)}
    assert await seen(None) == await seen(eve.id) == await seen(owner.id) == everything
    assert await seen(ada.id) == {by_ada.id, under_ada.id}
    assert await seen(bob.id) == {by_bob.id}
    await social.block(database, blocker_id=eve.id, blocked_id=owner.id)
    assert await seen(eve.id) == set()


async def test_what_is_below_a_hidden_comment_is_hidden_although_its_own_author_is_not(database: Database) -> None:
    owner, ada, bob, eve, joe = [await person(database) for _ in range(5)]
    made = await video(database, owner.id)
    top = await comment(database, made.id, bob.id)
    middle = await comment(database, made.id, eve.id, parent_id=top.id)
    low = await comment(database, made.id, ada.id, parent_id=middle.id)
    await likes.like_comment(database, middle.id, user_id=owner.id)
    await social.block(database, blocker_id=ada.id, blocked_id=bob.id)
    await social.block(database, blocker_id=bob.id, blocked_id=joe.id)
    for viewer in (ada, joe):
        assert await comments.list_answers(database, middle.id, viewer_id=viewer.id) == []
        assert await comments.list_branch(database, middle.id, viewer_id=viewer.id) == []
        assert await comments.find_visible_comment(database, middle.id, viewer_id=viewer.id) is None
        assert await likes.list_comment_likes(database, middle.id, viewer_id=viewer.id) == []
        with pytest.raises(NotFound):
            await likes.like_comment(database, middle.id, user_id=viewer.id)
        with pytest.raises(NotFound):
            await comment(database, made.id, viewer.id, parent_id=middle.id)
    with pytest.raises(NotFound):
        await comments.edit_comment(database, low.id, author_id=ada.id, body="Changed")
    branch = await comments.list_branch(database, middle.id, viewer_id=eve.id)
    assert [each.id for each in branch] == [middle.id, low.id]
    assert await comments.find_visible_comment(database, middle.id, viewer_id=eve.id) == branch[0]
    assert len(await likes.list_comment_likes(database, middle.id, viewer_id=eve.id)) == 1
    await likes.like_comment(database, middle.id, user_id=eve.id)
    await comment(database, made.id, eve.id, parent_id=middle.id)
    await social.unblock(database, blocker_id=ada.id, blocked_id=bob.id)
    await comments.edit_comment(database, low.id, author_id=ada.id, body="Changed")


async def test_the_author_sees_and_edits_a_comment_only_while_the_video_is_seen(database: Database) -> None:
    owner, fan = await person(database), await person(database)
    made = await video(database, owner.id, visibility=VideoVisibility.FOLLOWERS)
    await social.follow(database, follower_id=fan.id, followed_id=owner.id)
    written = await comment(database, made.id, fan.id)
    await comments.edit_comment(database, written.id, author_id=fan.id, body="Changed")
    assert await comments.find_visible_comment(database, written.id, viewer_id=fan.id) is not None
    await social.unfollow(database, follower_id=fan.id, followed_id=owner.id)
    assert await comments.find_visible_comment(database, written.id, viewer_id=fan.id) is None
    with pytest.raises(NotFound):
        await comments.edit_comment(database, written.id, author_id=fan.id, body="Again")
    await videos.update_video(database, made.id, visibility=VideoVisibility.PUBLIC)
    await comments.edit_comment(database, written.id, author_id=fan.id, body="Again")
    await social.block(database, blocker_id=owner.id, blocked_id=fan.id)
    with pytest.raises(NotFound):
        await comments.edit_comment(database, written.id, author_id=fan.id, body="Insult")
    assert await comments.remove_comment(database, written.id) == 1
