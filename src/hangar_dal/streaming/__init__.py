"""Operations that use livestreams and domains of other catalogs.

`from hangar_dal import streaming`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`.
"""

from hangar_dal.streaming.donating import donate, refund_donation
from hangar_dal.streaming.recording import record_livestream
from hangar_dal.streaming.reminding import REMINDERS, queue_reminders

__all__ = ["REMINDERS", "donate", "queue_reminders", "record_livestream", "refund_donation"]
