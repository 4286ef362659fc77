"""What derivatives cost, counted in the graph: multiply-adds, operations, and the memory of what was recorded."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.graph import topological_order
from autograd.value import Value


def dependent_on(inputs: Iterable[Value], order: Iterable[Value]) -> set[Value]:
    """The inputs, and those nodes of a topological order that depend on one of them."""
    found = set(inputs)
    for node in order:
        if not found.isdisjoint(node.parents):
            found.add(node)
    return found


def multiply_adds(outputs: Sequence[Value], inputs: Sequence[Value]) -> int:
    """The multiply-adds of one pass: one for each edge along which a tangent or an adjoint is passed.

    That is, for each edge between these inputs and these outputs; plain numbers depend on nothing and pass nothing.
    Forward mode makes a pass from each input over all outputs, reverse mode one from each output towards all inputs.

    >>> a, b = Value(2.0), Value(1.0)
    >>> e = (a + b) * (b + 1)
    >>> multiply_adds([e], [a, b]), multiply_adds([e], [a]), multiply_adds([e], [b])
    (5, 2, 4)
    """
    order = topological_order(*outputs)
    moving = dependent_on(inputs, order)
    return sum(parent in moving for node in order for parent in node.parents)


def operations(outputs: Sequence[Value]) -> int:
    """The arithmetic of the function: 1 for each + - * / and elementary function; a sum has one + for each term."""
    return sum(
        len(node.parents) if node.primitive is not None and node.primitive.n_groups else 1
        for node in topological_order(*outputs)
        if node.parents
    )


def gradient_operations(output: Value, inputs: Sequence[Value]) -> int:
    """The arithmetic of the function and its gradient by reverse mode, in the units of `operations`.

    To the function's own come 1 for the derivative of each elementary function of one operand (those of sums and
    products are 1, or the other operand), and 2 for each multiply-add. A product or a sum becomes 1 + 2 * 2 = 5.
    """
    order = topological_order(output)
    derivatives = sum(len(node.parents) == 1 and not getattr(node.primitive, "n_groups", 0) for node in order)
    return operations([output]) + derivatives + 2 * multiply_adds([output], inputs)


@dataclass(frozen=True)
class Recorded:
    """The size of a graph: nodes, edges, and the bytes of its nodes, tuples and floats, each counted once."""

    nodes: int = 0
    edges: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, outputs: Sequence[Value]) -> Recorded:
        """By `sys.getsizeof`, of the graph that was recorded for these outputs."""
        order = topological_order(*outputs)
        objects: dict[int, Any] = {}
        for node in order:
            for x in (node, node.data, node.parents, node.local_derivatives, *node.local_derivatives):
                objects[id(x)] = x
        return cls(len(order), sum(len(node.parents) for node in order), sum(map(sys.getsizeof, objects.values())))
