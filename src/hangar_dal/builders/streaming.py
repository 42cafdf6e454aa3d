"""Builders for the catalog LIVESTREAMS."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.builders.building import LATER, built, id_of, numbers
from hangar_dal.models.donations import NewDonation
from hangar_dal.models.live_chat import ChatMessageKind, ChatText, NewChatMessage
from hangar_dal.models.livestreams import About, Livestream, LivestreamStatus, NewLivestream
from hangar_dal.models.row import Amount, Currency, Label, LongText
from hangar_dal.models.users import User
from hangar_dal.models.videos import Category, Language, Tags, VideoVisibility
from hangar_dal.values import JsonObject


class LivestreamFields(TypedDict, total=False):
    id: UUID
    title: Label
    description: About
    language: Language | None
    category: Category | None
    tags: Tags
    status: LivestreamStatus
    visibility: VideoVisibility
    thumbnail: LongText | None
    metadata: JsonObject
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


class ChatMessageFields(TypedDict, total=False):
    id: UUID
    kind: ChatMessageKind
    body: ChatText
    metadata: JsonObject


class DonationFields(TypedDict, total=False):
    id: UUID
    transfer_id: UUID
    amount: Amount
    currency: Currency
    is_anonymous: bool
    metadata: JsonObject


def livestream(owner: User | UUID, **fields: Unpack[LivestreamFields]) -> NewLivestream:
    """A PUBLIC livestream, scheduled for the distant future."""
    return built(
        NewLivestream,
        fields,
        owner_id=id_of(owner),
        title=f"Fly-past {next(numbers)}",
        language="en",
        tags=["flight"],
        visibility=VideoVisibility.PUBLIC,
        scheduled_at=LATER,
    )


def chat_message(
    livestream: Livestream | UUID, *, author: User | UUID | None = None, **fields: Unpack[ChatMessageFields]
) -> NewChatMessage:
    """A chat message of a livestream. Without `author`, pass a `kind` other than MESSAGE."""
    return built(
        NewChatMessage,
        fields,
        livestream_id=id_of(livestream),
        author_id=None if author is None else id_of(author),
        body=f"Hello {next(numbers)}",
    )


def donation(
    livestream: Livestream | UUID, *, donor: User | UUID | None = None, **fields: Unpack[DonationFields]
) -> NewDonation:
    """A donation of 100 EUR cents to a livestream."""
    donor_id = None if donor is None else id_of(donor)
    return built(NewDonation, fields, livestream_id=id_of(livestream), donor_id=donor_id, amount=100, currency="EUR")
