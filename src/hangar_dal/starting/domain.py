"""The files of a new domain: a module, a SQL file and a migration for each database, and a test."""

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from hangar_dal.errors import SettingsError
from hangar_dal.migrations.identifiers import RESERVED
from hangar_dal.migrations.new import SHIM
from hangar_dal.sqlscan import Dialect

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PLURALS: Final = (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", ""))

_MODULE: Final = Template('''\
"""$Titles: store, read, list and delete them.

Every function takes a `Database` or a `Transaction` first.
"""
# mypy: disable-error-code="empty-body"

from datetime import datetime
from typing import Annotated
from uuid import UUID

from hangar_dal import Executor, Row, RowCount
from pydantic import Field, StringConstraints

from $package import CATALOG

query = CATALOG.query

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
PageSize = Annotated[int, Field(ge=1, le=1000)]


class New$Model(Row):
    """$A $words to store. `uuid7()` makes the id."""

    id: UUID
    title: Title


class $Model(Row):
    id: UUID
    title: str
    created_at: datetime


@query
async def insert_$singular(db: Executor, new: New$Model) -> $Model:
    """Store $a $words."""
    ...


@query
async def get_$singular(db: Executor, ${singular}_id: UUID) -> $Model:
    """Return $a $words. Raises `NotFound` if there is none with this id."""
    ...


@query
async def list_$plural(
    db: Executor,
    *,
    after: $Model | None = None,
    limit: PageSize = 50,
) -> list[$Model]:
    """Return a page of $titles, the newest first.

    `after` is the last one of the page before.
    """
    ...


@query
async def delete_$singular(db: Executor, ${singular}_id: UUID) -> RowCount:
    """Delete $a $words; return how many were deleted, 0 or 1."""
    ...
''')
_SQL: Final = Template("""\
-- name: insert_$singular
INSERT INTO $plural (id, title, created_at)
VALUES (:id, :title, :now)
RETURNING id, title, created_at;

-- name: get_$singular
SELECT id, title, created_at
FROM $plural
WHERE id = :${singular}_id;

-- name: list_$plural
SELECT id, title, created_at
FROM $plural
WHERE
    TRUE
    AND id < :id  -- when after
ORDER BY id DESC
LIMIT :limit;

-- name: delete_$singular
DELETE FROM $plural
WHERE id = :${singular}_id;
""")
_TABLES: Final[dict[Dialect, Template]] = {
    "sqlite": Template("""\
CREATE TABLE $plural (
    id text NOT NULL,
    title text NOT NULL,
    created_at text NOT NULL,

    CONSTRAINT ${plural}_pkey PRIMARY KEY (id),
    CONSTRAINT ${plural}_title_check CHECK (length(title) BETWEEN 1 AND 200)
) STRICT;
"""),
    "postgresql": Template("""\
CREATE TABLE $plural (
    id uuid NOT NULL,
    title text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT ${plural}_pkey PRIMARY KEY (id),
    CONSTRAINT ${plural}_title_check CHECK (length(title) BETWEEN 1 AND 200)
);
"""),
}
_TEST: Final = Template('''\
"""$Titles, on each database of the project."""

import pytest
from hangar_dal import uuid7
from hangar_dal.errors import NotFound

from $package import $plural


def new(title):
    return $plural.New$Model(id=uuid7(), title=title)


async def test_${a}_${singular}_is_stored_and_deleted(hangar_db):
    async with hangar_db() as db:
        made = await $plural.insert_$singular(db, new("first"))
        assert await $plural.get_$singular(db, made.id) == made
        assert await $plural.delete_$singular(db, made.id) == 1
        with pytest.raises(NotFound):
            await $plural.get_$singular(db, made.id)


async def test_pages_begin_with_the_newest(hangar_db):
    async with hangar_db() as db:
        made = [await $plural.insert_$singular(db, new(title)) for title in "abc"]
        page = await $plural.list_$plural(db, limit=2)
        assert page == [made[2], made[1]]
        assert await $plural.list_$plural(db, after=page[-1]) == [made[0]]
''')


@dataclass(frozen=True)
class Domain:
    """The names of a domain: `plural` of its module and table, `singular` in its functions."""

    plural: str
    singular: str

    @property
    def names(self) -> dict[str, str]:
        """The words that the templates use."""
        words, titles = (name.replace("_", " ") for name in (self.singular, self.plural))
        article = "an" if words[0] in "aeiou" else "a"
        model = "".join(part.capitalize() for part in self.singular.split("_"))
        return {
            "plural": self.plural,
            "singular": self.singular,
            "words": words,
            "titles": titles,
            "Titles": titles.capitalize(),
            "Model": model,
            "a": article,
            "A": article.capitalize(),
        }


def is_name(name: str) -> bool:
    """Return whether a module may have this name."""
    return bool(_NAME.fullmatch(name)) and not keyword.iskeyword(name)


def read_domain(name: str, singular: str = "") -> Domain:
    """Return the names of a domain from its plural. Raises `SettingsError` if it is not a name for a table."""
    endings = ((ending, instead) for ending, instead in _PLURALS if name.endswith(ending) and name != ending)
    singular = singular or next((name.removesuffix(ending) + instead for ending, instead in endings), name)
    for each in (name, singular):
        if not is_name(each):
            raise SettingsError(f"{each}: not a name for a module; write lower-case words joined by _, such as items")
    if singular == name:
        raise SettingsError(
            f"{name}: the name of a table is a plural, such as items; "
            f"if {name} is one, pass its singular with --singular"
        )
    if name.upper() in RESERVED:
        raise SettingsError(f"{name}: SQL has this word for itself; choose another name")
    return Domain(name, singular)


def domain_files(
    domain: Domain,
    package: str,
    dialects: Sequence[Dialect],
    *,
    module: Path,
    sql: Path,
    migrations: Path,
    number: int,
    tests: Path | None,
) -> dict[Path, str]:
    """Return the texts of the files by their paths. The arguments are folders; without `tests`, there is no test."""
    names = {**domain.names, "package": package}
    migration = f"{number:04}_{domain.plural}"
    made = {module / f"{domain.plural}.py": _MODULE.substitute(names), migrations / f"{migration}.py": SHIM}
    for dialect in dialects:
        made[sql / dialect / f"{domain.plural}.sql"] = _SQL.substitute(names)
        made[migrations / dialect / f"{migration}.sql"] = _TABLES[dialect].substitute(names)
        made[migrations / dialect / f"{migration}.rollback.sql"] = f"DROP TABLE {domain.plural};\n"
    if tests is not None:
        made[tests / f"test_{domain.plural}.py"] = _TEST.substitute(names)
    return made
