"""The rows of the catalog LIVESTREAMS for a plausible database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from benchmarks.books import CURRENCY, Books, Wallet, transfer
from benchmarks.chance import shares
from benchmarks.community import Community
from benchmarks.moment import DAY
from benchmarks.streams_rows import IssuedKey, SampledViewers, SetRules
from benchmarks.texts import CATEGORIES, LANGUAGES, SENTENCES, TAGS, WORDS
from hangar_dal.donations import Donation
from hangar_dal.ledger import Transfer, TransferKind
from hangar_dal.live_chat import Ban, ChatMessage, ChatMessageKind, ChatRules, Moderator
from hangar_dal.live_viewers import Viewer
from hangar_dal.livestream_reminders import Reminder
from hangar_dal.livestreams import LivestreamStatus, NewLivestream, VideoVisibility
from hangar_dal.users import UserStatus

# How many rows there are for each user.
LIVESTREAMS: Final = 0.05
VIEWERS: Final = 3
CHAT: Final = 3
REMINDERS: Final = 0.2
DONATIONS: Final = 0.1

_FEWEST: Final = 8
_FIRST: Final = (LivestreamStatus.LIVE, LivestreamStatus.ENDED, LivestreamStatus.SCHEDULED, LivestreamStatus.CANCELLED)
_GIFTS: Final = (100, 200, 500, 1000, 5000)
_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Broadcast(NamedTuple):
    """A livestream as other rows need it. It begins at `starts`; what is not over yet has no end."""

    id: UUID
    owner: int
    at: datetime
    status: LivestreamStatus
    visibility: VideoVisibility
    starts: datetime
    ends: datetime | None


class Gift(NamedTuple):
    """A donation with the transfers that move the money."""

    broadcast: Broadcast
    donor: Wallet
    is_anonymous: bool
    paid_in: Transfer
    given: Transfer
    taken_back: Transfer | None


class Streams(Community, Books):
    """What users send live, who watches it, and what they say and give."""

    @cached_property
    def broadcasts(self) -> list[Broadcast]:
        """All livestreams, the first announced first."""
        chance = self._chance("broadcasts")
        numbers = shares(self.size, max(_FEWEST, self.size * LIVESTREAMS))
        owners = [owner for owner, number in zip(self.famous, numbers, strict=True) for _ in range(number)]
        made = []
        for number, owner in enumerate(owners):
            at = chance.between(self.joined[owner], self.end - DAY / 2)
            any_status = chance.choices(list(LivestreamStatus), [4, 1, 91, 4])[0]
            status = _FIRST[number] if number < len(_FIRST) else any_status
            starts, ends = chance.between(at, self.end - 4 * _HOUR), None
            if status is LivestreamStatus.LIVE:
                starts = self.end - _HOUR * (0.1 + chance.random())
            elif status is LivestreamStatus.SCHEDULED:
                starts = self.end + 7 * DAY * chance.random()
            elif status is LivestreamStatus.ENDED:
                ends = starts + _HOUR * (0.5 + 3 * chance.random())
            visibility = chance.choices(list(VideoVisibility), [85, 8, 5, 2])[0]
            made.append(Broadcast(chance.key(at), owner, at, status, visibility, starts, ends))
        return sorted(made, key=lambda each: each.at)

    @cached_property
    def _watched(self) -> list[Broadcast]:
        """Those that were or are live, by how much they are watched."""
        live = (LivestreamStatus.LIVE, LivestreamStatus.ENDED)
        seen = [each for each in self.broadcasts if each.status in live]
        self._chance("watched").shuffle(seen)
        return seen

    @cached_property
    def _open(self) -> list[Broadcast]:
        """Those in whose chat everybody may write who is not blocked."""
        return [
            each
            for each in self._watched
            if each.visibility in (VideoVisibility.PUBLIC, VideoVisibility.UNLISTED)
            and each.owner not in self.private
            and self.statuses[each.owner] is UserStatus.ACTIVE
        ]

    def _until(self, broadcast: Broadcast) -> datetime:
        return broadcast.ends or self.end

    def livestreams(self) -> Iterator[NewLivestream]:
        chance = self._chance("livestreams")
        for each in self.broadcasts:
            was_live = each.status in (LivestreamStatus.LIVE, LivestreamStatus.ENDED)
            self.now["livestreams"] = each.at
            yield NewLivestream(
                id=each.id,
                owner_id=self.ids[each.owner],
                title=" ".join(chance.choices(WORDS, k=4)).capitalize(),
                description=chance.choice(SENTENCES),
                language=chance.choice(LANGUAGES),
                category=chance.choice(CATEGORIES),
                tags=sorted({TAGS[chance.skewed(len(TAGS))] for _ in range(chance.randrange(4))}),
                status=each.status,
                visibility=each.visibility,
                scheduled_at=each.starts,
                started_at=each.starts if was_live else None,
                ended_at=each.ends,
            )

    def livestream_keys(self) -> Iterator[IssuedKey]:
        """Of what is live or will be."""
        for each in self.broadcasts:
            if each.status in (LivestreamStatus.LIVE, LivestreamStatus.SCHEDULED):
                key_hash = sha256(f"{self.seed} {each.id}".encode()).hexdigest()
                yield IssuedKey(at=each.at, livestream_id=each.id, key_hash=key_hash)

    def livestream_reminders(self) -> Iterator[Reminder]:
        chance = self._chance("livestream_reminders")
        wanted = chance.sample(self.broadcasts, len(self.broadcasts))
        for each, number in zip(wanted, shares(len(wanted), self.size * REMINDERS), strict=True):
            for place in chance.distinct(self.size, number):
                queued_at = None if each.status is LivestreamStatus.SCHEDULED else each.starts - 10 * _MINUTE
                created_at = chance.between(each.at, min(each.starts, self.end))
                yield Reminder(
                    livestream_id=each.id, user_id=self.ids[place], queued_at=queued_at, created_at=created_at
                )

    def live_viewers(self) -> Iterator[Viewer]:
        chance = self._chance("live_viewers")
        for each, number in zip(self._watched, shares(len(self._watched), self.size * VIEWERS), strict=True):
            until = self._until(each)
            for place in chance.distinct(self.size, number):
                joined_at = chance.between(each.starts, until, early=2)
                is_there = each.ends is None and chance.random() < 0.5
                seen_at = self.end - 15 * _SECOND * chance.random() if is_there else chance.between(joined_at, until)
                seen_at = max(joined_at, seen_at)
                yield Viewer(
                    livestream_id=each.id,
                    viewer_id=self.ids[place],
                    joined_at=joined_at,
                    seen_at=seen_at,
                    watched_ms=int((seen_at - joined_at) / timedelta(milliseconds=1) * (0.5 + chance.random() / 2)),
                )

    def live_viewer_counts(self) -> Iterator[SampledViewers]:
        yield SampledViewers(at=self.end)

    def live_chat_messages(self) -> Iterator[ChatMessage]:
        """In order of time, and seldom more than two in a second, because chats refuse too many. Then the donations."""
        chance = self._chance("live_chat_messages")
        for each, number in zip(self._open, shares(len(self._open), self.size * CHAT), strict=True):
            span, owner = self._until(each) - each.starts, self.ids[each.owner]
            written = min(number, span // _SECOND)
            for place in range(written):
                at = each.starts + span * ((place + chance.random()) / written)
                author = chance.skewed(self.size)
                if {(author, each.owner), (each.owner, author)} & self.hidden:
                    continue
                is_removed = chance.random() < 0.02
                yield ChatMessage(
                    id=chance.key(at),
                    livestream_id=each.id,
                    author_id=self.ids[author],
                    kind=ChatMessageKind.MESSAGE,
                    body=None if is_removed else chance.choice(SENTENCES),
                    metadata={},
                    removed_at=at + _MINUTE * chance.random() if is_removed else None,
                    removed_by=owner if is_removed else None,
                    created_at=at,
                )
        for gift in self.gifts:
            yield ChatMessage(
                id=gift.given.id,
                livestream_id=gift.broadcast.id,
                author_id=None if gift.is_anonymous else self.ids[gift.donor.owner],
                kind=ChatMessageKind.DONATION,
                body=chance.choice(SENTENCES),
                metadata={"amount": gift.given.amount, "currency": CURRENCY},
                removed_at=None,
                removed_by=None,
                created_at=gift.given.created_at,
            )

    def live_chats(self) -> Iterator[SetRules]:
        """The rules that owners have set since."""
        chance = self._chance("live_chats")
        for each in self._watched:
            if chance.random() < 0.1:
                rules = ChatRules(livestream_id=each.id, slow_seconds=chance.choice([0, 5, 30]), is_followers_only=True)
                yield SetRules(at=self._until(each), rules=rules)

    def live_moderators(self) -> Iterator[Moderator]:
        chance = self._chance("live_moderators")
        for owner in sorted({each.owner for each in self.broadcasts}):
            for place in chance.distinct(self.size, chance.randrange(3)):
                if place != owner:
                    at = max(self.joined[owner], self.joined[place])
                    yield Moderator(owner_id=self.ids[owner], moderator_id=self.ids[place], created_at=at)

    def live_bans(self) -> Iterator[Ban]:
        """After the messages, which bans would refuse. A third is for a week."""
        chance = self._chance("live_bans")
        for owner in sorted({each.owner for each in self.broadcasts}):
            for place in chance.distinct(self.size, chance.randrange(4)):
                if place != owner:
                    at = chance.between(max(self.joined[owner], self.joined[place]), self.end)
                    yield Ban(
                        owner_id=self.ids[owner],
                        user_id=self.ids[place],
                        banned_by=self.ids[owner],
                        reason=chance.choice(["spam", "insults", None]),
                        expires_at=at + 7 * DAY if chance.random() < 0.3 else None,
                        created_at=at,
                    )

    @cached_property
    def gifts(self) -> list[Gift]:
        """All donations, from the wallet of a user to that of an owner. Some are taken back."""
        chance = self._chance("gifts")
        given_to = [each for each in self._open if each.owner in self.wallets]
        donors = list(self.wallets.values())
        made = []
        for each, number in zip(given_to, shares(len(given_to), self.size * DONATIONS), strict=True):
            for _ in range(number):
                donor, amount = chance.choice(donors), chance.choice(_GIFTS)
                at = chance.between(each.starts, self._until(each))
                if donor.owner == each.owner or donor.at > at - _HOUR:
                    continue
                paid_in = self.paid_in(chance, at - _MINUTE, donor, amount)
                sides = {"debit_account_id": donor.id, "credit_account_id": self.wallets[each.owner].id}
                given = transfer(chance, at, **sides, amount=amount, reference=f"livestream:{each.id}")
                back = {"debit_account_id": sides["credit_account_id"], "credit_account_id": donor.id}
                taken_back = None
                if chance.random() < 0.05:
                    fields = {**back, "amount": amount, "reversed_id": given.id}
                    taken_back = transfer(chance, at + _MINUTE, TransferKind.REVERSAL, **fields)
                made.append(Gift(each, donor, chance.random() < 0.1, paid_in, given, taken_back))
        return made

    def ledger_transfers(self) -> Iterator[Transfer]:
        yield from super().ledger_transfers()
        for gift in self.gifts:
            yield from (each for each in (gift.paid_in, gift.given, gift.taken_back) if each is not None)

    def donations(self) -> Iterator[Donation]:
        for gift in self.gifts:
            yield Donation(
                id=gift.given.id,
                livestream_id=gift.broadcast.id,
                donor_id=self.ids[gift.donor.owner],
                transfer_id=gift.given.id,
                refund_id=gift.taken_back.id if gift.taken_back else None,
                amount=gift.given.amount,
                currency=CURRENCY,
                is_anonymous=gift.is_anonymous,
                metadata={},
                created_at=gift.given.created_at,
            )
