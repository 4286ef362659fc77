"""What a primitive is: ONE rule that gives a value and its local derivatives, over any number system.

A rule is an ordinary function `rule(m, *operands)`; `m` is the number system (see `autograd.systems`). Its operands are
`Group`s of numbers and then single ones; it returns the value and, in the shape of the operands, the local derivatives:

    @primitive(domain=NONNEGATIVE, kinks=[Kink("x = 0", (0.0,), (inf,), "the tangent is vertical")])
    def sqrt(m, x):
        \"\"\"y = sqrt x;  dy/dx = 1 / (2 y).\"\"\"
        y = m.sqrt(x)
        return y, (m.ratio(0.5, y),)

Nothing else is needed: the decorated name is the public function, for floats, for `Value`s and for every other kind of
operand whose class says how to `interpret` a primitive. This module knows none of these kinds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from inspect import signature
from itertools import chain
from numbers import Real
from typing import Any, TypeAlias, get_type_hints, overload

from autograd.systems import FLOATS

Group: TypeAlias = Sequence[Any]
Rule: TypeAlias = Callable[..., tuple[Any, tuple[Any, ...]]]


@dataclass(frozen=True)
class Interval:
    """The real numbers between two ends (open, or closed where said), perhaps without one point.

    >>> str(Interval(-1.0, 1.0, closed=True)), 1.0 in Interval(-1.0, 1.0)
    ('-1 <= x <= 1', False)
    """

    low: float = -math.inf
    high: float = math.inf
    closed: bool = False
    without: float | None = None

    def __contains__(self, x: float) -> bool:
        inside = self.low <= x <= self.high if self.closed else self.low < x < self.high
        return inside and x != self.without

    def __str__(self) -> str:
        if self.without is not None:
            return f"x != {self.without:g}"
        sign = "<=" if self.closed else "<"
        low = "" if self.low == -math.inf else f"{self.low:g} {sign} "
        high = "" if self.high == math.inf else f" {sign} {self.high:g}"
        return f"{low}x{high}" if low or high else "every real x"


REAL = Interval()
POSITIVE = Interval(low=0.0)
NONNEGATIVE = Interval(low=0.0, closed=True)
NONZERO = Interval(without=0.0)


@dataclass(frozen=True)
class Kink:
    """A point where the derivative does not exist, and what the rule gives there."""

    where: str
    at: tuple[float, ...]
    derivatives: tuple[float, ...]
    because: str


@dataclass(frozen=True)
class Operand:
    """One parameter of a rule: a number, or a group of numbers."""

    name: str
    is_group: bool


class Primitive:
    """An elementary operation, as the rule that defines it. Made by the decorator `primitive`; called like a function.

    Attributes:
        name, symbol: how it is called, and how it is written in a picture.
        rule: `rule(m, *operands) -> (value, local derivatives)` over the number system `m`.
        operands: its parameters, in order.
        domain: for each operand, the `Interval` on which it is defined.
        kinks: where the derivative does not exist, and what is given there.
        fast: by the class of the last operand, a function that may do what that class's `interpret` does, faster; it
            returns NotImplemented for operands that it leaves to `interpret`.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        symbol: str | None = None,
        domain: Interval | Sequence[Interval] = REAL,
        kinks: Iterable[Kink] = (),
    ) -> None:
        self.rule = rule
        self.__name__ = self.name = rule.__name__
        self.__qualname__ = rule.__qualname__
        self.__module__ = rule.__module__
        self.__doc__ = rule.__doc__
        self.symbol = symbol or self.name
        whole = signature(rule)
        parameters = list(whole.parameters.values())[1:]
        unannotated = [parameter.replace(annotation=parameter.empty) for parameter in parameters]
        self.__signature__ = whole.replace(parameters=unannotated)
        hints = get_type_hints(rule)
        self.operands = tuple(Operand(p.name, is_group=hints.get(p.name) == Group) for p in parameters)
        self.n_groups = sum(operand.is_group for operand in self.operands)
        self._n_operands = len(self.operands)
        self._n_single = len(self.operands) - self.n_groups
        if not self.operands:
            raise TypeError(f"{self.name}{whole}: a rule takes a number system and at least one operand")
        if not all(operand.is_group for operand in self.operands[: self.n_groups]):
            raise TypeError(f"{self.name}{self.__signature__}: groups of operands come before single ones")
        self.domain = (domain,) * len(self.operands) if isinstance(domain, Interval) else tuple(domain)
        self.kinks = tuple(kinks)
        self.fast: dict[type, Callable[..., Any]] = {}

    def __repr__(self) -> str:
        return f"<primitive {self.name}{self.__signature__}>"

    def __reduce__(self) -> str:
        return self.__qualname__  # pickled by name, as functions are

    def __call__(self, *operands: Any, **named: Any) -> Any:
        """The value: a float of floats, a node of a graph if an operand is one.

        Raises:
            TypeError: an operand is not a number, or there are too many or too few.
            ValueError, ZeroDivisionError, OverflowError: as Python and `math` raise them, with a note on the operands.
        """
        if named or len(operands) != self._n_operands:
            operands = self._bound(operands, named)
        fast = self.fast.get(type(operands[-1]))
        if fast is not None and (result := fast(*operands)) is not NotImplemented:
            return result
        flat: Sequence[Any] = operands
        if self.n_groups:
            operands = self._paired(operands)
            flat = self.flat(operands)
        try:
            # Mostly the first operand's kind interprets. It looks further if another operand is none of its own.
            interpret = type(flat[0]).interpret
        except (AttributeError, IndexError):
            interpret = getattr(self.interpreter(flat), "interpret", None)
        if interpret is not None:
            return interpret(self, operands, flat)
        numbers = self.shaped([number(x, self.name) for x in flat])
        try:
            return float(self.rule(FLOATS, *numbers)[0])
        except (ArithmeticError, ValueError) as error:
            self.explain(error, flat)
            raise

    def interpreter(self, flat: Sequence[Any]) -> Any:
        """Of the operands' classes that interpret primitives the one of highest rank; None if all are plain numbers."""
        kinds: list[Any] = [kind for kind in set(map(type, flat)) if hasattr(kind, "interpret")]
        return max(kinds, key=lambda kind: kind.rank, default=None)

    def _bound(self, operands: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        """The operands in their order, defaults filled in."""
        try:
            bound = self.__signature__.bind(*operands, **named)
        except TypeError as error:
            raise TypeError(f"{self.name}{self.__signature__}: {error}") from None
        bound.apply_defaults()
        return bound.args

    def _paired(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands, groups as lists or tuples of one length."""
        length = None
        for i, group in enumerate(operands[: self.n_groups]):
            if type(group) is not list and type(group) is not tuple:
                return self._paired((*operands[:i], self._as_tuple(i, group), *operands[i + 1 :]))
            if length is None:
                length = len(group)
            elif length != len(group):
                names = [operand.name for operand in self.operands]
                raise ValueError(
                    f"{self.name}: {length} {names[0]} but {len(group)} {names[i]}; each needs one of the other"
                )
        return operands

    def _as_tuple(self, i: int, group: Any) -> tuple[Any, ...]:
        try:
            return tuple(group)
        except TypeError:
            name = self.operands[i].name
            raise TypeError(
                f"{self.name}: {name} must be a sequence of numbers or Values, not {type(group).__name__}"
            ) from None

    def flat(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """Operands, or local derivatives, in the shape of the rule as a flat tuple: members of groups, then others."""
        if not self.n_groups:
            return tuple(operands)
        if self.n_groups == 2:  # for speed; what the last line does
            return (*operands[0], *operands[1], *operands[2:])
        return (*chain.from_iterable(operands[: self.n_groups]), *operands[self.n_groups :])

    def shaped(self, flat: Sequence[Any]) -> Sequence[Any]:
        """The inverse of `flat`."""
        n = self.n_groups
        if not n:
            return flat
        length = (len(flat) - self._n_single) // n
        if n == 2:
            return [flat[:length], flat[length : 2 * length], *flat[2 * length :]]
        return [*(flat[i * length : (i + 1) * length] for i in range(n)), *flat[n * length :]]

    def explain(self, error: Exception, operands: Sequence[Any]) -> None:
        """Add a note to an arithmetic error: the operation, its operands with their labels, and the usual remedy."""
        if not operands:
            return
        if isinstance(error, ZeroDivisionError):
            remedy = "Keep the divisor away from 0, for instance by adding a small number to it."
        elif isinstance(error, OverflowError):
            remedy = (
                "The result is beyond the largest float, about 1.8e308. Scale the operands down, or stay with"
                " logarithms: logsumexp, softmax, softplus and the losses that take logits do not overflow."
            )
        else:
            outside = [
                f"operand {spec.name} must be in its domain ({str(interval).replace('x', spec.name)})"
                for spec, interval in zip(self.operands, self.domain, strict=True)
                if interval is not REAL
            ]
            remedy = f"The {', the '.join(outside) or 'operands must be finite'}. Clamp or shift the operands first."
        shown = ", ".join(_shown(x) for x in operands[:6]) + (", ..." if len(operands) > 6 else "")
        error.add_note(f"in {self.name}({shown}). {remedy}")


def _shown(operand: Any) -> str:
    data, label = getattr(operand, "data", operand), getattr(operand, "label", "")
    return f"{label}={data!r}" if label else repr(data)


def number(x: Any, wanted_by: str, wanted: str = "a number or a Value") -> float:
    """x as a builtin float; if it is no real number, TypeError that says who wanted what."""
    if type(x) is float:
        return x
    if type(x) is int:
        return float(x)
    if not isinstance(x, Real):
        raise TypeError(f"{wanted_by} needs {wanted}, not {type(x).__name__}: {_abridged(x)}{_advice(x)}")
    return float(x)


def _abridged(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."


def _advice(x: Any) -> str:
    if isinstance(x, str):
        return ". Convert text with float(...)"
    if hasattr(x, "__array_interface__"):
        return (
            ". For arrays of Values use NumPy's own functions, such as numpy.tanh(array); for one element, array.item()"
        )
    if isinstance(x, list | tuple):
        return ". Apply it to each element"
    return ""


@overload
def primitive(rule: Rule, /) -> Primitive: ...
@overload
def primitive(
    *, symbol: str | None = None, domain: Interval | Sequence[Interval] = REAL, kinks: Iterable[Kink] = ()
) -> Callable[[Rule], Primitive]: ...
def primitive(rule: Rule | None = None, /, **described: Any) -> Primitive | Callable[[Rule], Primitive]:
    """Make a rule a primitive: usable at once in every interpretation, with no other edit.

    Args:
        rule: `rule(m, *operands) -> (value, local derivatives)`; a group of operands is annotated `Group`.
        symbol: how a picture writes it; the rule's name by default.
        domain: the `Interval` of all operands, or one for each.
        kinks: where the derivative does not exist, and what the rule gives there.
        described: symbol, domain and kinks, by keyword.

    >>> from autograd import Value, primitive
    >>> @primitive
    ... def cube(m, x):
    ...     return x * x * x, (3.0 * x * x,)
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> cube(2.0), x.grad
    (8.0, 12.0)
    """
    return Primitive(rule) if rule is not None else lambda rule: Primitive(rule, **described)
