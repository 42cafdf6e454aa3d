"""Read the rows of a result in which the driver cannot read some values, such as `infinity`. Below `connection`."""

from typing import Any

from psycopg.adapt import Transformer

from hangar_dal.database.statement import UNREADABLE, Row, Statement
from hangar_dal.errors import StatementError


def rows_with_gaps(cursor: Any, statement: Statement) -> list[Row]:
    """Return all rows of the cursor's result, with `UNREADABLE` in place of each value that the driver cannot read.

    Raises `StatementError`, which names the column, if the caller of the statement does not expect such values.
    """
    result = cursor.pgresult
    context = Transformer.from_context(cursor)
    loaders = [context.get_loader(result.ftype(at), result.fformat(at)) for at in range(result.nfields)]

    def value(row: int, at: int) -> Any:
        raw = result.get_value(row, at)
        try:
            return None if raw is None else loaders[at].load(raw)
        except Exception:  # a loader may raise any error, whose message may contain the value
            return UNREADABLE

    rows = [tuple(value(row, at) for at in range(result.nfields)) for row in range(result.ntuples)]
    if not statement.expects_gaps:
        columns = enumerate(statement.columns or ())
        if unread := [name for at, name in columns if any(row[at] is UNREADABLE for row in rows)]:
            error = StatementError(f"{', '.join(unread)}: {UNREADABLE.reason}")
            error.query = statement.name or None
            raise error
    return rows
