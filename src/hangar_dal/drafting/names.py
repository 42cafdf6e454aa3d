"""Parse the name of a query: `find_user_by_phone` finds one row of users by its phone."""

from dataclasses import dataclass
from typing import Final

from hangar_dal.errors import SettingsError

READS: Final = ("find", "get", "list", "stream")
VERBS: Final = (*READS, "count", "delete")


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a name. `module` is the last part of a module's name, `by` the column words after `_by_`."""

    module: str
    function: str
    verb: str
    subject: str
    by: tuple[str, ...]


def read_name(name: str) -> Name:
    """Parse `module.function`. Raises `SettingsError` if no statement can be derived from it."""
    module, _, function = name.rpartition(".")
    if not module or not function.isidentifier() or function != function.lower() or not function.isascii():
        raise SettingsError(
            f"{name}: write the name as module.function, in lower case, such as users.find_user_by_email"
        )
    verb, _, rest = function.partition("_")
    if verb not in VERBS or not rest:
        message = f"{name}: the name must begin with {', '.join(f'{each}_' for each in VERBS)}"
        fix = "write other statements by hand; `hangar-dal check --fix` completes their lists of columns"
        raise SettingsError(f"{message}; {fix}")
    subject, _, by = rest.partition("_by_")
    return Name(module, function, verb, subject, tuple(by.split("_and_")) if by else ())


def column_of(words: str, columns: list[str]) -> str | None:
    """Return the column with this name or this name and `_id`, else the only column that begins or ends with it."""
    if words in columns:
        return words
    plain = [column for column in columns if not column.endswith(("_fold", "_grams", "_words"))]
    for candidates in (
        [column for column in plain if column == f"{words}_id"],
        [column for column in plain if column.startswith(f"{words}_")],
        [column for column in plain if column.endswith(f"_{words}")],
    ):
        if len(candidates) == 1:
            return candidates[0]
    return None


def is_of(subject: str, table: str) -> bool:
    """Return whether a subject such as `user`, `users` or `active_users` names the table `users`."""
    endings = (table, table.removesuffix("s"), f"{table.removesuffix('ies')}y", table.removesuffix("es"))
    return any(subject == ending or subject.endswith(f"_{ending}") for ending in endings if ending)
