"""Access tokens: JWTs that name a user and a session. The session is looked up at each request, see `dependencies`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt

from hangar_api.settings import ApiSettings
from hangar_dal.errors import TokenInvalid

_ALGORITHM = "HS256"
_CLAIMS = ["iss", "aud", "sub", "sid", "jti", "iat", "exp"]
_REFUSED = "the access token is missing, wrong or expired; refresh it or sign in again"


@dataclass(frozen=True)
class AccessToken:
    user_id: UUID
    session_id: UUID


def issue_access_token(settings: ApiSettings, *, user_id: UUID, session_id: UUID) -> str:
    key_id, key = next(iter(settings.keys.items()))
    now = datetime.now(UTC)
    claims = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": str(user_id),
        "sid": str(session_id),
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + timedelta(seconds=settings.access_token_seconds),
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": key_id})


def read_access_token(settings: ApiSettings, token: str | None) -> AccessToken:
    """Return whom the token names. `TokenInvalid` has one sentence for every fault."""
    try:
        key_id = jwt.get_unverified_header(token or "").get("kid")
        claims = jwt.decode(
            token or "",
            settings.keys[str(key_id)],
            algorithms=[_ALGORITHM],
            issuer=settings.issuer,
            audience=settings.audience,
            options={"require": _CLAIMS},
        )
        return AccessToken(user_id=UUID(claims["sub"]), session_id=UUID(claims["sid"]))
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
        raise TokenInvalid(_REFUSED) from None
