"""Place the boxes and lines of an entity-relationship diagram. No box covers another, and no line crosses a box.

All lengths are in pixels. Related tables form a group, which has columns of boxes, the ranks, from left to right. Lines
run in the gaps between ranks. A line that passes through a rank gets a free lane there.
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
_BETWEEN: Final = 30  # between boxes in one rank, and between groups
_END: Final = 26  # room for the mark at the end of a line
_TRACK: Final = 12  # between two parallel lines
_APART: Final = 4  # the smallest distance between two lines
_WIDEST: Final = 1400
_SWEEPS: Final = 4


@dataclass(slots=True, eq=False)
class Box:
    """The box of a table, or, if `table` is None, the lane of a line that passes through the rank."""

    table: Table | None = None
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 10.0

    def port(self, columns: Sequence[str]) -> float:
        """Return the distance from the top of the box to the row of the first column, where a line ends.

        An empty name means the primary key.
        """
        if self.table is None:
            return self.height / 2
        names = [column.name for column in self.table.ordered()]
        name = columns[0] or next(iter(self.table.primary_key), names[0])
        return HEADER + ROW * (names.index(name) + 0.5)


@dataclass(slots=True, eq=False)
class Connector:
    """A foreign key. `points` are the corners of its line, from left to right.

    `is_turned` is True if the table with the foreign key is left of the table that it refers to.
    """

    table: Table
    key: ForeignKey
    is_turned: bool = False
    points: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Picture:
    width: float
    height: float
    boxes: list[Box]
    lines: list[Connector]


@dataclass(slots=True, eq=False)
class _Hop:
    """The part of a line in one gap: from a row of the left box to a row of the right box.

    If `right` is None, the line goes back to another row of the left box.
    """

    line: Connector
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
    """Return the picture of all tables. Groups are placed in rows, the largest group first."""
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
        self.lines = [Connector(table, key) for table in tables for key in table.foreign_keys if key.table in depth]
        self._ranks: list[list[Box]] = [[] for _ in range(max(depth.values()) + 1)]
        self._gaps: list[list[_Hop]] = [[] for _ in self._ranks]  # to the right of each rank
        named = {table.name: box for table, box in zip(tables, self.boxes, strict=True)}
        for name, box in named.items():
            self._ranks[depth[name]].append(box)
        for line in self.lines:
            own, other = named[line.table.name], named[line.key.table]
            self._lead(line, own, other, depth[line.table.name], depth[line.key.table])

    def _lead(self, line: Connector, own: Box, other: Box, own_rank: int, other_rank: int) -> None:
        """Add a line to each gap that it passes through, with lanes in the ranks between."""
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
        """Place all boxes and lines of the group, starting at (0, 0). Return width and height."""
        self._order()
        x = 0.0
        for number, (rank, gap) in enumerate(zip(self._ranks, self._gaps, strict=True)):
            self._stack(rank, self._gaps[number - 1] if number else [])
            for box in rank:
                box.x = x
            x += max(box.width for box in rank)
            if gap:
                is_last = number == len(self._ranks) - 1  # the last gap has only lines back to the same table
                x += _END + _TRACK * (len({hop.start for hop in gap}) - 1) + (0 if is_last else _END)
        for gap in self._gaps:
            self._draw(gap)
        return x, max(box.y + box.height for rank in self._ranks for box in rank)

    def _order(self) -> None:
        """Sort each rank by the positions of the connected boxes in the next rank, several times in both directions.

        This reduces the number of lines that cross.
        """
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
        """Place the boxes of a rank from top to bottom, each as near as possible to the starts of its lines.

        So most lines are straight.
        """
        taken = [hop.start for hop in gap] + [hop.end for hop in gap if hop.right is None]
        bottom = 0.0
        for box in rank:
            coming = [hop for hop in gap if hop.right is box]
            wanted = _mean([hop.start - box.port(hop.right_columns) for hop in coming])
            box.y = max(wanted, bottom)
            # If one line ended at the height where another starts, the two would overlap.
            while any(_touches(hop, height) for hop in coming for height in taken):
                box.y += _APART
            bottom = box.y + box.height + _BETWEEN

    def _draw(self, gap: Sequence[_Hop]) -> None:
        """Draw the lines of a gap. Lines from the same row share a vertical track.

        The lines that go down get the first tracks, beginning with the lowest row. The others follow from the top.
        """
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
    """Return the short type of a column, followed by `null` if the column is nullable."""
    (found,) = [one for one in table.columns if one.name == column]
    return f"{short_type(found)}{' null' if found.nullable else ''}"


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
