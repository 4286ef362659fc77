"""Which nodes of a graph are drawn as one box, where there are more than can be read.

Groups are closed first, the innermost first, so that a network is drawn by neuron, then by layer. Then what was
computed in the same way is one box, as the examples of a batch; then chains of one operation; then whole stretches of
the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograd.grouping import Path
from autograd.rules import Primitive
from autograd.value import Constant, Value

FEW = 16
"""Nodes beside closed groups that are shown one by one; more only if there are as many groups."""

MOST_ABREAST = 32
"""Groups beside each other, above each other in a picture: if there are more, the group around them is closed."""


@dataclass(eq=False)
class Closed:
    """The box of a whole group."""

    path: Path


def attempts(
    order: Sequence[Value],
    outputs: Sequence[Value],
    groups: Mapping[Value, Path],
    deepest: int,
    most: int,
    parameters: set[Value],
    is_unit: bool,
) -> Iterator[dict[Value, Hashable]]:
    """For each node what it is drawn as: nodes of one key are one box. Ever fewer boxes, until there is no fewer.

    Args:
        order: of the nodes that are shown.
        outputs: of the graph; a single one is not put together with others.
        groups: of each node.
        deepest: how many levels of groups are open at most.
        most: boxes that are wanted.
        parameters: variables that are no inputs.
        is_unit: whether a unit is shown up close: its group is closed last.
    """
    for level in range(deepest, -1, -1):
        if level < deepest and openable(groups.values(), level) < level:
            continue
        boxes: dict[Path, Closed] = {}
        closed: dict[Value, Hashable] = {}
        for node in order:
            if len(groups[node]) > level:
                path = groups[node][: level + 1]
                closed[node] = boxes.get(path) or boxes.setdefault(path, Closed(path))
        n_loose = len(order) - len(closed)
        if n_loose <= (max(FEW, len(boxes)) if closed else most):
            yield {node: closed.get(node, node) for node in order}
        alike = _alike(order, outputs, groups, closed, parameters, is_unit)
        yield alike
    chains = _chains(order, outputs, alike, closed)
    yield chains
    yield _stretches(order, outputs, parameters, closed, most)
    yield _stretches(order, outputs, parameters, {}, most)


def openable(paths: Collection[Path], level: int) -> int:
    """The level, or the next one above it, at which there is room for the closed groups beside each other.

    >>> openable({("layers.0", f"neurons.{j}") for j in range(100)}, 1)
    0
    """
    while level > 0 and _abreast(paths, level) > MOST_ABREAST:
        level -= 1
    return level


def _abreast(paths: Collection[Path], level: int) -> int:
    """How many closed groups stand in one group, at most, where so many levels are open."""
    closed = {path[: level + 1] for path in paths if len(path) > level}
    return max(Counter(path[:-1] for path in closed).values(), default=0)


def _leaf(node: Value, parameters: set[Value]) -> Hashable:
    return "number" if isinstance(node, Constant) else "parameter" if node in parameters else "input"


def _alike(
    order: Sequence[Value],
    outputs: Sequence[Value],
    groups: Mapping[Value, Path],
    closed: Mapping[Value, Hashable],
    parameters: set[Value],
    is_unit: bool,
) -> dict[Value, Hashable]:
    """Nodes that were computed in the same way from the same boxes are one, as those of a batch, but not in groups."""
    alone = set(outputs) if len(outputs) == 1 else set()
    uses: dict[Value, Primitive | None] = {}  # of plain numbers
    for node in reversed(order):
        uses |= {x: node.primitive for x in node.parents if isinstance(x, Constant)}
    classes: dict[Hashable, int] = {}
    result: dict[Value, Hashable] = {}
    for node in order:
        if node in closed:
            result[node] = closed[node]
        elif node in alone or (groups[node] and not is_unit):
            result[node] = node
        else:
            operands = frozenset([result[parent] for parent in node.parents if parent in result])
            how = (node.primitive, operands) if node.parents else (uses.get(node), _leaf(node, parameters))
            result[node] = classes.setdefault((*how, groups[node]), len(classes))
    return result


def _chains(
    order: Sequence[Value],
    outputs: Sequence[Value],
    boxes: Mapping[Value, Hashable],
    closed: Mapping[Value, Hashable],
) -> dict[Value, Hashable]:
    """Boxes of one operation that follow on each other, each used by the next alone, are one, as in a long sum."""
    users: dict[Hashable, set[Hashable]] = {}
    for node in order:
        for parent in node.parents:
            if parent in boxes and boxes[parent] != boxes[node]:
                users.setdefault(boxes[parent], set()).add(boxes[node])
    begun: dict[Hashable, Hashable] = {}
    outer = set(outputs)
    for node in order:
        box = boxes[node]
        if box in begun or node in closed:
            continue
        begun[box] = box
        for parent in node.parents if node not in outer else ():
            before = boxes.get(parent)
            is_chain = before is not None and parent not in closed and parent.primitive is node.primitive
            if is_chain and before != box and len(users[before]) == 1:
                begun[box] = begun[before]
                break
    return {node: boxes[node] if node in closed else begun[boxes[node]] for node in order}


def _stretches(
    order: Sequence[Value],
    outputs: Sequence[Value],
    parameters: set[Value],
    closed: Mapping[Value, Hashable],
    most: int,
) -> dict[Value, Hashable]:
    """What is as many operations away from the variables is near each other: cut into stretches of equal length."""
    distance: dict[Value, int] = {}
    for node in order:
        distance[node] = 1 + max((distance.get(parent, 0) for parent in node.parents), default=-1)
    longest = max(distance.values())
    n_stretches = max(1, min(12, most // 4))
    outer = set(outputs)
    result: dict[Value, Hashable] = {}
    for node in order:
        stretch = distance[node] * n_stretches // (longest + 1) if node.parents else _leaf(node, parameters)
        result[node] = closed.get(node) or ("outputs" if node in outer else stretch)
    return result
