"""Errors of the account functions: passwords, sign-ins and tokens."""

from hangar_dal.errors.root import HangarError, InvalidValue


class WeakPassword(InvalidValue):
    """Ask for another password; the message can be shown to the user."""


class InvalidCredentials(HangarError):
    """Show the user the same sentence for each cause: unknown user, wrong password or inactive account."""


class AccountNotActive(HangarError):
    """Tell the user that the account is suspended, inactive or deleted; `status` says which."""

    def __init__(self, message: str, *, status: str) -> None:
        super().__init__(message)
        self.status = status


class HashingBusy(HangarError):
    """Answer "try again later" (HTTP 503): more sign-ins arrive than this process can hash."""


class TokenInvalid(HangarError):
    """Ask the user to sign in again, or to request another link.

    The message is the same for a token that is unknown, used, expired or revoked.
    """


class TokenReused(TokenInvalid):
    """A refresh token was used twice, so somebody has a copy. Its session was ended; tell the user why."""


class SecondFactorRequired(HangarError):
    """Ask the user for a code of their app or a recovery code, and sign in again with it. The password was right."""


class SecondFactorInvalid(HangarError):
    """Ask for another code. The message is the same for a code that is wrong, expired or already used."""


class EveTokenLeaseLost(HangarError):
    """Discard the refreshed tokens and read the stored ones: another process refreshed, replaced or deleted them."""
