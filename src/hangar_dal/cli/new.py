"""`hangar-dal new query`: write the blocks and the function of a new query."""

import argparse
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.fix import show_changes, write_changes
from hangar_dal.cli.options import add_project, chosen_project
from hangar_dal.cli.terminal import MISUSED, OK, RED, YELLOW, coloured
from hangar_dal.errors import SettingsError

if TYPE_CHECKING:
    from hangar_dal.drafting import Draft


def add(commands: Subcommands) -> None:
    """Add the command `new`."""
    parser = commands.add_parser("new", help="write the first version of a query")
    kinds = parser.add_subparsers(title="what to write", metavar="KIND", required=True)
    query = add_command(
        kinds,
        "query",
        _new_query,
        "write a query's block for each dialect, and its function",
        """\
        Writes a block into the SQL file of each dialect, and the function into the module that declares it. All of it
        is plain text to go on from. The name says what the statement does:

          find_user_by_email          one row or None: WHERE email = :email
          get_user                    one row by its key, else NotFound
          list_orders_by_user         a page: WHERE user_id = :user_id, ORDER BY the key, LIMIT :limit
          stream_orders               all rows in chunks
          count_users_by_status       a number
          delete_order                how many rows were deleted

        A word behind _by_ means the column of this name, or the only one that begins or ends with it: phone means
        phone_number, user means user_id. Several are joined by _and_. A column with a fold is compared by its fold.
        Nothing that exists is changed or replaced. Other statements are written by hand; `hangar-dal check --fix`
        completes their lists of columns.

        examples:
          hangar-dal new query users.find_user_by_phone --returns User
          hangar-dal new query orders.list_open_orders --returns Order --where status
          hangar-dal new query users.count_users_by_role --diff

        exit codes: 0 written, 2 not understood: the name exists, the table or the column is not clear
        """,
    )
    query.add_argument("name", metavar="MODULE.FUNCTION", help="the module that declares it, and the function's name")
    query.add_argument(
        "--returns",
        metavar="MODEL",
        default="",
        help="the model of a row; find_ adds `| None`, list_ makes it list[MODEL]. Or the whole annotation",
    )
    query.add_argument("--table", metavar="NAME", default="", help="else the one that has all of the model's fields")
    query.add_argument(
        "--where",
        metavar="COLUMN",
        action="append",
        default=[],
        help="a column that is compared with an argument, in the place of the words behind _by_; may be given again",
    )
    query.add_argument("--diff", action="store_true", help="show what would be written, and write nothing")
    add_project(query)


def _new_query(chosen: argparse.Namespace) -> int:
    if find_spec("sqlglot") is None:
        print("sqlglot: not installed; pip install 'hangar-dal[check]'", file=sys.stderr)
        return MISUSED
    try:
        draft = _draft(chosen)
        show_changes(draft.changes, sys.stdout)
        if not chosen.diff:
            write_changes(draft.changes, sys.stdout)
    except SettingsError as fault:
        print(f"{coloured('error:', RED, sys.stderr)} {fault}", file=sys.stderr)
        return MISUSED
    for note in draft.notes:
        print(f"{coloured('to do:', YELLOW, sys.stdout)} {note}")
    if not chosen.diff:
        print("next: read what was written, then run `hangar-dal check`")
    return OK


def _draft(chosen: argparse.Namespace) -> "Draft":
    from hangar_dal.contract.live import live_sqlite  # noqa: PLC0415 - drivers, and a parser
    from hangar_dal.drafting import Asked, draft_query  # noqa: PLC0415 - as above

    project = chosen_project(chosen)
    with live_sqlite(project) as live:
        asked = Asked(chosen.name, chosen.returns, chosen.table, tuple(chosen.where))
        return draft_query(project, live.tables, live.indexed, asked)
