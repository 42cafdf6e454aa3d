"""Bring a database to the schema of a catalog: `migrations.apply(url, catalog=ACCOUNTS)`.

Also `pending`, `applied`, `rollback`, `adopt`, `edited` and `break_lock`. `url` has the form of `DATABASE_URL`; None
means the URL of the settings. If the catalog builds on other catalogs, their migrations are applied first. `yoyo apply`
runs the same files in a checkout.
"""

from hangar_dal.migrations.commands import adopt, applied, apply, break_lock, edited, pending, rollback

__all__ = ["adopt", "applied", "apply", "break_lock", "edited", "pending", "rollback"]
