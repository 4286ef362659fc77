"""`check_gradients`: reverse mode, forward mode and finite differences of a function against each other.

For whoever wrote a primitive, a loss or a layer: the two modes share nothing but the rules, and differences not even
those.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.rules import number
from autograd.transforms import grad, hessian, jvp
from autograd.trees import leaves, rebuilt


class GradientError(AssertionError):
    """Derivatives that should agree and do not; the message says of which input, with the numbers side by side."""


class KinkWarning(UserWarning):
    """Derivatives agree, but a little way off they would not: the function has a kink there, or ends."""


@dataclass(frozen=True)
class Comparison:
    """The derivatives of one order with respect to one input, by three ways.

    Attributes:
        what: such as `d/dx[0]` or `d2/dx[0]dx[1]`.
        reverse, forward, differences: what each way gives.
        uncertainty: how far off the differences may be, by their own estimate.
    """

    what: str
    reverse: float
    forward: float
    differences: float
    uncertainty: float

    def agree(self, tolerance: float) -> bool:
        """Whether both modes agree to 1e-10, and with the differences to the tolerance."""
        scale = max(abs(self.reverse), abs(self.forward), abs(self.differences))
        modes = abs(self.reverse - self.forward) <= 1e-10 * scale + 1e-300
        return modes and abs(self.reverse - self.differences) <= tolerance * scale + self.uncertainty

    def __str__(self) -> str:
        return (
            f"{self.what:<16} reverse {self.reverse:<24.16g} forward {self.forward:<24.16g}"
            f" differences {self.differences:.12g} (+- {self.uncertainty:.1g})"
        )


def check_gradients(
    function: Callable[..., Any], *at: Any, order: int = 2, tolerance: float = 1e-6, names: Sequence[str] = ()
) -> list[Comparison]:
    """Compare the derivatives of a function by reverse mode, forward mode and five-point central differences.

    Args:
        function: of these arguments, with one number as its result; it is also called with plain floats.
        at: its arguments, numbers or nested lists, tuples or arrays of them.
        order: 1, or 2 to compare the second derivatives as well, as derivatives of the gradient.
        tolerance: relative, between the modes and the differences.
        names: what to call the arguments; `x` alone, else `x0`, `x1`, ...

    Returns:
        What was compared: one line for each input, and for order 2 one for each pair of inputs.

    Raises:
        GradientError: something disagrees, or there is a kink at the point itself; the message says of which input,
            with the numbers side by side. A kink nearby is a `KinkWarning`.
        ValueError: the point, or the function there, is not finite.
        TypeError, ValueError: as the function and `grad` raise them.

    >>> from autograd import check_gradients, exp
    >>> len(check_gradients(lambda v: v[0] * exp(v[1]), [2.0, 0.5]))
    5
    """
    if not callable(function):
        raise TypeError(f"check_gradients: the first argument must be a function, not {type(function).__name__}")
    if order not in {1, 2}:
        raise ValueError(f"check_gradients: order must be 1 or 2, not {order!r}")
    if not number(tolerance, "check_gradients(tolerance)", "a number above 0") > 0.0:
        raise ValueError(f"check_gradients: tolerance must be a number above 0, not {tolerance!r}")
    inputs = _point(at)
    labels = _labels(at, names)

    def of_inputs(numbers: Sequence[Any]) -> Any:
        return function(*rebuilt(at, numbers))

    reverse = grad(of_inputs)(inputs)
    _refuse_infinite(of_inputs(inputs))
    compared: list[Comparison] = []
    at_kinks: list[str] = []
    near_kinks: list[str] = []
    for i, label in enumerate(labels):
        direction = [float(i == j) for j in range(len(inputs))]
        forward = jvp(of_inputs, (inputs,), (direction,))[1]
        differences = _Differences.of(of_inputs, inputs, i)
        compared.append(Comparison(f"d/d{label}", reverse[i], forward, differences.slope, differences.uncertainty))
        if differences.kink:
            kinks = at_kinks if differences.is_at_a_kink else near_kinks
            kinks.append(f"{differences.kink} {label} = {inputs[i]!r}")
    if order == 2 and not at_kinks:
        compared += _second_order(of_inputs, inputs, labels)
    wrong = [str(line) for line in compared if not line.agree(tolerance)]
    if wrong or at_kinks:
        raise GradientError("\n  ".join(["derivatives do not agree:", *wrong, *at_kinks, *near_kinks]))
    for kink in near_kinks:
        warnings.warn(f"check_gradients: {kink}", KinkWarning, stacklevel=2)
    return compared


def _point(at: tuple[Any, ...]) -> list[float]:
    """The numbers of the arguments; TypeError if there are none, ValueError for NaN and infinity."""
    inputs = [float(x) for x in leaves(at, "check_gradients: at")]
    if not inputs:
        raise TypeError("check_gradients: no argument was given; give the point too, as in check_gradients(f, 1.0)")
    for x in inputs:
        if not math.isfinite(x):
            raise ValueError(f"check_gradients: the point holds {x!r}; wanted finite numbers to differentiate at")
    return inputs


def _refuse_infinite(value: Any) -> None:
    """ValueError if this is what the function gives, and no differences can be taken."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(
            f"check_gradients: the function gives {value!r} at the point; wanted a finite number, as differences are"
            " taken of it. Check at another point, or a smaller multiple of the function"
        )


