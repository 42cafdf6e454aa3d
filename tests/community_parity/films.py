"""Random calls about videos: their states, changes, tags, renditions and views."""

from datetime import timedelta
from typing import cast

from hangar_dal import Database, builders, video_views, videos
from hangar_dal.video_views import View
from hangar_dal.videos import VideoStatus, VideoVisibility
from tests.community_parity.history import CATEGORIES, LANGUAGES, TAGS, Call, History

STATUSES = [each for each in VideoStatus if each is not VideoStatus.REMOVED]


def first_video(at: History) -> Call:
    """One that everybody sees."""
    owner_id, title = at.chance.choice(at.user_ids), at.text()
    new = builders.video(owner_id, id=at.fresh(at.video_ids), title=title, published_at=at.clock.now)
    return lambda db: videos.create_video(db, new)


def create_video(at: History) -> Call:
    status = at.some(*STATUSES, *[VideoStatus.READY] * 6)
    earlier = at.clock.now - timedelta(seconds=at.chance.randrange(3))
    new = builders.video(
        at.user(),
        id=at.fresh(at.video_ids),
        title=at.text(),
        description=at.some("", at.text(6)),
        language=at.some(*LANGUAGES),
        category=at.some(*CATEGORIES),
        tags=at.chance.sample(TAGS, at.chance.randrange(4)),
        status=status,
        visibility=at.some(*VideoVisibility, *[VideoVisibility.PUBLIC] * 4),
        metadata=at.json(),
        published_at=earlier if status is VideoStatus.READY and at.chance.random() < 0.9 else None,
    )

    async def imported(db: Database) -> videos.Video:
        await videos.import_videos(db, [new, new])
        return await videos.get_video(db, new.id)

    return at.one_of(lambda db: videos.create_video(db, new), imported)


def change_video(at: History) -> Call:
    """Seldom one of those that have most."""
    video_id, status, visibility = at.chance.choice(at.video_ids), at.some(*STATUSES), at.some(*VideoVisibility)
    changes = {
        "title": at.text(),
        "description": at.text(6),
        "tags": at.chance.sample(TAGS, at.chance.randrange(4)),
        "language": at.some(*LANGUAGES),
        "category": at.some(*CATEGORIES),
        "metadata": at.json(),
    }
    changed = cast("videos.VideoChanges", dict(at.chance.sample(list(changes.items()), 2)))
    names = at.chance.sample(["hd", "sd", "mobile"], at.chance.randrange(4))
    renditions = [builders.rendition(name=name, height=at.some(360, 720)) for name in names]
    return at.one_of(
        lambda db: videos.update_video(db, video_id, **changed),
        lambda db: videos.update_video(db, video_id, visibility=visibility),
        lambda db: videos.publish_video(db, video_id, visibility=visibility),
        lambda db: videos.set_video_status(db, video_id, status),
        lambda db: videos.remove_video(db, video_id),
        lambda db: videos.restore_video(db, video_id),
        lambda db: videos.restore_video(db, video_id),
        lambda db: videos.replace_renditions(db, video_id, renditions),
    )


def delete_video(at: History) -> Call:
    video_id = at.chance.choice(at.video_ids)
    return lambda db: videos.delete_video(db, video_id)


def view(at: History) -> Call:
    video_id, viewer_id = at.known(at.video_ids), at.user()
    hour = at.clock.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=at.chance.randrange(60))
    old = [View(video_id=video_id, viewer_id=viewer_id, hour=hour, viewed_at=hour)]
    days, before = at.some(1, 2, 7), at.clock.now - timedelta(days=2)
    [call] = at.chance.choices(
        [
            lambda db: video_views.record_view(db, video_id, viewer_id=viewer_id),
            lambda db: video_views.import_views(db, old),
            lambda db: video_views.refresh_trends(db, days=days, size=5),
            lambda db: video_views.purge_views(db, before=before),
        ],
        [8, 3, 2, 1],
    )
    return call
