"""Walks over anything that has `.parents`, without recursion: a chain of a million nodes is an ordinary graph."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from itertools import filterfalse
from typing import Any, Protocol, TypeVar


class HasParents(Protocol):
    """A node of a directed acyclic graph; its parents are the operands it was computed from."""

    @property
    def parents(self) -> tuple[Any, ...]:
        """What it was computed from, in order."""


Node = TypeVar("Node", bound=HasParents)


def topological_order(*outputs: Node, seen: set[Node] | None = None) -> list[Node]:
    """The outputs and all that they depend on, parents before children, each once.

    Depth first, operands from left to right: the same order in every run.

    Args:
        outputs: any nodes.
        seen: nodes to leave out, with all that only they lead to; those that are found are added to it.

    >>> from autograd import Value
    >>> a, b = Value(2.0, "a"), Value(1.0, "b")
    >>> [node.label or node.primitive.symbol for node in topological_order(a * b + a)]
    ['a', 'b', '*', '+']
    """
    order: list[Any] = []
    found: set[Any] = set() if seen is None else seen
    # A node whose parents lie above it on the stack waits below a None. Nothing is allocated for a node on the way, so
    # that the cyclic garbage collector, which would scan the whole graph, has no reason to wake.
    stack: list[Any] = list(reversed(outputs))
    pop, push, find, finish, is_found = stack.pop, stack.append, found.add, order.append, found.__contains__
    while stack:
        node = pop()
        if node is None:
            finish(pop())
        elif node not in found:
            find(node)
            parents = node.parents
            if len(parents) == 1:  # what follows would do the same, more slowly
                parent = parents[0]
                if parent in found:
                    finish(node)
                else:
                    push(node)
                    push(None)
                    push(parent)
            elif found.issuperset(parents):
                finish(node)
            else:
                push(node)
                push(None)
                stack.extend(filterfalse(is_found, reversed(parents)))
    return order


def adjoints(
    order: Iterable[Node],
    seed: Any,
    local_derivatives: Callable[[Node], Iterable[Any]],
    towards: Callable[[Node], bool] = lambda _: True,
) -> dict[Node, Any]:
    """The derivative of the last node of a topological order with respect to each node.

    The reverse pass in its general form: adjoints may be numbers or anything that multiplies and adds.

    Args:
        order: parents before children; the last node is the output.
        seed: the adjoint of the output.
        local_derivatives: of a node, one for each parent.
        towards: the nodes whose adjoints are wanted; others get none and pass nothing on.
    """
    backwards = list(order)[::-1]
    result = {backwards[0]: seed}
    for node in backwards:
        if node in result and any(map(towards, node.parents)):
            adjoint = result[node]
            for parent, derivative in zip(node.parents, local_derivatives(node), strict=True):
                if towards(parent):
                    contribution = adjoint * derivative
                    result[parent] = result[parent] + contribution if parent in result else contribution
    return result


def tangents(
    order: Iterable[Node], seeds: Mapping[Node, Any], local_derivatives: Callable[[Node], Iterable[Any]]
) -> dict[Node, Any]:
    """The derivative of each node along a direction of the inputs: forward mode over a graph that is there.

    Args:
        order: parents before children.
        seeds: the tangents of the inputs that move; nodes that depend on none of them get no tangent.
        local_derivatives: of a node, one for each parent.
    """
    result: dict[Node, Any] = dict(seeds)
    for node in order:
        if node in seeds or result.keys().isdisjoint(node.parents):
            continue
        products = [
            derivative * result[parent]
            for parent, derivative in zip(node.parents, local_derivatives(node), strict=True)
            if parent in result
        ]
        result[node] = functools.reduce(operator.add, products)
    return result
