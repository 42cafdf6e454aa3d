"""Limits are checked before the work is done, and what is large is encoded beside the event loop."""

import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pydantic_core
import pytest

from hangar_dal import Database, User, builders, users, values
from hangar_dal.errors import InvalidValue
from hangar_dal.query import binding
from hangar_dal.sizes import MAX_CALL_BYTES, MAX_JSON_BYTES, MAX_LIST_ITEMS, MAX_ROWS
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher
from tests.shop import addresses, letters
from tests.shop.addresses import Address
from tests.shop.models import Letter

JSON_LIMIT = f"JSON must not be larger than {MAX_JSON_BYTES} bytes"


class Endless(list[Any]):
    """A list that reports its length and fails when it is read."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("the list was read")


CALLS: dict[str, tuple[Callable[[Database, User], Awaitable[Any]], str]] = {
    "a list of keys": (
        lambda db, user: users.get_users(db, Endless(MAX_LIST_ITEMS + 1)),
        f"ids: a list must not have more than {MAX_LIST_ITEMS} items; make several calls",
    ),
    "a list of texts": (
        lambda db, user: users.upsert_eve_user(
            db, user.id, eve_character_id=1, display_name="x", eve_scopes=["x" * (MAX_CALL_BYTES // 4 + 1)] * 4
        ),
        f"eve_scopes: the texts of a list must not be larger than {MAX_CALL_BYTES} bytes together",
    ),
    "rows": (
        lambda db, user: addresses.insert_addresses(db, Endless(MAX_ROWS + 1)),
        f"addresses: a list must not have more than {MAX_ROWS} rows; make several calls",
    ),
    "the JSON of rows": (
        lambda db, user: letters.insert_letters(db, [Letter(place="x" * (1 << 20), secret={})] * 17),
        f"letters: the JSON of a list of models must not be larger than {MAX_CALL_BYTES} bytes; make several calls",
    ),
    "a document of many values": (
        lambda db, user: users.update_user(db, user.id, metadata={"a": [[0] * 1000] * 1000}),
        f"metadata: {JSON_LIMIT}",
    ),
    "a document of one text": (
        lambda db, user: users.update_user(db, user.id, metadata={"a": "x" * (MAX_JSON_BYTES + 1)}),
        f"metadata: {JSON_LIMIT}",
    ),
    "a document of long keys": (
        lambda db, user: users.update_user(db, user.id, metadata={f"{n}{'x' * 1000}": 1 for n in range(1100)}),
        f"metadata: {JSON_LIMIT}",
    ),
    "what can be read only once": (
        lambda db, user: users.get_users(db, (each for each in [user.id])),
        "ids: expected a list, got generator",
    ),
}


@pytest.mark.parametrize(("call", "message"), CALLS.values(), ids=CALLS)
async def test_what_is_too_large_is_refused_before_it_is_read_and_leaves_nothing(
    shop_database: Database, call: Callable[[Database, User], Awaitable[Any]], message: str
) -> None:
    user = await users.create_user(shop_database, builders.user())
    with pytest.raises(InvalidValue) as caught:
        await call(shop_database, user)
    assert str(caught.value) == message
    assert await users.list_users(shop_database) == [user]


@pytest.mark.parametrize(
    "document",
    [
        [[0] * 1000] * 1000,
        ["x" * 1000] * 2000,
        [{"x" * 1000: 0}] * 2000,
        [{str(key): 0 for key in range(1000)}] * 1000,
    ],
    ids=["values", "texts", "keys", "objects"],
)
def test_a_document_that_is_too_large_is_not_encoded(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_CANONICAL", None)
    with pytest.raises(InvalidValue, match=JSON_LIMIT):
        values.json_text("x", document)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The threads in which JSON was written as text."""
    seen: set[int] = set()
    encode = values._CANONICAL.encode

    class Seen:
        def encode(self, value: object) -> str:
            seen.add(threading.get_ident())
            return encode(value)

    monkeypatch.setattr(values, "_CANONICAL", Seen())
    return seen


async def test_small_documents_are_encoded_in_place_and_large_ones_beside_the_event_loop(
    shop_database: Database, threads: set[int]
) -> None:
    user = await users.create_user(shop_database, builders.user(metadata={"small": [1] * 1000}))
    assert threads == {threading.get_ident()}
    threads.clear()
    large = {"large": [{"number": number, "text": "größe"} for number in range(20_000)]}
    changed = await users.update_user(shop_database, user.id, metadata=large)
    assert changed.metadata == large
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_few_rows_are_written_in_place_and_many_beside_the_event_loop(
    shop_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[int, int]] = []

    def to_json(rows: list[Any]) -> bytes:
        written.append((threading.get_ident(), len(rows)))
        return pydantic_core.to_json(rows)

    monkeypatch.setattr(binding, "to_json", to_json)
    here = threading.get_ident()

    def rows(count: int, size: int) -> list[Letter]:
        return [Letter(place="x" * size, secret={}) for _ in range(count)]

    await letters.insert_letters(shop_database, rows(5, 10))
    assert written == [(here, 5)]

    written.clear()  # so many that it is not tried in place
    await letters.insert_letters(shop_database, rows(5000, 10))
    assert here not in {thread for thread, _ in written}

    written.clear()  # the first twenty tell that all of them would take too long
    await letters.insert_letters(shop_database, rows(200, 1_000))
    (first, *others) = written
    assert first == (here, 20)
    assert here not in {thread for thread, _ in others}
    assert sum(count for _, count in others) == 200


async def test_large_values_arrive_whole_in_every_way_in(shop_database: Database) -> None:
    many = [Address(id=number, email=f"mara{number}@x.example") for number in range(MAX_ROWS)]
    assert await addresses.insert_addresses(shop_database, many) == MAX_ROWS
    ids = list(range(-40_000, 40_000))
    async with addresses.stream_addresses(shop_database, ids) as stream:
        assert [address async for address in stream] == many
    user = await users.create_user(shop_database, builders.user())
    assert await users.get_users(shop_database, [user.id] * 50_000) == [user]
    async with shop_database.transaction() as tx:
        changed = await users.update_user(tx, user.id, metadata={"large": ["x" * 100] * 5000})
        async with addresses.stream_addresses(tx, ids) as stream:
            assert [address async for address in stream] == many
    assert changed.metadata == {"large": ["x" * 100] * 5000}
