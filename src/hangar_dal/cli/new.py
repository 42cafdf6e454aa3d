"""`hangar-dal new query`: write the blocks and the function of a new query."""

import argparse
import sys
from typing import TYPE_CHECKING

from hangar_dal.cli import new_domain
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.extras import require_sqlglot
from hangar_dal.cli.fix import show_changes, write_changes
from hangar_dal.cli.options import add_postgresql, add_project, chosen_project
from hangar_dal.cli.scratch import scratch_database
from hangar_dal.cli.terminal import OK, YELLOW, coloured

if TYPE_CHECKING:
    from hangar_dal.drafting import Draft


def add(commands: Subcommands) -> None:
    """Add the command `new`."""
    parser = commands.add_parser("new", help="write a first version of a query or of a domain")
    kinds = parser.add_subparsers(title="what to write", metavar="KIND", required=True)
    new_domain.add(kinds)
    query = add_command(
        kinds,
        "query",
        _new_query,
        "write a query's block for each dialect, and its function",
        """\
        Adds a block to the SQL file of each dialect, and a function to the module that declares the query. Edit them
        like code that you wrote. The name of the function determines the statement:

          find_user_by_email          one row or None: WHERE email = :email
          get_user                    one row by its key, else NotFound
          list_orders_by_user         a page: WHERE user_id = :user_id, ORDER BY the key, LIMIT :limit
          stream_orders               all rows in chunks
          count_users_by_status       a number
          delete_order                how many rows were deleted

        A word after _by_ names a column. It can also be the beginning or the end of a column's name, if only one
        column matches: phone means phone_number, user means user_id. Join several words with _and_. If the table has a
        `_fold` column for a column, the statement compares the `_fold` column. Existing blocks and functions are not
        changed. Write other statements by hand; `hangar-dal check --fix` completes their lists of columns.

        examples:
          hangar-dal new query users.find_user_by_phone --returns User
          hangar-dal new query orders.list_open_orders --returns Order --where status
          hangar-dal new query users.count_users_by_role --diff

        exit codes: 0 success, 1 the migrations cannot be applied, 2 wrong arguments or settings, or the name exists, or
        a table or column is not clear. With 1 and 2, nothing was written
        """,
    )
    query.add_argument("name", metavar="MODULE.FUNCTION", help="the module and the name of the function")
    query.add_argument(
        "--returns",
        metavar="MODEL",
        default="",
        help="the model of a row, or the whole return annotation. From a model, find_ makes `MODEL | None`, list_ "
        "makes list[MODEL] and stream_ makes Stream[MODEL]",
    )
    query.add_argument(
        "--table", metavar="NAME", default="", help="the table; default: the table that has all fields of the model"
    )
    query.add_argument(
        "--where",
        metavar="COLUMN",
        action="append",
        default=[],
        help="a column to compare with an argument, instead of the words after _by_; can be repeated",
    )
    query.add_argument("--diff", action="store_true", help="show the changes, but do not write them")
    add_postgresql(query)
    add_project(query)


def _new_query(chosen: argparse.Namespace) -> int:
    require_sqlglot()
    draft = _draft(chosen)
    show_changes(draft.changes, sys.stdout)
    if not chosen.diff:
        write_changes(draft.changes, sys.stdout)
    for note in draft.notes:
        print(f"{coloured('to do:', YELLOW, sys.stdout)} {note}")
    if not chosen.diff:
        print("next: review the new code, then run `hangar-dal check`")
    return OK


def _draft(chosen: argparse.Namespace) -> "Draft":
    from hangar_dal.drafting import DraftRequest, draft_query  # noqa: PLC0415 - it imports a parser

    project = chosen_project(chosen)
    with scratch_database(chosen, project) as live:
        asked = DraftRequest(chosen.name, chosen.returns, chosen.table, tuple(chosen.where))
        return draft_query(project, live.tables, live.indexed, asked)
