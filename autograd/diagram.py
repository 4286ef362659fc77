"""What a drawing of a graph shows: boxes, each of one node or of several, and edges between them.

How they look and what they say, this module does not know.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from autograd.collapsing import Closed, attempts
from autograd.grouping import Path
from autograd.value import Value


@dataclass(eq=False)
class Box:
    """What is drawn as one.

    Attributes:
        key: its id in a picture: v3 for node 3 of the topological order, g3 for several of which it is the last.
        members: the nodes, in topological order.
        path: the groups in which it stands, the outermost first.
        is_group: whether it is a whole group, closed; the last step of its path is then its own name.
        used: those of its members that are operands of other boxes.
        results: these, and outputs; of what nobody uses all, of a group the last.
    """

    key: str
    members: list[Value]
    path: Path
    is_group: bool
    used: set[Value] = field(default_factory=set)
    results: list[Value] = field(default_factory=list)

    @property
    def is_node(self) -> bool:
        """Whether it is a node, drawn as it is."""
        return len(self.members) == 1 and not self.is_group


@dataclass(eq=False)
class Edge:
    """From a box to one that is computed from it.

    Attributes:
        key: its id: v1-v3-0 where node 1 is operand 0 of node 3.
        tail, head: the boxes.
        node, position: the first node in the head that has an operand in the tail, and where among its operands.
        count: how many operands there are in all.
    """

    key: str
    tail: Box
    head: Box
    node: Value
    position: int
    count: int = 1

    @property
    def is_single(self) -> bool:
        """Whether it is one operand of one node, both drawn as they are."""
        return self.tail.is_node and self.head.is_node


@dataclass(frozen=True)
class Diagram:
    """Boxes and the edges between them, in the order of the graph.

    Attributes:
        order: all nodes of the graph, parents before children.
        boxes: in the order of their first results.
        edges: by head, then by position of the operand.
        box_of: for each node that is shown the box that it is in.
        groups: of each node the one that it is in, whether that is drawn or not.
        centre: the nodes of the unit that is shown up close; empty for a whole graph.
        outputs: what the graph was drawn for.
        opened: how many levels of groups are open; None where there are no groups.
    """

    order: Sequence[Value]
    boxes: list[Box]
    edges: list[Edge]
    box_of: dict[Value, Box]
    groups: Mapping[Value, Path]
    centre: frozenset[Value]
    outputs: frozenset[Value]
    opened: int | None

    @property
    def frames(self) -> dict[Path, list[Box]]:
        """The boxes by the group in which they stand; outer groups come before those within, the first is ()."""
        frames: dict[Path, list[Box]] = {(): []}
        for box in self.boxes:
            path = box.path[:-1] if box.is_group else box.path
            for level in range(len(path)):
                frames.setdefault(path[: level + 1], [])
            frames[path].append(box)
        return frames


def diagram(
    order: Sequence[Value],
    outputs: Sequence[Value],
    groups: Mapping[Value, Path],
    depth: int | None,
    most: int,
    unit: Collection[Value] = (),
    parameters: Collection[Value] = (),
) -> Diagram:
    """The graph with at most so many boxes, where that can be.

    Args:
        order: parents before children.
        outputs: of the graph.
        groups: of each node.
        depth: how many levels of groups are opened at most; None for all.
        most: boxes; if there are more, more is collapsed.
        unit: nodes to show up close, with their operands and what uses them; none for the whole graph.
        parameters: variables that are no inputs.
    """
    centre = frozenset(unit)
    shown = _around(order, centre) if centre else order
    # What stands around a unit is not in its groups.
    frames = {node: groups[node] if not centre or node in centre else () for node in shown}
    levels = max(map(len, frames.values()))
    deepest = levels if depth is None else min(depth, levels)
    place = {node: index for index, node in enumerate(order)}
    for keys in attempts(shown, outputs, frames, deepest, most, set(parameters), is_unit=bool(centre)):
        members: dict[Hashable, list[Value]] = {}
        for node in shown:
            members.setdefault(keys[node], []).append(node)
        if len(members) <= most:
            boxes, edges = _assembled(members, frames, place, centre)
            if len(boxes) == len(shown) or len(edges) <= 2 * most:
                break
    else:  # the fewest that there are
        boxes, edges = _assembled(members, frames, place, centre)
    boxes.sort(key=lambda box: place[next((node for node in box.members if node.parents), box.members[0])])
    outer = set(outputs)
    for box in boxes:
        results = [node for node in box.members if node in box.used or node in outer]
        box.results = results or (box.members[-1:] if box.is_group else box.members)
    box_of = {node: box for box in boxes for node in box.members}
    opened = max((len(box.path) - box.is_group for box in boxes), default=0) if levels else None
    return Diagram(order, boxes, edges, box_of, groups, centre, frozenset(outputs), opened)


def _around(order: Sequence[Value], centre: frozenset[Value]) -> list[Value]:
    operands = {parent for node in centre for parent in node.parents}
    return [node for node in order if node in centre or node in operands or not centre.isdisjoint(node.parents)]


def _box(members: list[Value], key: Hashable, groups: Mapping[Value, Path], place: Mapping[Value, int]) -> Box:
    first, last = members[0], members[-1]
    if isinstance(key, Closed):
        return Box(f"g{place[last]}", members, key.path, is_group=True)
    kind = "v" if first is last else "g"
    path = groups[first] if all(groups[node] == groups[first] for node in members) else ()
    return Box(f"{kind}{place[last]}", members, path, is_group=False)


def _assembled(
    members: Mapping[Hashable, list[Value]],
    frames: Mapping[Value, Path],
    place: Mapping[Value, int],
    centre: frozenset[Value],
) -> tuple[list[Box], list[Edge]]:
    """Boxes of these members, and the edges between them; around a unit those alone that lead to it or from it."""
    boxes = [_box(nodes, key, frames, place) for key, nodes in members.items()]
    box_of = {node: box for box in boxes for node in box.members}
    edges: list[Edge] = []
    collapsed: dict[tuple[Box, Box], Edge] = {}
    for child in sorted(box_of, key=place.__getitem__):
        head = box_of[child]
        for position, parent in enumerate(child.parents):
            tail = box_of.get(parent)
            if tail is head or tail is None or (centre and child not in centre and parent not in centre):
                continue
            tail.used.add(parent)
            edge = collapsed.get((tail, head))
            if edge is not None:
                edge.count += 1
            elif tail.is_node and head.is_node:
                edges.append(Edge(f"v{place[parent]}-v{place[child]}-{position}", tail, head, child, position))
            else:
                collapsed[tail, head] = edge = Edge(f"{tail.key}-{head.key}", tail, head, child, position)
                edges.append(edge)
    return boxes, edges
