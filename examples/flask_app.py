"""A small web application without asyncio: users, and their sessions at other sites.

pip install flask
yoyo apply
flask --app examples/flask_app.py run
"""

from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, request
from pydantic import SecretStr, TypeAdapter

from hangar_dal import ACCOUNTS, NewUser, User, blocking, errors, session_cookies, users

app = Flask("hangar")
# Opened once, before the server forks its workers: each of them opens its own at its first request.
db = blocking.open_database(catalog=ACCOUNTS)
list_of_users = TypeAdapter(list[User])


@app.post("/users")
def register() -> tuple[dict[str, Any], int]:
    given = request.get_json()
    new = NewUser(username=given["username"], email=given["email"], password=SecretStr(given["password"]))
    return db.call(users.create_user, new).model_dump(mode="json"), 201


@app.get("/users")
def newest() -> Response:
    return jsonify(list_of_users.dump_python(db.call(users.list_users, limit=20), mode="json"))


@app.get("/users/<uuid:user_id>")
def user(user_id: UUID) -> dict[str, Any]:
    return db.call(users.get_user, user_id).model_dump(mode="json")


@app.delete("/users/<uuid:user_id>/sessions")
def forget_sessions(user_id: UUID) -> dict[str, int]:
    """Delete all sessions of a user, or none."""
    with db.transaction() as tx:
        tx.call(users.get_user, user_id)
        with tx.stream(session_cookies.stream_session_cookies, user_id) as found:
            deleted = sum(tx.call(session_cookies.delete_session_cookie, each.id) for each in found)
    return {"deleted": deleted}


@app.errorhandler(errors.NotFound)
def not_found(error: errors.NotFound) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 404


@app.errorhandler(errors.UniqueViolation)
def taken(error: errors.UniqueViolation) -> tuple[dict[str, Any], int]:
    return {"taken": error.columns}, 409


@app.errorhandler(errors.InvalidValue)
def invalid(error: errors.InvalidValue) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 422
