"""Which table is filled after which other one, and the function that stores its rows."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from benchmarks import account_rows, commerce_rows, streams_rows
from hangar_dal import (
    accounts,
    campaigns,
    comments,
    donations,
    eve_tokens,
    ledger,
    likes,
    live_chat,
    live_viewers,
    livestream_reminders,
    livestreams,
    notifications,
    outbox,
    payment_methods,
    plans,
    refresh_tokens,
    reports,
    security_events,
    session_cookies,
    shares,
    sign_in_failures,
    social,
    subscriptions,
    video_views,
    videos,
    webhook_events,
)

Lane = dict[str, Callable[..., Any]]

# One stage comes after the other. Its lanes are filled at once, each table of a lane after the one before.
STAGES: Final[Sequence[Sequence[Lane]]] = (
    ({"users": accounts.import_users},),
    (
        {
            "session_cookies": session_cookies.import_session_cookies,
            "eve_tokens": eve_tokens.import_eve_tokens,
            "refresh_tokens": refresh_tokens.import_refresh_tokens,
            "security_events": security_events.import_security_events,
            "one_time_tokens": account_rows.store_one_time_tokens,
            "sign_in_failures": sign_in_failures.import_sign_in_failures,
            "second_factors": account_rows.store_second_factors,
        },
        {
            "preferences": notifications.import_preferences,
            "blocks": social.import_blocks,
            "follows": social.import_follows,
            "videos": videos.import_videos,
            "renditions": videos.import_renditions,
        },
        {
            "ledger_accounts": ledger.import_accounts,
            "ledger_transfers": ledger.import_transfers,
            "campaigns": campaigns.import_campaigns,
            "creatives": campaigns.import_creatives,
            "served_ads": commerce_rows.serve_ads,
            "released_ads": commerce_rows.release_ads,
            "ad_reports": commerce_rows.roll_up,
            "ad_settlements": commerce_rows.settle,
        },
        {
            "payment_methods": payment_methods.import_payment_methods,
            "default_payment_methods": commerce_rows.choose_methods,
            "payments": commerce_rows.store_payments,
            "idempotency_keys": commerce_rows.answer_requests,
            "webhook_events": webhook_events.receive_many,
            "handled_events": commerce_rows.handle_events,
            "plans": plans.import_plans,
            "subscriptions": subscriptions.import_subscriptions,
            "renewals": commerce_rows.renew,
            "invoices": commerce_rows.store_invoices,
        },
    ),
    (
        {
            "notifications": notifications.notify_many,
            "inboxes": account_rows.open_inboxes,
            "messages": outbox.put_many,
        },
        {
            "views": video_views.import_views,
            "video_likes": likes.import_video_likes,
            "shares": shares.import_shares,
        },
        {
            "comments": comments.import_comments,
            "comment_likes": likes.import_comment_likes,
            "reports": reports.import_reports,
        },
        {
            "livestreams": livestreams.import_livestreams,
            "livestream_keys": streams_rows.issue_keys,
            "livestream_reminders": livestream_reminders.import_reminders,
            "live_viewers": live_viewers.import_viewers,
            "live_viewer_counts": streams_rows.sample_viewers,
            "donations": donations.import_donations,
            "live_chat_messages": live_chat.import_chat_messages,
            "live_chats": streams_rows.set_rules,
            "live_moderators": live_chat.import_moderators,
            "live_bans": live_chat.import_bans,
        },
    ),
)
