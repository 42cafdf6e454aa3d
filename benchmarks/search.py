"""How long `search_users` takes among a million users, as a ratio to `find_user_by_username` in the same run.

    python -m benchmarks.search [ROWS]     both databases; about half an hour for a million users

The names are made up of 2,000 first and 50,000 last names, so that a search finds one user, a few, or all of them.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, Final

from benchmarks.places import Place, postgresql, sqlite
from hangar_dal import Database, User, users, uuid7
from hangar_dal.database import Statement
from hangar_dal.grams import email_grams, grams

MILLION: Final = 1_000_000
BATCH: Final = 5_000
ROUNDS: Final = 25
COLUMNS: Final = """id, username, username_fold, username_grams, email, email_fold, email_grams, phone_number,
    phone_number_grams, display_name, display_name_fold, display_name_grams, hashed_password, user_type, created_at,
    updated_at"""
_SQLITE = """
SELECT
    value ->> 'id', value ->> 'n', value ->> 'n', value -> 'ng', value ->> 'e', value ->> 'e', value -> 'eg',
    value ->> 'p', value -> 'pg', value ->> 'd', lower(value ->> 'd'), value -> 'dg', 'x', 'LOCAL',
    value ->> 't', value ->> 't'
FROM json_each(:rows)"""
_POSTGRESQL = """
SELECT id, n, n, ng, e, e, eg, p, pg, d, lower(d), dg, 'x', 'LOCAL', t, t FROM json_to_recordset($1::json) AS row (
    id uuid, n text, ng text[], e text, eg text[], p text, pg text[], d text, dg text[], t timestamptz)"""
INSERT: Final = {
    "sqlite": f"INSERT INTO users ({COLUMNS}) {_SQLITE}",
    "postgresql": f"INSERT INTO users ({COLUMNS}) {_POSTGRESQL}",
}


def _word(random: Random) -> str:
    return "".join(random.choice("bdfgklmnprstvz") + random.choice("aeiou") for _ in range(random.choice([2, 3, 3, 4])))


def _rows(random: Random, names: tuple[list[str], list[str]], start: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(start, start + BATCH):
        first, last = random.choice(names[0]), random.choice(names[1])
        name, phone = f"{first}{number}", f"+49170{number:07}"
        email, shown = f"{first}.{last}{number}@example.org", f"{first.title()} {last.title()}"
        derived = {
            "ng": grams("n", name),
            "eg": email_grams("e", email),
            "dg": grams("d", shown),
            "pg": grams("p", phone),
        }
        at = f"2026-01-01T00:00:00.{number % MILLION:06}Z"
        rows.append({"id": str(uuid7()), "n": name, "e": email, "p": phone, "d": shown, "t": at, **derived})
    return rows


async def _fill(db: Database, number: int) -> tuple[list[str], list[str]]:
    random = Random(1)
    names = ([_word(random) for _ in range(2_000)], [_word(random) + _word(random) for _ in range(50_000)])
    for start in range(0, number, BATCH):
        rows = json.dumps(_rows(random, names, start))
        await db.run(
            Statement("fill", INSERT[db.dialect], writes=True), {"rows": rows} if db.dialect == "sqlite" else [rows]
        )
    return names


async def _timed(call: Callable[[], Awaitable[Any]]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        await call()
        times.append(perf_counter() - start)
    return median(times)


async def _measure(place: Place, number: int) -> None:
    db = place.db
    start = perf_counter()
    first, last = await _fill(db, number)
    print(f"{place.versions}: {number} users in {perf_counter() - start:.0f} s")
    await place.by_hand.command("ANALYZE")
    someone = await users.search_users(db, f"{number - 7}@exam")
    assert len(someone) == 1
    name = someone[0].username or ""
    base = await _timed(lambda: users.find_user_by_username(db, name))
    parts = {
        "one user, by an e-mail": f"{number - 7}@exam",
        "one user, by the end of a phone number": f"+49170{number - 7:07}"[-8:],
        "nobody, all grams are frequent": "orgexample",
        "a last name": last[7],
        "a first name": first[7],
        "three letters": first[7][:3],
        "all users": "@example.org",
    }
    for what, part in parts.items():
        page = await users.search_users(db, part, limit=50)
        after: User | None = page[-1] if page else None
        once = await _timed(lambda part=part: users.search_users(db, part, limit=50))
        later = await _timed(lambda part=part, after=after: users.search_users(db, part, after=after, limit=50))
        print(f"  {what}: {len(page)} on the page, {once / base:.1f} times, a later page {later / base:.1f}")
    print(f"  (one indexed lookup: {base * 1e6:.0f} microseconds)")


async def main(number: int) -> None:
    for place in (sqlite, postgresql):
        async with place() as made:
            await _measure(made, number)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else MILLION))
