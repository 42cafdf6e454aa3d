"""Random calls about what users say of videos: comments, likes, shares and reports."""

from datetime import timedelta
from typing import Any

from hangar_dal import Database, builders, comments, likes, reports, shares
from hangar_dal.comments import ImportedComment
from hangar_dal.likes import CommentLike
from hangar_dal.reports import ReportReason, ReportResolution, ReportTarget
from hangar_dal.shares import Share, ShareChannel
from tests.community_parity.history import Call, History


def create_comment(at: History) -> Call:
    video_id, author_id, body = at.known(at.video_ids), at.user(), at.text()
    parent_id = at.known(at.comment_ids) if at.chance.random() < 0.7 else None
    comment_id, metadata = at.fresh(at.comment_ids), at.json()

    async def written(db: Database) -> Any:
        """An answer belongs to the video of what it answers."""
        at = video_id if parent_id is None else (await comments.get_comment(db, parent_id)).video_id
        new = builders.comment(
            video=at, author=author_id, parent=parent_id, id=comment_id, body=body, metadata=metadata
        )
        return await comments.create_comment(db, new)

    return written


def import_comments(at: History) -> Call:
    first, answer = (at.fresh(at.comment_ids) for _ in range(2))
    place = {"video_id": at.known(at.video_ids), "root_id": first, "created_at": at.clock.now}
    rows = [
        ImportedComment(id=answer, parent_id=first, depth=2, author_id=at.user(), body=at.text(), **place),
        ImportedComment(id=first, parent_id=None, depth=1, author_id=at.user(), body=at.text(), **place),
    ]

    async def imported(db: Database) -> comments.Comment:
        await comments.import_comments(db, rows)
        return await comments.get_comment(db, first)

    return imported


def change_comment(at: History) -> Call:
    comment_id, author_id, body = at.known(at.comment_ids), at.user(), at.text()
    return at.one_of(
        lambda db: comments.remove_comment(db, comment_id),
        lambda db: comments.edit_comment(db, comment_id, author_id=author_id, body=body),
    )


def like(at: History) -> Call:
    video_id, comment_id, user_id = at.known(at.video_ids), at.known(at.comment_ids), at.user()
    now = at.clock.now
    liked = [builders.like(video=video_id, user=user_id, created_at=now)]
    answered = [CommentLike(comment_id=comment_id, user_id=user_id, created_at=now)]
    [call] = at.chance.choices(
        [
            lambda db: likes.like_video(db, video_id, user_id=user_id),
            lambda db: likes.like_comment(db, comment_id, user_id=user_id),
            lambda db: likes.unlike_video(db, video_id, user_id=user_id),
            lambda db: likes.unlike_comment(db, comment_id, user_id=user_id),
            lambda db: likes.import_video_likes(db, liked),
            lambda db: likes.import_comment_likes(db, answered),
        ],
        [6, 6, 1, 1, 1, 1],
    )
    return call


def share(at: History) -> Call:
    user_id, recipient_id = at.two_users()
    share_id, taken = at.fresh(at.share_ids), at.known(at.share_ids)
    given = {"video": at.known(at.video_ids), "user": user_id, "id": share_id}
    new = builders.share(**given, recipient=at.some(recipient_id, recipient_id, None), message=at.text())
    old = Share(**builders.share(**given, channel=ShareChannel.OTHER).model_dump(), created_at=at.clock.now)
    return at.one_of(
        *[lambda db: shares.share_video(db, new)] * 4,
        lambda db: shares.import_shares(db, [old]),
        lambda db: shares.delete_share(db, taken, user_id=user_id),
    )


def report(at: History) -> Call:
    kind = at.some(*ReportTarget)
    ids = {"VIDEO": at.video_ids, "COMMENT": at.comment_ids, "USER": at.user_ids}[kind]
    new = builders.report(
        at.known(ids),
        reporter=at.user(),
        target_kind=kind,
        id=at.fresh(at.report_ids),
        reason=at.some(*ReportReason),
        details=at.some(None, at.text()),
    )
    moderator_id, report_id, lease = at.user(), at.known(at.report_ids), timedelta(seconds=at.some(1, 900))
    resolution, before = at.some(*ReportResolution), at.clock.now - timedelta(hours=1)

    async def resolved(db: Database) -> Any:
        """What a moderator holds, if they hold something."""
        held = await reports.list_claimed_reports(db, moderator_id)
        chosen = held[0].id if held else report_id
        return await reports.resolve_report(db, chosen, moderator_id=moderator_id, resolution=resolution, note="seen")

    [call] = at.chance.choices(
        [
            lambda db: reports.create_report(db, new),
            lambda db: reports.claim_report(db, moderator_id=moderator_id, lease=lease),
            resolved,
            lambda db: reports.release_report(db, report_id, moderator_id=moderator_id),
            lambda db: reports.import_reports(db, [new]),
            lambda db: reports.purge_reports(db, before=before),
        ],
        [8, 5, 3, 2, 1, 1],
    )
    return call
