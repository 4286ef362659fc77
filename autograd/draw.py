"""`draw`: pictures of computational graphs and of networks.

Values and adjoints stand in the nodes, local derivatives on the edges, as in Christopher Olah's essay "Calculus on
Computational Graphs" (2015). Anything with `named_parameters()` is a network here; of its kinds nothing is known.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from autograd.captions import Captions, Contents
from autograd.collapsing import openable
from autograd.diagram import diagram
from autograd.drawing import Drawing
from autograd.graph import topological_order
from autograd.grouping import HasParameters, Path, common, group, groups_of, named, steps
from autograd.modes import mode_with
from autograd.value import Value

MOST_BOXES = 300
MOST_UP_CLOSE = 40


def draw(
    value: Any,
    *,
    names: Any = True,
    operations: bool = True,
    values: bool | None = None,
    adjoints: bool | None = None,
    derivatives: bool | None = None,
    formulas: bool = False,
    shades: bool = True,
    along: Value | None = None,
    groups: Any = None,
    depth: int | None = None,
    around: Any = None,
    most: int | None = None,
) -> Drawing:
    """The graph that a value was computed by, as a `Drawing`: shown in a notebook, saved to a file, or read as text.

    Args:
        value: the output, or a list of several; or a network, anything with `named_parameters()`, whose structure is
            shown: it is called with as many numbers as it takes, or else shown by its parameters.
        names: show labels; with a network, or a mapping of Values to names, the names that these give too.
        operations: show what the nodes compute.
        values: show the numbers in the nodes (by default, but of a network).
        adjoints: show what `backward()` found, the same.
        derivatives: show the local derivatives on the edges (by default, but of a network).
        formulas: show these as formulas too, in the names of the nodes; needs SymPy.
        shades: the larger its adjoint beside the largest, the stronger the colour of a node.
        along: a node to show forward mode from: each node's tangent, its derivative with respect to that one.
        groups: a network, or a mapping of Values to names such as `layers.0.neurons.2.w.1`: nodes stand in the groups
            of the parameters that they are computed with, such as layers and neurons.
        depth: how many levels of groups are opened; those deeper are one box each.
        around: a node, a part of the network, or the name of a group: only this is shown, with its operands and what
            uses it. The adjoint of a unit's weighted sum is its delta.
        most: boxes, by default 300, up close 40. If there would be more, groups are closed, then nodes that were
            computed alike are one box. A layer of more than 32 units is closed unless depth says how deep to go.

    Raises:
        TypeError: something is of the wrong kind.
        ValueError: the value does not depend on `along` or `around`, there is no such group, there are no groups to
            open, or depth or most is too small a number.
        ModuleNotFoundError: formulas are wanted, and SymPy is not there.

    >>> from autograd import Value, draw
    >>> a, b = Value(2.0, "a"), Value(1.0, "b")
    >>> e = (a + b) * (b + 1)
    >>> e.label = "e"
    >>> e.backward()
    >>> print(draw(e).text)
    a = 2                adjoint 2
    b = 1                adjoint 5
    v2 = a + b = 3       adjoint 2
    v4 = b + 1 = 2       adjoint 3
    e = v2 * v4 = 6      adjoint 1
    """
    for name, number, least in ("depth", depth, 0), ("most", most, 1):
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < least):
            raise ValueError(f"draw({name}=...) takes a whole number of at least {least}, not {number!r}")
    is_network = isinstance(value, HasParameters) and not hasattr(value, "parents")
    switches = {"values": values, "adjoints": adjoints, "derivatives": derivatives}
    shown = {name: not is_network if wanted is None else wanted for name, wanted in switches.items()}
    labels = {} if isinstance(names, bool) else named(names, "names")
    parts = {} if groups is None else named(groups, "groups")
    if is_network:
        outputs, own = _structure(value)
        parts |= named(value, "groups") | own
    else:
        outputs = _outputs(value)
    order: list[Value] = topological_order(*outputs)
    paths = groups_of(order, parts)
    if along is not None and not isinstance(along, Value):
        raise TypeError(f"draw(along=...) takes a Value of the graph, not {type(along).__name__}")
    if along is not None and along not in paths:
        raise ValueError(f"the output does not depend on {along!r}, so there is nothing to show along it")
    levels = max(map(len, paths.values()))
    if depth is not None and not levels:
        raise ValueError("depth says how many levels of groups are opened, but there are none; give groups=network")
    if is_network and depth is None and around is None:
        depth = openable(paths.values(), max(0, levels - 1))
    contents = Contents(
        names=names is not False,
        operations=operations,
        formulas=formulas,
        shades=shades,
        along=along,
        labels=parts | labels,
        parameters=frozenset(parts) | frozenset(() if isinstance(names, bool | Mapping) else labels),
        **shown,
    )
    unit = [] if around is None else _unit(around, order, paths, parts)
    if most is None:
        most = MOST_UP_CLOSE if unit else MOST_BOXES
    return Drawing(Captions(diagram(order, outputs, paths, depth, most, unit, contents.parameters), contents))


def _outputs(value: Any) -> list[Value]:
    """A Value, or those in lists."""
    if isinstance(value, Value):
        return [value]
    if isinstance(value, list | tuple) and value:
        return [output for item in value for output in _outputs(item)]
    raise TypeError(
        f"draw shows the graph of a Value, of a list of Values, or a network, not of {type(value).__name__}"
    )


# --- networks -------------------------------------------------------------------------------------------------------


def _structure(network: HasParameters) -> tuple[list[Value], dict[Value, str]]:
    """The outputs of a network for inputs x1, x2, ..., and the names of its parameters.

    The parameters alone if it cannot be called with a list of numbers.
    """
    # What random numbers are drawn, and what is remembered of the call, concerns a copy.
    twin = copy.deepcopy(network)
    names = {parameter: name for name, parameter in twin.named_parameters()}
    if not names:
        raise ValueError(f"{type(network).__name__} has no parameters, and so nothing to draw; draw a result of it")
    for parameter in names:
        parameter.grad = 0.0
    if callable(evaluate := getattr(twin, "eval", None)):
        evaluate()
    inputs = [Value(0.5, f"x{i + 1}") for i in range(_n_inputs(twin, list(names.values())))]
    try:
        with mode_with(records=True):
            return _outputs(twin(inputs)), names  # type: ignore[operator]  # if it cannot be called, that is a TypeError
    except (TypeError, ValueError, ArithmeticError, LookupError):
        return list(names), names


def _n_inputs(network: HasParameters, names: Sequence[str]) -> int:
    """As the network says, or as many as its first parameter has sisters: w.0, w.1, ..."""
    n = getattr(network, "n_inputs", None)
    if isinstance(n, int):
        return n
    first = names[0].rpartition(".")[0]
    return sum(name.rpartition(".")[0] == first for name in names)


# --- a unit up close ------------------------------------------------------------------------------------------------


def _unit(
    around: Any, order: Sequence[Value], paths: Mapping[Value, Path], names: Mapping[Value, str]
) -> Collection[Value]:
    """The nodes of a part of the graph, given by a node in it, by the name of a group, or as a part of the network."""
    if isinstance(around, Value):
        same = [node for node in order if node is around or (around in names and names.get(node) == names[around])]
        if not same:
            raise ValueError(f"the output does not depend on {around!r}, so there is nothing to show around it")
        return _connected(same[-1], order, paths)
    if isinstance(around, str):
        path = steps(around)
    elif isinstance(around, HasParameters):
        inside = named(around, "around")
        path = common([group(name) for parameter, name in names.items() if parameter in inside])
    else:
        raise TypeError(
            f"draw(around=...) takes a Value, the name of a group or a part of the network, not {type(around).__name__}"
        )
    unit = [node for node in order if paths[node][: len(path)] == path]
    if not unit or not path:
        what = around if isinstance(around, str) else type(around).__name__
        known = [*dict.fromkeys(".".join(path) for path in map(group, names.values()) if path)]
        which = (
            f" groups: {', '.join(known[:6])}{', ...' if len(known) > 6 else ''}" if known else " give groups=network"
        )
        raise ValueError(f"draw(around={what}): there is no such group;{which}")
    return unit


def _connected(node: Value, order: Sequence[Value], paths: Mapping[Value, Path]) -> Collection[Value]:
    """The unit that a node is in: what is computed in its group, from or for this node, and with which parameters."""
    path = paths[node]
    if not path:
        return [node]
    inside = {other for other in order if paths[other] == path}
    if not node.parents:
        return inside
    users: dict[Value, list[Value]] = {}
    for child in inside:
        for parent in child.parents:
            if parent.parents:
                users.setdefault(parent, []).append(child)
    found: set[Value] = set()
    waiting = [node]
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            results = [parent for parent in other.parents if parent.parents]
            waiting += [x for x in (*results, *users.get(other, ())) if x in inside]
    return found | {parent for other in found for parent in other.parents if parent in inside}
