"""Call the same functions from code that is not asynchronous: Flask, Django, Celery, scripts and notebooks.

    from hangar_dal import ACCOUNTS, blocking, users

    db = blocking.open_database(catalog=ACCOUNTS)
    user = db.call(users.get_user, user_id)
    with db.transaction() as tx:
        tx.call(users.update_user, user_id, changes)
    db.close()

An event loop in a thread of its own runs the functions, and the calling thread waits for the result. Any number of
threads may share a database. A forked child opens a database of its own at its first call.
"""

from hangar_dal.blocking.database import BlockingDatabase, open_database
from hangar_dal.blocking.transaction import BlockingTransaction

__all__ = ["BlockingDatabase", "BlockingTransaction", "open_database"]
