"""Transforms: functions in, their derivatives out, as functions again.

Reverse mode (`grad`, `vjp`) runs the function on Values and walks back; forward mode (`jvp`) runs it on Duals. They
nest in any order: reverse over reverse differentiates graphs of derivatives, reverse inside forward takes Duals of
Values apart. Arguments are numbers, or nested lists, tuples or arrays of numbers; results have the same structure.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, Literal

from autograd.modes import mode_with
from autograd.primitives import dot
from autograd.runs import Carried, Function, Recorded, Run, holds_values
from autograd.trees import check_same_shape, leaves, rebuilt


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
        run = Recorded(name, function, arguments, constants)
        if not (isinstance(run.output, Real) or hasattr(type(run.output), "interpret")):
            raise TypeError(
                f"{name}: the function gave {type(run.output).__name__} of {len(run.outputs)} numbers;"
                " wanted one number. jacobian differentiates functions with several results"
            )
        [output] = run.outputs
        value, *slopes = run.finished([output, *run.slopes(output)])
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
    run = Recorded("vjp", function, primals, {})

    def pullback(cotangent: Any) -> Any:
        cotangents = leaves(cotangent, "vjp: the cotangent")
        check_same_shape("vjp", "the value", run.output, "the cotangent", cotangent)
        with mode_with(records=True):
            along = dot(run.outputs, cotangents)
        slopes = run.slopes(along, create_graph=run.creates_graphs or holds_values(cotangents))
        return run.like_arguments(run.finished(slopes, keep=holds_values(cotangents)))

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
    run = Carried(name, function, primals, [(t,) for t in directions])
    slopes = [row[0] for row in run.tangents]
    finished = run.finished([*run.primals, *slopes], keep=holds_values(directions))
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
        run: Run
        if mode == "forward":
            n = len(leaves(arguments, f"{name}: arguments"))
            # None, not 0.0: along another input's direction there is no dependence, whatever the local derivative.
            basis = [tuple(1.0 if i == j else None for j in range(n)) for i in range(n)]
            run = carried = Carried(name, function, arguments, basis, constants)
            rows = carried.tangents
        else:
            run = recorded = Recorded(name, function, arguments, constants)
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


def _check_callable(name: str, function: Any) -> None:
    if not callable(function):
        raise TypeError(f"{name}: the first argument must be a function, not {type(function).__name__}: {function!r}")
