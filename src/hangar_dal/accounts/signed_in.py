"""The result of a sign-in or a refresh."""

from typing import Self

from pydantic import SecretStr

from hangar_dal.models.refresh_tokens import IssuedRefreshToken, RefreshToken
from hangar_dal.models.row import Row
from hangar_dal.models.users import User


class SignedIn(Row):
    """A user, a refresh token, which cannot be read again, and the session of the token."""

    user: User
    refresh_token: SecretStr
    session: RefreshToken

    @classmethod
    def with_token(cls, user: User, issued: IssuedRefreshToken) -> Self:
        """Return the user with a token that was just issued to the user."""
        return cls(user=user, refresh_token=issued.token, session=issued.session)
