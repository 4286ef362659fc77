"""`record`: run a function of Values once, and get a `Tape` that does the same for whole batches.

`drawn` marks the random numbers of such a function: each replay draws them anew, for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from autograd.graph import topological_order
from autograd.modes import current
from autograd.program import Check, Node, Program
from autograd.recorder import Recorder
from autograd.rules import abridged
from autograd.tape import Tape
from autograd.trees import leaves, rebuilt
from autograd.value import Constant, Value


def drawn(draw: Callable[[], float]) -> Value:
    """A random number, drawn anew in each replay of a tape, for each row; in eager work, once and now.

    While a tape is recorded, and inside `without_draws()`, 1 stands in for it, and nothing is drawn.

    Args:
        draw: gives one number for each call, such as `random.Random(0).random`; TypeError if it cannot be called.

    >>> import random
    >>> drawn(random.Random(0).random)
    Value(data=0.8444218515250481, grad=0.0)
    """
    if not callable(draw):
        raise TypeError(f"drawn needs a function that draws, such as random.Random(0).random, not {abridged(draw)}")
    mode = current()
    if mode is not None and mode.recorder is not None:
        leaf: Value = mode.recorder.drawn(draw)
        return leaf
    return Constant(draw() if mode is None or mode.draws else 1.0)


def record(function: Callable[..., Any], *arguments: Any, parameters: Iterable[Value] | None = None) -> Tape:
    """Run a function once on Values, and keep what it did.

    Args:
        function: of numbers, lists, tuples or arrays of them; gives a Value, or a list or tuple of them.
        arguments: those of one example; the tape takes arrays with a row for each example in their place.
        parameters: the Values that all rows share, in the order of the tape's gradients. None: all leaves that were
            made before, in the order in which the function's result depends on them. With parameters given, other
            leaves are constants.

    Returns:
        The tape. What was computed before the recording is computed anew in each replay, from the parameters that it
        depends on.

    What was recorded stays: a network in training mode, with dropout, is replayed in that mode, whatever `eval()` says
    later. Record it in the mode that is wanted. A recording may begin inside another: what happens in it is recorded,
    guarded and pointed out for both; a random number is 1 in it, as it is without the other.

    Raises:
        TypeError: an argument or result is something else, or numpy is missing where the tape is replayed.

    Warns:
        RecordingWarning: a number left the graph, as by reading `.data`: what came of it is a constant of the tape.
            Watched are the arguments, what is computed meanwhile, and the parameters if they are given: with None, they
            are known only when the function has run.

    >>> from autograd import Value
    >>> w = Value(3.0)
    >>> tape = record(lambda x, t: (w * x - t) ** 2, 1.0, 0.0)
    >>> tape([1.0, 2.0], [0.0, 5.0])
    array([9., 1.])
    >>> tape.value_and_grad([1.0, 2.0], [0.0, 5.0])
    (5.0, array([5.]))
    """
    if not callable(function):
        raise TypeError(f"record runs a function, not {type(function).__name__}: {function!r}")
    shapes = [_shape(argument, f"record: argument {k}") for k, argument in enumerate(arguments)]
    recorder = Recorder()
    # Read before this one listens: of a variable of another recording, that is the other's business.
    examples = [[*map(_plain, leaves(argument, f"record: argument {k}"))] for k, argument in enumerate(arguments)]
    given = None if parameters is None else _distinct(parameters)
    with recorder.listening(given or ()):
        variables = [[recorder.variable(x) for x in example] for example in examples]
        recorder.leaves.clear()
        output = function(*[rebuilt(a, v) for a, v in zip(arguments, variables, strict=True)])
        results = leaves(output, "record: the function's result")
        outputs = [x if isinstance(x, Value) else Constant(x) for x in results]
    recorder.warn()
    program, own = _program(recorder, variables, outputs, given)
    return Tape(program, own, shapes, is_single=isinstance(output, Value | Real))


def _plain(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


def _distinct(parameters: Any) -> list[Value]:
    """The parameters, each once; TypeError for anything else."""
    if isinstance(parameters, Value) or not isinstance(parameters, Iterable):
        raise TypeError(f"record: parameters is {parameters!r}; wanted a list of Values, as model.parameters() gives")
    own = list(parameters)
    for parameter in own:
        if not isinstance(parameter, Value):
            raise TypeError(f"record: a parameter is {type(parameter).__name__} {parameter!r}; wanted Values")
    return list(dict.fromkeys(own))


def _shape(tree: Any, what: str) -> tuple[int, ...]:
    """The shape of an argument, for arrays with a row for each example; ValueError if it has none."""
    if hasattr(tree, "shape"):
        return tuple(tree.shape)
    if not isinstance(tree, list | tuple):
        return ()
    shapes = {_shape(item, what) for item in tree}
    if len(shapes) > 1:
        raise ValueError(
            f"{what} has parts of different shapes, {' and '.join(map(str, sorted(shapes)))}, which no array can hold;"
            " give them as arguments of their own"
        )
    return (len(tree), *(shapes.pop() if shapes else ()))


def _needed(recorder: Recorder, outputs: Sequence[Value], inputs: set[Value]) -> list[Value]:
    """What the outputs depend on, parents before children, without the inputs; much of it was made in that order."""
    needed = set(outputs)
    for node in reversed(recorder.nodes):
        if node in needed:
            needed.update(node.parents)
    order: list[Value] = []
    seen = set(inputs)
    for node in recorder.nodes:
        if node in needed:
            if not seen.issuperset(node.parents):  # leaves, and what was computed before the recording
                order += topological_order(*node.parents, seen=seen)
            seen.add(node)
            order.append(node)
    return order + topological_order(*outputs, seen=seen)


def _program(
    recorder: Recorder, variables: Sequence[Sequence[Value]], outputs: Sequence[Value], given: list[Value] | None
) -> tuple[Program, list[Value]]:
    """What was recorded, as numbered values; and the parameters."""
    compared = [x for guard in recorder.guards for x in (guard.left, guard.right)]
    inputs = {x for argument in variables for x in argument}
    draws = recorder.draws
    order = _needed(recorder, [*outputs, *compared], {*inputs, *draws, *(given or ())})
    own = given
    if own is None:
        known = recorder.leaves
        own = [x for x in order if not x.parents and x not in known and not x.is_constant]
    index: dict[Value, int] = {}
    for x in [*own, *(x for argument in variables for x in argument)]:
        index[x] = len(index)
    constants: dict[int, float] = {}
    nodes: dict[int, Node] = {}
    drawn_values: dict[int, Callable[[], float]] = {}
    for leaf, draw in draws.items():  # all of them, in the order in which they were drawn, needed or not
        drawn_values[len(index)] = draw
        index[leaf] = len(index)
    number = index.__getitem__
    for node in order:
        if node in index:
            continue
        index[node] = value = len(index)
        if node.primitive is not None:
            nodes[value] = node.primitive, tuple(map(number, node.parents))
        else:
            constants[value] = node._number
    first = len(own)
    ranges = []
    for argument in variables:
        ranges.append(range(first, first + len(argument)))
        first += len(argument)
    labels = {index[x]: x.label for x in order if x.label}
    program = Program(
        n_parameters=len(own),
        arguments=tuple(ranges),
        draws=drawn_values,
        constants=constants,
        nodes=nodes,
        outputs=tuple(map(number, outputs)),
        checks=_checks(recorder, index),
        labels=labels,
    )
    return program, own


def _checks(recorder: Recorder, index: Mapping[Value, int]) -> tuple[Check, ...]:
    """The comparisons, each once, in the order in which they were made."""
    if not recorder.guards:
        return ()
    before = [0]
    for node in recorder.nodes:
        before.append(index[node] + 1 if node in index else before[-1])
    found: dict[tuple[Any, ...], Check] = {}
    for guard in recorder.guards:
        left, right = index[guard.left], index[guard.right]
        key = guard.is_strict, left, right, guard.outcome
        found.setdefault(key, Check(guard.is_strict, left, right, guard.outcome, guard.line, before[guard.n_nodes]))
    return tuple(found.values())
