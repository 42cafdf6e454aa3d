"""What is asked about what users do: follows, blocks, likes, comments, shares and reports."""

from typing import Final

from benchmarks.growth.filled import Calls, Filled
from benchmarks.growth.filling import REPORT, SHARE, id_of
from hangar_dal import builders, comments, likes, reports, shares, social
from hangar_dal.reports import ReportStatus, ReportTarget

FOLLOWED, LIKER, RECIPIENT, SENDER, REPORTER, MODERATOR = 0, 1, 2, 3, 1, 4


async def find_middles(at: Filled) -> None:
    """A row in the middle of each long list, which its number leads to."""
    half, db = at.users // 2, at.db
    user, video, comment = at.user(half), at.video(0), at.comment(0)
    newest = await social.list_followers(db, at.user(FOLLOWED), viewer_id=None, limit=1)
    follow = await social.find_follow(db, follower_id=user, followed_id=at.user(FOLLOWED))
    assert follow is not None
    at.middle["follower"] = newest[0].model_copy(update={"id": user, "created_at": follow.created_at})
    at.middle["like"] = await likes.find_video_like(db, video, user_id=user)
    at.middle["liked"] = await likes.find_video_like(db, at.video(at.rows // 20 * 10 + 5), user_id=at.user(LIKER))
    at.middle["comment like"] = await likes.find_comment_like(db, comment, user_id=user)
    [thread] = await comments.list_comments(db, video, viewer_id=None, limit=1)
    at.middle["thread"] = thread.model_copy(update={"id": at.comment(half)})
    [answer] = await comments.list_answers(db, comment, viewer_id=None, limit=1)
    at.middle["answer"] = answer.model_copy(update={"id": at.comment(at.users + half)})
    at.middle["own comment"] = await comments.get_comment(db, at.comment(at.rows // 20 * 10 + 8))
    at.middle["received"] = await shares.get_share(db, id_of(SHARE, at.rows // 20 * 10 + 12))
    at.middle["sent"] = await shares.get_share(db, id_of(SHARE, at.rows // 20 * 10 + 1))
    for name, number in (("resolved", 3), ("about one", 0), ("of one", 1), ("open", 7)):
        at.middle[name] = await reports.find_report(db, id_of(REPORT, at.rows // 20 * 10 + number))


_SOCIAL: Final[Calls] = {
    "find_follow": lambda at: social.find_follow(at.db, follower_id=at.user(), followed_id=at.user(FOLLOWED)),
    "find_profile": lambda at: social.find_profile(at.db, at.user(), viewer_id=at.user()),
    "find_profile of the most followed": lambda at: social.find_profile(at.db, at.user(FOLLOWED), viewer_id=at.user()),
    "count_follows of the most followed": lambda at: social.count_follows(at.db, at.user(FOLLOWED)),
    "list_followers": lambda at: social.list_followers(at.db, at.user(), viewer_id=at.user()),
    "list_followers, long": lambda at: social.list_followers(at.db, at.user(FOLLOWED), viewer_id=at.user()),
    "list_followers, long, deep": lambda at: social.list_followers(
        at.db, at.user(FOLLOWED), viewer_id=at.user(), after=at.middle["follower"]
    ),
    "list_following": lambda at: social.list_following(at.db, at.user(), viewer_id=at.user()),
    "list_mutual_followers": lambda at: social.list_mutual_followers(
        at.db, at.user(), other_id=at.user(), viewer_id=at.user()
    ),
    "list_mutual_followers with the most followed": lambda at: social.list_mutual_followers(
        at.db, at.user(FOLLOWED), other_id=at.user(), viewer_id=at.user()
    ),
    "list_friends": lambda at: social.list_friends(at.db, at.user()),
    "list_friends of the most followed": lambda at: social.list_friends(at.db, at.user(FOLLOWED)),
    "list_blocked_users": lambda at: social.list_blocked_users(at.db, at.user()),
    "list_hidden_users of 20": lambda at: social.list_hidden_users(
        at.db, [at.user() for _ in range(20)], viewer_id=at.user()
    ),
    "list_followed_videos": lambda at: social.list_followed_videos(at.db, at.user()),
    "list_followed_videos, deep": lambda at: social.list_followed_videos(at.db, at.user(), after=at.middle["video"]),
    "insert_follow": lambda at: social.insert_follow(at.db, follower_id=at.other_user(), followed_id=at.user(5)),
    "unfollow": lambda at: social.unfollow(at.db, follower_id=at.other_user(), followed_id=at.user(FOLLOWED)),
}
_LIKES: Final[Calls] = {
    "find_video_like": lambda at: likes.find_video_like(at.db, at.video(0), user_id=at.user()),
    "count_video_likes of the most liked": lambda at: likes.count_video_likes(at.db, at.video(0)),
    "list_video_likes": lambda at: likes.list_video_likes(at.db, at.video(), viewer_id=at.user()),
    "list_video_likes, long": lambda at: likes.list_video_likes(at.db, at.video(0), viewer_id=at.user()),
    "list_video_likes, long, deep": lambda at: likes.list_video_likes(
        at.db, at.video(0), viewer_id=at.user(), after=at.middle["like"]
    ),
    "list_videos_liked_by": lambda at: likes.list_videos_liked_by(at.db, at.user()),
    "list_videos_liked_by, long": lambda at: likes.list_videos_liked_by(at.db, at.user(LIKER)),
    "list_videos_liked_by, long, deep": lambda at: likes.list_videos_liked_by(
        at.db, at.user(LIKER), after=at.middle["liked"]
    ),
    "find_comment_like": lambda at: likes.find_comment_like(at.db, at.comment(0), user_id=at.user()),
    "list_comment_likes, long": lambda at: likes.list_comment_likes(at.db, at.comment(0), viewer_id=at.user()),
    "list_comment_likes, long, deep": lambda at: likes.list_comment_likes(
        at.db, at.comment(0), viewer_id=at.user(), after=at.middle["comment like"]
    ),
    "insert_video_like": lambda at: likes.insert_video_like(at.db, at.other_video(), user_id=at.user()),
    "unlike_video of the most liked": lambda at: likes.unlike_video(at.db, at.video(0), user_id=at.other_user()),
    "insert_comment_like": lambda at: likes.insert_comment_like(at.db, at.other_comment(), user_id=at.user()),
}
_COMMENTS: Final[Calls] = {
    "find_visible_comment": lambda at: comments.find_visible_comment(at.db, at.comment(), viewer_id=at.user()),
    "count_comments of the most commented": lambda at: comments.count_comments(at.db, at.video(0)),
    "list_comments, long": lambda at: comments.list_comments(at.db, at.video(0), viewer_id=at.user()),
    "list_comments, long, deep": lambda at: comments.list_comments(
        at.db, at.video(0), viewer_id=at.user(), after=at.middle["thread"]
    ),
    "list_answers": lambda at: comments.list_answers(at.db, at.comment(), viewer_id=at.user()),
    "list_answers, long": lambda at: comments.list_answers(at.db, at.comment(0), viewer_id=at.user()),
    "list_answers, long, deep": lambda at: comments.list_answers(
        at.db, at.comment(0), viewer_id=at.user(), after=at.middle["answer"]
    ),
    "list_branch": lambda at: comments.list_branch(at.db, at.comment(), viewer_id=at.user()),
    "list_comments_of_author": lambda at: comments.list_comments_of_author(at.db, at.user()),
    "list_comments_of_author, long, deep": lambda at: comments.list_comments_of_author(
        at.db, at.user(0), after=at.middle["own comment"]
    ),
    "insert_comment": lambda at: comments.insert_comment(at.db, builders.comment(video=at.video(), author=at.user())),
    "insert_comment, an answer": lambda at: comments.insert_comment(
        at.db, builders.comment(video=at.video(0), author=at.user(), parent=at.comment(0))
    ),
    "remove_comment": lambda at: comments.remove_comment(at.db, at.other_comment()),
}
_SHARES: Final[Calls] = {
    "get_share": lambda at: shares.get_share(at.db, id_of(SHARE, at.random.randrange(at.rows // 10) * 10 + 3)),
    "count_shares": lambda at: shares.count_shares(at.db, at.video()),
    "list_received_shares": lambda at: shares.list_received_shares(at.db, at.user()),
    "list_received_shares, long": lambda at: shares.list_received_shares(at.db, at.user(RECIPIENT)),
    "list_received_shares, long, deep": lambda at: shares.list_received_shares(
        at.db, at.user(RECIPIENT), after=at.middle["received"]
    ),
    "list_shares_of_user": lambda at: shares.list_shares_of_user(at.db, at.user()),
    "list_shares_of_user, long, deep": lambda at: shares.list_shares_of_user(
        at.db, at.user(SENDER), after=at.middle["sent"]
    ),
    "insert_share": lambda at: shares.insert_share(at.db, builders.share(video=at.video(), user=at.user())),
}
_REPORTS: Final[Calls] = {
    "find_report": lambda at: reports.find_report(at.db, id_of(REPORT, at.random.randrange(at.rows))),
    "find_unresolved_report": lambda at: reports.find_unresolved_report(
        at.db, reporter_id=at.user(), target_kind=ReportTarget.VIDEO, target_id=at.video(0)
    ),
    "claim_report": lambda at: reports.claim_report(at.db, moderator_id=at.user()),
    "list_claimed_reports": lambda at: reports.list_claimed_reports(at.db, at.user(MODERATOR)),
    "list_reports, open": lambda at: reports.list_reports(at.db, ReportStatus.OPEN),
    "list_reports, open, deep": lambda at: reports.list_reports(at.db, ReportStatus.OPEN, after=at.middle["open"]),
    "list_reports, resolved, deep": lambda at: reports.list_reports(
        at.db, ReportStatus.RESOLVED, after=at.middle["resolved"]
    ),
    "list_reports_of_target, long, deep": lambda at: reports.list_reports_of_target(
        at.db, at.video(0), after=at.middle["about one"]
    ),
    "list_reports_of_reporter": lambda at: reports.list_reports_of_reporter(at.db, at.user()),
    "list_reports_of_reporter, long, deep": lambda at: reports.list_reports_of_reporter(
        at.db, at.user(REPORTER), after=at.middle["of one"]
    ),
    "insert_report": lambda at: reports.insert_report(at.db, builders.report(at.video(), reporter=at.user())),
    "delete_resolved_reports, 10": lambda at: reports.delete_resolved_reports(at.db, before=at.db.now(), batch_size=10),
}
DOMAINS: Final = {
    "social": _SOCIAL,
    "likes": _LIKES,
    "comments": _COMMENTS,
    "shares": _SHARES,
    "reports": _REPORTS,
}
