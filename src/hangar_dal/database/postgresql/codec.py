"""Values and placeholders as psycopg takes them: native types, and `$1`, `$2` for its raw cursors."""

from collections.abc import Sequence
from typing import Any, Final

from psycopg.types.numeric import Int8

from hangar_dal.database.codecs import Codec
from hangar_dal.sqlblock import Variant


def _render(variant: Variant) -> tuple[str, tuple[str, ...]]:
    names = list(dict.fromkeys(parameter.name for parameter in variant.parameters))
    return variant.rewritten(lambda name: f"${names.index(name) + 1}"), tuple(names)


def _pack(names: tuple[str, ...], values: Sequence[Any]) -> Sequence[Any]:
    return values


CODEC: Final = Codec(
    # Int8 whatever the size: psycopg would choose the type by the value, and prepare a copy of the query for each.
    encode={"int": Int8},
    decode={},
    render=_render,
    pack=_pack,
)
