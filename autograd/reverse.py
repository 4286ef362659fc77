"""Reverse mode on a graph that is there: the derivatives of any node with respect to any others, to any order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from math import isnan
from typing import Any

from autograd.anomalies import refuse_derivatives
from autograd.graph import adjoints, topological_order
from autograd.interpreted import INTERPRETED
from autograd.modes import current, mode_with
from autograd.value import Value


def gradients(output: Value, inputs: Value | Iterable[Value], create_graph: bool = False) -> Any:
    """The derivatives of one node with respect to others, leaving every `.grad` alone.

    Args:
        output: the node to differentiate.
        inputs: one Value, or several; any nodes, not only variables. Where the output does not depend on one, its
            derivative is 0.
        create_graph: give Values, with a graph of their own, that can be differentiated again.

    Returns:
        For one Value a number (a Value with `create_graph`), for several a list.

    Raises:
        TypeError: something is not a Value.
        RuntimeError: with `create_graph`, the data of a node was changed after the graph was made, so that recorded
            numbers and graph no longer agree.
        FloatingPointError: inside `detect_anomaly`, an adjoint is not finite.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> slope = gradients(x**3, x, create_graph=True)
    >>> slope.data, gradients(slope, x)
    (12.0, 12.0)
    """
    if not isinstance(output, Value):
        raise TypeError(
            f"gradients of {type(output).__name__}: the output must be a Value, a result computed from Values"
        )
    wanted = list(inputs) if isinstance(inputs, Iterable) else [inputs]
    for x in wanted:
        if not isinstance(x, Value):
            raise TypeError(f"gradients with respect to {type(x).__name__}: the inputs must be Values")
    found = derivatives(output, wanted, create_graph)
    results: list[Any] = [0.0 if x is None else x for x in found]
    if create_graph:
        results = [x if isinstance(x, Value) else Value(x) for x in results]
    return results[0] if isinstance(inputs, Value) else results


def derivatives(output: Value, inputs: Sequence[Value], create_graph: bool, without: Iterable[Value] = ()) -> list[Any]:
    """What `gradients` gives, but None where the output does not depend on an input.

    No way to an input leads through the nodes `without`; the walk ends there.
    """
    mode = current()
    if mode is not None and mode.recorder is not None and not create_graph:
        mode.recorder.notice("gradients were computed as plain numbers; use create_graph=True")
    order: list[Value] = topological_order(output, seen=set(without))
    targets = set(inputs)
    leading: set[Value] = set()
    for node in order:
        if node in targets or not leading.isdisjoint(node.parents):
            leading.add(node)
    seed = Value(1.0) if create_graph else 1.0
    with mode_with(records=True):
        found = adjoints(order, seed, partial(local_derivatives, as_graph=create_graph), towards=leading.__contains__)
    if mode is not None and mode.detects_anomalies:
        refuse_derivatives("backward: the adjoint", reversed(order), found)
    return [found.get(x) for x in inputs]


def local_derivatives(node: Value, as_graph: bool) -> tuple[Any, ...]:
    """The local derivatives of a node: the recorded numbers, or Values that its rule gives over its parents.

    Raises:
        RuntimeError: for Values, the data of a parent was changed since.
    """
    primitive = node.primitive
    if primitive is None or not as_graph:
        return node.local_derivatives
    # What a branch not taken makes is nobody's business; a derivative that is used is looked at when it is multiplied.
    with mode_with(detects_anomalies=False, keeps_conditions=True):
        again, derivatives = primitive.rule(INTERPRETED, *primitive.shaped(node.parents))
    flat = primitive.flat(derivatives)
    computed = [x._number if isinstance(x, Value) else x for x in (again, *flat)]
    recorded = [node._number, *node.local_derivatives]
    if any(now != then and not (isnan(now) and isnan(then)) for now, then in zip(computed, recorded, strict=True)):
        assigned = [parent.label or repr(parent) for parent in node.parents if parent.was_assigned]
        raise RuntimeError(
            f"{primitive.name} gave {node.data!r} when the graph was made, and would give {computed[0]!r} now:"
            f" the data of {' or '.join([*dict.fromkeys(assigned)][:4]) or 'a parent'} was changed since."
            " Compute the result again, then differentiate"
        )
    return flat
