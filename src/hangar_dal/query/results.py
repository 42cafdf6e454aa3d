"""Convert the rows of a driver to the result that the signature declares: models or single values.

Each value is decoded once. Pydantic validates all rows of a list in one call.
"""

from collections.abc import Callable, Container, Sequence
from types import GenericAlias
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json

from hangar_dal.database.checks import reasons
from hangar_dal.database.codecs import Codec, Decode, Decoders, decoder
from hangar_dal.database.statement import UNREADABLE
from hangar_dal.database.types import Dialects, ValueType, field_types, inner_model
from hangar_dal.errors import NotFound, SealError, StatementError, TooManyRows, raise_alone
from hangar_dal.query.row_validators import Validate, json_validator
from hangar_dal.query.signature import Result
from hangar_dal.query.unopened import current_report
from hangar_dal.rules import Problem
from hangar_dal.sealing import Keyring, Sealed

Row = Sequence[Any]
Values = dict[str, Any]
Step = Callable[[Any, Values, Keyring], Any]
Open = Callable[[Values, Keyring], None]
OpenRows = Callable[[list[Values], Open, Keyring], list[Values]]

# A Decimal that would have to be rounded raises a subclass of ArithmeticError.
_DECODE_ERRORS: Final = (ValueError, TypeError, ArithmeticError)


class ResultReader:
    """Reads the results of one query in one dialect. `read(rows, keyring)` returns a list of models or values."""

    __slots__ = ("_decode", "_open", "_parse", "_validate", "_validate_json", "columns", "name", "result")

    def __init__(self, name: str, result: Result, codec: Codec, dialects: Dialects) -> None:
        self.name = name
        self.result = result
        self.columns: tuple[str, ...] = tuple(result.model.model_fields) if result.model else ()
        decode, in_json, model = codec.decode, codec.decode_json, result.model
        json = _json_fields(model, codec, dialects) if model is not None and model is result.annotation else {}
        self._validate_json = json_validator(model, tuple(json.items()), codec.json_class) if model and json else None
        if self._validate_json is None:
            json = {}
        self._open = _opener(model, decode, in_json, dialects, without=json) if model else None
        self._parse = _opener(model, decode, in_json, dialects, only=json) if model and json else None
        self._decode = decoder(result.value, decode) if result.value else None
        rows: Any = GenericAlias(list, (result.annotation,))  # `list[...]` of a type that is known only at run time
        self._validate = TypeAdapter[Any](rows).validator.validate_python if result.annotation else None

    def check_columns(self, columns: tuple[str, ...]) -> None:
        """Raise `StatementError` unless the columns are the fields of the model, in its order.

        Values are assigned to fields by position.
        """
        if self.result.model is None:
            if self.result.annotation is not None and len(columns) != 1:
                raise StatementError(f"{self.name}: returns {len(columns)} columns, but the signature has one value")
        elif columns != self.columns:
            raise StatementError(
                f"{self.name}: the columns ({', '.join(columns)}) must be the fields of {self.result.model.__name__} "
                f"in their order ({', '.join(self.columns)})"
            )

    def read(self, rows: Sequence[Row], keyring: Keyring) -> list[Any]:
        """Return the rows decoded, unsealed and validated, without rows that `skip_unopened_rows` leaves out."""
        return self._read(rows, keyring, _opened)

    def _read(self, rows: Sequence[Row], keyring: Keyring, open_rows: OpenRows) -> list[Any]:
        found: list[Any] = []
        try:
            found = self._decoded(rows, keyring, open_rows)
            if self._validate is None:
                return found
            if self._validate_json is not None:
                try:
                    return _valid(self._validate_json, found)
                except ValidationError:  # it comes again below
                    pass
                if self._parse is not None:  # what is reported are the errors of parsed JSON
                    _all_opened(found, self._parse, keyring)
            return _valid(self._validate, found)
        except ValidationError as misfit:
            _forget(found)
            raise_alone(self._misfit(_where_misfit(misfit)))
        except Misfit as misfit:
            raise_alone(self._misfit(f"{misfit}: the value of the column does not have the type of the field"))

    def _misfit(self, message: str) -> StatementError:
        error = StatementError(f"{self.name}: {message}")
        error.query = self.name
        return error

    def _decoded(self, rows: Sequence[Row], keyring: Keyring, open_rows: OpenRows) -> list[Any]:
        if self.columns:
            names, open_row = self.columns, self._open
            if rows and len(rows[0]) != len(names):  # all rows of a result have the same columns
                raise_alone(Misfit(f"{len(rows[0])} columns for {len(names)} fields"))
            found: list[Values] = [dict(zip(names, row)) for row in rows]  # noqa: B905 - not strict, which takes longer
            return found if open_row is None else open_rows(found, open_row, keyring)
        if (decode := self._decode) is None:
            return [row[0] for row in rows]
        try:
            return [None if row[0] is None else decode(row[0]) for row in rows]
        except _DECODE_ERRORS:
            raise_alone(Misfit("the value"))

    def one(self, rows: Sequence[Row], keyring: Keyring) -> Any:
        """Return the only row. Raises `NotFound` if there is none, and `TooManyRows` if there are several."""
        if not rows:
            raise NotFound(f"{self.name}: no row matched", query=self.name)
        if len(rows) > 1:
            raise TooManyRows(f"{self.name}: {len(rows)} rows, but the signature allows one", query=self.name)
        return self._read(rows, keyring, _all_opened)[0]

    def optional(self, rows: Sequence[Row], keyring: Keyring) -> Any:
        """Return the only row, or None if there is none. Raises `TooManyRows` if there are several."""
        return self.one(rows, keyring) if rows else None


