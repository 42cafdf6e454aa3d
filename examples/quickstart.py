"""One round through the package, on real input: a Playwright storage-state file, sealed, stored and read back.

Run it after `yoyo apply`. Without settings it uses SQLite; DATABASE_URL and HANGAR_SEALING_KEYS send it to PostgreSQL.
It may be run again: it finds its user and starts over. The sample's values are made up and expire in 2099.
"""

import asyncio
import json
import os
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from stored import CATALOG, get_stored_cookies

from hangar_dal import (
    Database,
    NewSessionCookie,
    NewUser,
    SessionCookie,
    Settings,
    User,
    open_database,
    session_cookies,
    users,
)
from hangar_dal.errors import HangarError

EXPORT = Path(__file__).parent / "data" / "storage_state.json"
COLOURED = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class Clock:
    """The real time, until the last step moves it ahead: queries take `:now` from here."""

    ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def say(step: str, *lines: str) -> None:
    """A step and what came of it, in two columns."""
    label = f"{step:<16}"
    if COLOURED:
        label = f"\033[1;36m{label}\033[0m"
    print(f"  {label}{lines[0]}")
    for line in lines[1:]:
        print(f"  {'':<16}{line}")


def sign_in_ends(export: dict[str, Any]) -> datetime:
    """When the first cookie expires that scripts cannot read and that outlives the browser."""
    ends = [cookie["expires"] for cookie in export["cookies"] if cookie["httpOnly"] and cookie["expires"] > 0]
    return datetime.fromtimestamp(min(ends), UTC)


async def user_for_this_run(db: Database) -> User:
    found = await users.find_user_by_username(db, "quickstart")
    if found is not None:
        cleared = await session_cookies.delete_session_cookies(db, user_id=found.id)
        say("find the user", f"{found.username} is there from an earlier run; {cleared} stored session(s) deleted")
        return found
    made = await users.create_user(
        db,
        NewUser(
            username="quickstart",
            email="quickstart@hangar.example",
            phone_number="+12025550123",
            password=SecretStr(secrets.token_urlsafe(24)),  # hashed with argon2id; it is not stored elsewhere
            is_test_user=True,
        ),
    )
    say("create a user", f"{made.username} <{made.email}>, id {made.id}")
    return made


async def store(db: Database, user: User) -> SessionCookie:
    export = json.loads(EXPORT.read_text(encoding="utf-8"))
    hosts = {cookie["domain"] for cookie in export["cookies"]}
    say("read an export", f"{EXPORT.name}: {len(export['cookies'])} cookies of {len(hosts)} hosts")

    session = await session_cookies.create_session_cookie(
        db, NewSessionCookie(user_id=user.id, platform="starmap", cookies=export, expires_at=sign_in_ends(export))
    )
    stored = await get_stored_cookies(db, session.id)
    say(
        "seal and store",
        f"as {session.platform}, until {session.expires_at:%Y-%m-%d %H:%M} UTC",
        f"in the table: {stored[:40]}... ({len(stored)} characters)",
    )

    found = await session_cookies.find_session_cookie(db, user_id=user.id, platform="starmap")
    if found is None or found.cookies != export:
        raise SystemExit("what came back is not what was stored")
    say("read it back", f"opened again, and equal to {EXPORT.name}")
    return session


async def update(db: Database, user: User) -> None:
    before = f"{user.display_name!r}, phone {user.phone_number}"
    changed = await users.update_user(db, user.id, display_name="Quick Start", phone_number=None)
    say(
        "update the user",
        f"before: {before}",
        f"after:  {changed.display_name!r}, phone {changed.phone_number}; e-mail, not mentioned, still {changed.email}",
    )


async def list_and_nest(db: Database, user: User) -> None:
    sessions = await session_cookies.list_session_cookies(db, user_id=user.id)
    say("list", *(f"{one.platform:<10} until {one.expires_at:%Y-%m-%d %H:%M:%S} UTC" for one in sessions))

    page = await session_cookies.list_users_with_session_cookies(db, limit=10)
    mine = next((one for one in page if one.id == user.id), None)
    nested = f"{mine.username} with {len(mine.session_cookies)} of them" if mine else "the newest do not include ours"
    say("nest", f"users and their sessions in one statement: {len(page)} user(s); {nested}")


async def purge(db: Database, clock: Clock) -> None:
    clock.ahead = timedelta(seconds=3)
    await session_cookies.purge_expired_session_cookies(
        db, progress=lambda count: say("purge", f"clock 3 seconds ahead: {count} expired session(s) deleted so far")
    )
    say("", f"left in all: {await session_cookies.count_session_cookies(db)}")


async def main() -> None:
    settings, clock = Settings(), Clock()
    print(f"\nhangar_dal on {settings.target.dialect}: {settings.target.where}\n")
    async with open_database(settings, catalog=CATALOG, clock=clock) as db:
        user = await user_for_this_run(db)
        await store(db, user)
        await session_cookies.create_session_cookie(
            db,
            NewSessionCookie(
                user_id=user.id, platform="killboard", cookies=[], expires_at=clock() + timedelta(seconds=2)
            ),
        )
        await list_and_nest(db, user)
        await update(db, user)
        await purge(db, clock)
    print("\nDone. Run it again, read it (examples/quickstart.py), or go on with docs/tutorial.md.\n")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except HangarError as error:
        sys.exit(f"{type(error).__name__}: {error}")
