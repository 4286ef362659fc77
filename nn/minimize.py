"""`minimize`: L-BFGS and the other methods of `scipy.optimize.minimize`, with derivatives from the engine.

It knows a function as something that gives one Value; whether that is the loss of a network it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value, gradients
from nn.optimizer import distinct
from nn.wording import described, shortened


def minimize(
    function: Callable[..., Value],
    x0: Iterable[float] | None = None,
    *,
    parameters: Iterable[Value] | None = None,
    method: str | Callable[..., Any] = "L-BFGS-B",
    **options: Any,
) -> Any:
    """Minimise a function of a list of Values, from a start, or a loss of no arguments over parameters.

        minimize(function, x0)        minimize(loss, parameters=model.parameters())

    L-BFGS keeps the last ten steps and changes of the gradient as a model of the curvature, and chooses its step sizes
    by line search: it needs no learning rate, but the loss of all examples. Source: Liu and Nocedal, On the limited
    memory BFGS method for large scale optimization, 1989; Byrd, Lu, Nocedal and Zhu, A limited memory algorithm for
    bound constrained optimization, 1995.

    Args:
        function: gives the Value to minimise, of a list of as many Values as x0 has numbers; or, with `parameters`, of
            no arguments.
        x0: the numbers to start with.
        parameters: the Values to change instead, which start with their data. Their `.grad` is left alone.
        method: a method of SciPy's that uses derivatives, such as "BFGS", "CG", "SLSQP", "TNC".
        options: what else `scipy.optimize.minimize` takes: tol, bounds, callback, options={"maxiter": 100}, ...

    Returns:
        SciPy's `OptimizeResult`: `x` the numbers found, `fun` the value, `success`, `message`, `nit` iterations, ...
        Parameters then hold `x`, also when the search was not successful.

    Raises:
        ModuleNotFoundError: SciPy is not installed.
        TypeError: neither x0 nor parameters, or both; or the function gives no Value.
        ValueError: there is nothing to change.
        FloatingPointError: the function gives NaN.
        Any error of the function. After an error parameters are as they were.

    >>> from autograd import exp
    >>> result = minimize(lambda v: (v[0] - 1.0) ** 2 + exp(v[1]) - v[1], [5.0, 2.0])
    >>> [round(float(x), 4) for x in result.x]
    [1.0, 0.0]
    """
    if not callable(function):
        raise TypeError(
            f"minimize needs a function that gives a Value, not {type(function).__name__}: {shortened(function)}"
        )
    if (x0 is None) == (parameters is None):
        raise TypeError(
            "minimize takes either x0, the numbers to start with, for a function of a list of Values,"
            " or parameters=model.parameters() for a loss of no arguments"
        )
    try:
        from scipy import optimize  # noqa: PLC0415 (optional)
    except ModuleNotFoundError:
        raise ModuleNotFoundError("minimize needs SciPy: pip install 'scalar-autograd[fast]'", name="scipy") from None
    if x0 is not None:
        variables = [Value(x) for x in x0] if isinstance(x0, Iterable) else []
        if not variables:
            raise ValueError(f"x0 is {shortened(x0)}; wanted a list of the numbers to start with")
        arguments = [variables]
    else:
        variables = distinct(parameters or [], "minimize", "changes")
        arguments = []
    start = [variable.data for variable in variables]

    def value_and_gradient(numbers: Any) -> tuple[float, list[float]]:
        _assign(variables, numbers)
        output = function(*arguments)
        if not isinstance(output, Value):
            came = described(output)
            raise TypeError(f"minimize: the function gave {came}; wanted a Value, computed from the ones that it is of")
        if math.isnan(output.data):
            raise FloatingPointError(f"minimize: the function gave nan, at {shortened(numbers.tolist())}")
        return output.data, gradients(output, variables)

    try:
        result = optimize.minimize(value_and_gradient, start, jac=True, method=method, **options)
    except BaseException:
        _assign(variables, start)
        raise
    _assign(variables, result.x)
    return result


def _assign(variables: Iterable[Value], numbers: Iterable[float]) -> None:
    for variable, x in zip(variables, numbers, strict=True):
        variable.data = float(x)
