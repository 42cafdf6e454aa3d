"""The base class of all errors, and the errors that concern neither a database connection nor an account."""

import copyreg
from collections.abc import Mapping, Sequence
from typing import Any


class HangarError(Exception):
    """The base class of all errors that this package raises on purpose.

    `message` says what happened and where. `fix` says what to do, if the error's author knows it and it is not a part
    of the message. The text of the error joins both with "; ".
    """

    def __init__(self, message: str = "", fix: str = "") -> None:
        self.message, self.fix = message, fix
        super().__init__(f"{message}; {fix}" if fix else message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the error with all attributes, without calling `__init__`."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]  # not in typeshed


class SettingsError(HangarError):
    """Set the variable that the message names."""


class NotInstalled(SettingsError, ImportError):
    """Run the command that the message names. It installs an extra of this package."""


class CatalogError(HangarError):
    """Correct the SQL files or signatures that `findings` names. Each finding is a sentence with file and line."""

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(self.findings))


class CatalogNotOpened(HangarError):
    """Open the database with the catalog that the message names."""


class InvalidValue(HangarError, ValueError):
    """Pass a value that both databases can store. Nothing was sent to the database."""


class SealError(HangarError):
    """Configure the key that the message names. If it is configured, the stored value was moved or altered.

    `table` and `column` say where the value is stored, and `key_id` is the id of its key. `row` identifies the row: the
    columns that are UUIDs or integers, by name.
    """

    def __init__(
        self, reason: str, *, table: str, column: str, key_id: str | None = None, row: Mapping[str, str] | None = None
    ) -> None:
        self.reason, self.table, self.column, self.key_id = reason, table, column, key_id
        self.row = dict(row or {})
        where = "".join(f", {name} {value}" for name, value in self.row.items())
        super().__init__(f"{table}.{column}{where}: {reason}")


class NotFound(HangarError):
    """The query found no row, and exactly one was expected. `query` is the name of the query."""

    def __init__(self, message: str, *, query: str | None = None) -> None:
        super().__init__(message)
        self.query = query


class TooManyRows(HangarError):
    """Narrow the statement's WHERE, or declare the query as a list. `query` is the name of the query."""

    def __init__(self, message: str, *, query: str | None = None) -> None:
        super().__init__(message)
        self.query = query


class MigrationError(HangarError):
    """Correct the migration file that the message names. A failed transactional migration was rolled back."""


class MigrationBlocked(MigrationError):
    """End the sessions that hold the lock which the migration needs, or try again later. Nothing was applied."""


class SchemaDiffers(MigrationError):
    """Compare the lines of `differences` with the migration files. Nothing was changed or marked."""

    def __init__(self, message: str, *, differences: Sequence[str] = ()) -> None:
        self.differences = tuple(differences)
        super().__init__("\n".join([message, *(f"  {line}" for line in self.differences)]))


class BackupFailed(HangarError):
    """Remove the cause that the message names and make the backup again. The database itself was not changed.

    `unopened` has an error for each sealed value in the copy that the given keys do not open, at most 1,000.
    """

    def __init__(self, message: str, *, unopened: Sequence[SealError] = ()) -> None:
        super().__init__(message)
        self.unopened = tuple(unopened)
