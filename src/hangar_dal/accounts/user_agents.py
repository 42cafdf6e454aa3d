"""User agents. Clients can send any text, and no text may make a sign-in fail."""

from hangar_dal.errors import InvalidValue
from hangar_dal.models.row import MAX_USER_AGENT_CHARACTERS


def storable(user_agent: str | None) -> str | None:
    """Return a `User-Agent` header in a form that can be stored: truncated if too long, and None if empty.

    Characters that a database cannot store are replaced by "?".
    """
    if user_agent is None:
        return None
    if not isinstance(user_agent, str):
        raise InvalidValue(f"user_agent: expected str, got {type(user_agent).__name__}")
    return user_agent[:MAX_USER_AGENT_CHARACTERS].replace("\0", "?").encode(errors="replace").decode() or None
