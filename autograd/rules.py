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
from inspect import isfunction
from itertools import chain
from numbers import Real
from typing import Any, TypeAlias, overload

from autograd.domains import REAL, Interval, Kink
from autograd.signatures import Group as Group  # noqa: PLC0414 (offered here: it is how rules are written)
from autograd.signatures import operands_of
from autograd.systems import FLOATS

Rule: TypeAlias = Callable[..., tuple[Any, tuple[Any, ...]]]


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
        if not isfunction(rule):
            raise TypeError(f"primitive: a rule is a function of a number system and operands, not {abridged(rule)}")
        self.rule = rule
        self.__name__ = self.name = rule.__name__
        self.__qualname__ = rule.__qualname__
        self.__module__ = rule.__module__
        self.__doc__ = rule.__doc__
        self.symbol = symbol or self.name
        self.__signature__, self.operands = operands_of(rule)
        self.n_groups = sum(operand.is_group for operand in self.operands)
        self._n_operands = len(self.operands)
        self._n_single = len(self.operands) - self.n_groups
        self.domain = (domain,) * len(self.operands) if isinstance(domain, Interval) else tuple(domain)
        if len(self.domain) != len(self.operands) or not all(isinstance(x, Interval) for x in self.domain):
            raise TypeError(f"{self.name}: the domain must be an Interval, or one for each operand, not {domain!r}")
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
        return self.over_floats([number(x, self.name) for x in flat], flat)[0]

    def over_floats(self, numbers: Sequence[float], operands: Sequence[Any]) -> tuple[float, tuple[float, ...]]:
        """The value and the local derivatives, flat, of flat numbers; errors show `operands`, which have these numbers.

        Raises:
            TypeError: the rule returned something else. Errors of arithmetic as `__call__` says.
        """
        try:
            result = self.rule(FLOATS, *self.shaped(numbers))
        except (ArithmeticError, ValueError) as error:
            self.explain(error, operands)
            raise
        if type(result) is not tuple or len(result) != 2 or not isinstance(result[1], tuple):
            raise TypeError(
                f"the rule of {self.name} returned {abridged(result)}; a rule returns its value and the tuple of its"
                " local derivatives, as in `return y, (dy_dx,)`"
            )
        value, derivatives = result
        as_many = len(derivatives) == len(self.operands)
        flat = self.flat(derivatives) if as_many else derivatives
        if not as_many or len(flat) != len(numbers):
            raise TypeError(
                f"the rule of {self.name} returned {len(flat)} local derivatives for {len(numbers)} operands"
            )
        for x in (value, *flat):
            if type(x) is not float and not isinstance(x, Real):
                raise TypeError(f"the rule of {self.name} returned {abridged(x)} among its numbers")
        return float(value), flat

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
            members = iter(group)
        except TypeError:
            name = self.operands[i].name
            raise TypeError(
                f"{self.name}: {name} must be a sequence of numbers or Values, not {type(group).__name__}"
            ) from None
        return tuple(members)  # what a generator raises is its own

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
        elif self.n_groups == 0 and (outside := self._outside(operands)):
            remedy = f"The {', the '.join(outside)}. Clamp or shift the operands first."
        elif not all(math.isfinite(getattr(x, "data", x)) for x in operands):
            remedy = "The operands must be finite."
        else:
            remedy = ""
        shown = ", ".join(_shown(x) for x in operands[:6]) + (", ..." if len(operands) > 6 else "")
        error.add_note(f"in {self.name}({shown}). {remedy}".rstrip())

    def _outside(self, operands: Sequence[Any]) -> list[str]:
        return [
            f"operand {spec.name} must be in its domain ({str(interval).replace('x', spec.name)})"
            for spec, interval, x in zip(self.operands, self.domain, operands, strict=True)
            if interval is not REAL and getattr(x, "data", getattr(x, "primal", x)) not in interval
        ]


def _shown(operand: Any) -> str:
    data, label = getattr(operand, "data", operand), getattr(operand, "label", "")
    return f"{label}={data!r}" if label else repr(data)


def number(x: Any, wanted_by: str, wanted: str = "a number or a Value") -> float:
    """x as a builtin float; if it is no real number, TypeError that says who wanted what."""
    if type(x) is float:
        return x
    if type(x) is not int and not isinstance(x, Real):
        raise TypeError(f"{wanted_by} needs {wanted}, not {type(x).__name__}{_advice(x)}")
    try:
        return float(x)
    except OverflowError:
        beyond = f"this {type(x).__name__} is beyond the floats, which end at about 1.8e308"
        raise OverflowError(f"{wanted_by} needs {wanted}; {beyond}") from None


def abridged(x: Any) -> str:
    """The repr of x, or its beginning; one short line."""
    text = " ".join(repr(x).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _advice(x: Any) -> str:
    """What was given in place of a number, and what to do about it."""
    if hasattr(x, "iloc"):  # a frame of pandas is no line to read
        return ". Give its numbers, .to_numpy()"
    said = f": {abridged(x)}"
    if isinstance(x, str):
        return f"{said}. Convert text with float(...)"
    if hasattr(x, "__array_interface__"):
        numpys = (
            "For arrays of Values use NumPy's own functions, such as numpy.tanh(array); for one element, array.item()"
        )
        return f"{said}. {numpys}"
    if isinstance(x, list | tuple):
        return f"{said}. Apply it to each element"
    if hasattr(type(x), "interpret"):
        return f"{said}. Its own number is .data; .detach() gives a variable of its own"
    return said


@overload
def primitive(rule: Rule, /) -> Primitive: ...
@overload
def primitive(
    *, symbol: str | None = None, domain: Interval | Sequence[Interval] = REAL, kinks: Iterable[Kink] = ()
) -> Callable[[Rule], Primitive]: ...
def primitive(rule: Rule | None = None, /, **described: Any) -> Primitive | Callable[[Rule], Primitive]:
    """Make a rule a primitive: usable at once in every interpretation, with no other edit.

    Args:
        rule: `rule(m, *operands) -> (value, local derivatives)`; a group of operands is annotated `Group`. Each operand
            is a parameter of its own that may have a default; TypeError for `*xs` and keyword-only ones.
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