def _second_order(function: Callable[..., Any], inputs: list[float], labels: Sequence[str]) -> list[Comparison]:
    """Second derivatives: reverse over reverse, forward over reverse, and differences of the gradient."""
    forward = hessian(function)(inputs)
    compared = []
    for i, row in enumerate(labels):
        slope = _component(grad(function), i)
        reverse = grad(slope)(inputs)
        for j, column in enumerate(labels[i:], start=i):
            differences = _Differences.of(slope, inputs, j)
            numbers = reverse[j], forward[i][j], differences.slope, differences.uncertainty
            compared.append(Comparison(f"d2/d{row}d{column}", *numbers))
    return compared


def _component(function: Callable[..., Any], i: int) -> Callable[[Any], Any]:
    return lambda numbers: function(numbers)[i]


def _labels(at: tuple[Any, ...], names: Sequence[str]) -> list[str]:
    """A name for each number: `x`, `x0[1][2]`, ..."""
    names = list(names) or (["x"] if len(at) == 1 else [f"x{i}" for i in range(len(at))])
    if len(names) != len(at):
        raise ValueError(f"check_gradients: {len(at)} arguments but {len(names)} names")
    return [label for name, argument in zip(names, at, strict=True) for label in _paths(name, argument)]


def _paths(name: str, tree: Any) -> list[str]:
    if hasattr(tree, "tolist") and getattr(tree, "shape", None):
        tree = tree.tolist()
    if isinstance(tree, list | tuple):
        return [path for i, item in enumerate(tree) for path in _paths(f"{name}[{i}]", item)]
    return [name]


# --- finite differences ---------------------------------------------------------------------------------------------

# Offsets in steps h, and weights of the values there; their sum is 12 h times the slope, with an error of h**4 times
# the fifth derivative / 30 (Abramowitz and Stegun 1964, 25.3.6).
_POINTS = ((-2, 1.0), (-1, -8.0), (1, 8.0), (2, -1.0))

# Parts of smaller ones would lose their last digits.
_SMALLEST_STEP = 2.0**-1060


def _moved(function: Callable[[Any], Any], inputs: Sequence[float], i: int, x: float) -> float:
    """The function with one input changed; nan outside its domain, and where it is beyond the floats."""
    try:
        value = function([x if j == i else y for j, y in enumerate(inputs)])
    except (ArithmeticError, ValueError):
        return math.nan
    if isinstance(value, complex):  # what Python makes of (-1.0) ** 0.5
        return math.nan
    value = float(value)
    return value if math.isfinite(value) else math.nan


