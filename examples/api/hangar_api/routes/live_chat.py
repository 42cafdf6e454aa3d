"""The chat of a livestream, its rules, and the moderators and bans of its owner."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, ViewerId, VisibleLivestream
from hangar_api.schemas import Request
from hangar_dal import JsonObject, Transaction, live_chat, uuid7
from hangar_dal.errors import NotFound
from hangar_dal.live_chat import Ban, ChatMessage, ChatMessageKind, ChatRules, Moderator, NewBan, NewChatMessage

router = APIRouter(tags=["live chat"])
_KEY = ("created_at", "id")
_MODERATOR = ("moderator_id",)
_BAN = ("created_at", "user_id")


class WrittenMessage(Request):
    """Sent again with the same `id`, it is one message."""

    id: UUID = Field(default_factory=uuid7)
    body: str


class ChatMessageResponse(BaseModel):
    """A message that was removed has no `body`. The message of a donation has the amount in `metadata`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    author_id: UUID | None
    kind: ChatMessageKind
    body: str | None
    metadata: JsonObject
    removed_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, message: ChatMessage) -> "ChatMessageResponse":
        return cls.model_validate(message)


class Rules(Request):
    model_config = ConfigDict(from_attributes=True)

    slow_seconds: int = 0
    is_followers_only: bool = False
    messages_per_second: int = 20

    @classmethod
    def of(cls, rules: ChatRules) -> "Rules":
        return cls(**rules.model_dump(exclude={"livestream_id"}))


class NewBanOfUser(Request):
    """For ever, unless `expires_at` says when it ends."""

    reason: str | None = None
    expires_at: AwareDatetime | None = None


class BanResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    user_id: UUID
    reason: str | None
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, found: Ban) -> "BanResponse":
        return cls.model_validate(found)


class ModeratorResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    moderator_id: UUID
    created_at: datetime

    @classmethod
    def of(cls, moderator: Moderator) -> "ModeratorResponse":
        return cls.model_validate(moderator)


class ChatQuery(Request):
    """`newest` goes back in time. `oldest` goes on from the cursor, and has what is new."""

    order: Literal["newest", "oldest"] = "newest"
    cursor: Cursor = None
    limit: Limit = 50


@router.post("/livestreams/{livestream_id}/chat", status_code=status.HTTP_201_CREATED)
async def write(livestream: VisibleLivestream, given: WrittenMessage, current: Current, db: Db) -> ChatMessageResponse:
    """The answer to what a rule of the chat refuses is 409, and names the rule."""
    new = NewChatMessage(livestream_id=livestream.id, author_id=current.user.id, **given.model_dump())
    return ChatMessageResponse.of(await live_chat.send_chat_message(db, new))


@router.get("/livestreams/{livestream_id}/chat")
async def read(
    livestream: VisibleLivestream, query: Annotated[ChatQuery, Query()], viewer_id: ViewerId, db: Db
) -> Page[ChatMessageResponse]:
    after = row_of(query.cursor, ChatMessage, _KEY)
    rows = await live_chat.list_chat_messages(
        db, livestream.id, viewer_id=viewer_id, order=query.order, after=after, limit=query.limit
    )
    return page(rows, query.limit, _KEY, ChatMessageResponse.of)


@router.delete("/chat-messages/{message_id}")
async def remove(message_id: UUID, current: Current, db: Db) -> ChatMessageResponse:
    """For its author, the owner of the livestream and the owner's moderators. Repeating it changes nothing."""
    return ChatMessageResponse.of(await live_chat.remove_chat_message(db, message_id, remover_id=current.user.id))


@router.get("/livestreams/{livestream_id}/chat/rules")
async def show_rules(livestream: VisibleLivestream, db: Db) -> Rules:
    found = await live_chat.find_chat_rules(db, livestream.id)
    return Rules.of(found or ChatRules(livestream_id=livestream.id))


@router.put("/livestreams/{livestream_id}/chat/rules")
async def set_rules(livestream: VisibleLivestream, given: Rules, current: Current, db: Db) -> Rules:
    """For the owner."""
    if livestream.owner_id != current.user.id:
        raise NotFound("the user has no such livestream")
    new = ChatRules(livestream_id=livestream.id, **given.model_dump())
    return Rules.of(await live_chat.set_chat_rules(db, new))


@router.get("/me/chat-moderators")
async def list_moderators(
    current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[ModeratorResponse]:
    """Who moderates the chats of the user."""
    after = row_of(cursor, Moderator, _MODERATOR)
    rows = await live_chat.list_moderators(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _MODERATOR, ModeratorResponse.of)


@router.put("/me/chat-moderators/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def add_moderator(user_id: UUID, current: Current, db: Db) -> None:
    """Repeating it changes nothing."""
    await live_chat.add_moderator(db, owner_id=current.user.id, moderator_id=user_id)


@router.delete("/me/chat-moderators/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_moderator(user_id: UUID, current: Current, db: Db) -> None:
    """The answer is the same if the user was no moderator."""
    await live_chat.remove_moderator(db, owner_id=current.user.id, moderator_id=user_id)


@router.put("/livestreams/{livestream_id}/bans/{user_id}")
async def ban(
    livestream: VisibleLivestream, user_id: UUID, given: NewBanOfUser, current: Current, db: Db
) -> BanResponse:
    """For the owner and the owner's moderators. It holds in all chats of the owner."""
    new = NewBan(owner_id=livestream.owner_id, user_id=user_id, banned_by=current.user.id, **given.model_dump())

    async def work(tx: Transaction) -> Ban:
        banned = await live_chat.ban(tx, new)
        if banned is None:
            raise NotFound("the user moderates no such chat")
        await live_chat.remove_chat_messages_of_author(tx, livestream.id, author_id=user_id, remover_id=current.user.id)
        return banned

    return BanResponse.of(await db.in_transaction(work))


@router.get("/me/chat-bans")
async def list_bans(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[BanResponse]:
    """Who may not write in the chats of the user, the newest ban first."""
    rows = await live_chat.list_bans(db, current.user.id, after=row_of(cursor, Ban, _BAN), limit=limit)
    return page(rows, limit, _BAN, BanResponse.of)


@router.delete("/me/chat-bans/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def lift_ban(user_id: UUID, current: Current, db: Db) -> None:
    if not await live_chat.lift_ban(db, owner_id=current.user.id, user_id=user_id):
        raise NotFound("the user has banned nobody of this id")
