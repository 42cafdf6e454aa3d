"""User agents: texts that clients send as they like, so none of them may make a sign-in fail."""

from hangar_dal.errors import InvalidValue
from hangar_dal.models.row import MAX_USER_AGENT_CHARACTERS


def storable(user_agent: str | None) -> str | None:
    """Return what can be stored of a `User-Agent` header: cut if it is too long, and None if it is empty.

    "?" takes the place of a character that no database can store.
    """
    if user_agent is None:
        return None
    if not isinstance(user_agent, str):
        raise InvalidValue(f"user_agent: expected str, got {type(user_agent).__name__}")
    return user_agent[:MAX_USER_AGENT_CHARACTERS].replace("\0", "?").encode(errors="replace").decode() or None
