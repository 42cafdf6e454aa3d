"""What the functions of accounts refuse: passwords, sign-ins and tokens."""

from hangar_dal.errors.root import HangarError, InvalidValue


class WeakPassword(InvalidValue):
    """Ask for another password; the message can be shown to the user."""


class InvalidCredentials(HangarError):
    """Show one sentence to the user for all its causes, as this error does."""


class AccountNotActive(HangarError):
    """Tell the user that the account is suspended, inactive or deleted; `status` says which."""

    def __init__(self, message: str, *, status: str) -> None:
        super().__init__(message)
        self.status = status


class HashingBusy(HangarError):
    """Answer "try again later" (HTTP 503): more sign-ins arrive than this process can hash."""


class TokenInvalid(HangarError):
    """Ask the user to sign in again, or to request another link.

    One sentence for a token that is unknown, used, expired or revoked: never which.
    """


class TokenReused(TokenInvalid):
    """A used refresh token came back, so a copy of it exists. Its session was ended: tell the user why."""


class SecondFactorRequired(HangarError):
    """Ask the user for a code of their app or a recovery code, and sign in again with it: the password was right."""


class SecondFactorInvalid(HangarError):
    """Ask for another code. One sentence for a code that is wrong, expired or was used: never which."""


class EveTokenLeaseLost(HangarError):
    """Discard the refreshed tokens and read the stored ones: another process refreshed, replaced or deleted them."""
