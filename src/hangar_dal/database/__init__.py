"""Connections, transactions and cancellation, the same on SQLite and PostgreSQL.

A call goes `Database.run` -> a free connection of `Pool` -> the dialect's `Connection.run` -> the driver, and back.
What differs between the databases is in the packages `sqlite` and `postgresql` alone.
"""

from hangar_dal.database.connection import Isolation
from hangar_dal.database.database import Database
from hangar_dal.database.dependency import transaction_dependency
from hangar_dal.database.executor import Executor, atomic
from hangar_dal.database.listening import Gap, Notification, Notifications
from hangar_dal.database.opening import Opening, open_database
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.database.transaction import Transaction

__all__ = [
    "Database",
    "Executor",
    "Gap",
    "Isolation",
    "Notification",
    "Notifications",
    "Opening",
    "Parameters",
    "Result",
    "Row",
    "Statement",
    "Transaction",
    "atomic",
    "open_database",
    "transaction_dependency",
]
