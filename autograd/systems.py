"""Number systems: what a rule may call beside arithmetic.

A rule receives a number system `m` and operands that belong to it. Run over `FLOATS` it computes a number, over
`Arrays()` a whole batch, over `MultiPrecision(50)` the same to fifty digits. This module knows no primitive and no
graph; `autograd.interpreted` adds the system whose functions are the primitives themselves, `autograd.formulas` that
of SymPy.

Every system has the same names: the elementary functions as `math` calls them; `absolute`, `sign`, `maximum`,
`minimum`, `power`; `ratio`, a division that gives inf or nan where `/` would raise; `rational`, an exact constant;
`total`, `sum_products`, `largest_last` and `each` for groups of operands; `where` for a kink; `pick` for two forms of
one smooth function.
"""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def sum_left_to_right(terms: Iterable[Any]) -> Any:
    """What repeated + gives, in every version of Python."""
    result: Any = 0.0
    for term in terms:
        result = result + term
    return result


class Scalars:
    """What all systems share that hold one number at a time."""

    pi: Any = math.pi

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """`a` where the condition holds, else `b`: two different functions, joined at a kink."""
        return a if condition else b

    # `pick` joins two forms of the SAME smooth function: over plain numbers there is nothing to tell apart.
    pick = where

    @staticmethod
    def rational(numerator: int, denominator: int) -> Any:
        """The constant numerator / denominator, to the precision of the system."""
        return numerator / denominator

    @staticmethod
    def largest_last(numbers: Iterable[Any]) -> list[Any]:
        """The numbers, at least one, the largest last, or a NaN; the order of the others is each system's affair."""
        ordered = sorted(numbers)
        if not ordered:
            raise ValueError("at least one number is needed, but the sequence is empty")
        nans = [x for x in ordered if not x <= x]  # noqa: PLR0124 (only NaN is not <= itself)
        return [x for x in ordered if x <= x] + nans if nans else ordered  # noqa: PLR0124

    def exp_below(self, x: Any, top: Any) -> Any:
        """exp(x - top) for an x that is not above the top."""
        return self.exp(x - top)  # type: ignore[attr-defined]  # every system has it

    @staticmethod
    def each(function: Callable[[Any], Any], group: Iterable[Any]) -> Sequence[Any]:
        """The function of each member of a group of operands."""
        return [function(x) for x in group]


class _Numbers(Scalars):
    """Plain numbers that can be compared: floats and mpmath's."""

    absolute: Any = staticmethod(abs)

    @staticmethod
    def sign(x: Any) -> Any:
        return 1.0 if x > 0 else -1.0 if x < 0 else 0.0 * x

    # Where neither is larger, one is NaN, and so is the sum.
    @staticmethod
    def maximum(a: Any, b: Any) -> Any:
        return a if a > b else b if a <= b else a + b

    @staticmethod
    def minimum(a: Any, b: Any) -> Any:
        return a if a < b else b if a >= b else a + b


class Floats(_Numbers):
    """Python's floats: `math` computes, and raises what `math` raises."""

    exp, exp2, expm1 = math.exp, math.exp2, math.expm1
    log, log2, log10, log1p = math.log, math.log2, math.log10, math.log1p
    sqrt, cbrt, hypot = math.sqrt, math.cbrt, math.hypot
    sin, cos, tan = math.sin, math.cos, math.tan
    asin, acos, atan, atan2 = math.asin, math.acos, math.atan, math.atan2
    sinh, cosh, tanh = math.sinh, math.cosh, math.tanh
    asinh, acosh, atanh = math.asinh, math.acosh, math.atanh
    erf, erfc = math.erf, math.erfc

    @staticmethod
    def ratio(a: float, b: float) -> float:
        """a / b by IEEE 754: inf or nan where Python raises."""
        try:
            return a / b
        except ZeroDivisionError:
            return a * math.copysign(math.inf, b)

    @staticmethod
    def power(base: float, exponent: float) -> float:
        y = base**exponent
        if isinstance(y, complex):
            raise ValueError("a negative base needs an integer exponent")  # noqa: TRY004 (the value is wrong, not the type)
        return y

    # fsum rounds once and gives the same bits in every version of Python; sum() and sumprod() changed with 3.12.
    # Where it meets inf - inf or overflows on the way, a plain sum gives the inf or nan that repeated + gives.
    @staticmethod
    def total(terms: Sequence[float]) -> float:
        try:
            return math.fsum(terms)
        except (OverflowError, ValueError):
            return sum_left_to_right(terms)

    @staticmethod
    def sum_products(weights: Sequence[float], inputs: Sequence[float], bias: float) -> float:
        """bias + sum of weights[k] * inputs[k]."""
        terms = [*map(mul, weights, inputs), bias]
        try:
            return math.fsum(terms)
        except (OverflowError, ValueError):
            return sum_left_to_right(terms)

    @staticmethod
    def run(rule: Callable[..., Any], *operands: Any) -> Any:
        return rule(FLOATS, *operands)


