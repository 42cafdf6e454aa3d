"""What an annotation may be: what both databases hold alike, and nothing else."""

from typing import TYPE_CHECKING

import pytest

from hangar_dal.database.refused_types import UnsupportedType
from hangar_dal.database.types import value_type
from tests.query.conftest import PREAMBLE

if TYPE_CHECKING:
    from tests.query.conftest import Shop

GET = "SELECT id, note FROM orders WHERE id = :id"
REFUSED_TYPES = {
    "Decimal": "write Annotated[Decimal, Field(max_digits=18, decimal_places=2)], with at most 18 digits",
    "Annotated[Decimal, Field(max_digits=19, decimal_places=2)]": "with at most 18 digits",
    "Annotated[Decimal, Field(max_digits=18)]": "with at most 18 digits",
    "SecretStr": "hashed or sealed before it reaches SQL",
    "Any": "declare the type",
    "object": "declare the type",
    "int | str": "a union of several types has no single column type",
    "Literal['a', 1]": "must be all text or all integers",
    "Literal[True]": "must be all text or all integers",
    "Enum('Empty', {})": "must be all text or all integers",
    "Enum('Mixed', {'A': 'a', 'B': 1})": "must be all text or all integers",
    "Literal['a\\0b']": "cannot be stored: text must not contain the NUL character",
    "list[Literal[2**63]]": "cannot be stored: an integer must fit in 64 bits",
    "dict[str, Literal['\\0']]": "cannot be stored: text must not contain the NUL character",
    "StrEnum('E', {'A': 'a', 'B': 'b\\0'})": "cannot be stored: text must not contain the NUL character",
    "IntEnum('I', {'A': -2**63 - 1})": "cannot be stored: an integer must fit in 64 bits",
    "Base64Str": "Pydantic decodes it with Base64Encoder",
    "Base64Bytes": "declare a plain str or bytes",
    "Base64UrlStr | None": "Pydantic decodes it with Base64UrlEncoder",
    "list[Base64Str]": "Pydantic decodes it with Base64Encoder",
    "dict[str, Base64Str]": "Pydantic decodes it with Base64Encoder",
    "Json[list[int]]": "Json parses text each time it is validated",
    "list[Decimal]": "with at most 18 digits",
    "list[bytes]": "SQLite stores a list as JSON, which has no bytes",
    "tuple[int, str]": "a tuple of several types has no column type; write `tuple[X, ...]`",
    "set[Order]": "a set of models, lists or JSON has no column type; write `list[...]`",
    "tuple[bytes, ...]": "SQLite stores a list as JSON, which has no bytes",
    "set": "set has no column type",
    "list": "list has no column type",
    "dict[str, UUID]": "UUID cannot be read back from JSON",
    "dict[int, str]": "a key of a JSON object is text",
    "dict[Literal[1], str]": "a key of a JSON object is text",
    "dict[Annotated[int, Field(ge=1)], str]": "a key of a JSON object is text",
    "dict[Base64Str, int]": "Pydantic decodes it with Base64Encoder",
    "dict[Literal['\\0'], int]": "cannot be stored: text must not contain the NUL character",
    "list[list[datetime]]": "datetime cannot be read back from JSON",
    "dict[str, Order]": "Order cannot be read back from JSON",
    "dict[str, StrEnum('E', ['A'])]": "E cannot be read back from JSON",
    "list[Order | None]": "a list of models cannot hold None",
    "RootModel[int]": "is a RootModel, which has no fields",
    "TypeVar('T')": "the type variable T has no type here",
    "complex": "complex has no column type",
    "bytearray": "bytearray has no column type",
    "Annotated[int, Sealed('t', 'c', bind=())]": "only text and JSON can be sealed",
    "list[Annotated[str, Sealed('t', 'c', bind=())]]": "`Sealed` marks a whole field",
    "JsonObject | Annotated[JsonArray, Sealed('t', 'c', bind=())]": "`Sealed` marks a whole field",
}
TYPES = [
    "int", "str", "bool", "float", "bytes", "UUID", "datetime", "date", "JsonValue", "JsonObject", "JsonArray",
    "JsonObject | JsonArray", "list[int]", "list[str]", "list[UUID | None]", "list[datetime]", "Literal['a', 'b']",
    "Literal[1, 2]", "StrEnum('E', ['A'])", "IntEnum('I', ['A'])", "Enum('P', {'A': 'a'})", "int | None",
    "Optional[str]", "Annotated[str, StringConstraints(max_length=3)]", "NewType('Id', UUID)", "dict[str, int]",
    "list[StrEnum('E', ['A'])]", "list[Literal[1, 2]]", "dict[str, list[float | None]]", "list[JsonObject]",
    "dict[Literal['a', 'b'], int]", "dict[Annotated[str, StringConstraints(max_length=3)], JsonValue]",
]  # fmt: skip


PLACES = {
    "argument": "async def it(db: Executor, id: {}) -> Order: ...",
    "field": """\
class New(Row, arbitrary_types_allowed=True):
    id: {}
async def it(db: Executor, new: New) -> Order: ...
""",
    "change": """\
class Changes(TypedDict, total=False):
    id: {}
async def it(db: Executor, **changes: Unpack[Changes]) -> Order: ...
""",
}


