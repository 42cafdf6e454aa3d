"""PostgreSQL's plans, on a scratch database whose tables are filled when the first plan reads them.

The plans are generic: what holds whatever the parameters are. LIMIT is taken for that of a page: PostgreSQL would
assume a tenth of the table. Builds on `plans` and `statistics_postgresql`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg

from hangar_dal.contract.model import SentAs, Tables
from hangar_dal.contract.plans import QueryPlan, Step
from hangar_dal.contract.plans_scopes import Read, reads, stops_early
from hangar_dal.contract.statistics_postgresql import fill
from hangar_dal.migrations.guard import PostgresScratch
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Kind

if TYPE_CHECKING:
    from psycopg import Connection

Node = Mapping[str, Any]

_PAGE: Final = "50"
_PLANS_UNBOUND: Final = 160000  # the version whose EXPLAIN takes a statement with parameters as it is
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
# Through these a row passes as soon as it is read, so that a LIMIT above them ends the reading.
_PASSING: Final = frozenset(
    {
        *("Append", "Gather", "Gather Merge", "Group", "Hash Join", "Incremental Sort", "Limit", "LockRows"),
        *("Materialize", "Memoize", "Merge Append", "Merge Join", "Nested Loop", "ProjectSet", "Result"),
        *("Subquery Scan", "Unique"),
    }
)
_AGAIN: Final = frozenset({"Nested Loop", "Hash Join"})  # whose inner side is read over and over, or first and whole
_ASIDE: Final = frozenset({"InitPlan", "SubPlan"})
_SCANS: Final = frozenset({"Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_DETAILS: Final = ("Index Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Sort Key", "Group Key")


class _Index(NamedTuple):
    is_part: bool  # of the table's rows; or no B-tree, which need not begin with its first column
    first: str


class PostgresPlanner:
    """Has a connection from the first plan on; close it in the end."""

    def __init__(self, scratch: PostgresScratch, tables: Tables) -> None:
        self._scratch = scratch
        # A plan leaves out the schema.
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
            node = self._explained(settings, text, len(names))
            while unfilled := set(_relations(node)) - self._filled:
                self._fill(unfilled)
                node = self._explained(settings, text, len(names))
            return QueryPlan(tuple(self._steps(node, names, reads(variant.text, "postgresql"))))
        return None

    def _fill(self, relations: Collection[str]) -> None:
        self._connection.execute("SET default_transaction_read_only = off")
        self.empty += fill(self._scratch, self._connection, relations)
        self._connection.execute("SET default_transaction_read_only = on")
        self._filled.update(relations)

    def _explained(self, settings: Sequence[str], text: str, parameters: int) -> Node:
        """All that it takes is sent at once, which is one transaction to the server: the settings end with it."""
        if self._connection.info.server_version >= _PLANS_UNBOUND:
            commands = [*settings, f"EXPLAIN (FORMAT JSON, GENERIC_PLAN) {text}"]
        else:
            nulls = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
            explain = f"EXPLAIN (FORMAT JSON) EXECUTE hangar_plan{nulls}"
            # An EXPLAIN that failed has left its statement behind.
            commands = ["DEALLOCATE ALL", *settings, f"PREPARE hangar_plan AS {text}", explain]
        cursor = self._connection.execute("\n;".join(commands).encode())  # the text may end in a comment
        while cursor.nextset():
            pass
        [(found,)] = cursor.fetchall()
        node: Node = found[0]["Plan"]
        return node

    def _steps(
        self,
        node: Node,
        names: Sequence[str],
        read: Mapping[str, tuple[Read, ...]],
        depth: int = 0,
        *,
        ends: bool = False,
    ) -> Iterator[Step]:
        kind = node["Node Type"]
        relation: str = node.get("Relation Name", "")
        table = self._tables.get(self._partitions.get(relation, relation))
        of_name = read.get(node.get("Alias", ""), ())
        picks = any(each.picks for each in of_name) if of_name else "Filter" in node
        # That an EXISTS ends with the first row is not shown, and needs no LIMIT.
        stops = (ends and not picks) or (node.get("Parent Relationship") in _ASIDE and stops_early(of_name))
        whole = table is not None and node["Node Type"] in _SCANS and not self._finds(node, ends=ends) and not stops
        yield Step(_text(node, names), depth, table, node.get("Index Name"), whole)
        for inner in node.get("Plans", ()):
            relationship = inner.get("Parent Relationship")
            again = relationship == "Inner" and kind in _AGAIN
            passes = (kind in _PASSING or node.get("Strategy") == "Sorted") and not again
            yield from self._steps(inner, names, read, depth + 1, ends=passes and (ends or kind == "Limit"))

    def _finds(self, node: Node, *, ends: bool) -> bool:
        """Whether it begins somewhere in an index. What compares later columns alone goes through all of it.

        For max() the server adds IS NOT NULL of its own, and a LIMIT: that looks for no value.
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
    """Each table that is read or written, by its name without the schema."""
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
    """As EXPLAIN itself writes it, but with the parameters' own names and on one line."""
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