def _valid(validate: Validate, rows: list[Any]) -> list[Any]:
    # Columns have the names of fields, not of aliases. Not strict, because SQLite stores most types as text.
    valid: list[Any] = validate(rows, strict=False, by_alias=False, by_name=True)
    return valid


def _json_fields(model: type[BaseModel], codec: Codec, dialects: Dialects) -> dict[str, bool]:
    """Return the fields whose JSON Pydantic may parse, and whether they may be None.

    These are JSON of any form, and lists in JSON: Pydantic makes the same values of the text and of the parsed JSON.
    """
    fields = field_types(model, dialects).items()
    return {
        name: value.optional
        for name, value in fields
        if isinstance(value, ValueType)
        and value.kind in ("json", "list")
        and not (value.sealed or value.constrained)
        and decoder(value, codec.decode) is codec.parse_json
    }


def _all_opened(rows: list[Values], open_row: Open, keyring: Keyring) -> list[Values]:
    try:
        for values in rows:
            open_row(values, keyring)
    except BaseException:
        _forget(rows)
        raise
    return rows


def _forget(opened: object) -> None:
    """Remove unsealed values from lists and dicts: error reports may show the local variables of a traceback."""
    if isinstance(opened, (list, dict)):
        for value in opened.values() if isinstance(opened, dict) else opened:
            _forget(value)
        opened.clear()


def _opened(rows: list[Values], open_row: Open, keyring: Keyring) -> list[Values]:
    """Decode and unseal the rows in place, and return them.

    Inside `skip_unopened_rows`, reports the rows that cannot be unsealed and leaves them out. Elsewhere, raises.
    """
    report = current_report()
    if report is None:
        return _all_opened(rows, open_row, keyring)
    kept: list[Values] = []
    try:
        for values in rows:
            try:
                open_row(values, keyring)
            except SealError as error:
                report(error.with_traceback(None))  # the traceback holds the whole row
            else:
                kept.append(values)
    except BaseException:
        _forget(rows)
        raise
    return kept


class Misfit(Exception):
    """Raised for a value that does not fit the type of its field. The message is the name of the field."""


def _where_misfit(misfit: ValidationError) -> str:
    """Say which fields do not fit and why, at most three, without their values.

    Names the field of the row only: names at deeper levels may be data of the row.
    """
    found: dict[str, None] = {}
    for error, reason in zip(misfit.errors(), reasons(misfit), strict=True):
        field = str(error["loc"][1]) if len(error["loc"]) > 1 else "the value"
        found[f"{field}: {UNREADABLE.reason if error['input'] is UNREADABLE else reason}"] = None
    return "; ".join(list(found)[:3])


def _opener(
    model: type[BaseModel],
    decode: Decoders,
    in_json: Decoders,
    dialects: Dialects,
    *,
    only: Container[str] | None = None,
    without: Container[str] = (),
) -> Open | None:
    """Return a function that decodes and unseals the values of a row in place; None if no field needs it."""
    plain: list[tuple[str, Decode]] = []
    nested: list[tuple[str, Step]] = []
    sealed: list[tuple[str, Step]] = []
    fields = field_types(model, dialects)
    for name, value in fields.items():
        if not isinstance(value, ValueType) or name in without or not (only is None or name in only):
            continue
        if value.sealed:
            keys = [key for key in value.sealed.bind if _is_key(fields.get(key))]
            sealed.append((name, _unsealer(value.sealed, keys, is_text=value.kind == "text")))
        elif inner := inner_model(value):
            nested.append((name, _nested(decode(value), _opener(inner, in_json, in_json, dialects))))
        elif found := decoder(value, decode):
            plain.append((name, found))
    if not (plain or nested or sealed):
        return None
    steps = nested + sealed  # sealed fields last, because their bound values must be decoded first

    def open_row(values: Values, keyring: Keyring) -> None:
        name = ""
        try:
            for name, decode_value in plain:
                if (raw := values[name]) is not None:
                    values[name] = decode_value(raw)
            for name, step in steps:
                if (raw := values[name]) is not None:
                    values[name] = step(raw, values, keyring)
        except Misfit as inner:
            raise_alone(Misfit(f"{name}.{inner}"))
        except (*_DECODE_ERRORS, KeyError):
            raise_alone(Misfit(name))

    return open_row


def _nested(decode: Decode | None, open_inner: Open | None) -> Step:
    """Return a step that reads a model, or a list of models, from JSON. The driver may have parsed the JSON already."""

    def step(raw: Any, values: Values, keyring: Keyring) -> Any:
        inner = raw if decode is None else decode(raw)
        if open_inner is None:
            return inner
        if isinstance(inner, list):
            return _opened(inner, open_inner, keyring)
        return _all_opened([inner], open_inner, keyring)[0]

    return step


def _is_key(value: ValueType | Problem | None) -> bool:
    """Return whether an error may show this value to identify the row. A text may be personal data."""
    return isinstance(value, ValueType) and value.kind in ("uuid", "int")


def _unsealer(sealed: Sealed, keys: Sequence[str], *, is_text: bool) -> Step:
    def step(raw: Any, values: Values, keyring: Keyring) -> Any:
        if type(raw) is not str:
            raise TypeError
        bound = [str(values[key]) for key in sealed.bind]
        try:
            opened = keyring.unseal(raw, table=sealed.table, column=sealed.column, bound=bound)
        except SealError as error:
            row = {key: str(values[key]) for key in keys}
            raise_alone(SealError(error.reason, table=error.table, column=error.column, key_id=error.key_id, row=row))
        return opened.decode() if is_text else from_json(opened)

    return step