@pytest.mark.parametrize("annotation", REFUSED_TYPES)
@pytest.mark.parametrize("place", PLACES)
def test_a_type_that_both_databases_cannot_hold_is_refused(annotation: str, place: str, shop: "Shop") -> None:
    shop.query(PLACES[place].format(annotation), GET)
    findings = shop.findings()
    assert findings
    assert all(REFUSED_TYPES[annotation] in finding for finding in findings), findings


ALONE = {
    "Decimal": "SQLite stores a Decimal as an integer, which has a limited number of digits; write Annotated[Decimal, "
    "Field(max_digits=18, decimal_places=2)], with at most 18 digits",
    "NaiveDatetime": "SQLite has no times without a time zone; store a datetime, which has one",
    "IPv4Address": "SQLite has no addresses of networks; store a str",
    "IPvAnyNetwork": "SQLite has no addresses of networks; store a str",
    "list[bytes]": "SQLite stores a list as JSON, which has no bytes",
}


@pytest.mark.parametrize("annotation", ALONE)
@pytest.mark.parametrize("place", PLACES)
def test_a_type_of_postgresql_names_the_catalog_that_takes_it(annotation: str, place: str, shop: "Shop") -> None:
    shop.query(PLACES[place].format(annotation), GET)
    advised = 'write the catalog for PostgreSQL alone: dialects=["postgresql"]'
    assert all(ALONE[annotation] in finding and advised in finding for finding in shop.findings())
    assert shop.findings()


@pytest.mark.parametrize("annotation", ALONE)
def test_a_catalog_for_sqlite_refuses_what_it_refuses_beside_postgresql(annotation: str) -> None:
    names: dict[str, object] = {}
    exec(PREAMBLE, names)
    with pytest.raises(UnsupportedType) as refused:
        value_type(eval(annotation, names), ("sqlite",))
    assert str(refused.value) == ALONE[annotation]
    assert value_type(eval(annotation, names), ("postgresql",)).dialects == ("postgresql",)


@pytest.mark.parametrize("annotation", ["complex", "SecretStr", "tuple[int, str]", "list[list[datetime]]"])
def test_some_types_are_refused_for_postgresql_alone_too(annotation: str) -> None:
    names: dict[str, object] = {}
    exec(PREAMBLE, names)
    with pytest.raises(UnsupportedType) as refused:
        value_type(eval(annotation, names), ("postgresql",))
    assert refused.value.problem.fix
    assert "both databases" not in str(refused.value)


@pytest.mark.parametrize("annotation", ["Decimal", "Any", "int | str", "list[Decimal]"])
def test_a_type_that_cannot_come_back_is_refused(annotation: str, shop: "Shop") -> None:
    shop.query(f"async def it(db: Executor, id: int) -> {annotation}: ...", GET)
    (finding,) = shop.findings()
    assert "orders.py:1: orders.it: the return annotation: " in finding
    assert REFUSED_TYPES[annotation] in finding


@pytest.mark.parametrize("annotation", TYPES)
def test_a_type_that_both_databases_hold_goes_in_and_comes_back(annotation: str, shop: "Shop") -> None:
    python = f"T = {annotation}\nasync def it(db: Executor, id: T) -> T: ..."
    shop.query(python, "SELECT id FROM orders WHERE id = :id ORDER BY id LIMIT 1")
    assert shop.findings() == []


@pytest.mark.parametrize("annotation", ["Colour", "Colour | None", "list[Colour]", "list[Colour | None]"])
@pytest.mark.parametrize("place", ["(db: Executor, id: int) -> Made", "(db: Executor, made: Made) -> None"])
def test_a_model_that_keeps_the_values_of_an_enum_is_refused(annotation: str, place: str, shop: "Shop") -> None:
    python = "class Colour(StrEnum):\n    RED = 'red'\n"
    python += (
        f"class Made(Row):\n    model_config = ConfigDict(use_enum_values=True)\n    id: {annotation}\n    n: int\n"
    )
    columns = "id" if "Made: ..." not in f"{place}: ..." else "id, note AS n"
    shop.query(f"{python}async def it{place}: ...", f"SELECT {columns} FROM orders WHERE id = :id ORDER BY id LIMIT 1")
    findings = [finding for finding in shop.findings() if "use_enum_values" in finding]
    assert findings
    assert all("use_enum_values=True of Made puts a plain value in place of Colour" in each for each in findings)
    assert all("remove it from model_config" in each for each in findings)


def test_a_model_that_keeps_the_values_of_an_enum_may_have_a_literal(shop: "Shop") -> None:
    python = (
        "class Made(Row):\n    model_config = ConfigDict(use_enum_values=True)\n    id: Literal['a']\n    note: str\n"
    )
    shop.query(f"{python}async def it(db: Executor, id: int) -> Made: ...", GET)
    assert shop.findings() == []


@pytest.mark.parametrize("module", ["typing", "typing_extensions"])
def test_changes_may_be_unpacked_by_either_module(module: str, shop: "Shop") -> None:
    shop.query(f"from {module} import Unpack, TypedDict\n{PLACES['change'].format('int')}", GET)
    assert shop.findings() == []
