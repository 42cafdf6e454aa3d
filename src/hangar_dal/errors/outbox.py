"""Errors of the outbox."""

from hangar_dal.errors.root import HangarError


class MessageLeaseLost(HangarError):
    """Roll back what this attempt did, or accept that it is repeated: another worker may be working on the message."""
