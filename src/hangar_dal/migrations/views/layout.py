"""Where the boxes and lines of an entity-relationship picture go: no box over another, no line through a box.

All lengths are in pixels. Tables that are related form a group, whose ranks stand from left to right; lines run in
the gaps between ranks, and one that has to pass a rank gets a lane there. Builds on `ranks`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hangar_dal.migrations.schema import ForeignKey, Schema, Table
from hangar_dal.migrations.views.labels import short_type
from hangar_dal.migrations.views.ranks import depths, groups, references

CHARACTER: Final = 7.25  # of 12 px monospace
HEADER: Final = 30
ROW: Final = 20
MARKS: Final = 46  # room for `PK FK`
PAD: Final = 10
_BETWEEN: Final = 30  # boxes in one rank, and groups
_END: Final = 26  # room for the mark at the end of a line
_TRACK: Final = 12  # between two lines that run beside each other
_APART: Final = 4  # less, and two lines look like one
_WIDEST: Final = 1400
_SWEEPS: Final = 4


@dataclass(slots=True, eq=False)
class Box:
    """A table; without one, the lane of a line that passes."""

    table: Table | None = None
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 10.0

    def port(self, columns: Sequence[str]) -> float:
        """From the top to the middle of the row at which a line ends. An empty name means the primary key."""
        if self.table is None:
            return self.height / 2
        names = [column.name for column in self.table.ordered()]
        name = columns[0] or next(iter(self.table.primary_key), names[0])
        return HEADER + ROW * (names.index(name) + 0.5)


@dataclass(slots=True, eq=False)
class Line:
    """A foreign key. `points` are its corners, from the left; `is_turned`: the table that refers stands left."""

    table: Table
    key: ForeignKey
    is_turned: bool = False
    points: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Picture:
    width: float
    height: float
    boxes: list[Box]
    lines: list[Line]


@dataclass(slots=True, eq=False)
class _Hop:
    """A line's way through one gap: from a row of the left box to one of the right, else back to one of its own."""

    line: Line
    left: Box
    left_columns: Sequence[str]
    right: Box | None
    right_columns: Sequence[str]

    @property
    def start(self) -> float:
        return self.left.y + self.left.port(self.left_columns)

    @property
    def end(self) -> float:
        return (self.right or self.left).y + (self.right or self.left).port(self.right_columns)


def arrange(schema: Schema) -> Picture:
    """Groups beside each other and in rows, the largest first."""
    referred = references(schema)
    picture = Picture(_BETWEEN, _BETWEEN, [], [])
    x, y, row = float(_BETWEEN), float(_BETWEEN), 0.0
    for group in groups(referred):
        part = _Group([table for table in schema.tables if table.name in group], depths(group, referred))
        width, height = part.arrange()
        if x > _BETWEEN and x + width > _WIDEST:
            x, y, row = float(_BETWEEN), y + row + _BETWEEN, 0.0
        for box in part.boxes:
            box.x, box.y = box.x + x, box.y + y
        for line in part.lines:
            line.points = [(one + x, other + y) for one, other in line.points]
        picture.boxes += part.boxes
        picture.lines += part.lines
        x, row = x + width + _BETWEEN, max(row, height)
        picture.width, picture.height = max(picture.width, x), max(picture.height, y + height + _BETWEEN)
    return picture


