"""Campaigns of the catalog COMMERCE for a plausible database: what they show, and what it costs them."""

from bisect import bisect
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple
from uuid import UUID

from benchmarks.books import CURRENCY, Books
from benchmarks.commerce_rows import ReleasedAds, RolledUp, ServedAd, SettledDay
from benchmarks.moment import DAY, ROWS_PER_INSTANT
from benchmarks.texts import SENTENCES, TAGS, WORDS
from hangar_dal.ad_serving import NewReservation
from hangar_dal.campaigns import CampaignStatus, CreativeStatus, NewCampaign, NewCreative, Pacing

# How many rows there are for each user.
CAMPAIGNS: Final = 0.01
IMPRESSIONS: Final = 2

_FEWEST: Final = 6
_STATUSES: Final = {
    CampaignStatus.ACTIVE: 60,
    CampaignStatus.PAUSED: 15,
    CampaignStatus.ENDED: 15,
    CampaignStatus.REVIEW: 5,
    CampaignStatus.DRAFT: 5,
}
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_ROLLED_UP_AT_ONCE: Final = 5000
_SETTLED_CAMPAIGNS, _SETTLED_DAYS = 20, 10


class Advert(NamedTuple):
    """A campaign as other rows need it."""

    id: UUID
    owner: int
    at: datetime
    status: CampaignStatus
    bid: int
    creatives: tuple[UUID, ...]


class Advertisers(Books):
    """What users advertise, and who sees it. Ads are shown at instants of `ROWS_PER_INSTANT` ads each."""

    @cached_property
    def adverts(self) -> list[Advert]:
        """All campaigns, the first started first. The first one is ACTIVE."""
        chance = self._chance("adverts")
        places = sorted([0, *(chance.skewed(self.size) for _ in range(_FEWEST + int(self.size * CAMPAIGNS)))])
        made = []
        for number, place in enumerate(places):
            at, keys = self.joined[place], chance.randrange(1, 4)
            status = chance.choices(list(_STATUSES), list(_STATUSES.values()))[0] if number else CampaignStatus.ACTIVE
            creatives = tuple(chance.key(at) for _ in range(keys))
            made.append(Advert(chance.key(at), place, at, status, chance.randrange(2, 80), creatives))
        return made

    @cached_property
    def _shown_at(self) -> list[datetime]:
        """The instants at which ads are shown. The last one is a moment ago."""
        number = max(2, int(self.size * IMPRESSIONS) // ROWS_PER_INSTANT)
        start = self.joined[0] + DAY
        span = self.end - _MINUTE - start
        return [start + span * ((place + 1) / number) ** 0.6 for place in range(number)]

    def campaigns(self) -> Iterator[NewCampaign]:
        chance = self._chance("campaigns")
        most = self.size * IMPRESSIONS + 2 * ROWS_PER_INSTANT
        for advert in self.adverts:
            self.now["campaigns"] = advert.at
            yield NewCampaign(
                id=advert.id,
                owner_id=self.ids[advert.owner],
                name=" ".join(chance.choices(WORDS, k=3)).capitalize(),
                total_budget=advert.bid * most,
                daily_budget=advert.bid * most // 2,
                bid=advert.bid,
                currency=CURRENCY,
                starts_at=advert.at,
                status=advert.status,
                targeting={"country": ["DE", "AT", "CH"]} if chance.random() < 0.3 else {},
                keywords=sorted({TAGS[chance.skewed(len(TAGS))] for _ in range(chance.randrange(4))}),
                frequency_cap=chance.choice([None, None, 100]),
                pacing=chance.choice(list(Pacing)),
            )

    def creatives(self) -> Iterator[NewCreative]:
        chance = self._chance("creatives")
        for advert in self.adverts:
            for place, key in enumerate(advert.creatives):
                self.now["creatives"] = advert.at
                yield NewCreative(
                    id=key,
                    campaign_id=advert.id,
                    title=" ".join(chance.choices(WORDS, k=3)).capitalize(),
                    body=chance.choice(SENTENCES),
                    image_url=f"https://cdn.example.org/{key}.avif",
                    landing_url=f"https://shop.example.org/{advert.id}",
                    status=CreativeStatus.APPROVED if place == 0 else chance.choice(list(CreativeStatus)),
                )

    def served_ads(self) -> Iterator[ServedAd]:
        """One in fifty is not shown, and few are clicked. Half of the viewers are known by a key alone."""
        chance = self._chance("served_ads")
        running = [advert for advert in self.adverts if advert.status is CampaignStatus.ACTIVE]
        starts = [advert.at for advert in running]
        for at in self._shown_at:
            self.now["served_ads"] = at
            started, joined = bisect(starts, at), bisect(self.joined, at)
            for _ in range(ROWS_PER_INSTANT):
                advert, place = running[chance.skewed(started)], chance.randrange(joined)
                viewer = {"viewer_id": self.ids[place]} if place % 2 else {"viewer_key": f"device:{place}"}
                shown_at = at + _SECOND * chance.random() if chance.random() < 0.98 else None
                is_clicked = shown_at is not None and chance.random() < 0.02
                new = NewReservation(
                    id=chance.key(at),
                    campaign_id=advert.id,
                    creative_id=advert.creatives[0],
                    expires_at=at + 10 * _MINUTE,
                    **viewer,
                )
                clicked_at = shown_at + _MINUTE * chance.random() if shown_at and is_clicked else None
                yield ServedAd(new=new, shown_at=shown_at, clicked_at=clicked_at)

    def released_ads(self) -> Iterator[ReleasedAds]:
        yield ReleasedAds(at=self.end, number=ROWS_PER_INSTANT)

    def ad_reports(self) -> Iterator[RolledUp]:
        for _ in range(1 + len(self._shown_at) * ROWS_PER_INSTANT // _ROLLED_UP_AT_ONCE):
            yield RolledUp(at=self.end, number=_ROLLED_UP_AT_ONCE)

    def ad_settlements(self) -> Iterator[SettledDay]:
        """The first campaigns have paid for the first days."""
        chance = self._chance("ad_settlements")
        for at in self._shown_at[:_SETTLED_DAYS]:
            for advert in self.adverts[:_SETTLED_CAMPAIGNS]:
                yield SettledDay(
                    at=at + DAY,
                    id=chance.key(at + DAY),
                    campaign_id=advert.id,
                    day=at.date(),
                    debit_account_id=self.house["advertisers"],
                    credit_account_id=self.house["revenue"],
                )
