"""Rows as dataclasses, TypedDicts and NamedTuples: what models do, they do, on both databases."""

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hangar_dal import Database
from hangar_dal.errors import NotFound, StatementError, TooManyRows
from tests.query.rows import declared
from tests.shop import letters, samples
from tests.shop.models import Letter, Sample

if TYPE_CHECKING:
    from tests.query.conftest import Shop

FIELDS = """
    id: UUID
    text: str
    whole: int
    flag: bool
    at: datetime | None
    words: list[str]
    colour: Colour
"""
CLASSES = {
    "model": f"class Seen(Row):{FIELDS}",
    "dataclass": f"@dataclass\nclass Seen:{FIELDS}",
    "frozen dataclass": f"@dataclass(frozen=True, slots=True, kw_only=True)\nclass Seen:{FIELDS}",
    "dataclass with keyword fields": f"@dataclass\nclass Seen:{FIELDS}".replace("flag", "_: KW_ONLY\n    flag"),
    "dataclass with defaults": f"@dataclass\nclass Seen:{FIELDS}    note: str = ''\n".replace(
        "    note: str = ''\n", ""
    ),
    "dataclass of pydantic": f"@pydantic.dataclasses.dataclass\nclass Seen:{FIELDS}",
    "inherited dataclass": f"@dataclass\nclass Base:\n    id: UUID\n@dataclass\nclass Seen(Base):{FIELDS}",
    "TypedDict": f"class Seen(TypedDict):{FIELDS}",
    "TypedDict of typing": f"class Seen(typing.TypedDict):{FIELDS}",
    "partial TypedDict": f"class Seen(TypedDict, total=False):{FIELDS}",
    "TypedDict with marks": f"class Seen(TypedDict):{FIELDS}".replace("int", "ReadOnly[NotRequired[int]]"),
    "NamedTuple": f"class Seen(NamedTuple):{FIELDS}",
}
COLUMNS = "id, text, whole, flag, at, words, colour"
PYTHON = """
@query
async def get_seen(db: Executor, text: str) -> Seen: ...
@query
async def find_seen(db: Executor, text: str) -> Seen | None: ...
@query
async def find_marked(db: Executor, text: str) -> Annotated[Seen, 'mark'] | None: ...
@query
async def list_seen(db: Executor) -> list[Seen]: ...
@query
def stream_seen(db: Executor) -> Stream[Seen]: ...
"""
ONE = f"SELECT {COLUMNS} FROM samples WHERE text = :text"
MANY = f"SELECT {COLUMNS} FROM samples ORDER BY text, id"
SQL = {"get_seen": ONE, "find_seen": ONE, "find_marked": ONE, "list_seen": MANY, "stream_seen": MANY}


def values(row: Any) -> dict[str, Any]:
    """The values of a row of any class, by name."""
    if isinstance(row, dict):
        return row
    if is_dataclass(row) and not isinstance(row, type):
        return asdict(row)
    found: dict[str, Any] = row._asdict() if isinstance(row, tuple) else row.model_dump()
    return found


@pytest.mark.parametrize("kind", CLASSES)
async def test_rows_of_each_class_have_the_values_of_a_model(
    kind: str, shop: "Shop", shop_database: Database, two: list[Sample]
) -> None:
    module = declared(shop, CLASSES[kind] + PYTHON, SQL)
    wanted = [{name: getattr(sample, name) for name in COLUMNS.split(", ")} for sample in two]
    one = await module.get_seen(shop_database, "a")
    is_dict = "TypedDict" in kind
    assert type(one) is (dict if is_dict else module.Seen)
    assert values(one) == wanted[0]
    assert list(values(one)) == COLUMNS.split(", ")
    assert [type(value) for value in values(one).values()] == [type(value) for value in wanted[0].values()]
    assert values(await module.find_seen(shop_database, "b")) == wanted[1]
    assert values(await module.find_marked(shop_database, "b")) == wanted[1]
    assert await module.find_seen(shop_database, "c") is None
    assert [values(row) for row in await module.list_seen(shop_database)] == wanted
    async with module.stream_seen(shop_database) as rows:
        assert [values(row) async for row in rows] == wanted
    with pytest.raises(NotFound):
        await module.get_seen(shop_database, "c")
    await samples.insert_sample(shop_database, Sample(text="b"))
    with pytest.raises(TooManyRows):
        await module.find_seen(shop_database, "b")


