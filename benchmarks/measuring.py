"""Rounds of interleaved, shuffled calls, and the ratios that come of them. Knows nothing of databases."""

import gc
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

Call = Callable[[Any], Awaitable[object]]

# The one that need not give what the package gives.
BARE = "driver alone, no model"


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to do, done by the package and by others; `inputs` makes a turn's arguments outside of the clock.

    A round is cut into `passes`, in each of which everybody has a turn, and the median of the passes counts: a moment
    in which the machine does something else spoils no round.
    """

    name: str
    package: Call
    others: Mapping[str, Call]
    inputs: Callable[[], Sequence[Any]]
    aim: float
    passes: int
    between: Callable[[], Awaitable[object]] | None = None  # after each turn, outside of the clock
    same_results: bool = True
    warm_up: int = 3  # turns; caches are warm by then, and psycopg has prepared what it prepares


@dataclass(frozen=True, slots=True)
class Ratio:
    """The package's time by another's: the median of the rounds, the least and the greatest."""

    to: str
    median: float
    least: float
    greatest: float


async def measure(case: Case, *, rounds: int, progress: Callable[[], None]) -> list[Ratio]:
    """Ratios to each of the others, the floor first."""
    callers = {"package": case.package, **case.others}
    await _warm_up(case, callers)
    gc.collect()
    gc.freeze()  # what has been made so far is not to be searched through again and again
    try:
        measured = []
        for _ in range(rounds):
            measured.append(await _round(case, callers))
            progress()
    finally:
        gc.unfreeze()
    found = []
    for name in case.others:
        ratios = [seconds["package"] / seconds[name] for seconds in measured]
        found.append(Ratio(name, median(ratios), min(ratios), max(ratios)))
    return found


async def _warm_up(case: Case, callers: Mapping[str, Call]) -> None:
    """Everybody over the same ground; and they must agree."""
    for _ in range(case.warm_up):
        for call in callers.values():
            await _turn(case, call, case.inputs())
    if case.same_results:
        given = case.inputs()[0]
        expected = await case.package(given)
        for name, call in case.others.items():
            if name != BARE and await call(given) != expected:
                raise AssertionError(f"{case.name}: {name} gives something else than the package")


async def _round(case: Case, callers: Mapping[str, Call]) -> dict[str, float]:
    turns: dict[str, list[float]] = {name: [] for name in callers}
    order = list(callers)
    for _ in range(case.passes):
        random.shuffle(order)
        for name in order:
            turns[name].append(await _turn(case, callers[name], case.inputs()))
    return {name: median(seconds) for name, seconds in turns.items()}


async def _turn(case: Case, call: Call, inputs: Sequence[Any]) -> float:
    started = perf_counter()
    for given in inputs:
        await call(given)
    seconds = perf_counter() - started
    if case.between is not None:
        await case.between()
    return seconds
