"""From a driver's rows to what the signature promises: models, scalars, a list, a count.

Stands above `signature`. Decoding happens once per value, validation once per row or list, in Pydantic's core.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json

from hangar_dal.database.codecs import JSON_DECODE, Decode
from hangar_dal.database.types import ValueType
from hangar_dal.errors import NotFound, StatementError, TooManyRows
from hangar_dal.query.signature import Result, field_types
from hangar_dal.sealing import Keyring, Sealed

Row = Sequence[Any]
Values = dict[str, Any]
Open = Callable[[Values, Keyring], Values]


class Reader:
    """One query's results in one dialect: `read(rows, keyring)` gives the list of models or scalars."""

    __slots__ = ("_decode", "_open", "_validate", "columns", "name", "result")

    def __init__(self, name: str, result: Result, decode: Mapping[str, Decode]) -> None:
        self.name = name
        self.result = result
        self.columns: tuple[str, ...] = tuple(result.model.model_fields) if result.model else ()
        self._open = _opener(result.model, decode) if result.model else None
        self._decode = decode.get(result.value.kind) if result.value else None
        self._validate = TypeAdapter(list[result.annotation]).validator.validate_python if result.annotation else None  # type: ignore[name-defined]

    def check_columns(self, columns: tuple[str, ...]) -> None:
        """Columns are taken by their place: they must be the model's fields, in the model's order."""
        if self.result.model is None:
            if self.result.annotation is not None and len(columns) != 1:
                raise StatementError(f"{self.name}: returns {len(columns)} columns, where the signature has one value")
        elif columns != self.columns:
            raise StatementError(
                f"{self.name}: the columns ({', '.join(columns)}) must be the fields of {self.result.model.__name__} "
                f"in their order ({', '.join(self.columns)})"
            )

    def read(self, rows: Sequence[Row], keyring: Keyring) -> list[Any]:
        """Decoded, unsealed and validated."""
        found: list[Any]
        if self.columns:
            names, open_row = self.columns, self._open
            found = [dict(zip(names, row, strict=True)) for row in rows]
            if open_row is not None:
                for values in found:
                    open_row(values, keyring)
        elif (decode := self._decode) is not None:
            found = [None if row[0] is None else decode(row[0]) for row in rows]
        else:
            found = [row[0] for row in rows]
        if self._validate is None:
            return found
        try:
            return self._validate(found)  # type: ignore[no-any-return]
        except ValidationError as misfit:
            raise StatementError(f"{self.name}: {_where_misfit(misfit)}") from None

    def one(self, rows: Sequence[Row], keyring: Keyring) -> Any:
        """The only row; `NotFound` for none."""
        if not rows:
            raise NotFound(f"{self.name}: no row matched", query=self.name)
        return self.optional(rows, keyring)

    def optional(self, rows: Sequence[Row], keyring: Keyring) -> Any:
        """The only row, or None; `TooManyRows` for several."""
        if not rows:
            return None
        if len(rows) > 1:
            raise TooManyRows(f"{self.name}: {len(rows)} rows, where the signature allows one", query=self.name)
        return self.read(rows, keyring)[0]


def _where_misfit(misfit: ValidationError) -> str:
    """Which field does not fit and why, without the value."""
    errors = misfit.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, error['loc'][1:])) or 'the value'}: {error['msg']}" for error in errors[:3])


def _opener(model: type[BaseModel], decode: Mapping[str, Decode]) -> Open | None:
    """Decodes a row's values in place; None where there is nothing to do."""
    plain: list[tuple[str, Decode]] = []
    nested: list[tuple[str, Open]] = []
    sealed: list[tuple[str, Sealed, bool]] = []
    for name, value in field_types(model).items():
        if not isinstance(value, ValueType):
            continue
        if value.sealed:
            sealed.append((name, value.sealed, value.kind == "text"))
            continue
        if (found := decode.get(value.kind)) is not None:
            plain.append((name, found))
        if value.kind in ("model", "models") and value.python and (inner := _opener(value.python, _NESTED)):
            nested.append((name, inner))
    if not (plain or nested or sealed):
        return None

    def open_row(values: Values, keyring: Keyring) -> Values:
        for name, decode_value in plain:
            raw = values[name]
            if raw is not None:
                values[name] = decode_value(raw)
        for name, open_inner in nested:
            inner = values[name]
            for each in inner if isinstance(inner, list) else [inner] if inner is not None else []:
                open_inner(each, keyring)
        for name, seal, is_text in sealed:
            raw = values[name]
            if raw is not None:
                bound = [str(values[key]) for key in seal.bind]
                opened = keyring.unseal(raw, table=seal.table, column=seal.column, bound=bound)
                values[name] = opened.decode() if is_text else from_json(opened)
        return values

    return open_row


# Inside a JSON document the database has parsed what is JSON already.
_NESTED: Final[Mapping[str, Decode]] = JSON_DECODE
