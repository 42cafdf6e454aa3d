"""The command `hangar-dal` in a shell of its own, and on a terminal."""

import os
import pty
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from hangar_dal import cli
from tests.helpers.commands import run_module

Run = subprocess.CompletedProcess[str]


def hangar_dal(*arguments: str, **environment: str) -> Run:
    return run_module("hangar_dal.cli", *arguments, env=os.environ | environment, strict=True)


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a person sees, both streams as they come. The command runs in this process, on a terminal of its own."""
    ours, theirs = pty.openpty()
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as reader:
        seen = reader.submit(_everything, ours)
        patch.delenv("NO_COLOR", raising=False)
        for name, value in ({"TERM": "xterm"} | environment).items():
            patch.setenv(name, value)
        with os.fdopen(theirs, "w") as terminal:
            patch.setattr(sys, "stdout", terminal)
            patch.setattr(sys, "stderr", terminal)
            cli.main(arguments)
    return seen.result(timeout=300)


def _everything(descriptor: int) -> str:
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        seen = b""
        try:
            while chunk := stream.read(1000):
                seen += chunk
        except OSError:  # Linux says so when the other end is closed
            pass
        return seen.decode()
