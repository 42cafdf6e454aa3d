# What this package uses of yoyo-migrations 9, which carries no types of its own.
from collections.abc import Callable
from typing import Any

def step(apply: Callable[[Any], None], rollback: Callable[[Any], None]) -> Any: ...
