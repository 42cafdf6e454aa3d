"""Bring a database to the schema of a catalog: `migrations.apply(url, catalog=ACCOUNTS)`.

Also `pending`, `adopt` and `edited`. `url` is one that `DATABASE_URL` may hold; None means the settings' own. The
migrations of the catalogs that the catalog builds on come first. The files are those that `yoyo apply` runs in a
checkout. Builds on `database`.
"""

from hangar_dal.migrations.commands import adopt, apply, break_lock, edited, pending

__all__ = ["adopt", "apply", "break_lock", "edited", "pending"]
