"""Formulas: a rule run over SymPy's symbols gives a primitive's value, and SymPy differentiates it.

The derivatives are those of a calculus book, 1 - tanh(x)**2, not the forms in which rules compute them; no local
derivative of a rule is used here, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import mul
from typing import Any

from autograd.rules import Primitive
from autograd.systems import Scalars


class Formulas(Scalars):
    """SymPy's real symbols: a rule's value as a formula. Local derivatives are better had from SymPy itself.

    >>> m = Formulas()
    >>> m.hypot(m.symbol("a"), 3)
    sqrt(a**2 + 9)
    """

    def __init__(self) -> None:
        try:
            import sympy  # noqa: PLC0415 (optional)
        except ImportError:
            raise ModuleNotFoundError("formulas need SymPy: pip install sympy", name="sympy") from None
        self._sympy = sympy
        self.pi = sympy.pi
        self.exp, self.log, self.sqrt, self.sign = map(self._exactly, (sympy.exp, sympy.log, sympy.sqrt, sympy.sign))
        for name in "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc".split():
            setattr(self, name, self._exactly(getattr(sympy, name)))
        self.maximum, self.minimum, self.absolute = sympy.Max, sympy.Min, sympy.Abs

    def _exactly(self, function: Callable[..., Any]) -> Callable[..., Any]:
        # sqrt(0.5) would be a float with its digits, and not sqrt(2) / 2.
        return lambda *operands: function(*map(self.exact, operands))

    def symbol(self, name: str) -> Any:
        return self._sympy.Symbol(name, real=True)

    def exact(self, formula: Any) -> Any:
        """The formula with floats such as 0.5 as fractions."""
        return self._sympy.nsimplify(formula, rational=True)

    def unfolded(self, formula: Any) -> Any:
        """The formula, exact, with its cases side by side rather than one inside the other."""
        return self._sympy.piecewise_fold(self.exact(formula))

    def rational(self, numerator: int, denominator: int) -> Any:  # type: ignore[override]  # needs SymPy
        return self._sympy.Rational(numerator, denominator)

    def where(self, condition: Any, a: Any, b: Any) -> Any:  # type: ignore[override]  # needs SymPy
        return self._sympy.Piecewise((a, condition), (b, True))

    def pick(self, condition: Any, a: Any, b: Any) -> Any:  # noqa: ARG002 (the arguments of every system)
        return b

    def ratio(self, a: Any, b: Any) -> Any:
        return a / b

    def power(self, a: Any, b: Any) -> Any:
        return a**b

    def expm1(self, x: Any) -> Any:
        return self.exp(x) - 1

    def exp2(self, x: Any) -> Any:
        return self._sympy.Integer(2) ** x

    def log1p(self, x: Any) -> Any:
        return self.log(1 + x)

    def log2(self, x: Any) -> Any:
        return self.log(x) / self.log(2)

    def log10(self, x: Any) -> Any:
        return self.log(x) / self.log(10)

    def cbrt(self, x: Any) -> Any:
        return self.sign(x) * self.absolute(x) ** self.rational(1, 3)

    def hypot(self, a: Any, b: Any) -> Any:
        return self.sqrt(a**2 + b**2)

    def largest_last(self, numbers: Iterable[Any]) -> list[Any]:  # type: ignore[override]  # nothing to compare
        return list(numbers)

    def total(self, terms: Iterable[Any]) -> Any:
        return sum(terms)

    def sum_products(self, weights: Iterable[Any], inputs: Iterable[Any], bias: Any) -> Any:
        return sum(map(mul, weights, inputs)) + bias


def value(primitive: Primitive, names: Sequence[str]) -> Any:
    """The primitive's value as a SymPy expression of symbols with these names, one for each operand.

    >>> from autograd import sigmoid
    >>> value(sigmoid, ["x"])
    1/(1 + exp(-x))
    """
    return _value(primitive, tuple(names))


def local_derivatives(primitive: Primitive, names: Sequence[str]) -> list[Any]:
    """Its derivative with respect to each operand, as short SymPy expressions; sympy.latex(...) sets them.

    Args:
        primitive: which.
        names: of its operands, flat: members of groups first. The same name twice is still two operands.

    Raises:
        ModuleNotFoundError: SymPy is not there.

    >>> from autograd import tanh
    >>> local_derivatives(tanh, ["x"])
    [1 - tanh(x)**2]
    """
    return list(_derivatives(primitive, tuple(names)))


def _value(primitive: Primitive, names: tuple[str, ...]) -> Any:
    system = Formulas()
    symbols = [system.symbol(name) for name in names]
    formula, _ = primitive.rule(system, *primitive.shaped(symbols))
    return system.unfolded(formula)


@lru_cache(maxsize=256)
def _derivatives(primitive: Primitive, names: tuple[str, ...]) -> tuple[Any, ...]:
    # The same name twice would be one symbol: a * a has two derivatives, both a. So names are put in at the end.
    system = Formulas()
    stand_ins = [f"x{i}" for i in range(len(names))]
    symbols = [system.symbol(name) for name in stand_ins]
    formula = _value(primitive, tuple(stand_ins))
    own = dict(zip(symbols, map(system.symbol, names), strict=True))
    return tuple(_short(formula.diff(symbol), symbols).subs(own, simultaneous=True) for symbol in symbols)


def _short(derivative: Any, symbols: Sequence[Any]) -> Any:
    """Of a few forms of a derivative the one with the fewest operations."""
    import sympy  # noqa: PLC0415 (optional)

    jumps = derivative.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
    for x in symbols:
        jumps = jumps.subs(x * sympy.sign(x), sympy.Abs(x)).subs(sympy.sign(x) ** 2, 1)
    folded = sympy.piecewise_fold(jumps)
    # simplify() would know better than the book (cosh(x)**-2 for 1 - tanh(x)**2), and can take minutes.
    forms = [sympy.powsimp(folded), folded]
    if not folded.has(sympy.Piecewise):
        forms += [sympy.together(folded), sympy.cancel(sympy.together(folded))]
    return min(forms, key=lambda form: form.count_ops())
