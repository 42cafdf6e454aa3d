"""Functions that make the values of a table's columns from a model: one for each field and each derived value."""

from collections.abc import Callable, Collection
from typing import Any

from pydantic import BaseModel

from hangar_dal.carrier import Opened
from hangar_dal.database import Executor
from hangar_dal.database.codecs import Codec, Encode, encoder
from hangar_dal.database.types import DERIVED, Fold, Grams, field_types, kind_of
from hangar_dal.query.binding import sealer
from hangar_dal.query.signature import unfit_for_seal
from hangar_dal.rules import Problem
from hangar_dal.sqlblock import Variant

Cell = Callable[[Any, Executor], Any]


def cells_of(
    model: type[BaseModel], codec: Codec, opened: Opened, columns: Collection[str] | None = None
) -> dict[str, Cell]:
    """Return a function for each column that makes its value, checked and encoded for the driver of this database.

    Without `columns`, these are all fields, and `<name>_fold`, `<name>_grams` and `<name>_words` of the fields that
    derive them. Raises `TypeError` if a field cannot be stored, or if a column is none of these.
    """
    found: dict[str, Cell] = {}
    nothing = Variant(opened.dialect, ())
    fields = field_types(model, opened.dialects)
    for name, value in fields.items():
        if isinstance(value, Problem):
            raise TypeError(str(value.of(f"{model.__name__}.{name}")))
        if value.sealed is not None:
            for bound in value.sealed.bind:
                if unfit := unfit_for_seal(bound, fields.get(bound)):
                    raise TypeError(f"{model.__name__}.{name} is sealed to {bound}: {unfit}")
            found[name] = _sealed(name, value.sealed.bind, sealer(name, value))
            continue
        found[name] = _plain(name, encoder(name, value, codec.wire(kind_of(value), name, nothing)))
        for kind in DERIVED:
            if (derive := value.derives(kind)) is not None:
                wire = codec.wire("text" if kind == "fold" else "list:text", name, nothing)
                found[f"{name}_{kind}"] = _derived(name, derive, wire)
    if columns is None:
        return found
    if unknown := [name for name in columns if name not in found]:
        raise TypeError(f"{model.__name__} has no field for the column {unknown[0]}; it has {', '.join(found)}")
    return {name: found[name] for name in columns}


def _plain(name: str, encode: Encode) -> Cell:
    return lambda row, db: encode(getattr(row, name))


def _sealed(name: str, bind: Collection[str], seal: Callable[..., Any]) -> Cell:
    return lambda row, db: seal(getattr(row, name), db.keyring, [getattr(row, key) for key in bind])


def _derived(name: str, derive: Fold | Grams, wire: Encode | None) -> Cell:
    def cell(row: Any, db: Executor) -> Any:
        raw = getattr(row, name)
        derived = None if raw is None else derive(name, raw)
        return derived if wire is None or derived is None else wire(derived)

    return cell
