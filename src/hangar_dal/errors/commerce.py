"""What the functions of COMMERCE refuse."""

from hangar_dal.errors.root import HangarError


class InsufficientFunds(HangarError):
    """Tell the payer that the account has less than this: it was not charged."""
