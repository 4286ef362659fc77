"""Running a function for a transform: variables in place of its numbers, and its results taken apart again.

Which results stay Values or Duals, because something outside still differentiates them, is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import count
from typing import Any, TypeAlias

from autograd.anomalies import refuse_derivatives
from autograd.dual import Dual
from autograd.graph import tangents as graph_tangents
from autograd.graph import topological_order
from autograd.modes import current, mode_with
from autograd.primitives import identity
from autograd.reverse import derivatives, local_derivatives
from autograd.trees import leaves, rebuilt
from autograd.value import Value

Function: TypeAlias = Callable[..., Any]

# A transform that begins later is nested inside, or over; its tag is higher. Tags that users choose are lower.
_tags = count(2**32)


class _Variable(Value):
    """A variable of a reverse transform that is running; it is an ordinary Value when that has ended."""

    __slots__ = ()
    _copied_as = Value
    is_followed = True

    def __copy__(self) -> Value:
        """A node of its own, with the derivative 1: what is computed from a copy is followed as well."""
        copied: Value = identity(self)
        copied.label = self.label
        return copied

    def _copied_over(self, _: tuple[Any, ...]) -> Value:
        return self.__copy__()


class Run:
    """A function applied to arguments in which variables stand for the numbers, and what came out."""

    output: Any

    def __init__(self, name: str, arguments: Sequence[Any]) -> None:
        self.tag = next(_tags)
        self.arguments = tuple(arguments)
        if not self.arguments:
            raise TypeError(f"{name}: no argument was given to differentiate with respect to")
        self.inputs: list[Any] = []
        for i, argument in enumerate(self.arguments):
            self.inputs += leaves(argument, f"{name}: argument {i}")
        self.keeps_values = holds_values(self.inputs)

    def call(self, function: Function, variables: Sequence[Any], constants: dict[str, Any]) -> Any:
        """The function of the variables in place of the inputs; recorded even inside no_grad."""
        arguments = rebuilt(self.arguments, variables)
        if current() is None:
            return function(*arguments, **constants)
        with mode_with(records=True):
            return function(*arguments, **constants)

    def numbers_of_output(self, name: str) -> list[Any]:
        """The numbers of the result; without tangents of transforms that began inside and have ended."""
        numbers = leaves(self.output, f"{name}: the function's result")
        for i, x in enumerate(numbers):
            while isinstance(x, Dual) and x.tag > self.tag:  # kept by the function, as in a nonlocal name
                x = numbers[i] = x.primal  # noqa: PLW2901 (one level after the other)
        return numbers

    def like_arguments(self, numbers: Sequence[Any]) -> Any:
        """Numbers, one for each input, in the structure of the argument or, of several, of the tuple of them."""
        whole = rebuilt(self.arguments, numbers)
        return whole[0] if len(self.arguments) == 1 else whole

    def finished(self, results: Sequence[Any], keep: bool = False) -> list[Any]:
        """Results as they are given out: floats, unless an argument or an enclosing transform's variable is a Value."""
        if self.keeps_values or keep:
            return [x if hasattr(type(x), "interpret") else Value(x) for x in results]
        dependent = _dependent_on_transforms(results)
        return [_mapped(result, lambda x: x if x in dependent else x.data) for result in results]