class _Group:
    def __init__(self, tables: Sequence[Table], depth: dict[str, int]) -> None:
        self.boxes = [_box(table) for table in tables]
        self.lines = [Line(table, key) for table in tables for key in table.foreign_keys if key.table in depth]
        self._ranks: list[list[Box]] = [[] for _ in range(max(depth.values()) + 1)]
        self._gaps: list[list[_Hop]] = [[] for _ in self._ranks]  # behind each rank
        named = {table.name: box for table, box in zip(tables, self.boxes, strict=True)}
        for name, box in named.items():
            self._ranks[depth[name]].append(box)
        for line in self.lines:
            own, other = named[line.table.name], named[line.key.table]
            self._lead(line, own, other, depth[line.table.name], depth[line.key.table])

    def _lead(self, line: Line, own: Box, other: Box, own_rank: int, other_rank: int) -> None:
        """Through every gap on its way."""
        columns, referred = line.key.columns, line.key.referred
        if own is other:
            self._gaps[own_rank].append(_Hop(line, own, referred, None, columns))
            return
        left, left_columns, right, right_columns = other, referred, own, columns
        if own_rank < other_rank:
            line.is_turned = True
            left, left_columns, right, right_columns = own, columns, other, referred
        first, last = sorted((own_rank, other_rank))
        for rank in range(first + 1, last):
            lane = Box()
            self._ranks[rank].append(lane)
            self._gaps[rank - 1].append(_Hop(line, left, left_columns, lane, ()))
            left, left_columns = lane, ()
        self._gaps[last - 1].append(_Hop(line, left, left_columns, right, right_columns))

    def arrange(self) -> tuple[float, float]:
        """Gives everything its place, from (0, 0); returns width and height."""
        self._order()
        x = 0.0
        for number, (rank, gap) in enumerate(zip(self._ranks, self._gaps, strict=True)):
            self._stack(rank, self._gaps[number - 1] if number else [])
            for box in rank:
                box.x = x
            x += max(box.width for box in rank)
            if gap:
                is_last = number == len(self._ranks) - 1  # only lines that return to their own table
                x += _END + _TRACK * (len({hop.start for hop in gap}) - 1) + (0 if is_last else _END)
        for gap in self._gaps:
            self._draw(gap)
        return x, max(box.y + box.height for rank in self._ranks for box in rank)

    def _order(self) -> None:
        """Each rank by the places of those beside it, to and fro, so that few lines cross."""
        beside: dict[Box, list[Box]] = {box: [] for rank in self._ranks for box in rank}
        for hop in (hop for gap in self._gaps for hop in gap if hop.right):
            beside[hop.left].append(hop.right or hop.left)
            beside[hop.right or hop.left].append(hop.left)
        there = list(zip(self._ranks[1:], self._ranks, strict=False))
        back = list(zip(self._ranks[-2::-1], self._ranks[::-1], strict=False))
        for rank, other in (there + back) * _SWEEPS:
            places = {box: number for number, box in enumerate(other)}
            rank.sort(key=lambda box: _mean([places[one] for one in beside[box] if one in places]))

    @staticmethod
    def _stack(rank: Sequence[Box], gap: Sequence[_Hop]) -> None:
        """From the top, each as near as it can to where its lines come from, so that they are straight."""
        taken = [hop.start for hop in gap] + [hop.end for hop in gap if hop.right is None]
        bottom = 0.0
        for box in rank:
            coming = [hop for hop in gap if hop.right is box]
            wanted = _mean([hop.start - box.port(hop.right_columns) for hop in coming])
            box.y = max(wanted, bottom)
            # Where one line arrives another must not leave: they would lie on each other.
            while any(_touches(hop, height) for hop in coming for height in taken):
                box.y += _APART
            bottom = box.y + box.height + _BETWEEN

    def _draw(self, gap: Sequence[_Hop]) -> None:
        """Lines that leave from one row share a track; those that go down begin with the lowest, others follow."""
        ends: dict[float, list[float]] = {}
        for hop in gap:
            ends.setdefault(hop.start, []).append(hop.end)
        starts = sorted(ends, key=lambda start: -start if _mean(ends[start]) > start else start)
        for hop in gap:
            rank = next(rank for rank in self._ranks if hop.left in rank)
            track = max(box.x + box.width for box in rank) + _END + _TRACK * starts.index(hop.start)
            edge = hop.left.x + hop.left.width
            end = edge if hop.right is None else hop.right.x
            hop.line.points += [(edge, hop.start), (track, hop.start), (track, hop.end), (end, hop.end)]


def _touches(hop: _Hop, height: float) -> bool:
    is_straight = hop.end == hop.start == height
    return abs(hop.end - height) < _APART and not is_straight


def _box(table: Table) -> Box:
    name = max((len(column.name) for column in table.columns), default=0)
    kind = max((len(type_words(table, column.name)) for column in table.columns), default=0)
    width = max(MARKS + CHARACTER * (name + 3 + kind), CHARACTER * len(table.name) * 1.2) + 2 * PAD
    return Box(table, width=round(width), height=HEADER + ROW * len(table.columns) + PAD / 2)


def type_words(table: Table, column: str) -> str:
    """A column's type, and whether it may be NULL."""
    (found,) = [one for one in table.columns if one.name == column]
    return f"{short_type(found)}{' null' if found.nullable else ''}"


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
