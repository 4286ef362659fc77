"""Transforms: functions in, their derivatives out, as functions again.

Reverse mode (`grad`, `vjp`) runs the function on Values and walks back; forward mode (`jvp`) runs it on Duals. They
nest in any order: reverse over reverse differentiates graphs of derivatives, reverse inside forward takes Duals of
Values apart. Arguments are numbers, or nested lists, tuples or arrays of numbers; results have the same structure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import count
from numbers import Real
from typing import Any, Literal, TypeAlias

from autograd.dual import Dual
from autograd.graph import tangents as graph_tangents
from autograd.graph import topological_order
from autograd.modes import current, mode_with
from autograd.primitives import dot, identity
from autograd.reverse import derivatives, local_derivatives
from autograd.trees import check_same_shape, leaves, rebuilt
from autograd.value import Value

Function: TypeAlias = Callable[..., Any]


def value_and_grad(function: Function) -> Function:
    """The function that gives both the value of `function` and its gradient, by reverse mode.

    Args:
        function: of one or several arguments, with one number as its result. Keyword arguments are passed on.

    Returns:
        A function of the same arguments: `(value, gradient)`. The gradient has the structure of the argument; of
        several arguments it is a tuple with one gradient for each.

    Raises:
        TypeError: an argument holds something that is no number, or the result is not one number.

    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda x, y: x * y * y)(2.0, 3.0)
    (18.0, (9.0, 12.0))
    """
    return _value_and_grad("value_and_grad", function)


def _value_and_grad(name: str, function: Function) -> Function:
    _check_callable(name, function)

    def value_and_gradient(*arguments: Any, **constants: Any) -> tuple[Any, Any]:
        run = _Recorded(name, function, arguments, constants)
        if not (isinstance(run.output, Real) or hasattr(type(run.output), "interpret")):
            raise TypeError(
                f"{name}: the function gave {type(run.output).__name__} of {len(run.outputs)} numbers;"
                " wanted one number. jacobian differentiates functions with several results"
            )
        value, *slopes = run.finished([run.output, *run.slopes(run.output)])
        return value, run.like_arguments(slopes)

    return value_and_gradient


def grad(function: Function) -> Function:
    """The gradient of a function, by reverse mode; arguments, results and errors are those of `value_and_grad`.

    >>> from autograd import exp, grad
    >>> grad(lambda x: x * x)(3.0), grad(lambda v: v[0] * v[1])([2.0, 5.0])
    (6.0, [5.0, 2.0])
    >>> grad(grad(grad(lambda x: x**4)))(1.0)
    24.0
    """
    return _gradient("grad", function)


def _gradient(name: str, function: Function) -> Function:
    both = _value_and_grad(name, function)

    def gradient(*arguments: Any, **constants: Any) -> Any:
        return both(*arguments, **constants)[1]

    return gradient


def vjp(function: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of a function, and its pullback: cotangents of the results to cotangents of the arguments.

    Args:
        function: of these arguments, with any structure of numbers as its result.
        primals: the arguments.

    Returns:
        `(value, pullback)`; `pullback(cotangent)`, with the structure of the value, gives the vector-Jacobian product,
        with the structure of the argument (a tuple for several). It can be called again; the function runs once.

    >>> from autograd import vjp
    >>> value, pullback = vjp(lambda v: [v[0] * v[1], v[0] + v[1]], [2.0, 3.0])
    >>> value, pullback([1.0, 0.0]), pullback([0.0, 1.0])
    ([6.0, 5.0], [3.0, 2.0], [1.0, 1.0])
    """
    _check_callable("vjp", function)
    run = _Recorded("vjp", function, primals, {})

    def pullback(cotangent: Any) -> Any:
        cotangents = leaves(cotangent, "vjp: the cotangent")
        check_same_shape("vjp", "the value", run.output, "the cotangent", cotangent)
        with mode_with(records=True):
            along = dot(run.outputs, cotangents)
        slopes = run.slopes(along, create_graph=run.creates_graphs or _holds_values(cotangents))
        return run.like_arguments(run.finished(slopes, keep=_holds_values(cotangents)))

    return rebuilt(run.output, run.finished(run.outputs)), pullback


def jvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of a function, and its derivative along a direction, by forward mode: one run, nothing recorded.

    Args:
        function: of one or several arguments, with any structure of numbers as its result.
        primals: the tuple or list of its arguments.
        tangents: the direction, in the same structure.

    Returns:
        `(value, tangent)`, both with the structure of the result.

    Raises:
        TypeError: something is no number. ValueError: primals and tangents differ in structure.

    >>> from autograd import jvp
    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    return _jvp("jvp", function, primals, tangents)


def _jvp(name: str, function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    _check_callable(name, function)
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, list | tuple):
            raise TypeError(f"{name}: {what} must be a tuple with an entry for each argument, like (x,), not {given!r}")
    directions = leaves(tuple(tangents), f"{name}: tangents")
    check_same_shape(name, "primals", tuple(primals), "tangents", tuple(tangents))
    run = _Carried(name, function, primals, [(t,) for t in directions])
    slopes = [row[0] for row in run.tangents]
    finished = run.finished([*run.primals, *slopes], keep=_holds_values(directions))
    n = len(slopes)
    return rebuilt(run.output, finished[:n]), rebuilt(run.output, finished[n:])


def hvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian of a function times a vector, forward over reverse: about the cost of two gradients.

    Args and errors are those of `jvp`; the function gives one number. The result has the structure of the gradient.

    >>> from autograd import hvp
    >>> hvp(lambda v: v[0] ** 2 * v[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    return _jvp("hvp", _gradient("hvp", function), primals, tangents)[1]


def jacobian(function: Function, mode: Literal["auto", "forward", "reverse"] = "auto") -> Function:
    """All first derivatives of a function with several results.

    Args:
        function: of one or several arguments, with any structure of m numbers as its result.
        mode: "forward" carries the n directions of the inputs through one run; "reverse" walks back once for each of
            the m results; "auto" takes forward where n <= m.

    Returns:
        A function of the same arguments. Its result has the structure of the function's, and in place of each number
        the structure of the argument (a tuple for several) with the derivatives of that number.

    >>> from autograd import jacobian
    >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    if mode not in {"auto", "forward", "reverse"}:
        raise ValueError(f"jacobian: mode must be 'auto', 'forward' or 'reverse', not {mode!r}")
    return _jacobian("jacobian", function, mode)


def _jacobian(name: str, function: Function, mode: str) -> Function:
    _check_callable(name, function)

    def jacobian_of(*arguments: Any, **constants: Any) -> Any:
        run: _Run
        if mode == "forward":
            n = len(leaves(arguments, f"{name}: arguments"))
            # None, not 0.0: along another input's direction there is no dependence, whatever the local derivative.
            basis = [tuple(1.0 if i == j else None for j in range(n)) for i in range(n)]
            run = carried = _Carried(name, function, arguments, basis, constants)
            rows = carried.tangents
        else:
            run = recorded = _Recorded(name, function, arguments, constants)
            if mode == "reverse" or len(recorded.outputs) < len(recorded.variables):
                rows = [recorded.slopes(output) for output in recorded.outputs]
            else:
                rows = recorded.forward_slopes()
        finished = iter(run.finished([x for row in rows for x in row]))
        return rebuilt(run.output, [run.like_arguments([next(finished) for _ in row]) for row in rows])

    return jacobian_of


def hessian(function: Function) -> Function:
    """All second derivatives of a function with one number as its result, forward over reverse.

    Returns:
        A function of the same arguments: for a list of n numbers n lists of n, for several arguments tuples of tuples.

    >>> from autograd import hessian
    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return _jacobian("hessian", _gradient("hessian", function), mode="forward")


# --- running a function on variables --------------------------------------------------------------------------------

# A transform that begins later is nested inside, or over; its tag is higher. Tags that users choose are lower.
_tags = count(2**32)


class _Variable(Value):
    """A variable of a reverse transform that is running; it is an ordinary Value when that has ended."""

    __slots__ = ()
    _copied_as = Value


class _Run:
    """A function applied to arguments in which variables stand for the numbers, and what came out."""

    output: Any

    def __init__(self, name: str, arguments: Sequence[Any]) -> None:
        self.arguments = tuple(arguments)
        if not self.arguments:
            raise TypeError(f"{name}: no argument was given to differentiate with respect to")
        self.inputs: list[Any] = []
        for i, argument in enumerate(self.arguments):
            self.inputs += leaves(argument, f"{name}: argument {i}")
        self.keeps_values = _holds_values(self.inputs)

    def call(self, function: Function, variables: Sequence[Any], constants: dict[str, Any]) -> Any:
        """The function of the variables in place of the inputs; recorded even inside no_grad."""
        arguments = rebuilt(self.arguments, variables)
        if current() is None:
            return function(*arguments, **constants)
        with mode_with(records=True):
            return function(*arguments, **constants)

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


class _Recorded(_Run):
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
        self.outputs = leaves(self.output, f"{name}: the function's result")
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
        # What lies beyond the variables belongs to the enclosing code, and may be a graph of any size.
        beyond = {parent for variable in self.variables for parent in variable.parents}
        as_graph = self.creates_graphs if create_graph is None else create_graph
        return derivatives(output, self.variables, as_graph, without=beyond)

    def forward_slopes(self) -> list[list[Any]]:
        """The same for all outputs, by forward mode over the graph: one pass for each variable."""
        order = topological_order(*[x for output in self.outputs for x in _parts(output) if isinstance(x, Value)])
        one = Value(1.0) if self.creates_graphs else 1.0
        with mode_with(records=True):
            known = cache(partial(local_derivatives, as_graph=self.creates_graphs))
            columns = [graph_tangents(order, {variable: one}, known) for variable in self.variables]
        return [
            [_mapped(output, lambda x, column=column: column.get(x, 0.0), number=0.0) for column in columns]  # type: ignore[misc]
            for output in self.outputs
        ]


class _Carried(_Run):
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
        tag = next(_tags)
        duals = [Dual(x, tangents, tag) for x, tangents in zip(self.inputs, directions, strict=True)]
        self.output = self.call(function, duals, constants or {})
        outputs = leaves(self.output, f"{name}: the function's result")
        ours = [isinstance(x, Dual) and x.tag == tag for x in outputs]
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


def _holds_values(numbers: Sequence[Any]) -> bool:
    return any(isinstance(part, Value) for x in numbers for part in _parts(x))


def _dependent_on_transforms(results: Sequence[Any]) -> set[Value]:
    """The nodes that results depend on, and that themselves depend on a variable of a transform that is running."""
    dependent: set[Value] = set()
    values = [part for result in results for part in _parts(result) if isinstance(part, Value)]
    for node in topological_order(*values):
        if isinstance(node, _Variable) or not dependent.isdisjoint(node.parents):
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


def _check_callable(name: str, function: Any) -> None:
    if not callable(function):
        raise TypeError(f"{name}: the first argument must be a function, not {type(function).__name__}: {function!r}")