def _ladders(x: float) -> list[list[float]]:
    """Steps to try, from large to small, each such that x + step is a float exactly that far away.

    Those on the scale of 1, or of x if that is larger; then those on the scale of a small x, as log needs them near 0.
    """
    ladders = [[scale * 2.0 ** (-10 - 3 * k) for k in range(12)] for scale in (max(abs(x), 1.0), abs(x))]
    exact = [[(x + step) - x for step in ladder] for ladder in ladders[: 2 if 0.0 < abs(x) < 1.0 else 1]]
    usable = [[step for step in ladder if _SMALLEST_STEP < step < math.inf] for ladder in exact]
    return [ladder for ladder in usable if ladder] or exact[:1]  # the largest float has none


@dataclass(frozen=True)
class _Differences:
    """A derivative by five points: on the scale of 1, or on that of a small input if there is a kink on the first."""

    slope: float
    uncertainty: float
    kink: str
    """What is to be said of a kink at the input, or near it; empty if the function is smooth there."""

    @property
    def is_at_a_kink(self) -> bool:
        """Whether there is one at the input itself."""
        return bool(self.kink) and "within" not in self.kink

    @classmethod
    def of(cls, function: Callable[[Any], Any], inputs: Sequence[float], i: int) -> _Differences:
        found: list[_Differences] = []
        for ladder in _ladders(inputs[i]):
            slope, uncertainty, step = _best(function, inputs, i, ladder)
            own = cls(slope, uncertainty, _kink(function, inputs, i, step))
            found.append(own)
            # On the smaller scale rounding may pass for a constant function.
            is_certain = uncertainty <= 1e-6 * abs(slope) or uncertainty <= found[0].uncertainty
            if is_certain and not own.is_at_a_kink:
                return own
        return found[0]


def _best(
    function: Callable[[Any], Any], inputs: Sequence[float], i: int, steps: Sequence[float]
) -> tuple[float, float, float]:
    """Of these steps the slope that is least uncertain, its uncertainty, and the step."""
    best = math.nan, math.inf, steps[0]
    for step in steps:
        pair = []
        largest = 0.0
        for h in (step, step / 2):
            values = [(_moved(function, inputs, i, inputs[i] + k * h), weight) for k, weight in _POINTS]
            # Of each a part, exactly: the sum of numbers near the largest float would be beyond it.
            pair.append(math.fsum(weight / 32.0 * y for y, weight in values) / (12.0 / 32.0 * h))
            largest = max([largest, *(abs(y) for y, _ in values)])
        # Both steps' results differ by what the formula leaves out; rounding adds about eps |f| / h.
        uncertainty = abs(pair[1] - pair[0]) + 2.0**-51 * largest / step
        if uncertainty < best[1]:
            best = pair[1], uncertainty, step
        if best[1] <= 1e-11 * abs(best[0]):
            break
    return best


def _kink(function: Callable[[Any], Any], inputs: Sequence[float], i: int, step: float) -> str:
    """What is to be said of a kink at an input, or near it; empty if the function is smooth there."""
    x, at = inputs[i], _moved(function, inputs, i, inputs[i])

    def gap(h: float) -> float:
        """How far the slopes to the right and to the left are apart: h times the curvature of a smooth function."""
        right, left = _moved(function, inputs, i, x + h), _moved(function, inputs, i, x - h)
        return abs((right - at) - (at - left)) / h

    noise = 2.0**-48 * abs(at) / (step / 16)
    here, closer = gap(step), gap(step / 16)
    if math.isnan(closer) or (closer > 0.5 * here and closer > noise):
        return "there is a kink, a jump, or the edge of the domain at"
    first = _ladders(x)[0][0]
    if step < first and not gap(first) <= 8.0 * here * first / step + noise:
        return f"there is a kink, a jump, or the edge of the domain within {first:.0e} of"
    return ""
