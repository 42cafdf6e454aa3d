"""Real servers of the application, in processes of their own, on a port that the system chooses."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hangar_dal import Settings, sealing

APPLICATION = Path(__file__).parents[3] / "examples" / "api"
LIMIT = 60
_ADDRESS = re.compile(r"(?:running on|Listening at:) (http://127\.0\.0\.1:\d+)")


@dataclass
class Served:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LIMIT)


def environment(settings: Settings, folder: Path, **more: str) -> dict[str, str]:
    """What the application needs to know; HOME keeps servers from writing into the real one."""
    names = {"PYTHONPATH": str(APPLICATION), "HOME": str(folder), "DATABASE_URL": settings.url.get_secret_value()}
    if settings.allow_insecure_postgres:
        names["HANGAR_ALLOW_INSECURE_POSTGRES"] = "true"
    return {**os.environ, **names, **more}


def with_keys(settings: Settings, folder: Path, **more: str) -> dict[str, str]:
    assert settings.sealing_keys is not None
    keys = {"HANGAR_SEALING_KEYS": settings.sealing_keys.get_secret_value(), "API_TOKEN_KEYS": sealing.new_key()}
    return environment(settings, folder, **keys, **more)


@contextmanager
def served(arguments: list[str], folder: Path, given: Mapping[str, str]) -> Iterator[Served]:
    """`python ARGUMENTS` in a folder, once it listens; it is stopped at the end, if it still runs."""
    log = folder / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=given, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield Served(_address(process, log), process, log)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(LIMIT)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    ends = time.monotonic() + LIMIT
    while time.monotonic() < ends:
        if found := _ADDRESS.search(log.read_text()):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")
