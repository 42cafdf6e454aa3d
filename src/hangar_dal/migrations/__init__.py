"""Brings a database to the schema of this package: `migrations.apply(url)`; also `pending`, `adopt` and `edited`.

`url` is one that `DATABASE_URL` may hold; None means the settings' own. The files are those that `yoyo apply` runs in
a checkout. Builds on `database`.
"""

from hangar_dal.migrations.commands import adopt, apply, break_lock, edited, pending

__all__ = ["adopt", "apply", "break_lock", "edited", "pending"]
