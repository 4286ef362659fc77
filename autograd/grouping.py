"""Which group each node of a graph belongs to, such as layer 0, neuron 2, read off the names of the parameters.

The parameter `layers.0.neurons.2.w.1` lies in the group `neurons.2` of the group `layers.0`, and a node in the group of
the parameters that it is computed with. So networks of any make have groups, and this module knows none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Protocol, TypeAlias, runtime_checkable

from autograd.rules import Primitive
from autograd.value import Constant, Value

Path: TypeAlias = tuple[str, ...]
"""A group by its place: ("layers.0", "neurons.2"). The whole graph is ()."""

OPERATORS = frozenset({"+", "-", "*", "/", "**"})


@runtime_checkable
class HasParameters(Protocol):
    """A network, or a part of one."""

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Its parameters and their names, such as `layers.0.neurons.2.w.1`."""


def named(x: Any, argument: str) -> dict[Value, str]:
    """The names that somebody gives to nodes.

    Args:
        x: something with `named_parameters()`, or a mapping of Values to names.
        argument: what x is called, for the error.

    Raises:
        TypeError: x is neither.
    """
    if isinstance(x, Mapping):
        names = dict(x)
    elif isinstance(x, HasParameters):
        names = {parameter: name for name, parameter in x.named_parameters()}
    else:
        raise TypeError(
            f"draw({argument}=...) takes something with named_parameters(), such as a network, or a mapping of Values"
            f" to names, not {type(x).__name__}"
        )
    for node, name in names.items():
        if not isinstance(node, Value) or not isinstance(name, str):
            raise TypeError(
                f"draw({argument}=...): names of Values are wanted, not {type(name).__name__} of {type(node).__name__}"
            )
    return names


def group(name: str) -> Path:
    """The group that a parameter lies in: its name up to the last word; numbers belong to the word before them.

    >>> group("layers.0.neurons.2.w.1")
    ('layers.0', 'neurons.2')
    >>> group("layers.0.neurons.2.b")
    ('layers.0', 'neurons.2')
    >>> group("b")
    ()
    """
    return steps(name)[:-1]


def steps(name: str) -> Path:
    """A name as a path: numbers belong to the word before them.

    >>> steps("kernels.1.w.0.2")
    ('kernels.1', 'w.0.2')
    """
    words: list[str] = []
    for part in name.split("."):
        if words and part.isdecimal():
            words[-1] += f".{part}"
        else:
            words.append(part)
    return tuple(words)


def common(paths: Collection[Path]) -> Path:
    """The innermost group that holds them all.

    >>> common([("layers.0", "neurons.1"), ("layers.0", "neurons.2")])
    ('layers.0',)
    """
    if len(paths) == 1:
        return next(iter(paths))
    same = takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    return tuple(level[0] for level in same)


def groups_of(order: Sequence[Value], names: Mapping[Value, str]) -> dict[Value, Path]:
    """For each node its group; () for those in none.

    A node that is computed with parameters is in the innermost group that holds them all. One that is not is where its
    operands are, as long as a later node is computed with parameters: it is inside the network, as an activation is.
    Behind the last parameters, a function of one result still belongs to it, the activation of an output, if all
    results of its group have it; what comes then is the loss. A plain number is where it is used.

    Args:
        order: parents before children.
        names: of the parameters.
    """
    own = {node: group(name) for node, name in names.items()}
    direct = {node for node in order if not own.keys().isdisjoint(node.parents)}
    leads: set[Value] = set()  # to one that is computed with parameters
    for node in reversed(order):
        if node in direct or node in leads:
            leads.update(node.parents)
    result = dict(own)
    for node in order:
        kin = own if node in direct else result if node in leads else {}
        inside = {kin[parent] for parent in node.parents if parent in kin}
        if inside and node not in own:
            result[node] = common(inside)
    result |= _output_activations(order, direct - leads, result)
    constants = [(x, node) for node in order for x in node.parents if isinstance(x, Constant) and node in result]
    for constant, node in constants:
        result.setdefault(constant, result[node])
    return {node: result.get(node, ()) for node in order}


def _output_activations(order: Sequence[Value], last: set[Value], groups: Mapping[Value, Path]) -> dict[Value, Path]:
    """The functions that are applied to the last nodes with parameters, with the groups of these."""
    users: dict[Value, list[Value]] = {}
    for node in order:
        for parent in set(node.parents) & last:
            users.setdefault(parent, []).append(node)
    kinds: dict[Path, set[Primitive | None]] = {}
    for node in last:
        kinds.setdefault(groups[node], set()).add(_function(users.get(node, ())))
    return {
        user: groups[node]
        for node in last
        if len(kinds[groups[node]]) == 1 and _function(users.get(node, ())) is not None
        for user in users[node]
    }


def _function(users: Sequence[Value]) -> Primitive | None:
    """The function that makes the only use of a node, if it takes nothing else but plain numbers."""
    if len(users) != 1:
        return None
    (user,) = users
    variables = [parent for parent in user.parents if not isinstance(parent, Constant)]
    is_function = user.primitive is not None and user.primitive.symbol not in OPERATORS
    return user.primitive if is_function and len(variables) == 1 else None
