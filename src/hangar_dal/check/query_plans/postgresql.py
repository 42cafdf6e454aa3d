"""PostgreSQL's plans, on a scratch database. A table is filled with rows when a plan first reads it.

The plans are generic: they do not depend on the values of parameters. The parameter of LIMIT is replaced by the size of
a page, because PostgreSQL would assume a tenth of the table.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg

from hangar_dal.check.model import Tables
from hangar_dal.check.query_plans.model import QueryPlan, Step
from hangar_dal.check.query_plans.statistics_postgresql import fill
from hangar_dal.check.query_plans.table_access import TableRead, reads, stops_early
from hangar_dal.check.statement_info import SentAs
from hangar_dal.migrations.guard import PostgresScratch
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Kind

if TYPE_CHECKING:
    from psycopg import Connection

Node = Mapping[str, Any]

_PAGE: Final = "50"
_PLANS_UNBOUND: Final = 160000  # the first version that has EXPLAIN (GENERIC_PLAN)
_BY_INDEX: Final = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
_INDEXES: Final = """
SELECT c.relname, m.amname <> 'btree' OR i.indpred IS NOT NULL, pg_get_indexdef(i.indexrelid, 1, TRUE)
FROM pg_catalog.pg_index AS i
INNER JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
INNER JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
"""
_PARTITIONS: Final = (
    "SELECT relname, pg_partition_root(oid)::regclass::text FROM pg_catalog.pg_class WHERE relispartition"
)
# These nodes return a row as soon as they have read it, so a LIMIT above them ends the reading.
_PASSING: Final = frozenset(
    {
        *("Append", "Gather", "Gather Merge", "Group", "Hash Join", "Incremental Sort", "Limit", "LockRows"),
        *("Materialize", "Memoize", "Merge Append", "Merge Join", "Nested Loop", "ProjectSet", "Result"),
        *("Subquery Scan", "Unique"),
    }
)
_AGAIN: Final = frozenset({"Nested Loop", "Hash Join"})  # their inner side is read repeatedly, or as a whole
_ASIDE: Final = frozenset({"InitPlan", "SubPlan"})
_SCANS: Final = frozenset({"Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_DETAILS: Final = ("Index Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Sort Key", "Group Key")


class _Index(NamedTuple):
    is_part: bool  # a partial index, or an index that is no B-tree and needs no condition on its first column
    first: str


class PostgresPlanner:
    """Makes plans on a scratch database. Connects at the first plan; call `close` at the end."""

    def __init__(self, scratch: PostgresScratch, tables: Tables) -> None:
        self._scratch = scratch
        # Plans name tables without their schema.
        self._tables = {name.rpartition(".")[2]: name for name in tables.columns}
        self._filled: set[str] = set()
        self.empty: list[str] = []

    def close(self) -> None:
        if "_connection" in vars(self):
            self._connection.close()

    def explain(self, variant: Variant, sent: Sequence[SentAs] = (), *, by_index: bool = False) -> QueryPlan | None:
        names = list(dict.fromkeys(parameter.name for parameter in variant.parameters))
        paged = _limits(variant)
        names = [name for name in names if name not in paged]
        types = {each.name: each.type for each in sent if each.type}
        places = {name: f"${at}" for at, name in enumerate(names, 1)}
        typed = {name: f"CAST({place} AS {types[name]})" if name in types else place for name, place in places.items()}
        text = variant.rewritten(lambda name: typed.get(name, _PAGE))
        settings = [f"SET LOCAL {setting} = off" for setting in _BY_INDEX] if by_index else []
        with suppress(psycopg.Error):
            nodes = self._explained(settings, text, len(names))
            while unfilled := {relation for node in nodes for relation in _relations(node)} - self._filled:
                self._fill(unfilled)
                nodes = self._explained(settings, text, len(names))
            read = reads(variant.text, "postgresql")
            return QueryPlan(tuple(step for node in nodes for step in self._steps(node, names, read)))
        return None

    def _fill(self, relations: Collection[str]) -> None:
        self._connection.execute("SET default_transaction_read_only = off")
        self.empty += fill(self._scratch, self._connection, relations)
        self._connection.execute("SET default_transaction_read_only = on")
        self._filled.update(relations)

    def _explained(self, settings: Sequence[str], text: str, parameters: int) -> list[Node]:
        """Return the root nodes of the plans. A rule of the table (CREATE RULE) may make several plans, or none.

        Sends all commands at once, so that SET LOCAL applies to the EXPLAIN.
        """
        if self._connection.info.server_version >= _PLANS_UNBOUND:
            commands = [*settings, f"EXPLAIN (FORMAT JSON, GENERIC_PLAN) {text}"]
        else:
            nulls = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
            explain = f"EXPLAIN (FORMAT JSON) EXECUTE hangar_plan{nulls}"
            # A failed EXPLAIN may leave its prepared statement.
            commands = ["DEALLOCATE ALL", *settings, f"PREPARE hangar_plan AS {text}", explain]
        cursor = self._connection.execute("\n;".join(commands).encode())  # the text may end in a comment
        while cursor.nextset():
            pass
        [(found,)] = cursor.fetchall()
        return [each["Plan"] for each in found if isinstance(each, dict) and "Plan" in each]

    def _steps(
        self,
        node: Node,
        names: Sequence[str],
        read: Mapping[str, tuple[TableRead, ...]],
        depth: int = 0,
        *,
        ends: bool = False,
    ) -> Iterator[Step]:
        kind = node["Node Type"]
        relation: str = node.get("Relation Name", "")
        table = self._tables.get(self._partitions.get(relation, relation))
        of_name = read.get(node.get("Alias", ""), ())
        picks = any(each.picks for each in of_name) if of_name else "Filter" in node
        # An EXISTS ends with the first row, but the plan shows no LIMIT for it.
        stops = (ends and not picks) or (node.get("Parent Relationship") in _ASIDE and stops_early(of_name))
        whole = table is not None and node["Node Type"] in _SCANS and not self._finds(node, ends=ends) and not stops
        yield Step(_text(node, names), depth, table, node.get("Index Name"), whole)
        for inner in node.get("Plans", ()):
            relationship = inner.get("Parent Relationship")
            again = relationship == "Inner" and kind in _AGAIN
            passes = (kind in _PASSING or node.get("Strategy") == "Sorted") and not again
            yield from self._steps(inner, names, read, depth + 1, ends=passes and (ends or kind == "Limit"))

    def _finds(self, node: Node, *, ends: bool) -> bool:
        """Return whether the node searches an index by its first column. Other searches read the whole index.

        For max(), the server itself adds IS NOT NULL and a LIMIT. That is no search for a value.
        """
        parts = [
            self._finds(inner, ends=ends) for inner in node.get("Plans", ()) if inner["Node Type"].startswith("Bitmap")
        ]
        if parts:
            return all(parts) if node["Node Type"] == "BitmapOr" else any(parts)
        if "Index Name" not in node:
            return False
        index = self._indexes[node["Index Name"]]
        behind = r"\w| IS NOT NULL" if ends else r"\w"
        compared = re.search(rf"(?<![\w.]){re.escape(index.first)}(?!{behind})", node.get("Index Cond", ""))
        return index.is_part or compared is not None

    @cached_property
    def _connection(self) -> "Connection[Any]":
        connection = self._scratch.connect()
        connection.execute("SET client_encoding = 'utf8'")
        connection.prepare_threshold = None
        connection.execute("SET lock_timeout = '10s'")
        connection.execute("SET default_transaction_read_only = on")
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute("SET max_parallel_workers_per_gather = 0")
        return connection

    @cached_property
    def _indexes(self) -> dict[str, _Index]:
        return {name: _Index(is_part, first) for name, is_part, first in self._connection.execute(_INDEXES)}

    @cached_property
    def _partitions(self) -> dict[str, str]:
        return dict(self._connection.execute(_PARTITIONS).fetchall())


def _relations(node: Node) -> Iterator[str]:
    """Yield the name of each table in the plan, without the schema."""
    if "Relation Name" in node:
        yield node["Relation Name"]
    for inner in node.get("Plans", ()):
        yield from _relations(inner)


def _limits(variant: Variant) -> set[str]:
    code = [token for token in variant.tokens if token.kind is not Kind.COMMENT]
    return {
        token.text[1:]
        for before, token in pairwise(code)
        if token.kind is Kind.PARAMETER and before.text.upper() in ("LIMIT", "OFFSET", "FIRST", "NEXT")
    }


def _text(node: Node, names: Sequence[str]) -> str:
    """Return the node as EXPLAIN shows it, but with the names of the parameters and on one line."""
    kind = node["Node Type"] if node["Node Type"] != "ModifyTable" else node["Operation"]
    parts = [f"{node['Subplan Name']}:"] if "Subplan Name" in node else []
    if node.get("Join Type", "Inner") != "Inner":
        kind = f"{kind} ({node['Join Type'].lower()})"
    parts.append(f"{kind} Backward" if node.get("Scan Direction") == "Backward" else kind)
    if "Index Name" in node:
        parts.append(f"using {node['Index Name']}")
    source = next((node[key] for key in ("Relation Name", "CTE Name", "Function Name") if key in node), None)
    if source is not None:
        alias = node.get("Alias", source)
        parts.append(f"on {source}" if alias == source else f"on {source} {alias}")
    for key in _DETAILS:
        if key in node:
            said = node[key] if isinstance(node[key], str) else ", ".join(node[key])
            parts.append(f"[{key.lower()}: {said}]")
    return re.sub(r"\$([0-9]+)", lambda found: _named(found, names), " ".join(parts))


def _named(found: re.Match[str], names: Sequence[str]) -> str:
    number = int(found[1])
    return f":{names[number - 1]}" if 0 < number <= len(names) else found[0]
