"""Gradient clipping: no step longer than a bound. Names and arguments are those of `torch.nn.utils`.

The functions with an underscore at the end change the `.grad` of Values; the others take derivatives as numbers, lists
or NumPy arrays, and change nothing. Whether and when to clip, `nn.fit` knows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

from autograd import Value
from nn.optimizer import distinct
from nn.wording import require


def clip_grad_norm_(parameters: Iterable[Value], max_norm: float, error_if_nonfinite: bool = False) -> float:
    """Scale the `.grad` of all parameters by min(1, max_norm / (norm + 1e-6)), which keeps the direction.

    Args:
        parameters: the Values, as `model.parameters()` gives them; all their derivatives are one vector.
        max_norm: the bound of its Euclidean norm, 0 or more.
        error_if_nonfinite: raise where the norm is NaN or infinite. Otherwise its factor is used all the same, as in
            torch: an infinite derivative becomes NaN and the finite ones 0, a NaN makes all NaN.

    Returns:
        The norm before.

    Raises:
        FloatingPointError: a derivative is NaN or infinite, and `error_if_nonfinite`; nothing is changed.
        TypeError, ValueError: no parameters, or no such bound.

    >>> a, b = Value(0.0), Value(0.0)
    >>> a.grad, b.grad = 30.0, 40.0
    >>> clip_grad_norm_([a, b], max_norm=5.0), round(a.grad, 6), round(b.grad, 6)
    (50.0, 3.0, 4.0)
    """
    parameters = distinct(parameters, "clip_grad_norm_", "scales the .grad of")
    gradients, norm = clipped_norm([p.grad for p in parameters], max_norm, error_if_nonfinite)
    _assign(parameters, gradients)
    return norm


def clip_grad_value_(parameters: Iterable[Value], clip_value: float) -> None:
    """Set each `.grad` to the nearest number between -clip_value and clip_value; NaN stays NaN.

    Arguments and errors are those of `clip_grad_norm_`.

    >>> a = Value(0.0)
    >>> a.grad = -3.0
    >>> clip_grad_value_([a], 1.0)
    >>> a.grad
    -1.0
    """
    parameters = distinct(parameters, "clip_grad_value_", "bounds the .grad of")
    _assign(parameters, clipped_value([p.grad for p in parameters], clip_value))


def clipped_norm(gradients: Any, max_norm: float, error_if_nonfinite: bool = False) -> tuple[Any, float]:
    """Derivatives, a list or array, scaled as by `clip_grad_norm_`, and their norm before; errors are the same.

    >>> clipped_norm([0.3, 0.4], max_norm=1.0)
    ([0.3, 0.4], 0.5)
    """
    _require_bound("max_norm", max_norm)
    norm = _norm(gradients)
    if error_if_nonfinite and not math.isfinite(norm):
        raise FloatingPointError(
            f"the norm of the derivatives is {norm!r}, which no factor brings to {max_norm!r}; lower the learning rate"
        )
    factor = max_norm / (norm + 1e-6)
    if factor >= 1.0:
        return gradients, norm
    if isinstance(gradients, list):
        return [factor * x for x in gradients], norm
    from numpy import errstate  # noqa: PLC0415 (optional)

    with errstate(invalid="ignore"):  # 0 inf is NaN in silence, as it is for floats
        return factor * gradients, norm


def clipped_value(gradients: Any, clip_value: float) -> Any:
    """Derivatives, a list or array, bounded as by `clip_grad_value_`; errors are the same.

    >>> clipped_value([-3.0, 0.5], 1.0)
    [-1.0, 0.5]
    """
    _require_bound("clip_value", clip_value)
    if isinstance(gradients, list):
        return [min(max(x, -clip_value), clip_value) for x in gradients]
    return gradients.clip(-clip_value, clip_value)


def _norm(gradients: Any) -> float:
    """The Euclidean norm: of lists without overflow, and so of arrays where their squares leave the floats."""
    if not isinstance(gradients, list):
        from numpy import errstate  # noqa: PLC0415 (optional)

        with errstate(over="ignore", invalid="ignore"):
            norm = math.sqrt(gradients @ gradients)
        if norm != norm or 1e-140 < norm < math.inf:  # noqa: PLR0124 (NaN)
            return norm
        gradients = gradients.tolist()
    # hypot(inf, nan) is inf; torch's norm is NaN.
    return math.nan if any(x != x for x in gradients) else math.hypot(*gradients)  # noqa: PLR0124 (NaN)


def _require_bound(name: str, bound: float) -> None:
    require(name, bound, Real, lambda x: x >= 0.0, "a number, 0 or more")


def _assign(parameters: list[Value], gradients: list[float]) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
