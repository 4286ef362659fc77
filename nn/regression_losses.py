"""Losses of one example whose target is a number, or several: how far the output is from it.

Which examples there are, and that their mean is descended, it does not know; `nn.losses` has the table of all losses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TypeAlias

from autograd import Value, absolute, dot, maximum, minimum, square, total
from nn.targets import paired
from nn.wording import require, shortened

Numbers: TypeAlias = Value | float | Sequence[Value | float]


def squared_error(
    output: Value | Sequence[Value], target: Numbers, *, reduction: str = "sum", factor: float = 1.0
) -> Value:
    """factor times the sum of (output - target)**2 over the components. For linear outputs.

    Args:
        output: one Value, or a list of them.
        target: a finite number, or as many of them, in the unit of the output.
        reduction: over the components, "sum" or "mean"; PyTorch's `mse_loss` takes the mean.
        factor: 0.5 makes the derivative output - target.

    Raises:
        ValueError: a target that is no finite number, not as many targets as outputs, or a setting out of its range.
        TypeError: a factor that is no number.

    >>> from autograd import Value
    >>> squared_error([Value(3.0), Value(0.0)], [1.0, 4.0], reduction="mean").data
    10.0
    """
    return _reduced([square(y - t) for y, t in paired("squared_error", output, target)], reduction, factor)


def absolute_error(
    output: Value | Sequence[Value], target: Numbers, *, reduction: str = "sum", factor: float = 1.0
) -> Value:
    """factor times the sum of |output - target| over the components. For linear outputs.

    PyTorch's `l1_loss`. The derivative is the sign of output - target, and 0 where they are equal. Arguments and errors
    are those of `squared_error`.

    >>> from autograd import Value
    >>> absolute_error(Value(3.0), 1.0).data
    2.0
    """
    return _reduced([absolute(y - t) for y, t in paired("absolute_error", output, target)], reduction, factor)


def huber(
    output: Value | Sequence[Value],
    target: Numbers,
    *,
    delta: float = 1.0,
    reduction: str = "sum",
    factor: float = 1.0,
) -> Value:
    """e**2 / 2 for |e| <= delta, else delta (|e| - delta / 2), with e = output - target. For linear outputs.

    Its derivative is e, cut off at -delta and delta: an outlier pulls no more than that. The default is
    that of PyTorch's `huber_loss`; the formula is Huber's, Robust estimation of a location parameter (1964).

    Args:
        output: one Value, or a list of them.
        target: a finite number, or as many of them, in the unit of the output.
        delta: where the parabola becomes a line, positive, in the unit of the output.
        reduction: over the components, "sum" or "mean".
        factor: of the sum.

    Raises:
        ValueError: a target that is no finite number, not as many targets as outputs, or a setting out of its range.
        TypeError: a delta or factor that is no number.

    >>> from autograd import Value
    >>> huber(Value(3.0), 1.0).data
    1.5
    """
    require("delta", delta, Real, lambda d: 0 < d < math.inf, "a positive number")
    errors = [y - t for y, t in paired("huber", output, target)]
    # With c, the error cut off, both branches are c (e - c / 2). The kink of |e| would spoil second derivatives at 0.
    cut = [maximum(minimum(e, delta), -delta) for e in errors]
    return _reduced([c * (e - 0.5 * c) for c, e in zip(cut, errors, strict=True)], reduction, factor)


def _reduced(terms: list[Value], reduction: str, factor: float) -> Value:
    """The weighted sum of the components' terms."""
    if reduction not in ("sum", "mean"):
        raise ValueError(f"reduction is {shortened(reduction)}; wanted 'sum' or 'mean' (over the components)")
    require("factor", factor, Real, lambda f: 0 < f < math.inf, "a positive number")
    weight = factor if reduction == "sum" else factor / len(terms)
    # Weighted before they are added up, so that the mean of large terms does not overflow.
    if len(terms) == 1:
        loss: Value = terms[0] if weight == 1 else weight * terms[0]
    else:
        loss = total(terms) if weight == 1 else dot([weight] * len(terms), terms)
    return loss
