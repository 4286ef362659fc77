"""The two mistakes of a first backward pass, made on purpose: no topological order, and no adding up.

Each gives the steps of the wrong pass, and where its numbers first part from the right ones. It knows no words and no
pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograd.steps import Contribution, Pass, reverse_pass
from autograd.value import Constant, Value


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where a wrong pass first goes wrong.

    Attributes:
        step: the number of the step, from 1.
        node: whose adjoint is wrong from then on.
        wrong: the adjoint that it has.
        right: the adjoint that it should have at that step.
        part: the contribution to it that is lost or comes too late.
        origin: the node that this comes from.
        origin_step: the number of the step at which it comes.
    """

    step: int
    node: Value
    wrong: float
    right: float
    part: float
    origin: Value
    origin_step: int


@dataclass(frozen=True, slots=True)
class WrongPass:
    """A reverse pass with one of the mistakes.

    Attributes:
        kind: of mistake.
        taken: the wrong pass.
        right: the right adjoints.
        first: the first number that is wrong; None if none is.
    """

    kind: str
    taken: Pass
    right: Mapping[Value, float]
    first: Mistake | None

    @property
    def wrong_nodes(self) -> list[Value]:
        """The nodes whose adjoints are wrong at the end."""
        totals = self.taken.totals
        return [node for node in self.taken.order if node in totals and not agree(totals[node], self.right[node])]


NO_ORDER, OVERWRITE = "no-order", "overwrite"


def without_order(order: Sequence[Value], seed: float) -> WrongPass:
    """The pass of a walk that visits each node once, as soon as it is reached: its adjoint may not be complete.

    Depth first, operands from left to right. Where that comes to the right derivatives of the inputs by luck, and from
    right to left does not, from right to left.

    Args:
        order: parents before children; the last node is the output.
        seed: the adjoint of the output.
    """
    right = reverse_pass(order, seed).totals
    passes = []
    for rightmost in (False, True):
        walked = reverse_pass(order, seed, walk=_as_reached(order[-1], rightmost))
        passes.append(WrongPass(NO_ORDER, walked, right, _too_early(walked, right)))
    wrong = [made for made in passes if made.first is not None]
    return next((made for made in wrong if any(not node.parents for node in made.wrong_nodes)), (wrong or passes)[0])


def without_adding(order: Sequence[Value], seed: float) -> WrongPass:
    """The pass that puts each product in the place of the adjoint so far, and so keeps the last one alone.

    Args:
        order: parents before children; the last node is the output.
        seed: the adjoint of the output.
    """
    taken = reverse_pass(order, seed, overwrites=True)
    return WrongPass(OVERWRITE, taken, reverse_pass(order, seed).totals, _first_loss(taken))


MISTAKES: dict[str, Callable[[Sequence[Value], float], WrongPass]] = {
    NO_ORDER: without_order,
    OVERWRITE: without_adding,
}


def _as_reached(output: Value, rightmost: bool) -> Iterator[Value]:
    """Depth first, each node before its operands, and of these the leftmost or the rightmost first."""
    seen, stack = set(), [output]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack.extend(node.parents if rightmost else reversed(node.parents))


def late_contributions(walked: Pass) -> list[tuple[int, int, Contribution]]:
    """What was added to nodes that had passed their adjoint on already, in the order in which these did.

    Returns:
        Of each the step at which the node passed on, the step at which the contribution came, and itself.
    """
    visited: dict[Value, int] = {}
    late = []
    for number, step in enumerate(walked.steps, 1):
        visited[step.node] = number
        late += [(visited[x.parent], number, x) for x in step.contributions if x.parent in visited]
    return sorted(late, key=lambda found: found[:2])


def _too_early(walked: Pass, right: Mapping[Value, float]) -> Mistake | None:
    for step, origin_step, late in late_contributions(walked):
        node, adjoint = late.parent, walked.steps[step - 1].adjoint
        if late.product != 0.0 and not agree(adjoint, right[node]):
            origin = walked.steps[origin_step - 1].node
            return Mistake(step, node, adjoint, right[node], late.product, origin, origin_step)
    return None


def _first_loss(taken: Pass) -> Mistake | None:
    holds: dict[Value, tuple[Value, int]] = {}
    for number, step in enumerate(taken.steps, 1):
        for x in step.contributions:
            if x.before != 0.0:
                return Mistake(number, x.parent, x.after, x.before + x.product, x.before, *holds[x.parent])
            holds[x.parent] = step.node, number
    return None


def uses(order: Sequence[Value]) -> dict[Value, list[Value]]:
    """By node, the nodes that it is an operand of, once for each time; constants are left out."""
    found: dict[Value, list[Value]] = {}
    for node in order:
        for parent in node.parents:
            if not isinstance(parent, Constant):
                found.setdefault(parent, []).append(node)
    return found


def agree(x: float, y: float) -> bool:
    """Whether two numbers are equal up to the rounding of a sum in another order; nan agrees with nan."""
    return math.isclose(x, y, rel_tol=1e-9) or (math.isnan(x) and math.isnan(y))
