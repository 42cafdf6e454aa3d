"""The SQL file of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from hangar_dal.importing.plan import ImportedField, TablePlan
from hangar_dal.migrations.identifiers import written
from hangar_dal.sqlscan import Dialect

_WIDTH: Final = 88


def sql_files(plan: TablePlan, dialects: Sequence[Dialect]) -> dict[Dialect, str]:
    """Return the texts of the SQL files."""
    plans: dict[Dialect, TablePlan] = {
        dialect: plan if dialect == plan.dialect else _twin(plan) for dialect in dialects
    }
    differ = {verb for verb in plan.functions if len({_STATEMENTS[verb](each) for each in plans.values()}) > 1}
    found: dict[Dialect, str] = {
        dialect: "\n".join(_block(each, verb, differs=verb in differ) for verb in plan.functions)
        for dialect, each in plans.items()
    }
    return found


def _twin(plan: TablePlan) -> TablePlan:
    """Return the plan for the other database, whose columns have types that need no conversion."""
    plain = (replace(each, type=replace(each.type, read="{}", write="{}")) for each in plan.fields)
    return replace(plan, fields=tuple(plain))


def _block(plan: TablePlan, verb: str, *, differs: bool) -> str:
    lines = [f"-- name: {plan.function(verb)}"]
    lines += [f"-- not null: {name}: the column is NOT NULL" for by, name in sorted(plan.certain) if by == verb]
    lines += ["-- differs: PostgreSQL converts types that SQLite does not have"] if differs else []
    return "\n".join([*lines, f"{_STATEMENTS[verb](plan)};\n"])


def table_name(plan: TablePlan) -> str:
    """Return the table as it is written in SQL."""
    name = written(plan.table.name)
    return f"{written(plan.table.schema)}.{name}" if plan.table.schema else name


def _insert(plan: TablePlan) -> str:
    given = [each for each in plan.fields if not each.is_left or each.is_now]
    if not given:
        return f"INSERT INTO {table_name(plan)} DEFAULT VALUES\n{_clause('RETURNING', _columns(plan))}"
    names = _in_parentheses(f"INSERT INTO {table_name(plan)} ", [written(each.column.name) for each in given])
    values = _in_parentheses("VALUES ", [":now" if each.is_now else _parameter(each) for each in given])
    return "\n".join((names, values, _clause("RETURNING", _columns(plan))))


def _get(plan: TablePlan) -> str:
    return "\n".join((_clause("SELECT", _columns(plan)), f"FROM {table_name(plan)}", _where_key(plan)))


def _list(plan: TablePlan) -> str:
    lines = [_clause("SELECT", _columns(plan)), f"FROM {table_name(plan)}"]
    order = [_in_order(plan, each) for each in plan.key or plan.fields]
    if plan.key:
        own = [written(each.column.name) for each in plan.key]
        after = [_parameter(each) for each in plan.key]
        compared = f"{own[0]} > {after[0]}" if len(own) == 1 else f"({', '.join(own)}) > ({', '.join(after)})"
        # SQLite accepts NULL in a primary key, and no page would begin after such a row.
        loose = [f"{name} IS NOT NULL" for name, each in zip(own, plan.key, strict=True) if each.column.nullable]
        lines += ["WHERE", f"    {' AND '.join(loose) or 'TRUE'}", f"    AND {compared}  -- when after"]
    if plan.scans:
        lines.insert(0, f"-- scan: the {plan.table.kind} has no key whose index has the order of the list")
    return "\n".join([*lines, _clause("ORDER BY", order), "LIMIT :limit"])


def _update(plan: TablePlan) -> str:
    changes = [
        f"{name} = CASE WHEN :{each.name}_is_set THEN {_parameter(each)} ELSE {name} END"
        for each in plan.changed
        for name in [written(each.column.name)]
    ]
    return "\n".join(
        (
            f"UPDATE {table_name(plan)}",
            "SET\n" + ",\n".join(f"    {change}" for change in changes),
            _where_key(plan),
            _clause("RETURNING", _columns(plan)),
        )
    )


def _delete(plan: TablePlan) -> str:
    return f"DELETE FROM {table_name(plan)}\n{_where_key(plan)}"  # noqa: S608 - the text of a file


_STATEMENTS: Final = {"insert": _insert, "get": _get, "list": _list, "update": _update, "delete": _delete}


def _columns(plan: TablePlan) -> list[str]:
    return [_column(each) for each in plan.fields]


def _column(one: ImportedField) -> str:
    name = written(one.column.name)
    read = one.type.read.format(name)
    return read if read == one.name else f"{read} AS {written(one.name)}"


def _in_order(plan: TablePlan, one: ImportedField) -> str:
    """Return the column for ORDER BY, which would otherwise take the name for that of a column of the result."""
    name = written(one.column.name)
    is_clear = all(_column(each) == each.name for each in plan.fields)
    return name if is_clear else f"{written(plan.table.name)}.{name}"


def _parameter(one: ImportedField) -> str:
    return one.type.write.format(f":{one.name}")


def _where_key(plan: TablePlan) -> str:
    tests = [f"{written(each.column.name)} = {_parameter(each)}" for each in plan.key]
    return f"WHERE {tests[0]}" if len(tests) == 1 else "WHERE\n    " + "\n    AND ".join(tests)


def _clause(word: str, parts: Sequence[str]) -> str:
    line = f"{word} {', '.join(parts)}"
    return line if len(line) <= _WIDTH else f"{word}\n{_lines(parts)}"


def _in_parentheses(head: str, parts: Sequence[str]) -> str:
    line = f"{head}({', '.join(parts)})"
    return line if len(line) <= _WIDTH else f"{head}(\n{_lines(parts)}\n)"


def _lines(parts: Sequence[str]) -> str:
    return ",\n".join(_indented(parts))


def _indented(parts: Sequence[str]) -> Iterator[str]:
    yield from (f"    {part}" for part in parts)