OTHERS = {
    "dataclass": "@dataclass\nclass Seen:\n    text: str\n    {}: {}\n",
    "TypedDict": "class Seen(TypedDict):\n    text: str\n    {}: {}\n",
    "NamedTuple": "class Seen(NamedTuple):\n    text: str\n    {}: {}\n",
    "model": "class Seen(Row):\n    text: str\n    {}: {}\n",
}


@pytest.mark.parametrize("kind", OTHERS)
async def test_a_value_that_does_not_fit_is_an_error_that_names_the_field(
    kind: str, shop: "Shop", shop_database: Database, two: list[Sample]
) -> None:
    python = OTHERS[kind].format("at", "datetime") + "@query\nasync def list_seen(db: Executor) -> list[Seen]: ..."
    module = declared(shop, python, {"list_seen": "SELECT text, at FROM samples ORDER BY text, id"})
    with pytest.raises(StatementError, match=r"^orders.list_seen: at: Input should be a valid datetime$"):
        await module.list_seen(shop_database)


@pytest.mark.parametrize("kind", OTHERS)
async def test_columns_in_another_order_are_an_error(
    kind: str, shop: "Shop", shop_database: Database, two: list[Sample]
) -> None:
    python = OTHERS[kind].format("whole", "int") + "@query\nasync def list_seen(db: Executor) -> list[Seen]: ..."
    module = declared(shop, python, {"list_seen": "SELECT whole, text FROM samples ORDER BY text, id"})
    message = r"the columns \(whole, text\) must be the fields of Seen in their order \(text, whole\)"
    with pytest.raises(StatementError, match=message):
        await module.list_seen(shop_database)


async def test_post_init_of_a_dataclass_runs(shop: "Shop", shop_database: Database, two: list[Sample]) -> None:
    python = """
@dataclass
class Seen:
    text: str
    whole: int = 9
    def __post_init__(self) -> None:
        self.doubled = self.text * 2
@query
async def list_seen(db: Executor) -> list[Seen]: ...
"""
    module = declared(shop, python, {"list_seen": "SELECT text, whole FROM samples ORDER BY text, id"})
    assert [(row.doubled, row.whole) for row in await module.list_seen(shop_database)] == [("aa", 0), ("bb", 7)]


async def test_a_sealed_field_of_a_dataclass_is_opened(shop: "Shop", shop_database: Database) -> None:
    letter = await letters.insert_letter(shop_database, Letter(place="desk", secret={"for": "nobody"}))
    python = """
@dataclass
class Seen:
    id: UUID
    place: str
    secret: Secret = field(repr=False)
@query
async def list_seen(db: Executor) -> list[Seen]: ...
"""
    module = declared(shop, python, {"list_seen": "SELECT id, place, secret FROM letters ORDER BY id"})
    (seen,) = await module.list_seen(shop_database)
    assert (seen.id, seen.secret) == (letter.id, {"for": "nobody"})


REFUSED = {
    "@dataclass\nclass Seen:\n    text: str = field(init=False)": (
        "Seen",
        "Seen.text is a field with init=False, which no column can fill; make it a property",
    ),
    "Seen = collections.namedtuple('Seen', ['text'])": ("Seen", "Seen.text has no type; write a typing.NamedTuple"),
    "@dataclass\nclass Seen:\n    text: 'Missing'": ("Seen", "the annotation Missing of Seen cannot be resolved"),
    "@dataclass\nclass Seen:\n    _text: str": ("Seen", "Seen._text begins with _; rename the field and its column"),
    "@dataclass\nclass Seen:\n    pass": ("Seen", "Seen has no fields; declare one for each column"),
    "@dataclass\nclass Seen:\n    text: complex": ("Seen", "Seen.text: complex has no column type on both databases"),
    "@dataclass\nclass Inner:\n    n: int\n@dataclass\nclass Seen:\n    text: Inner": (
        "Seen",
        "Seen.text: Inner has no column type",
    ),
    "class Seen(NamedTuple):\n    text: str": ("list[Seen | None]", "a row of a list is never None; write Seen"),
    "class Seen(TypedDict):\n    text: str": ("tuple[Seen, ...]", "a query returns its rows as a list; write `list["),
    "class Seen(TypedDict): \n    text: str": ("set[str]", "a query returns its rows as a list; write `list[...]`"),
}


@pytest.mark.parametrize("python", REFUSED)
def test_a_class_that_no_row_can_fill_is_refused(python: str, shop: "Shop") -> None:
    hint, message = REFUSED[python]
    declared(
        shop,
        f"{python}\n@query\nasync def it(db: Executor) -> {hint}: ...",
        {"it": "SELECT text FROM samples ORDER BY id LIMIT 1"},
    )
    (finding,) = shop.findings()
    assert message in finding
