"""The session that holds the lock of a scratch outlives the timeouts of its role, and may be lost all the same."""

import time
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from hangar_dal.migrations.locks import held, hold_forever, key_of
from hangar_dal.migrations.objects import objects_in
from hangar_dal.migrations.scratch import Throwaway, empty_postgresql
from tests.scratch.real import Real

# Sessions of this role that have not been idle for longer than its timeout yet.
NOT_YET = """
SELECT count(*) FROM pg_stat_activity
WHERE usename = %s AND clock_timestamp() < state_change + interval '1.1 seconds'
"""


def test_no_timeout_of_the_session_is_left(postgres_url: str) -> None:
    names = ("idle_session_timeout", "statement_timeout")
    with closing(psycopg.connect(postgres_url, autocommit=True)) as connection:
        for name in names:
            connection.execute(sql.SQL("SET {} = '1h'").format(sql.Identifier(name)))
        hold_forever(connection)
        assert [connection.execute(f"SHOW {name}").fetchone() for name in names] == [("0",), ("0",)]


@pytest.mark.parametrize("real", ["CREATEDB"], indirect=True)
def test_the_lock_outlives_the_idle_session_timeout_of_the_role(real: Real) -> None:
    with closing(psycopg.connect(real.admin, autocommit=True)) as admin:
        admin.execute(sql.SQL("ALTER ROLE {} SET idle_session_timeout = '1s'").format(sql.Identifier(real.role)))
        with empty_postgresql(real.url) as created, empty_postgresql(Throwaway(real.throwaway)) as borrowed:
            while admin.execute(NOT_YET, [real.role]).fetchone() != (0,):
                time.sleep(0.02)
            assert {key_of(created.database), key_of(borrowed.database)} <= held(admin)


@pytest.mark.parametrize("real", ["CREATEDB"], indirect=True)
def test_a_scratch_is_removed_though_the_server_has_ended_its_sessions(real: Real) -> None:
    with closing(psycopg.connect(real.admin, autocommit=True)) as admin:
        with empty_postgresql(real.url) as created, empty_postgresql(Throwaway(real.throwaway)) as borrowed:
            for scratch in (created, borrowed):
                with closing(scratch.connect()) as connection, scratch.changing(connection) as change:
                    change.execute("CREATE TABLE t (id int)")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [real.role])
        left = "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = ANY (%s)"
        found = admin.execute(left, [[created.database, borrowed.database]]).fetchall()
        assert found == [(borrowed.database, None)]
    with closing(psycopg.connect(real.throwaway)) as owner:
        assert objects_in(owner) == []
