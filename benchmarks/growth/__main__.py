"""`python -m benchmarks.growth`: measure, and print a table."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from time import perf_counter
from typing import Final

from benchmarks.growth import (
    calls_of_ads,
    calls_of_livestreams,
    calls_of_messages,
    calls_of_payments,
    calls_of_users,
    calls_of_videos,
)
from benchmarks.growth.filled import Calls, Filled, Find
from benchmarks.growth.filling import COMMERCE_ROWS, COMMUNITY_ROWS, LIVESTREAMS_ROWS, OUTBOX_ROWS, fill
from benchmarks.growth.measuring import medians
from benchmarks.growth.places import PLACES, opened
from hangar_dal import COMMERCE, COMMUNITY, LIVESTREAMS, OUTBOX, Catalog, migrations

MILLION: Final = 1_000_000
TIMES_AS_MANY: Final = 100
TURNS: Final = 60
DOMAINS: Final[dict[Catalog, dict[str, Calls]]] = {
    COMMUNITY: {**calls_of_videos.DOMAINS, **calls_of_users.DOMAINS, **calls_of_messages.NOTIFICATIONS},
    OUTBOX: calls_of_messages.OUTBOX,
    COMMERCE: {**calls_of_payments.DOMAINS, **calls_of_ads.DOMAINS},
    LIVESTREAMS: calls_of_livestreams.DOMAINS,
}
MIDDLES: Final[dict[Catalog, tuple[Find, ...]]] = {
    COMMUNITY: (calls_of_videos.find_middles, calls_of_users.find_middles, calls_of_messages.find_notification),
    OUTBOX: (calls_of_messages.find_message,),
    COMMERCE: (calls_of_payments.find_middles, calls_of_ads.find_middles),
    LIVESTREAMS: (calls_of_livestreams.find_middles,),
}
ROWS: Final = {
    COMMUNITY: COMMUNITY_ROWS,
    OUTBOX: OUTBOX_ROWS,
    COMMERCE: COMMERCE_ROWS,
    LIVESTREAMS: LIVESTREAMS_ROWS,
}
NAMES: Final = {"community": COMMUNITY, "outbox": OUTBOX, "commerce": COMMERCE, "livestreams": LIVESTREAMS}
Ratios = dict[tuple[str, str], dict[str, float]]
HELP: Final = """\
Measures how many times as much processor time a query takes among a million rows as among ten thousand, of each kind,
in databases that are made for it.

  python -m benchmarks.growth                              an hour and a half, and 16 GB in $TMPDIR
  python -m benchmarks.growth --rows 100000 --case inbox   a try

PostgreSQL is found as the tests find it; it must run on this machine, which must be Linux.
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=[*PLACES], action="append", help="only this one")
    parser.add_argument("--catalog", choices=[*NAMES], action="append", help="only this one")
    parser.add_argument("--rows", type=int, default=MILLION, help="in the large database (default a million)")
    parser.add_argument("--case", default="", metavar="TEXT", help="only the cases whose name holds TEXT")
    options = parser.parse_args()
    if options.rows < MILLION // 10:
        parser.error("--rows: at least 100000")
    ratios: Ratios = {}
    for database in options.database or PLACES:
        for catalog in [NAMES[name] for name in options.catalog or NAMES]:
            with PLACES[database](("few", "many")) as urls:
                sizes = dict(zip(urls, (options.rows // TIMES_AS_MANY, options.rows), strict=True))
                for url, rows in sizes.items():
                    begun = perf_counter()
                    migrations.apply(url, catalog=catalog)
                    fill(url, ROWS[catalog], rows)
                    print(f"{database}: {rows} rows in {perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
                for case, ratio in asyncio.run(measure(catalog, sizes, options.case)).items():
                    ratios.setdefault(case, {})[database] = ratio
    print("\n".join(table(ratios)))


async def measure(
    catalog: Catalog, sizes: Mapping[str, int], part: str = "", turns: int = TURNS
) -> dict[tuple[str, str], float]:
    """For each call, how many times as long it takes in the second database as in the first."""
    found: dict[tuple[str, str], float] = {}
    async with AsyncExitStack() as stack:
        filled: list[Filled] = []
        for url, rows in sizes.items():
            db = await stack.enter_async_context(opened(url, catalog, rows))
            filled.append(Filled(db, rows, Random(1)))
            for find in MIDDLES[catalog]:
                await find(filled[-1])
        for domain, calls in DOMAINS[catalog].items():
            for name, call in calls.items():
                if part in name:
                    times = await medians([partial(call, at) for at in filled], [at.db for at in filled], turns)
                    found[domain, name] = times[-1] / times[0]
                    milliseconds = ", ".join(f"{seconds * 1e3:.2f}" for seconds in times)
                    print(
                        f"{domain}: {name}: {found[domain, name]:.2f} ({milliseconds} ms)", file=sys.stderr, flush=True
                    )
    return found


def table(ratios: Ratios) -> Sequence[str]:
    lines = ["| | Query | SQLite | PostgreSQL |", "|---|---|---|---|"]
    before = ""
    for (domain, case), found in ratios.items():
        cells = " | ".join(f"{found[name]:.2f}" if name in found else "" for name in PLACES)
        lines.append(f"| {'' if domain == before else f'`{domain}`'} | {case} | {cells} |")
        before = domain
    return lines


if __name__ == "__main__":
    main()
