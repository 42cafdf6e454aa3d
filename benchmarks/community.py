"""The rows of the catalogs COMMUNITY and OUTBOX for a plausible database."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple
from uuid import UUID

from benchmarks.account_rows import OpenedInbox
from benchmarks.chance import shares
from benchmarks.moment import DAY
from benchmarks.people import People
from benchmarks.texts import CATEGORIES, LANGUAGES, SENTENCES, TAGS, WORDS
from hangar_dal.comments import ImportedComment
from hangar_dal.likes import CommentLike, VideoLike
from hangar_dal.notifications import Channel, NewNotification, Preference
from hangar_dal.outbox import NewMessage
from hangar_dal.reports import NewReport, ReportReason, ReportTarget
from hangar_dal.shares import Share, ShareChannel
from hangar_dal.social import Block, FollowStatus, NewFollow
from hangar_dal.video_views import View
from hangar_dal.videos import NewVideo, RenditionOfVideo, VideoStatus, VideoVisibility

# How many rows there are for each user.
VIDEOS: Final = 0.3
FOLLOWS: Final = 8
VIEWS: Final = 8
LIKES: Final = 5
COMMENTS: Final = 3
COMMENT_LIKES: Final = 2
SHARES: Final = 0.3
NOTIFICATIONS: Final = 4
MESSAGES: Final = 0.5
REPORTS: Final = 0.02

_DEEPEST: Final = 8
_FORMS: Final = (("sd", 854, 480, 1_200_000), ("hd", 1280, 720, 2_500_000), ("fhd", 1920, 1080, 5_000_000))
_KINDS: Final = {"like": "likes your video", "comment": "answered you", "follow": "follows you"}


class Clip(NamedTuple):
    """A video as other rows need it."""

    id: UUID
    owner: int
    at: datetime
    status: VideoStatus
    visibility: VideoVisibility


class Said(NamedTuple):
    """A comment as other rows need it."""

    id: UUID
    clip: Clip
    parent_id: UUID | None
    root_id: UUID
    depth: int
    author: int
    at: datetime


class Community(People):
    """What users show, say and do with each other."""

    @cached_property
    def clips(self) -> list[Clip]:
        """All videos, the first published first."""
        chance = self._chance("clips")
        made = []
        for owner, number in zip(self.famous, shares(self.size, self.size * VIDEOS), strict=True):
            for _ in range(number):
                at = chance.between(self.joined[owner], self.end)
                status = chance.choices(list(VideoStatus)[:4], [3, 2, 92, 3])[0]
                visibility = chance.choices(list(VideoVisibility), [80, 8, 7, 5])[0]
                made.append(Clip(chance.key(at), owner, at, status, visibility))
        return sorted(made, key=lambda clip: clip.at)

    @cached_property
    def popular(self) -> list[Clip]:
        """The videos that everybody sees, by how much they are viewed."""
        seen = [
            each for each in self.clips if (each.status, each.visibility) == (VideoStatus.READY, VideoVisibility.PUBLIC)
        ]
        self._chance("popular").shuffle(seen)
        return seen

    @cached_property
    def said(self) -> list[Said]:
        """All comments, those of a video together and each before its answers."""
        chance = self._chance("said")
        made: list[Said] = []
        for clip, number in zip(self.popular, shares(len(self.popular), self.size * COMMENTS), strict=True):
            tree: list[Said] = []
            for _ in range(number):
                author, above = (
                    chance.skewed(self.size),
                    chance.choice(tree) if tree and chance.random() < 0.5 else None,
                )
                at = chance.between(max(above.at if above else clip.at, self.joined[author]), self.end, early=4)
                key = chance.key(at)
                if above is None or above.depth == _DEEPEST:
                    tree.append(Said(key, clip, None, key, 1, author, at))
                else:
                    tree.append(Said(key, clip, above.id, above.root_id, above.depth + 1, author, at))
            made += tree
        return made

    @cached_property
    def hidden(self) -> set[tuple[int, int]]:
        """Who has blocked whom."""
        chance = self._chance("hidden")
        pairs = [chance.distinct(self.size, 2) for _ in range(self.size // 20)]
        return {(pair[0], pair[1]) for pair in pairs if len(pair) == 2}

    def blocks(self) -> Iterator[Block]:
        for blocker, blocked in sorted(self.hidden):
            at = max(self.joined[blocker], self.joined[blocked])
            yield Block(blocker_id=self.ids[blocker], blocked_id=self.ids[blocked], created_at=at)

    def follows(self) -> Iterator[NewFollow]:
        chance = self._chance("follows")
        for followed, number in zip(self.famous, shares(self.size, self.size * FOLLOWS), strict=True):
            for follower in chance.distinct(self.size, number):
                if follower != followed and self.hidden.isdisjoint({(follower, followed), (followed, follower)}):
                    at = chance.between(max(self.joined[follower], self.joined[followed]), self.end)
                    waits = followed in self.private and chance.random() < 0.2
                    status = FollowStatus.PENDING if waits else FollowStatus.ACCEPTED
                    pair = {"follower_id": self.ids[follower], "followed_id": self.ids[followed]}
                    yield NewFollow(**pair, status=status, created_at=at)

    def videos(self) -> Iterator[NewVideo]:
        chance = self._chance("videos")
        for clip in self.clips:
            is_ready = clip.status is VideoStatus.READY
            self.now["videos"] = clip.at
            yield NewVideo(
                id=clip.id,
                owner_id=self.ids[clip.owner],
                title=" ".join(chance.choices(WORDS, k=4)).capitalize(),
                description=" ".join(chance.choices(SENTENCES, k=2)),
                language=chance.choices(LANGUAGES, [6, 2, 2, 1, 1])[0],
                category=chance.choice(CATEGORIES),
                tags=sorted({TAGS[chance.skewed(len(TAGS))] for _ in range(chance.randrange(6))}),
                duration_ms=chance.randrange(5_000, 900_000) if is_ready else None,
                status=clip.status,
                visibility=clip.visibility,
                published_at=clip.at if is_ready else None,
            )

    def renditions(self) -> Iterator[RenditionOfVideo]:
        for clip in self.clips:
            if clip.status is VideoStatus.READY:
                for name, width, height, bitrate in _FORMS[: 2 + clip.owner % 2]:
                    url = f"https://cdn.example.org/{clip.id}/{name}.mp4"
                    form = {"width": width, "height": height, "bitrate": bitrate, "size": bitrate * 10}
                    yield RenditionOfVideo(video_id=clip.id, name=name, codec="av1", url=url, **form)

    def views(self) -> Iterator[View]:
        chance = self._chance("views")
        for clip, number in zip(self.popular, shares(len(self.popular), self.size * VIEWS), strict=True):
            for viewer in (chance.skewed(self.size) for _ in range(number)):
                at = chance.between(max(clip.at, self.joined[viewer]), self.end, early=2)
                hour = at.replace(minute=0, second=0, microsecond=0)
                yield View(video_id=clip.id, viewer_id=self.ids[viewer], hour=hour, viewed_at=at)

    def video_likes(self) -> Iterator[VideoLike]:
        chance = self._chance("video_likes")
        for clip, number in zip(self.popular, shares(len(self.popular), self.size * LIKES), strict=True):
            for user in chance.distinct(self.size, number):
                at = chance.between(max(clip.at, self.joined[user]), self.end, early=2)
                yield VideoLike(video_id=clip.id, user_id=self.ids[user], created_at=at)

    def comments(self) -> Iterator[ImportedComment]:
        chance = self._chance("comments")
        for each in self.said:
            yield ImportedComment(
                id=each.id,
                video_id=each.clip.id,
                parent_id=each.parent_id,
                root_id=each.root_id,
                depth=each.depth,
                author_id=self.ids[each.author],
                body=chance.choice(SENTENCES),
                created_at=each.at,
            )

    def comment_likes(self) -> Iterator[CommentLike]:
        chance = self._chance("comment_likes")
        liked = chance.sample(self.said, len(self.said))
        for each, number in zip(liked, shares(len(liked), self.size * COMMENT_LIKES), strict=True):
            for user in chance.distinct(self.size, number):
                at = chance.between(max(each.at, self.joined[user]), self.end, early=2)
                yield CommentLike(comment_id=each.id, user_id=self.ids[user], created_at=at)

    def shares(self) -> Iterator[Share]:
        chance = self._chance("shares")
        for clip, number in zip(self.popular, shares(len(self.popular), self.size * SHARES), strict=True):
            for _ in range(number):
                sender, recipient = chance.skewed(self.size), chance.skewed(self.size)
                at = chance.between(max(clip.at, self.joined[sender], self.joined[recipient]), self.end)
                to_user = sender != recipient and chance.random() < 0.3
                yield Share(
                    id=chance.key(at),
                    video_id=clip.id,
                    user_id=self.ids[sender],
                    recipient_id=self.ids[recipient] if to_user else None,
                    channel=ShareChannel.USER if to_user else chance.choice([ShareChannel.LINK, ShareChannel.EMAIL]),
                    message=chance.choice(SENTENCES) if to_user else None,
                    metadata={},
                    created_at=at,
                )

    def reports(self) -> Iterator[NewReport]:
        chance = self._chance("reports")
        for at, reporter in self._over_time(chance, REPORTS):
            self.now["reports"] = at
            targets = {
                ReportTarget.VIDEO: chance.choice(self.popular).id,
                ReportTarget.COMMENT: chance.choice(self.said).id,
                ReportTarget.USER: chance.choice(self.ids),
            }
            kind, reason = chance.choice(list(targets)), chance.choice(list(ReportReason))
            about = {"target_kind": kind, "target_id": targets[kind], "reason": reason}
            yield NewReport(id=chance.key(at), reporter_id=self.ids[reporter], **about)

    def notifications(self) -> Iterator[NewNotification]:
        chance = self._chance("notifications")
        for at, recipient in self._over_time(chance, NOTIFICATIONS):
            self.now["notifications"] = at
            kind = chance.choice(list(_KINDS))
            yield NewNotification(
                event_id=chance.key(at),
                recipient_id=self.ids[recipient],
                actor_id=self.ids[chance.skewed(self.size)],
                kind=kind,
                group_key=kind,
                title=f"Somebody {_KINDS[kind]}",
                expires_at=at + 365 * DAY,
            )

    def inboxes(self) -> Iterator[OpenedInbox]:
        """Two of five users look at their notifications; most of these have read them all."""
        chance = self._chance("inboxes")
        for user_id, joined in zip(self.ids, self.joined, strict=True):
            if chance.random() < 0.4:
                at = chance.between(joined, self.end)
                yield OpenedInbox(at=at, recipient_id=user_id, reads=chance.random() < 0.7)

    def preferences(self) -> Iterator[Preference]:
        chance = self._chance("preferences")
        for user_id, at in zip(self.ids, self.joined, strict=True):
            if chance.random() < 0.2:
                channel, is_enabled = chance.choice([Channel.EMAIL, Channel.PUSH]), chance.random() < 0.2
                yield Preference(user_id=user_id, kind="like", channel=channel, is_enabled=is_enabled, updated_at=at)

    def messages(self) -> Iterator[NewMessage]:
        chance = self._chance("messages")
        for at, place in self._over_time(chance, MESSAGES):
            self.now["messages"] = at
            key = chance.key(at)
            payload = {"user_id": str(self.ids[place]), "template": chance.choice(["welcome", "digest"])}
            yield NewMessage(id=key, topic="mail", dedup_key=str(key), payload=payload)
