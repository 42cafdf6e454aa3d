"""What the functions of COMMERCE refuse."""

from hangar_dal.errors.root import HangarError


class InsufficientFunds(HangarError):
    """Tell the payer that the account has less than this: it was not charged."""


class AdNotAvailable(HangarError):
    """Choose another ad: the campaign does not run, has no budget left, or the viewer has seen it often enough."""
