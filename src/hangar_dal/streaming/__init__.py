"""Streaming: the work that touches livestreams and the domains of other catalogs.

`from hangar_dal import streaming`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`.
"""

from hangar_dal.streaming.recording import record_livestream

__all__ = ["record_livestream"]
