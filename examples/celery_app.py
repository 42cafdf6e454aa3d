"""Tasks that Celery's workers run: each worker process opens a database of its own.

pip install celery
yoyo apply
CELERY_BROKER_URL=redis:// celery --workdir examples --app celery_app worker
"""

from celery import Celery

from hangar_dal import ACCOUNTS, blocking, session_cookies, users

app = Celery("hangar")
# Opened once, before Celery forks its workers.
db = blocking.open_database(catalog=ACCOUNTS)


@app.task(name="hangar.purge")
def purge() -> int:
    """Delete expired sessions; return how many."""
    return db.call(session_cookies.purge_expired_session_cookies)


@app.task(name="hangar.count_users")
def count_users() -> int:
    return db.call(users.count_users)
