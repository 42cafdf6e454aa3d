"""The cases: what is done, by whom, and how near the package should come."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import count, islice
from typing import Any

from benchmarks.by_hand_postgresql import PostgresByHand
from benchmarks.measuring import BARE, Call, Case
from benchmarks.parts import Part, insert_parts
from benchmarks.places import LATER, Place, new_session, new_user
from hangar_dal import NewSessionCookie, NewUser, session_cookies, users

BY_HAND = "driver and model by hand"
EXECUTEMANY = "executemany by hand"
COPY = "COPY by hand"
AIOSQL = "aiosql and the same model"
TYPED_AIM = 1.15
BULK_AIM = 4.0
MANY = 1000
CALLS = 6


def cases(place: Place, *, quick: bool) -> Iterator[Case]:
    """In the order of the README. Turns are short, so that few of them are disturbed."""
    for case in (_user_by_key, _thousand_users, _insert, _sealed_row, _import_parts, _import_sessions):
        yield replace(case(place), passes=1, warm_up=1) if quick else case(place)


def _user_by_key(place: Place) -> Case:
    hand, ids = place.by_hand, [user.id for user in place.users]
    return Case(
        "typed row by key",
        lambda user_id: users.get_user(place.db, user_id),
        {BY_HAND: hand.user, BARE: hand.bare_user, **_aiosql(place, "user")},
        _taken(ids),
        TYPED_AIM,
        passes=12,
    )


def _thousand_users(place: Place) -> Case:
    hand = place.by_hand
    return Case(
        "thousand typed rows",
        lambda limit: users.list_users(place.db, limit=limit),
        {BY_HAND: hand.users, BARE: hand.bare_users, **_aiosql(place, "users")},
        lambda: [MANY],
        TYPED_AIM,
        passes=3,
    )


def _insert(place: Place) -> Case:
    hand, numbers = place.by_hand, count()

    async def insert(new: NewUser) -> object:
        return await users.insert_user(place.db, new, hashed_password=place.hashed_password)

    return Case(
        "insert one row",
        insert,
        {BY_HAND: hand.insert, BARE: hand.bare_insert},
        lambda: [new_user(number) for number in islice(numbers, CALLS)],
        TYPED_AIM,
        passes=12,
        same_results=False,  # an account goes in once
    )


def _sealed_row(place: Place) -> Case:
    hand, ids = place.by_hand, [session.id for session in place.sessions]
    return Case(
        "sealed row by key",
        lambda session_id: session_cookies.get_session_cookie(place.db, session_id),
        {BY_HAND: hand.session, BARE: hand.bare_session},
        _taken(ids),
        TYPED_AIM,
        passes=12,
    )


def _import_parts(place: Place) -> Case:
    others: dict[str, Call] = {EXECUTEMANY: place.by_hand.executemany_parts}
    if isinstance(place.by_hand, PostgresByHand):
        others = {COPY: place.by_hand.copy_parts, **others}
    return Case(
        "import 1,000 plain rows",
        lambda parts: insert_parts(place.db, parts),
        others,
        lambda: [[Part(name=f"part {n}", number=n, weight=n / 7, made_at=LATER) for n in range(MANY)]],
        BULK_AIM,
        passes=3,
        between=lambda: place.by_hand.command("DELETE FROM parts"),
        same_results=False,
    )


def _import_sessions(place: Place) -> Case:
    others: dict[str, Call] = {EXECUTEMANY: place.by_hand.executemany_sessions}
    if isinstance(place.by_hand, PostgresByHand):
        others = {COPY: place.by_hand.copy_sessions, **others}

    def sessions() -> list[list[NewSessionCookie]]:
        user = place.users[0]
        return [[new_session(user, f"platform {n}", {"token": f"{n:064}", "seen": [n]}) for n in range(MANY)]]

    return Case(
        "import 1,000 sealed rows",
        lambda new: session_cookies.import_session_cookies(place.db, new),
        others,
        sessions,
        BULK_AIM,
        passes=3,
        between=lambda: place.by_hand.command("DELETE FROM session_cookies WHERE platform LIKE 'platform %'"),
        same_results=False,
    )


def _aiosql(place: Place, work: str) -> dict[str, Call]:
    """Beside what one might take instead, where it is installed."""
    if find_spec("aiosql") is None:
        return {}
    from benchmarks.beside_aiosql import Aiosql  # noqa: PLC0415

    return {AIOSQL: getattr(Aiosql(place.by_hand, place.db.dialect), work)}


def _taken(keys: list[Any]) -> Callable[[], list[Any]]:
    return lambda: random.sample(keys, CALLS)