class Recorded(Run):
    """A run on Values, for reverse mode."""

    def __init__(self, name: str, function: Function, arguments: Sequence[Any], constants: dict[str, Any]) -> None:
        super().__init__(name, arguments)
        pairs = [_variable(x) for x in self.inputs]
        self.variables = [variable for variable, _ in pairs]
        for variable in self.variables:
            variable.__class__ = _Variable
        try:
            self.output = self.call(function, [x for _, x in pairs], constants)
        finally:
            for variable in self.variables:
                variable.__class__ = Value
        self.outputs = self.numbers_of_output(name)
        self.creates_graphs = self.keeps_values or bool(_dependent_on_transforms(self.outputs))

    def slopes(self, output: Any, create_graph: bool | None = None) -> list[Any]:
        """The derivatives of an output with respect to each variable, by reverse mode."""
        return [0.0 if x is None else x for x in self._slopes(output, create_graph)]

    def _slopes(self, output: Any, create_graph: bool | None) -> list[Any]:
        """The same, of a Dual part by part, and None where there is no dependence."""
        if isinstance(output, Dual):
            primals = self.slopes(output.primal, create_graph)
            tangents = zip(*(self._slopes(x, create_graph) for x in output.tangents), strict=True)
            return [Dual(primal, each, output.tag) for primal, each in zip(primals, tangents, strict=True)]
        if not isinstance(output, Value):
            return [None for _ in self.variables]
        as_graph = self.creates_graphs if create_graph is None else create_graph
        return derivatives(output, self.variables, as_graph, without=self._beyond())

    def _beyond(self) -> set[Value]:
        """What lies beyond the variables: it belongs to the enclosing code, and may be a graph of any size."""
        return {parent for variable in self.variables for parent in variable.parents}

    def forward_slopes(self) -> list[list[Any]]:
        """The same for all outputs, by forward mode over the graph: one pass for each variable."""
        values = [x for output in self.outputs for x in _parts(output) if isinstance(x, Value)]
        order = topological_order(*values, seen=self._beyond())
        one = Value(1.0) if self.creates_graphs else 1.0
        with mode_with(records=True):
            known = cache(partial(local_derivatives, as_graph=self.creates_graphs))
            columns = [graph_tangents(order, {variable: one}, known) for variable in self.variables]
        mode = current()
        if mode is not None and mode.detects_anomalies:
            for column in columns:
                refuse_derivatives("forward: the tangent", order, column)
        return [
            [_mapped(output, lambda x, column=column: column.get(x, 0.0), number=0.0) for column in columns]  # type: ignore[misc]
            for output in self.outputs
        ]


class Carried(Run):
    """A run on Duals, for forward mode."""

    def __init__(
        self,
        name: str,
        function: Function,
        arguments: Sequence[Any],
        directions: Sequence[tuple[Any, ...]],
        constants: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(name, arguments)
        duals = [Dual(x, tangents, self.tag) for x, tangents in zip(self.inputs, directions, strict=True)]
        self.output = self.call(function, duals, constants or {})
        outputs = self.numbers_of_output(name)
        ours = [isinstance(x, Dual) and x.tag == self.tag for x in outputs]
        none = (None,) * (len(directions[0]) if directions else 0)
        self.primals = [x.primal if own else x for x, own in zip(outputs, ours, strict=True)]
        rows = [x.tangents if own else none for x, own in zip(outputs, ours, strict=True)]
        self.tangents = [[0.0 if t is None else t for t in row] for row in rows]


def _variable(x: Any) -> tuple[Value, Any]:
    """A new variable in place of an input: the Value to differentiate towards, and what the function is given."""
    if isinstance(x, Dual):
        variable, primal = _variable(x.primal)
        return variable, Dual(primal, x.tangents, x.tag)
    if isinstance(x, Value):
        with mode_with(records=True):
            variable = identity(x)
    else:
        variable = Value(x)
    return variable, variable


def _parts(x: Any) -> list[Any]:
    """x, or all the numbers that a Dual is made of."""
    return [p for part in (x.primal, *x.tangents) for p in _parts(part)] if isinstance(x, Dual) else [x]


def holds_values(numbers: Sequence[Any]) -> bool:
    """Whether one of them is a Value, or a Dual with a Value in it."""
    return any(isinstance(part, Value) for x in numbers for part in _parts(x))


def _dependent_on_transforms(results: Sequence[Any]) -> set[Value]:
    """The nodes that results depend on, and that themselves depend on a variable that is followed from outside."""
    dependent: set[Value] = set()
    values = [part for result in results for part in _parts(result) if isinstance(part, Value)]
    for node in topological_order(*values):
        if node.is_followed or not dependent.isdisjoint(node.parents):
            dependent.add(node)
    return dependent


def _mapped(x: Any, change: Callable[[Value], Any], number: float | None = None) -> Any:
    """x with its Values changed, also those inside a Dual; plain numbers as they are, or all as `number`."""
    if isinstance(x, Dual):
        return Dual(_mapped(x.primal, change, number), tuple(_mapped(t, change, number) for t in x.tangents), x.tag)
    if isinstance(x, Value):
        return change(x)
    if x is None:
        return None
    return float(x) if number is None else number
