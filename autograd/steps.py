"""A pass over a graph as data: which node passes on what to whom, and the totals as they grow.

Reverse mode as `backward()` does it, and forward mode. What the steps look like, as text or as pictures, other modules
know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograd.value import Constant, Value


@dataclass(frozen=True, slots=True)
class Contribution:
    """One product, and the total that it is added to.

    Attributes:
        parent: the operand; the product goes along the edge between it and the node.
        position: of the operand among the node's parents.
        carried: the number that goes along the edge: the node's adjoint in reverse mode, the operand's tangent in
            forward mode.
        local_derivative: of the node with respect to the operand.
        product: carried * local_derivative.
        before: the total so far, of the operand in reverse mode, of the node in forward mode.
        after: the total from now on.
    """

    parent: Value
    position: int
    carried: float
    local_derivative: float
    product: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at one node.

    Attributes:
        node: the node whose turn it is.
        derivative: its adjoint, which it passes on to its operands, or its tangent, which it gathers from them.
        contributions: one for each edge between it and an operand.
    """

    node: Value
    derivative: float
    contributions: tuple[Contribution, ...]

    @property
    def adjoint(self) -> float:
        """The derivative, in reverse mode: of the output with respect to this node."""
        return self.derivative

    @property
    def tangent(self) -> float:
        """The derivative, in forward mode: of this node with respect to the input."""
        return self.derivative


@dataclass(frozen=True, slots=True)
class Pass:
    """All steps of one pass.

    Attributes:
        order: the nodes of the graph, parents before children; the last one is the output.
        start: the node whose derivative is the seed: the output in reverse mode, the input in forward mode.
        seed: the number to begin with.
        steps: in order. A node that passes nothing on (reverse) or gathers nothing (forward), as an input, has none.
        totals: the derivatives at the end. Constants, which nobody differentiates by, have none.
        is_forward: whether it is a pass of forward mode.
    """

    order: Sequence[Value]
    start: Value
    seed: float
    steps: Sequence[Step]
    totals: dict[Value, float]
    is_forward: bool = False


def reverse_pass(
    order: Sequence[Value], seed: float, *, walk: Iterable[Value] | None = None, overwrites: bool = False
) -> Pass:
    """The steps of `backward()`: each node passes its adjoint on, times each local derivative.

    Args:
        order: parents before children; the last node is the output.
        seed: the adjoint of the output.
        walk: the nodes in another order; the adjoints are wrong unless each comes after all that use it.
        overwrites: put each product in the place of the total, which is wrong, instead of adding it.
    """
    output = order[-1]
    totals = {node: 0.0 for node in order if not isinstance(node, Constant)} | {output: seed}
    steps = []
    for node in reversed(order) if walk is None else walk:
        contributions = []
        for position, parent in enumerate(node.parents):
            if not isinstance(parent, Constant):
                adjoint, derivative, before = totals[node], node.local_derivatives[position], totals[parent]
                product = adjoint * derivative
                after = totals[parent] = product if overwrites else before + product
                contributions.append(Contribution(parent, position, adjoint, derivative, product, before, after))
        if contributions:
            steps.append(Step(node, totals[node], tuple(contributions)))
    return Pass(order, output, seed, steps, totals)


def forward_pass(order: Sequence[Value], along: Value, seed: float) -> Pass:
    """The steps of forward mode: each node gathers the tangents of its operands, times each local derivative.

    Args:
        order: parents before children; the last node is the output.
        along: the node to differentiate by; nodes that do not depend on it take no step and have no total.
        seed: the tangent of that node.
    """
    totals, steps = {along: seed}, []
    for node in order:
        total, contributions = 0.0, []
        for position, parent in enumerate(node.parents):
            if parent in totals and node is not along:
                tangent, derivative, before = totals[parent], node.local_derivatives[position], total
                product = tangent * derivative
                total = before + product
                contributions.append(Contribution(parent, position, tangent, derivative, product, before, total))
        if contributions:
            totals[node] = total
            steps.append(Step(node, total, tuple(contributions)))
    return Pass(order, along, seed, steps, totals, is_forward=True)
