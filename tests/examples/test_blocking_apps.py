"""The example applications without asyncio: requests to Flask, and tasks that forked workers of Celery run."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from types import ModuleType
from uuid import UUID, uuid4

import pytest
from celery import Celery

from hangar_dal import ACCOUNTS, Settings, blocking, builders, sealing, session_cookies, users
from tests.helpers.browser_sessions import sessions
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher

EXAMPLES = Path(__file__).parents[2] / "examples"
ADA = {"username": "Ada", "email": "ada@hangar.example", "password": token_hex()}
WAIT = 300  # seconds until a test fails that would wait for ever


@pytest.fixture
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    return Settings()


@pytest.fixture
def flask_app(environment: Settings) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("flask_app", EXAMPLES / "flask_app.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    module.db.close()


def test_flask_answers_from_the_database(flask_app: ModuleType) -> None:
    client = flask_app.app.test_client()
    made = client.post("/users", json=ADA)
    assert made.status_code == 201
    assert "password" not in made.text
    assert client.get(f"/users/{made.json['id']}").json == made.json
    assert client.get("/users").json == [made.json]


def test_flask_answers_errors_with_their_statuses(flask_app: ModuleType) -> None:
    client = flask_app.app.test_client()
    client.post("/users", json=ADA)
    taken = client.post("/users", json=ADA | {"username": "ADA"})
    assert (taken.status_code, taken.json) == (409, {"taken": ["username"]})
    assert client.post("/users", json=ADA | {"password": "short"}).status_code == 422
    assert client.get(f"/users/{uuid4()}").status_code == 404


def test_flask_deletes_all_sessions_in_one_transaction(flask_app: ModuleType) -> None:
    client, db = flask_app.app.test_client(), flask_app.db
    user_id = UUID(client.post("/users", json=ADA).json["id"])
    db.call(session_cookies.import_session_cookies, sessions(user_id, 2))
    assert client.delete(f"/users/{user_id}/sessions").json == {"deleted": 2}
    assert client.delete(f"/users/{uuid4()}/sessions").status_code == 404


def test_forked_workers_of_celery_run_the_tasks(environment: Settings, tmp_path: Path) -> None:
    with blocking.open_database(environment, catalog=ACCOUNTS) as db:
        db.call(users.insert_user, builders.eve_user(), hashed_password=None)
    (tmp_path / "queue").mkdir()
    (tmp_path / "results").mkdir()
    folders = {"data_folder_in": str(tmp_path / "queue"), "data_folder_out": str(tmp_path / "queue")}
    (tmp_path / "config.py").write_text(
        f"broker_url = 'filesystem://'\nbroker_transport_options = {folders!r}\n"
        f"result_backend = 'file://{tmp_path / 'results'}'\n"
    )
    options = ["--pool", "prefork", "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    log = (tmp_path / "log").open("w")
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "celery_app", "worker", *options],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{EXAMPLES}:{tmp_path}", "CELERY_CONFIG_MODULE": "config"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        app = Celery("client")
        app.config_from_object(
            {
                "broker_url": "filesystem://",
                "broker_transport_options": folders,
                "result_backend": f"file://{tmp_path / 'results'}",
            }
        )
        asked = [app.send_task("hangar.count_users") for _ in range(6)] + [app.send_task("hangar.purge")]
        assert [each.get(timeout=WAIT) for each in asked] == [1] * 6 + [0]
    except Exception:
        print((tmp_path / "log").read_text())
        raise
    finally:
        worker.terminate()
        worker.wait(WAIT)
        log.close()
