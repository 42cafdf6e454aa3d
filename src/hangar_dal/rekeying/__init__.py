"""Count stored values by the key that they are sealed with, and seal them again with the first key."""

from hangar_dal.rekeying.columns import SealedColumn, sealed_columns
from hangar_dal.rekeying.counting import Counted, count_keys
from hangar_dal.rekeying.rotating import Rotated, rotate
from hangar_dal.rekeying.walking import Progress

__all__ = ["Counted", "Progress", "Rotated", "SealedColumn", "count_keys", "rotate", "sealed_columns"]
