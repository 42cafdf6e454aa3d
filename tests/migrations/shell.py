"""The command `hangar-dal` in a shell of its own, and on a terminal."""

import os
import pty
import subprocess
import sys

Run = subprocess.CompletedProcess[str]


def hangar_dal(*arguments: str, **environment: str) -> Run:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "hangar_dal.cli", *arguments],
        env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a person sees, both streams as they come."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hangar_dal.cli", *arguments]
    base = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    with subprocess.Popen(command, env=base | environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 1000):
                seen += chunk
        except OSError:  # Linux says so when the other end is closed
            pass
        process.wait(timeout=300)
    os.close(ours)
    return seen.decode()
