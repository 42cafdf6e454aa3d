"""The root of all errors, and those that have to do with neither a database nor an account."""

import copyreg
from collections.abc import Mapping, Sequence
from typing import Any


class HangarError(Exception):
    """The root: catch it to catch all that this package raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled with all attributes, whatever the arguments of the class are."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]  # not in typeshed


class SettingsError(HangarError):
    """Set the variable that the message names."""


class CatalogError(HangarError):
    """Correct the SQL file or the signature at each place in `findings`, one sentence each."""

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(self.findings))


class CatalogNotOpened(HangarError):
    """Open the database with the catalog that the message names."""


class InvalidValue(HangarError, ValueError):
    """Pass a value that both databases can hold. Nothing was sent and nothing has changed."""


class SealError(HangarError):
    """Configure the key that the message names; if it is configured, the value was moved or altered.

    `table` and `column` say where it is stored, `key_id` its key, and `row` has the UUIDs and integers it is bound to.
    """

    def __init__(
        self, reason: str, *, table: str, column: str, key_id: str | None = None, row: Mapping[str, str] | None = None
    ) -> None:
        self.reason, self.table, self.column, self.key_id = reason, table, column, key_id
        self.row = dict(row or {})
        where = "".join(f", {name} {value}" for name, value in self.row.items())
        super().__init__(f"{table}.{column}{where}: {reason}")


class NotFound(HangarError):
    """Nothing matched where exactly one row was expected; `query` names the query."""

    def __init__(self, message: str, *, query: str | None = None) -> None:
        super().__init__(message)
        self.query = query


class TooManyRows(HangarError):
    """Narrow the statement's WHERE, or declare the query as a list; `query` names the query."""

    def __init__(self, message: str, *, query: str | None = None) -> None:
        super().__init__(message)
        self.query = query


class MigrationError(HangarError):
    """Correct the migration file that the message names; a transactional migration that failed left nothing behind."""


class MigrationBlocked(MigrationError):
    """Other sessions kept a lock that the migration needs. Nothing of it was applied; end them, or try again later."""


class SchemaDiffers(MigrationError):
    """Compare `differences`, one line each, with the migration files; nothing was changed or marked."""

    def __init__(self, message: str, *, differences: Sequence[str] = ()) -> None:
        self.differences = tuple(differences)
        super().__init__("\n".join([message, *(f"  {line}" for line in self.differences)]))


class BackupFailed(HangarError):
    """Remove the cause that the message names and make the backup again. The database itself was not changed.

    `unopened` holds an error for each sealed value in the copy that the keys at hand do not open, at most 1,000.
    """

    def __init__(self, message: str, *, unopened: Sequence[SealError] = ()) -> None:
        super().__init__(message)
        self.unopened = tuple(unopened)
