"""Set the settings, the search path and the role of one transaction. Their effect ends with it."""

import re
from typing import Any, Final
from uuid import UUID

from hangar_dal.database.connection import Connection
from hangar_dal.database.local_settings import Apply, LocalSettings
from hangar_dal.database.postgresql.meanings import MEANINGS
from hangar_dal.database.rows_by_key import quoted
from hangar_dal.database.statement import Statement
from hangar_dal.errors import InvalidValue, StatementError, raise_alone
from hangar_dal.values import check_text

_NAME: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
# The package reads values as these settings write them.
_KEPT: Final = frozenset({*(name.lower() for name in MEANINGS), "timezone", "client_encoding"})
_INSTEAD: Final = {"search_path": "search_path=[...]", "role": 'role="..."', "session_authorization": 'role="..."'}
_MOST: Final = 50
_SEARCHED: Final = Statement("", "SELECT name FROM unnest(current_schemas(false)) AS name", writes=False)


def applier(local: LocalSettings) -> Apply:
    """Check the settings, and return the function that applies them. Raises `InvalidValue`."""
    pairs = [(_checked_name(name), _text(name, value)) for name, value in (local.settings or {}).items()]
    if len(pairs) > _MOST:
        raise InvalidValue(f"settings: at most {_MOST} settings for a transaction")
    path = _path(local)
    if path:  # without pg_temp in the list, temporary tables would be found first
        pairs.append(("search_path", ", ".join([*map(quoted, path), "pg_temp"])))
    if local.role is not None:
        pairs.append(("role", _role(local.role)))  # last, because the role may not be allowed to set the others
    calls = ", ".join(f"set_config(${2 * at + 1}, ${2 * at + 2}, true)" for at in range(len(pairs)))
    statement = Statement("", f"SELECT {calls}", writes=False)
    values = [part for pair in pairs for part in pair]

    async def apply(connection: Connection) -> None:
        if not pairs:
            return
        try:
            await connection.run(statement, values)
        except InvalidValue:
            raise_alone(InvalidValue("the server refuses a value of settings, or the role does not exist"))
        except StatementError as error:
            message = f"the server refuses settings, search_path or role: {error}"
            raise_alone(StatementError(message, sqlstate=error.sqlstate))
        if path:
            rows, _ = await connection.run(_SEARCHED, ())
            found = {name for (name,) in rows}
            if missing := [name for name in path if name not in found]:
                message = f"search_path: the schema {missing[0]} does not exist, or the role may not use it"
                raise InvalidValue(message)

    return apply


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidValue("settings: each name is a name of a setting, such as app.user_id")
    if name.lower() in _INSTEAD:
        raise InvalidValue(f"settings: {name} has an argument of its own; write {_INSTEAD[name.lower()]}")
    if name.lower() in _KEPT:
        raise InvalidValue(f"settings: {name} must not be changed, because values are read and sent in its form")
    return name


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | UUID):
        return str(value)
    if not isinstance(value, str):
        raise InvalidValue(f"settings: {name} must be a str, an int, a bool or a UUID, not {type(value).__name__}")
    return check_text(f"settings: {name}", value)


def _path(local: LocalSettings) -> list[str]:
    given: Any = local.search_path
    if given is None:
        return []
    names = [given] if isinstance(given, str) else list(given)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise InvalidValue("search_path: expected the names of schemas, such as ['tenant_7', 'public']")
    for name in names:
        check_text("search_path", name)
        if "," in name or name.startswith("pg_"):
            raise InvalidValue("search_path: give each schema as an item of a list, and no schema of PostgreSQL")
    return names


def _role(role: Any) -> str:
    if not isinstance(role, str) or not role or role.lower() == "none":
        raise InvalidValue("role: expected the name of a role")
    return check_text("role", role)
