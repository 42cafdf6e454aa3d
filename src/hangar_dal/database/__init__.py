"""Connections, transactions and cancellation, the same on SQLite and PostgreSQL.

A call passes through `Database.run`, a free connection of `Pool`, `Connection.run` of the dialect, and the driver.
All code that depends on the database is in the packages `sqlite` and `postgresql`.
"""

from hangar_dal.database.batch import Batch, Pending
from hangar_dal.database.connection import Isolation
from hangar_dal.database.database import Database
from hangar_dal.database.dependency import transaction_dependency
from hangar_dal.database.executor import Executor, atomic, time_of
from hangar_dal.database.health import Health
from hangar_dal.database.listening import Gap, Notification, Notifications
from hangar_dal.database.observing import StatementEvent
from hangar_dal.database.opening import Opening, open_database
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.database.transaction import Transaction

__all__ = [
    "Batch",
    "Database",
    "Executor",
    "Gap",
    "Health",
    "Isolation",
    "Notification",
    "Notifications",
    "Opening",
    "Parameters",
    "Pending",
    "Result",
    "Row",
    "Statement",
    "StatementEvent",
    "Transaction",
    "atomic",
    "open_database",
    "time_of",
    "transaction_dependency",
]
