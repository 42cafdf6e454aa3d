"""Processes that work until they are killed by SIGKILL: in the middle of anything, as by a lack of memory."""

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Final

from tests.helpers.commands import start

END: Final = " ."


@asynccontextmanager
async def killed_at_random(
    program: str,
    *arguments: str,
    printed: Path,
    processes: int,
    kills: int,
    lines: int,
    seed: int,
    after_each: Callable[[], Awaitable[object]] | None = None,
) -> AsyncIterator[list[ForkServerProcess]]:
    """Run a program that never ends in several processes; kill one at random and replace it, and so on.

    The last argument of the program is a number of its own for each process, and it prints by `tell`. Each kill waits
    until up to `lines` more lines are there. The last processes run until the end of the block.
    """
    random = Random(seed)

    def begin(number: int) -> ForkServerProcess:
        return start(program, *arguments, str(seed * 100_000 + number), printed=printed)

    running = [begin(number) for number in range(processes)]
    try:
        for number in range(kills):
            size, wanted = size_of(printed), random.randint(1, lines)
            while lines_after(printed, size) < wanted:
                still_running(running, printed)
                await asyncio.sleep(random.random() / 50)
            kill(running.pop(random.randrange(processes)))
            running.append(begin(processes + number))
            if after_each is not None:
                await after_each()
        yield running
    finally:
        for process in running:
            kill(process)


def size_of(path: Path) -> int:
    path.touch()
    return path.stat().st_size


def tell(*words: object) -> None:
    """Print a line at once, for the programs: `print` writes word by word, among those of other processes."""
    os.write(1, f"\n{' '.join(map(str, words))}{END}\n".encode())


def lines_after(path: Path, size: int) -> int:
    with path.open("rb") as file:
        file.seek(size)
        return file.read().count(f"{END}\n".encode())


def lines_of(path: Path) -> list[list[str]]:
    """The words of each line, without those that a process could not end."""
    return [line.removesuffix(END).split() for line in path.read_text().splitlines() if line.endswith(END)]


def still_running(running: Sequence[ForkServerProcess], printed: Path) -> None:
    assert all(process.is_alive() for process in running), printed.read_text()[-5000:]


async def until_none(
    left: Callable[[], Awaitable[Sequence[object]]], running: Sequence[ForkServerProcess], printed: Path
) -> None:
    """Wait until the processes have left nothing to do."""
    while await left():
        still_running(running, printed)
        await asyncio.sleep(0.05)


async def numbers_until(stop: asyncio.Event, left: Callable[[], Awaitable[Sequence[object]]]) -> AsyncIterator[int]:
    """0, 1, 2 and so on, until `stop` is set: for what the processes work on, never far ahead of them."""
    number = 0
    while not stop.is_set():
        if number % 20 or len(await left()) < 50:
            yield number
            number += 1
        else:
            await asyncio.sleep(0.01)


def kill(process: ForkServerProcess) -> None:
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL, "the process has ended by itself"


def check_deliveries(told: Iterable[Sequence[str]], written: set[str]) -> int:
    """Each delivery is (key of order, id, attempt): none is lost, and each is in order; returns how many are repeats.

    A repeat says that it is one. A killed worker may have delivered nothing, so attempts may be left out.
    """
    attempts, order = defaultdict[str, list[int]](list), defaultdict[str, list[str]](list)
    for ordering_key, key, attempt in told:
        attempts[key].append(int(attempt))
        order[ordering_key].append(key)
    assert set(attempts) == written  # nothing is lost, and nothing was delivered that was not kept
    for each in attempts.values():
        assert all(later > earlier for earlier, later in pairwise(each))
    del order["None"]
    assert all(keys == sorted(keys) for keys in order.values())
    return sum(len(each) - 1 for each in attempts.values())
