"""Many tasks and processes write at once: no chat has more messages in a second, and no author writes too often."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest

from hangar_dal import Database, Settings, builders, live_chat
from hangar_dal.errors import TransactionConflict, TriggerViolation
from hangar_dal.live_chat import ChatMessage, ChatRules
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together
from tests.helpers.community import person
from tests.helpers.streaming import live

TASKS, PROCESSES, RATE = 64, 8, 10
WRITE: Final = """
import asyncio, sys
from datetime import datetime
from uuid import UUID
from hangar_dal import LIVESTREAMS, Settings, open_database, sealing
from tests.domains.live_chat.test_races import write

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    now = datetime.fromisoformat(sys.argv[2])
    stream, author = UUID(sys.argv[3]), UUID(sys.argv[4])
    async with open_database(settings, catalog=LIVESTREAMS, clock=lambda: now) as db:
        wait_for_others()
        print(sum([await write(db, stream, author) is None for _ in range(5)]))

asyncio.run(main())
"""


async def write(db: Database, livestream_id: UUID, author_id: UUID) -> str | None:
    """The rule that refuses a message; None if it is sent."""
    try:
        await live_chat.send_chat_message(db, builders.chat_message(livestream_id, author=author_id))
    except TriggerViolation as error:
        return error.constraint
    return None


async def test_many_tasks_do_not_get_past_the_limit_of_a_second(database: Database, clock: Clock) -> None:
    begun = await live(database, (await person(database)).id)
    await live_chat.set_chat_rules(database, ChatRules(livestream_id=begun.id, messages_per_second=RATE))
    for _ in range(2):
        found = await asyncio.gather(*(write(database, begun.id, begun.owner_id) for _ in range(TASKS)))
        assert Counter(found) == {None: RATE, "live_chat_rate": TASKS - RATE}
        clock.advance(timedelta(seconds=1))


async def test_an_author_with_many_tasks_does_not_get_past_slow_mode(database: Database) -> None:
    begun, fan = await live(database, (await person(database)).id), await person(database)
    rules = ChatRules(livestream_id=begun.id, slow_seconds=5, messages_per_second=1000)
    await live_chat.set_chat_rules(database, rules)
    found = await asyncio.gather(*(write(database, begun.id, fan.id) for _ in range(TASKS)))
    assert Counter(found) == {None: 1, "live_chat_slow": TASKS - 1}


@pytest.mark.slow
async def test_many_processes_do_not_get_past_the_limit_of_a_second(
    database: Database, settings: Settings, clock: Clock
) -> None:
    begun = await live(database, (await person(database)).id)
    await live_chat.set_chat_rules(database, ChatRules(livestream_id=begun.id, messages_per_second=RATE))
    given = (settings.url.get_secret_value(), clock.now.isoformat(), str(begun.id), str(begun.owner_id))
    said = await asyncio.to_thread(run_together, WRITE, *given, processes=PROCESSES)
    assert sum(int(lines[-1]) for lines in said) == RATE


async def test_the_same_message_of_many_tasks_is_one(database: Database) -> None:
    begun = await live(database, (await person(database)).id)
    new = builders.chat_message(begun, author=begun.owner_id)
    rows = await asyncio.gather(*(live_chat.send_chat_message(database, new) for _ in range(TASKS)))
    assert len(set(map(ChatMessage.model_dump_json, rows))) == 1
    assert len(await live_chat.list_chat_messages(database, begun.id)) == 1


async def test_slow_mode_holds_on_an_older_view_too(on_postgresql: Database) -> None:
    """PostgreSQL's REPEATABLE READ does not see what was written since."""
    db = on_postgresql
    begun, fan = await live(db, (await person(db)).id), await person(db)
    await live_chat.set_chat_rules(db, ChatRules(livestream_id=begun.id, slow_seconds=60))
    with pytest.raises(TransactionConflict):
        async with db.transaction(isolation="repeatable read") as tx:
            assert await live_chat.list_chat_messages(tx, begun.id) == []
            await live_chat.send_chat_message(db, builders.chat_message(begun, author=fan))
            await live_chat.send_chat_message(tx, builders.chat_message(begun, author=fan))
    assert len(await live_chat.list_chat_messages(db, begun.id)) == 1
