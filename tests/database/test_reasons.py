"""What libpq says when it cannot connect, and whether opening is tried again."""

import pytest

from hangar_dal.database.postgresql.reasons import may_pass, unreachable
from hangar_dal.settings import PostgresTarget

TARGET = PostgresTarget("host=db", "db/shop")
AT = 'connection to server at "db" (192.0.2.1), port 5432 failed: '
PASSING = {
    f"{AT}Connection refused\n\tIs the server running on that host?": "no server listens at this address",
    f"{AT}FATAL:  the database system is starting up": "the server is starting up",
    f"{AT}FATAL:  the database system is shutting down": "the server is shutting down",
    f"{AT}FATAL:  sorry, too many clients already": "too many connections",
    f'{AT}FATAL:  too many connections for role "shop"': "too many connections",
    f"{AT}SSL SYSCALL error: EOF detected": "the connection was closed",
    f"{AT}SSL connection has been closed unexpectedly": "the connection was closed",
    f"{AT}session is read-only": "target_session_attrs",
    f"{AT}server is in hot standby mode": "target_session_attrs",
    "failed to resolve host 'db': [Errno -3] Temporary failure in name resolution": "the DNS server",
    f"{AT}something that nobody has seen before": "the connection failed",
}
LASTING = {
    f'{AT}FATAL:  password authentication failed for user "shop"': "the user name or the password is wrong",
    f'{AT}FATAL:  role "shop" does not exist': "the user does not exist",
    f'{AT}FATAL:  database "shop" does not exist': "the database does not exist",
    f"{AT}SSL error: certificate verify failed": "certificate",
    f"{AT}server does not support SSL, but SSL was required": "TLS",
    "failed to resolve host 'db': [Errno -2] Name or service not known": "the host name is unknown",
}


@pytest.mark.parametrize("said", PASSING)
def test_a_failure_that_may_pass_is_tried_again(said: str) -> None:
    assert may_pass(said)


@pytest.mark.parametrize("said", LASTING)
def test_a_failure_that_a_person_has_to_repair_is_not_tried_again(said: str) -> None:
    assert not may_pass(said)


@pytest.mark.parametrize(("said", "reason"), [*PASSING.items(), *LASTING.items()])
def test_a_failure_is_explained_without_the_words_of_libpq(said: str, reason: str) -> None:
    message = str(unreachable(TARGET, said))
    assert reason in message
    assert "192.0.2.1" not in message
