"""What the functions of COMMERCE refuse."""

from hangar_dal.errors.root import HangarError


class InsufficientFunds(HangarError):
    """Tell the payer that the account has less than this: it was not charged."""


class AdNotAvailable(HangarError):
    """Choose another ad: the campaign does not run, has no budget left, or the viewer has seen it often enough."""


class IdempotencyKeyReused(HangarError):
    """Refuse the request: its key belongs to another one, so the client has a mistake. Nothing was done."""


class IdempotencyKeyBusy(HangarError):
    """Let the client try again: a request with this key is being worked on. Nothing was done."""


class IdempotencyLeaseLost(HangarError):
    """Roll back what this attempt did: somebody else may be working on the request."""


class PaymentDiffers(HangarError):
    """Look for another payment: this one has another currency, or has captured less than the invoice asks for."""
