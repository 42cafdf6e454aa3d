"""The builders for tests of applications: valid by default, every field can be given, and a run repeats."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_type_hints
from uuid import UUID

import pytest

from hangar_dal import (
    ACCOUNTS,
    COMMUNITY,
    OUTBOX,
    Catalog,
    Database,
    User,
    builders,
    comments,
    eve_tokens,
    likes,
    notifications,
    outbox,
    refresh_tokens,
    reports,
    security_events,
    session_cookies,
    shares,
    social,
    two_factor,
    users,
    uuid7,
    videos,
)
from hangar_dal.comments import Comment
from hangar_dal.models.row import Row
from hangar_dal.videos import Video, VideoStatus

ALL = Catalog("hangar_dal", name="all", uses=[ACCOUNTS, COMMUNITY, OUTBOX])
SOMEBODY, SOMETHING = UUID(int=1), UUID(int=2)
# Each builder with what it needs, the fields that can be given, and the fields that it takes in another form.
BUILDERS: dict[str, tuple[Callable[..., Row], dict[str, Any], Any, set[str]]] = {
    "user": (builders.user, {}, builders.UserFields, set()),
    "eve_user": (builders.eve_user, {}, builders.EveUserFields, {"email", "user_type"}),
    "session_cookie": (builders.session_cookie, {"user": SOMEBODY}, builders.SessionCookieFields, {"user_id"}),
    "eve_token": (builders.eve_token, {"user": SOMEBODY}, builders.EveTokenFields, {"user_id"}),
    "refresh_token": (builders.refresh_token, {"user": SOMEBODY}, builders.RefreshTokenFields, {"user_id"}),
    "security_event": (builders.security_event, {"user": SOMEBODY}, builders.SecurityEventFields, {"user_id"}),
    "two_factor": (builders.two_factor, {"user": SOMEBODY}, builders.TwoFactorFields, {"user_id"}),
    "video": (builders.video, {"owner": SOMEBODY}, builders.VideoFields, {"owner_id"}),
    "rendition": (builders.rendition, {}, builders.RenditionFields, set()),
    "follow": (
        builders.follow,
        {"follower": SOMEBODY, "followed": SOMETHING},
        builders.FollowFields,
        {"follower_id", "followed_id"},
    ),
    "comment": (
        builders.comment,
        {"video": SOMETHING, "author": SOMEBODY, "parent": SOMETHING},
        builders.CommentFields,
        {"video_id", "author_id", "parent_id"},
    ),
    "like": (builders.like, {"video": SOMETHING, "user": SOMEBODY}, builders.LikeFields, {"video_id", "user_id"}),
    "share": (
        builders.share,
        {"video": SOMETHING, "user": SOMEBODY, "recipient": SOMETHING},
        builders.ShareFields,
        {"video_id", "user_id", "recipient_id"},
    ),
    "report": (
        builders.report,
        {"target": SOMETHING, "reporter": SOMEBODY},
        builders.ReportFields,
        {"target_id", "reporter_id"},
    ),
    "notification": (
        builders.notification,
        {"recipient": SOMEBODY, "actor": SOMETHING},
        builders.NotificationFields,
        {"recipient_id", "actor_id"},
    ),
    "event": (builders.event, {"actor": SOMEBODY}, builders.EventFields, {"actor_id"}),
    "ledger_account": (builders.ledger_account, {"owner": SOMEBODY}, builders.LedgerAccountFields, {"owner_id"}),
    "transfer": (
        builders.transfer,
        {"debit": SOMEBODY, "credit": SOMETHING},
        builders.TransferFields,
        {"debit_account_id", "credit_account_id"},
    ),
    "hold": (
        builders.hold,
        {"debit": SOMEBODY, "credit": SOMETHING},
        builders.HoldFields,
        {"debit_account_id", "credit_account_id"},
    ),
    "campaign": (builders.campaign, {"owner": SOMEBODY}, builders.CampaignFields, {"owner_id"}),
    "creative": (builders.creative, {"campaign": SOMETHING}, builders.CreativeFields, {"campaign_id"}),
    "livestream": (builders.livestream, {"owner": SOMEBODY}, builders.LivestreamFields, {"owner_id"}),
    "invoice": (builders.invoice, {"customer": SOMEBODY}, builders.InvoiceFields, {"customer_id"}),
    "invoice_line": (builders.invoice_line, {}, builders.InvoiceLineFields, set()),
    "recipient": (builders.recipient, {}, builders.RecipientFields, set()),
    "plan": (builders.plan, {}, builders.PlanFields, set()),
    "subscription": (
        builders.subscription,
        {"user": SOMEBODY, "plan": SOMETHING},
        builders.SubscriptionFields,
        {"user_id", "plan_id"},
    ),
    "webhook_event": (builders.webhook_event, {}, builders.WebhookEventFields, set()),
    "payment_method": (builders.payment_method, {"user": SOMEBODY}, builders.PaymentMethodFields, {"user_id"}),
    "payment": (
        builders.payment,
        {"payer": SOMEBODY, "payment_method": SOMETHING},
        builders.PaymentFields,
        {"payer_id", "payment_method_id"},
    ),
    "ad_request": (builders.ad_request, {"viewer": SOMEBODY}, builders.AdRequestFields, {"viewer_id"}),
    "reservation": (
        builders.reservation,
        {"campaign": SOMETHING, "creative": SOMETHING, "viewer": SOMEBODY},
        builders.ReservationFields,
        {"campaign_id", "creative_id", "viewer_id"},
    ),
    "chat_message": (
        builders.chat_message,
        {"livestream": SOMETHING, "author": SOMEBODY},
        builders.ChatMessageFields,
        {"livestream_id", "author_id"},
    ),
    "donation": (
        builders.donation,
        {"livestream": SOMETHING, "donor": SOMEBODY},
        builders.DonationFields,
        {"livestream_id", "donor_id"},
    ),
    "message": (builders.message, {}, builders.MessageFields, set()),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return ALL


def test_every_builder_is_listed_here() -> None:
    made = {name for name, each in vars(builders).items() if callable(each) and not isinstance(each, type)}
    assert made - {"password", "storage_state"} == BUILDERS.keys()


@pytest.mark.parametrize(("build", "needed", "fields", "otherwise"), BUILDERS.values(), ids=BUILDERS)
def test_every_field_of_a_model_can_be_given_with_the_models_type(
    build: Callable[..., Row], needed: dict[str, Any], fields: Any, otherwise: set[str]
) -> None:
    model = type(build(**needed))
    types, of_model = get_type_hints(fields), get_type_hints(model)
    assert types.keys() == model.model_fields.keys() - otherwise
    assert {name: of_model[name] for name in types} == types
    first = build(**needed)
    given = {name: getattr(first, name) for name in types}
    assert build(**needed, **given) == first


@pytest.mark.parametrize(("build", "needed", "fields", "otherwise"), BUILDERS.values(), ids=BUILDERS)
def test_ids_are_taken_as_they_are(
    build: Callable[..., Row], needed: dict[str, Any], fields: Any, otherwise: set[str]
) -> None:
    made = build(**needed).model_dump()
    for name in otherwise & {f"{name}_id" for name in needed}:
        assert made[name] == needed[name.removesuffix("_id")]


async def test_what_a_builder_makes_can_be_stored_and_its_default_video_is_seen_by_everybody(
    database: Database,
) -> None:
    ada = await users.create_user(database, builders.user())
    bob = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    await session_cookies.create_session_cookie(database, builders.session_cookie(ada))
    await eve_tokens.upsert_eve_token(database, builders.eve_token(bob))
    for _ in range(2):
        await refresh_tokens.insert_refresh_token(database, builders.refresh_token(ada))
    assert await security_events.record_security_event(database, builders.security_event(ada))
    await two_factor.insert_pending_two_factor(database, builders.two_factor(ada))
    assert await social.import_follows(database, [builders.follow(follower=bob, followed=ada)]) == 1
    video = await videos.create_video(database, builders.video(ada))
    draft = await videos.create_video(database, builders.video(owner=ada.id, status=VideoStatus.UPLOADING))
    assert [each.id for each in await videos.list_public_videos(database)] == [video.id]
    assert draft.published_at is None
    assert len(await videos.replace_renditions(database, video.id, [builders.rendition()])) == 1
    comment = await comments.create_comment(database, builders.comment(video=video, author=bob))
    answer = await comments.create_comment(database, builders.comment(video=video, author=ada, parent=comment))
    assert answer.parent_id == comment.id
    assert await likes.import_video_likes(database, [builders.like(video=video, user=bob)]) == 1
    for recipient in (None, ada):
        assert await shares.share_video(database, builders.share(video=video, user=bob, recipient=recipient))
    targets: list[Video | Comment | User] = [video, comment, ada]
    stored = [await reports.create_report(database, builders.report(target, reporter=bob)) for target in targets]
    assert [each.target_kind for each in stored] == ["VIDEO", "COMMENT", "USER"]
    assert await notifications.notify(database, builders.notification(ada, actor=bob))
    event = builders.event(ada, created_at=database.now() + timedelta(days=1))
    assert await notifications.notify_followers(database, event) == 1
    assert await outbox.put_many(database, [builders.message(), builders.message()]) == 2


def test_all_but_ids_and_secrets_is_the_same_in_each_run() -> None:
    program = """
from hangar_dal import builders
from uuid import UUID
user = UUID(int=1)
for build in (builders.user, builders.eve_user, builders.message):
    print(build().model_dump(exclude={"id", "password"}))
for build in (builders.refresh_token, builders.video):
    print(build(user).model_dump(exclude={"id", "jti", "family_id", "password"}))
"""
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert runs[0].count("\n") == 5


def test_passwords_and_sessions_are_new_each_time() -> None:
    owner = uuid7()
    assert builders.user().password != builders.user().password
    assert builders.session_cookie(owner).cookies != builders.session_cookie(owner).cookies
