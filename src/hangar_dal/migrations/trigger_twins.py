"""Check that triggers raise a literal `name: text`, and the same text on both databases."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hangar_dal.migrations.declarations import declarations
from hangar_dal.migrations.faults import fault
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.round_trip import RoundTrip
from hangar_dal.migrations.trigger_definitions import Definition, Definitions, definitions
from hangar_dal.migrations.twin_objects import Key
from hangar_dal.migrations.twins import Twins, compare_twins
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import DATABASES, Dialect
from hangar_dal.trigger_rules import Raise

_FORM: Final[Mapping[Dialect, str]] = {
    "sqlite": "RAISE(ABORT, 'name: text')",
    "postgresql": "RAISE EXCEPTION 'name: text'",
}
_KEPT: Final = {
    "FAIL": "keeps the rows that the statement has changed before",
    "ROLLBACK": "ends the whole transaction, whatever savepoints it has",
}


TRIGGER_RAISE: Final = Rule(
    "trigger-raise",
    "error",
    "A trigger raises a literal `name: text`, and its RAISE undoes only the statement.",
    """\
`TriggerViolation` has the name and the text. A message that is not a literal may hold row values, so it is not shown.
`RAISE(FAIL, ...)` keeps rows that the statement has changed, and `RAISE(ROLLBACK, ...)` ends the whole transaction.
No trigger of PostgreSQL can do either. [Rules of triggers](migrations.md#rules-of-triggers) shows both forms.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, stock integer NOT NULL) STRICT;
CREATE TRIGGER items_stock BEFORE UPDATE ON items WHEN new.stock < old.stock - 100
BEGIN
    SELECT raise(ROLLBACK, 'items_stock: stock falls by at most 100');
END;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, stock integer NOT NULL) STRICT;
CREATE TRIGGER items_stock BEFORE UPDATE ON items WHEN new.stock < old.stock - 100
BEGIN
    SELECT raise(ABORT, 'items_stock: stock falls by at most 100');
END;
""",
)


def find_in_triggers(files: Sequence[MigrationFiles], round_trip: RoundTrip) -> Iterator[Finding]:
    """Yield a finding for each RAISE that undoes more or less than its statement, or whose message is not a literal.

    Yields nothing if some migration could not be applied.
    """
    if not round_trip.reached_end_of(files):
        return
    dialect = round_trip.dialect
    for one, found in _raised(definitions(files, round_trip)):
        if found.action in _KEPT:
            message = f"RAISE({found.action}, ...) {_KEPT[found.action]}, which no trigger of PostgreSQL can do"
            fix = "write RAISE(ABORT, ...)"
        elif found.rule is None:
            message = f"{one.name} raises a message that is not a literal `name: text`"
            message += ", so TriggerViolation does not show it: it may hold row values"
            fix = f"write {_FORM[dialect]}"
        else:
            continue
        yield _at(one, found, fault(one.migration, dialect, "apply", TRIGGER_RAISE, message, fix=fix))


TRIGGER_TWINS: Final = Rule(
    "trigger-twins",
    "error",
    "The triggers of both databases have the same rules with the same texts.",
    """\
A rule of a trigger exists on one database only, or has another text on the other database. Write the same rule for
both, or give a constraint of the other database the name of the rule.
""",
    bad="",
    good="",
)


def find_unequal_rules(files: Sequence[MigrationFiles], sqlite: RoundTrip, postgresql: RoundTrip) -> Iterator[Finding]:
    """Yield a finding for each rule that only one database has, or whose text differs between the databases.

    Yields nothing if some migration could not be applied.
    """
    if not (sqlite.reached_end_of(files) and postgresql.reached_end_of(files)):
        return
    twins = compare_twins(sqlite.stages[-1], postgresql.stages[-1])
    sides = [(each, definitions(files, each)) for each in (sqlite, postgresql)]
    for (here, own), (there, other) in (sides, sides[::-1]):
        texts, known = _texts(own), _texts(other)
        elsewhere = known.keys() | _constraints(there)
        declared = _declared(files, twins, here.dialect)
        for one, found in _raised(own):
            name = found.rule.name if found.rule else ""
            if name in known and here is sqlite and known[name] != texts[name]:
                message = f"the rule {name} says {_listed(texts[name])} here, and {_listed(known[name])} on PostgreSQL"
                fix = "write the same text in both files"
            elif name and name not in elsewhere and _is_readable(other) and not one.triggers <= declared:
                message = f"{one.name} raises the rule {name}, and nothing on {DATABASES[there.dialect]} has this name"
                form = _FORM[there.dialect].replace("name", name)
                fix = f"write {form} in a trigger there, or name the constraint {name} that does the same"
            else:
                continue
            yield _at(one, found, fault(one.migration, here.dialect, "apply", TRIGGER_TWINS, message, fix=fix))


def _raised(found: Definitions) -> Iterator[tuple[Definition, Raise]]:
    """Yield each RAISE of a trigger. Other functions that a trigger calls are left out: they may have other callers."""
    for one in found.found:
        for each in one.raises if one.triggers else ():
            yield one, each


def _is_readable(found: Definitions) -> bool:
    """Whether all rules of the triggers were found. If not, no rule is reported as missing."""
    return found.is_whole and all(each.rule for one in found.found for each in one.raises)


def _texts(found: Definitions) -> Mapping[str, set[str]]:
    texts: dict[str, set[str]] = defaultdict(set)
    for rule in (each.rule for one in found.found for each in one.raises):
        if rule is not None:
            texts[rule.name].add(rule.text)
    return texts


def _constraints(round_trip: RoundTrip) -> frozenset[str]:
    return frozenset(
        name
        for table in round_trip.stages[-1].tables
        for name in (
            *(unique.name for unique in table.uniques),
            *(key.name for key in table.foreign_keys),
            *(check.name for check in table.checks),
            *(index.name for index in table.indexes),
        )
    )


def _declared(files: Sequence[MigrationFiles], twins: Twins, dialect: Dialect) -> frozenset[Key]:
    """Return the objects that the files declare as different, including all parts of these objects."""
    texts = (migration.script(dialect).text for migration in files)
    labels = {each.label for text in texts for each in declarations(text, dialect)}
    named = {key for label in labels for key in twins.named(label, dialect)}
    return frozenset(key for key in twins.on(dialect) if named & {key, *twins.wholes_of(key, dialect)})


def _listed(texts: set[str]) -> str:
    return " and ".join(f"`{text}`" for text in sorted(texts))


def _at(one: Definition, found: Raise, fault: Finding) -> Finding:
    return fault._replace(line=one.line_of(found))
