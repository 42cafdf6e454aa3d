"""Start on this machine: `python -m hangar_api`. Makes keys and migrates the database.

A deployment does both itself, and starts `hangar_api.main:create_app` with a server of its choice.
"""

import os
from pathlib import Path

import uvicorn

from hangar_api.catalog import CATALOG
from hangar_dal import Settings, migrations
from hangar_dal.sealing import new_key

_KEYS = ("HANGAR_SEALING_KEYS", "API_TOKEN_KEYS")


def main() -> None:
    env = Path(".env")
    if not env.exists() and not any(name in os.environ for name in _KEYS):
        env.touch(mode=0o600, exist_ok=False)
        env.write_text("".join(f"{name}={new_key()}\n" for name in _KEYS), encoding="utf-8")
        print("made new keys in .env: keep this file, because the database cannot be read without them", flush=True)
    for migration in migrations.apply(Settings().url.get_secret_value(), catalog=CATALOG):
        print(f"applied {migration}", flush=True)
    # The application logs requests itself, without their query.
    uvicorn.run(
        "hangar_api.main:create_app",
        factory=True,
        host=os.environ.get("API_HOST", "127.0.0.1"),
        port=int(os.environ.get("API_PORT", "8000")),
        access_log=False,
        timeout_graceful_shutdown=30,
    )


if __name__ == "__main__":
    main()
