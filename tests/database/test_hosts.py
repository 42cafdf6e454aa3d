"""Several hosts in one URL: connections go to the newest primary, and never back to one that it has overtaken."""

import asyncio
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.errors import CommitUnknown, ConnectionFailed, DatabaseError
from hangar_dal.settings import Settings
from tests.database.calls import IDS, INSERT
from tests.database.ledger import column, make_ledger, run
from tests.database.pools import fill
from tests.database.servers import OwnServer, running_pair, url_of
from tests.helpers.waiting import until

pytestmark = pytest.mark.slow

TRIES = 12
PLACE = "SELECT current_setting('data_directory')"
END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
ATTRIBUTES = pytest.mark.parametrize(
    "attributes", [{}, {"target_session_attrs": "read-write"}], ids=["plain", "read-write"]
)

Pair = tuple[OwnServer, OwnServer]


@pytest.fixture
def pair(new_server: OwnServer) -> Iterator[Pair]:
    """A primary and its standby, both running."""
    with running_pair(new_server) as pair:
        yield pair


def settings_of(*servers: OwnServer, **parameters: str) -> Settings:
    return Settings(
        database_url=url_of(*servers, **parameters),
        sealing_keys=sealing.new_key(),
        pool_size=4,
        acquire_timeout=60,
        connect_timeout=4,
    )


def opened(*servers: OwnServer, **parameters: str):
    return open_database(settings_of(*servers, **parameters), check_schema=False, catalog=ACCOUNTS)


async def with_ledger(db: Database, standby: OwnServer) -> None:
    """Make the ledger, and wait until the standby has it."""
    await db.run(*make_ledger(db))
    while standby.query("SELECT to_regclass('ledger')") == [(None,)]:
        pass


async def is_used(db: Database, server: OwnServer, ids: Iterator[int]) -> None:
    """Every connection is opened anew, reads and writes, and none of them belongs to another server."""
    for _ in range(TRIES):
        server.query(END_SESSIONS)
        while server.query(END_SESSIONS):
            pass
        number = next(ids)
        await run(db, INSERT, id=number)
        assert (number,) in server.query(IDS)
        assert await column(db, PLACE) == [str(server.place / "data")]


@ATTRIBUTES
async def test_after_a_failover_no_connection_goes_back_to_the_old_primary(
    pair: Pair, attributes: dict[str, str]
) -> None:
    old, new = pair
    ids = iter(range(1000))
    async with opened(old, new, **attributes) as used, opened(old, new, **attributes) as idle:
        await with_ledger(used, new)
        await fill(used, 4)
        await fill(idle, 4)
        old.stop()
        new.promote()
        await run(used, INSERT, id=next(ids))
        old.start()
        await is_used(used, new, ids)
        await is_used(idle, new, ids)  # it has not noticed the failover before the old primary was back
        async with opened(old, new, **attributes) as late:
            await is_used(late, new, ids)
        assert old.query(IDS) == []
        new.stop()
        with pytest.raises(ConnectionFailed):
            await run(used, INSERT, id=next(ids))
        assert old.query(IDS) == []


async def test_a_transaction_on_an_overtaken_primary_ends_as_soon_as_that_is_known(pair: Pair) -> None:
    old, new = pair
    async with opened(old, new) as db:
        await with_ledger(db, new)
        with pytest.raises(DatabaseError):
            async with db.transaction() as tx:
                await run(tx, INSERT, id=1)
                new.promote()  # nobody has stopped the old primary
                async with db.transaction() as other:
                    assert await column(other, PLACE) == [str(new.place / "data")]
        assert old.query(IDS) == []


async def test_a_host_of_another_system_is_refused(pair: Pair) -> None:
    primary, _ = pair
    with OwnServer.made() as stranger:
        stranger.start()
        async with opened(primary, stranger) as db:
            await fill(db, 4)
            primary.stop()
            with pytest.raises(ConnectionFailed, match="another system"):
                await column(db, PLACE)
            primary.start()
            assert await column(db, PLACE) == [str(primary.place / "data")]


async def test_a_standby_is_used_only_if_the_url_asks_for_it(pair: Pair) -> None:
    primary, standby = pair
    async with opened(standby, primary) as writing, opened(primary, standby, target_session_attrs="any") as reading:
        assert await column(writing, PLACE) == [str(primary.place / "data")]
        assert await column(reading, PLACE) == [str(primary.place / "data")]
        primary.stop()
        with pytest.raises(ConnectionFailed, match="standbys"):
            await column(writing, PLACE)
        assert await column(reading, PLACE) == [str(standby.place / "data")]
    async with opened(primary, standby, target_session_attrs="standby") as reading:
        assert await column(reading, PLACE) == [str(standby.place / "data")]


class Writers:
    """Tasks that write rows until `end` is called, and the outcome of each write."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ids = iter(range(1_000_000))
        self._is_over = False
        self.committed: set[int] = set()
        self.unknown: set[int] = set()

    async def write(self) -> None:
        while not self._is_over:
            number = next(self._ids)
            try:
                await run(self._db, INSERT, id=number)
                self.committed.add(number)
            except CommitUnknown:
                self.unknown.add(number)
            except DatabaseError:
                pass

    async def more(self) -> None:
        """Return when some more rows were committed."""
        goal = len(self.committed) + 20
        await until(lambda: len(self.committed) >= goal)

    def end(self) -> None:
        self._is_over = True


@pytest.mark.parametrize("count", [1, pytest.param(20, marks=pytest.mark.long)])
async def test_a_failover_under_load_loses_no_row_that_was_committed(new_server: OwnServer, count: int) -> None:
    for _ in range(count):
        with running_pair(new_server, synchronous_standby_names="*") as (old, new):
            async with opened(old, new) as db:
                await with_ledger(db, new)
                writers = Writers(db)
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(6):
                        tasks.create_task(writers.write())
                    await writers.more()
                    await asyncio.to_thread(old.stop)
                    await asyncio.to_thread(new.promote)
                    await writers.more()
                    await asyncio.to_thread(old.start)
                    on_old = old.query(IDS)
                    await writers.more()
                    writers.end()
            on_new = {number for (number,) in new.query(IDS)}
            assert writers.committed <= on_new <= writers.committed | writers.unknown
            assert old.query(IDS) == on_old


async def test_a_host_that_does_not_answer_is_not_waited_for(postgres_url: str) -> None:
    links: set[asyncio.StreamWriter] = set()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        links.add(writer)
        await reader.read()
        links.discard(writer)
        writer.close()

    given = conninfo_to_dict(postgres_url)
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        hosts = f"host=127.0.0.1,{quote(str(given['host']))}&port={port},{given.get('port', 5432)}"
        url = f"postgresql://{given['user']}@/{given['dbname']}?{hosts}"
        patient = Settings(database_url=url, sealing_keys=sealing.new_key(), connect_timeout=300)
        async with asyncio.timeout(60), open_database(patient, catalog=ACCOUNTS) as db:
            await fill(db, 4)
            await until(lambda: links == set())  # nothing is left of the attempts
