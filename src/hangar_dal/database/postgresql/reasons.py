"""Why a server cannot be reached, according to libpq's message, and whether this may be temporary. Below `hosts`."""

from typing import Final

from hangar_dal.errors import ConnectionFailed
from hangar_dal.settings import PostgresTarget

# Part of libpq's message, the reason to report, and whether the error may be temporary, as when a server restarts.
# The rest of libpq's message is not reported.
_REASONS: Final = (
    ("password authentication failed", "the user name or the password is wrong", False),
    ("no password supplied", "the server requires a password", False),
    ("no pg_hba.conf entry", "the server does not allow this user to connect from this address (pg_hba.conf)", False),
    (
        "Peer authentication failed",
        "the server requires the operating system's user with this name (peer authentication)",
        False,
    ),
    ("Connection refused", "no server listens at this address", True),
    ("No such file or directory", "the socket of the server does not exist", True),
    ("Temporary failure in name resolution", "the DNS server did not answer", True),
    ("could not translate host name", "the host name is unknown", False),
    ("failed to resolve host", "the host name is unknown", False),
    ("certificate", "the server's certificate was not accepted", False),
    ("SSL SYSCALL error", "the connection was closed", True),
    ("SSL connection has been closed", "the connection was closed", True),
    ("SSL", "client and server could not agree on TLS", False),
    ("too many", "the server has too many connections already", True),
    ("session is", "the server is not of the kind that target_session_attrs requires", True),
    ("hot standby mode", "the server is not of the kind that target_session_attrs requires", True),
    ("role ", "the user does not exist", False),
    ("does not exist", "the database does not exist", False),
    ("timeout", "no answer in time; see HANGAR_CONNECT_TIMEOUT", True),
    ("statement pooling", "the connection pooler splits transactions; set its mode to transaction or session", False),
    ("starting up", "the server is starting up", True),
    ("shutting down", "the server is shutting down", True),
)
_UNKNOWN: Final = ("", "the connection failed", True)


def unreachable(target: PostgresTarget, said: str) -> ConnectionFailed:
    """Return the error with the reason that was found in libpq's message. It does not contain the message itself."""
    _, reason, _ = _reason(said)
    return ConnectionFailed(f"PostgreSQL at {target.where} cannot be reached: {reason}")


def may_pass(said: str) -> bool:
    """Whether another attempt may succeed soon, according to libpq's message."""
    return _reason(said)[2]


def _reason(said: str) -> tuple[str, str, bool]:
    return next((reason for reason in _REASONS if reason[0] in said), _UNKNOWN)
