"""Users who like, comment, share, follow and view the same few things."""

from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from hangar_dal import Database, builders, comments, likes, shares, social, video_views
from hangar_dal.comments import Comment
from hangar_dal.errors import NotFound

MAX_DEPTH = 8


@dataclass
class Member:
    """One user of a crowd, who does one thing after the other."""

    db: Database
    user_id: UUID
    others: list[UUID]
    video_ids: list[UUID]
    comment_ids: list[UUID]
    random: Random
    writes: int = 0
    said: list[Comment] = field(default_factory=list)
    shared: list[UUID] = field(default_factory=list)

    async def act(self, times: int) -> int:
        """Do so many random things; returns how many changed a table."""
        acts = (self._like_video, self._like_comment, self._comment, self._share, self._follow, self._view)
        for _ in range(times):
            try:
                await self.random.choice(acts)()
            except NotFound:  # the comment was removed meanwhile
                continue
        return self.writes

    async def _like_video(self) -> None:
        video_id = self.random.choice(self.video_ids)
        if not await likes.unlike_video(self.db, video_id, user_id=self.user_id):
            await likes.like_video(self.db, video_id, user_id=self.user_id)
        self.writes += 1

    async def _like_comment(self) -> None:
        comment_id = self.random.choice(self.comment_ids)
        if not await likes.unlike_comment(self.db, comment_id, user_id=self.user_id):
            await likes.like_comment(self.db, comment_id, user_id=self.user_id)
        self.writes += 1

    async def _comment(self) -> None:
        if self.said and self.random.random() < 0.4:
            gone = self.said.pop(self.random.randrange(len(self.said)))
            self.writes += await comments.remove_comment(self.db, gone.id)
            return
        below = [each.id for each in self.said if each.depth < MAX_DEPTH]
        parent = self.random.choice([None, *self.comment_ids, *below])
        new = builders.comment(video=self.video_ids[0], author=self.user_id, parent=parent)
        self.said.append(await comments.create_comment(self.db, new))
        self.writes += 1

    async def _share(self) -> None:
        if self.shared and self.random.random() < 0.4:
            self.writes += await shares.delete_share(self.db, self.shared.pop(), user_id=self.user_id)
            return
        new = builders.share(video=self.random.choice(self.video_ids), user=self.user_id)
        self.shared.append((await shares.share_video(self.db, new)).id)
        self.writes += 1

    async def _follow(self) -> None:
        pair = {"follower_id": self.user_id, "followed_id": self.random.choice(self.others)}
        if not await social.unfollow(self.db, **pair):
            await social.follow(self.db, **pair)
        self.writes += 1

    async def _view(self) -> None:
        video_id = self.random.choice(self.video_ids)
        self.writes += await video_views.record_view(self.db, video_id, viewer_id=self.user_id)