FLOATS = Floats()


class MultiPrecision(_Numbers):
    """mpmath's numbers, to `digits` significant decimal digits, in a context of their own.

    >>> m = MultiPrecision(30)
    >>> print(m.exp(1))
    2.71828182845904523536028747135
    """

    def __init__(self, digits: int = 50) -> None:
        from mpmath.ctx_mp import MPContext  # noqa: PLC0415 (optional)

        self.context = context = MPContext()
        context.dps = digits
        self.pi = +context.pi
        for name in (
            "exp expm1 log log10 log1p sqrt hypot sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh"
            " erf erfc power"
        ).split():
            setattr(self, name, getattr(context, name))

    def number(self, x: float) -> Any:
        """The float x, exactly."""
        return self.context.mpf(x)

    def rational(self, numerator: int, denominator: int) -> Any:  # type: ignore[override]  # needs the context
        return self.context.mpf(numerator) / denominator

    def exp2(self, x: Any) -> Any:
        return self.context.power(2, x)

    def log2(self, x: Any) -> Any:
        return self.context.log(x, 2)

    def cbrt(self, x: Any) -> Any:
        return -self.context.cbrt(-x) if x < 0 else self.context.cbrt(x)

    def ratio(self, a: Any, b: Any) -> Any:
        return a / b if b else a * self.context.inf

    def total(self, terms: Sequence[Any]) -> Any:
        return self.context.fsum(terms)

    def sum_products(self, weights: Sequence[Any], inputs: Sequence[Any], bias: Any) -> Any:
        return self.context.fdot(weights, inputs) + bias

    def run(self, rule: Callable[..., Any], *operands: Any) -> Any:
        convert = self.context.convert
        return rule(self, *([convert(x) for x in o] if isinstance(o, list | tuple) else convert(o) for o in operands))


class Arrays:
    """NumPy arrays of float64: each operand is a batch, a group of operands an array of batches along the first axis.

    Both sides of `where` are computed, and what the branch not taken makes (an overflow, a 0/0) is silent. Where floats
    raise, arrays hold inf or nan.
    """

    pi = math.pi
    rational = staticmethod(Scalars.rational)

    def __init__(self) -> None:
        import numpy as np  # noqa: PLC0415 (optional)

        self._np = np
        for name in "exp exp2 expm1 log log2 log10 log1p sqrt cbrt hypot sin cos tan sinh cosh tanh".split():
            setattr(self, name, getattr(np, name))
        for name in "asin acos atan atan2 asinh acosh atanh".split():
            setattr(self, name, getattr(np, name.replace("a", "arc", 1)))  # np.asin came with NumPy 2
        self.absolute, self.sign, self.maximum, self.minimum = np.absolute, np.sign, np.maximum, np.minimum
        self.power, self.ratio, self.where, self.pick = np.power, np.divide, np.where, np.where

    def erf(self, x: Any) -> Any:
        return self._special("erf")(x)

    def erfc(self, x: Any) -> Any:
        return self._special("erfc")(x)

    def _special(self, name: str) -> Any:
        """SciPy's function of that name, or `math`'s of each element; SciPy takes long to import."""
        try:
            from scipy import special  # noqa: PLC0415 (optional)
        except ImportError:
            return self._np.vectorize(getattr(math, name), otypes=[float])
        return getattr(special, name)

    def largest_last(self, group: Any) -> Any:
        if not len(group):
            raise ValueError("at least one number is needed, but the sequence is empty")
        return self._np.sort(group, axis=0)

    def exp_below(self, x: Any, top: Any) -> Any:
        return self._np.exp(x - top)

    @staticmethod
    def each(function: Callable[[Any], Any], group: Any) -> Any:
        return function(group)

    def total(self, group: Any) -> Any:
        return self._np.add.reduce(group, axis=0)

    def sum_products(self, weights: Any, inputs: Any, bias: Any) -> Any:
        return self.total(self._np.multiply(weights, inputs)) + bias

    def run(self, rule: Callable[..., Any], *operands: Any) -> Any:
        np = self._np
        with np.errstate(all="ignore"):
            return rule(
                self,
                *(
                    np.stack(np.broadcast_arrays(*(np.asarray(x, float) for x in o)))
                    if isinstance(o, list | tuple) and len(o)
                    else np.asarray(o, float)
                    for o in operands
                ),
            )
