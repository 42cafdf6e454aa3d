"""The limits of values: exact to the byte, and where the rest of the work goes on."""

from collections.abc import Callable

import pytest

from hangar_dal.errors import InvalidValue
from hangar_dal.sizes import MAX_CALL_BYTES, LargeOnLoop, Room, check_count, check_texts

LARGE = 100_000


def take(size: int) -> None:
    """A document of one value, and one that is walked to its last byte."""
    Room(2 * LARGE, "too large").take(size)
    room = Room(2 * LARGE, "too large")
    room.take(size - 1)
    room.take(1)


def count(size: int) -> None:
    check_count("it", size, 2 * LARGE, "rows")


def texts(size: int) -> None:
    """Also what is no text yet, which a later check refuses."""
    check_texts("it", ["x" * (size + MAX_CALL_BYTES - 2 * LARGE), 7])


CHECKS = pytest.mark.parametrize("check", [take, count, texts])


@CHECKS
def test_a_limit_is_the_largest_size_that_is_accepted(check: Callable[[int], None]) -> None:
    check(2 * LARGE)
    with pytest.raises(InvalidValue):
        check(2 * LARGE + 1)


@CHECKS
async def test_on_the_event_loop_what_is_large_is_left_to_a_thread(check: Callable[[int], None]) -> None:
    with pytest.raises(LargeOnLoop):
        check(LARGE)


async def test_on_the_event_loop_what_is_too_large_is_refused_at_once() -> None:
    for check in (count, texts):
        with pytest.raises(InvalidValue):
            check(2 * LARGE + 1)
    with pytest.raises(InvalidValue):
        Room(LARGE, "too large").take(LARGE + 1)


async def test_on_the_event_loop_what_is_small_is_accepted() -> None:
    room = Room(LARGE, "too large")
    for _ in range(10):
        room.take(1000)
    check_count("it", 1000, LARGE, "rows")
    check_texts("it", ["x" * 1000] * 10)


async def test_what_will_be_large_is_left_to_a_thread_before_it_is_written() -> None:
    room = Room(2 * LARGE, "too large")
    room.expect(1000)
    with pytest.raises(LargeOnLoop):
        room.expect(LARGE)


def test_in_a_thread_a_limit_is_for_what_is_written_and_not_for_what_is_expected() -> None:
    room = Room(LARGE, "too large")
    room.expect(2 * LARGE)
    room.take(LARGE)
