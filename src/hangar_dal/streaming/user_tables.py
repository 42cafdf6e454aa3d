"""How to export and merge the tables of LIVESTREAMS that refer to users.

`accounts` finds this module through the catalog, so that an export or merge never misses these tables. A test compares
the list with the migrated schema, so that no new table is forgotten.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hangar_dal import donations, live_chat, live_viewers, livestream_reminders, livestreams
from hangar_dal.accounts.user_tables import UserTable, moved, streamed

USER_TABLES: Final[Mapping[str, UserTable]] = MappingProxyType(
    {
        "livestreams": UserTable(
            export=streamed(lambda tx, user_id: livestreams.stream_livestreams(tx, owner_id=user_id)),
            move=moved(livestreams.move_livestreams),
        ),
        "livestream_reminders": UserTable(
            export=streamed(livestream_reminders.stream_reminders), move=moved(livestream_reminders.move_reminders)
        ),
        # Key hashes move with their livestreams.
        "livestream_keys": UserTable(),
        # Deleted with the merged user; the counts stay.
        "live_viewers": UserTable(export=streamed(live_viewers.stream_viewers_of_user)),
        "live_viewer_counts": UserTable(),
        "live_chats": UserTable(),
        "live_chat_messages": UserTable(
            export=streamed(live_chat.stream_chat_messages_of_author), move=moved(live_chat.move_chat_messages)
        ),
        "live_moderators": UserTable(
            export=streamed(live_chat.stream_moderators),
            move=moved(live_chat.move_moderators, live_chat.move_moderating),
        ),
        # Bans set by other users are not exported: they are the data of those users.
        "live_bans": UserTable(
            export=streamed(live_chat.stream_bans_of_owner),
            move=moved(live_chat.move_bans, live_chat.move_bans_of_user),
        ),
        "donations": UserTable(
            export=streamed(donations.stream_donations_of_donor), move=moved(donations.move_donations)
        ),
        "donation_totals": UserTable(),
        "donor_totals": UserTable(),
    }
)
