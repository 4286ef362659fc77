"""Formulas: a rule run over SymPy's symbols gives a primitive's value, and SymPy differentiates it.

The derivatives are those of a calculus book, 1 - tanh(x)**2, not the forms in which rules compute them; no local
derivative of a rule is used here, so that the two can be compared.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from autograd.rules import Primitive
from autograd.systems import Formulas

if TYPE_CHECKING:
    from collections.abc import Sequence


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
