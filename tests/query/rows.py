"""Declare queries of a throw-away application over the table `samples`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.query.conftest import Shop

PREAMBLE = """\
import collections
import dataclasses
import typing
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID
import pydantic
import typing_extensions
from typing_extensions import NotRequired, ReadOnly, TypedDict
from pydantic import Field
from hangar_dal import Executor, Row, Sealed, Stream
from tests.shop.models import Brief as Part
from tests.shop.models import Colour, Secret
"""


def declared(shop: "Shop", python: str, sql: dict[str, str]) -> Any:
    shop.write("orders", "\n".join(f"-- name: {name}\n{text};\n" for name, text in sql.items()))
    return shop.declare(python, preamble=PREAMBLE)
