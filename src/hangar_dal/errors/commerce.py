"""Errors of the functions of COMMERCE."""

from hangar_dal.errors.root import HangarError


class InsufficientFunds(HangarError):
    """Tell the payer that the account does not have this amount. Nothing was charged."""


class AdNotAvailable(HangarError):
    """Choose another ad: the campaign does not run, has no budget left, or the viewer has seen it often enough."""


class IdempotencyKeyReused(HangarError):
    """Refuse the request: the client used its key for another request before. Nothing was done."""


class IdempotencyKeyBusy(HangarError):
    """Tell the client to try again: another process is working on a request with this key. Nothing was done."""


class IdempotencyLeaseLost(HangarError):
    """Roll back what this attempt did: another process may be working on the request."""


class PaymentDiffers(HangarError):
    """Use another payment: this one has another currency, or its captured amount is less than the invoice's."""
