"""A rule run over names instead of numbers: which calls on arrays compute its value and its local derivatives.

Every call becomes a line of a `Listing`, once, however often it is asked for; what only constants go into is computed
at once. Nothing here knows of graphs or tapes: a listing is a straight-line program with names for its results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, Self

from autograd.systems import FLOATS, Scalars


class Listing:
    """Lines `name = function(arguments)`, in the order of computation.

    Args:
        name: of the i-th line's result.

    >>> listing = Listing()
    >>> x = Name(listing, "x")
    >>> (x * x + 1.0).text, listing.lines
    ('t1', [('t0', 'multiply', ('x', 'x')), ('t1', 'add', ('t0', '1.0'))])
    """

    def __init__(self, name: Callable[[int], str] = "t{}".format) -> None:
        self._name = name
        self.lines: list[tuple[str, str, tuple[str, ...]]] = []
        self._known: dict[tuple[str, tuple[str, ...]], str] = {}

    def call(self, function: str, *arguments: Any) -> Any:
        """The name of what the function gives of names and numbers."""
        if function == "where" and text_of(arguments[1]) == text_of(arguments[2]):
            return arguments[1]
        if function == "power" and arguments[1] == 1.0:
            return arguments[0]
        texts = tuple(map(text_of, arguments))
        key = function, texts
        if key not in self._known:
            self._known[key] = self._name(len(self.lines))
            self.lines.append((self._known[key], function, texts))
        return Name(self, self._known[key])


def text_of(x: Any) -> str:
    """A name, or a number as Python reads it."""
    if isinstance(x, Name):
        return x.text
    text = repr(float(x)) if not isinstance(x, bool) else repr(x)
    return f'float("{text}")' if text.endswith(("inf", "nan")) else text


def _operator(function: str) -> tuple[Callable[[Name, Any], Any], Callable[[Name, Any], Any]]:
    def operator(self: Name, other: Any) -> Any:
        return self.listing.call(function, self, other)

    def reflected(self: Name, other: Any) -> Any:
        return self.listing.call(function, other, self)

    return operator, reflected


class Name:
    """A result of a listing, or something that it is given: an operand of a rule.

    Args:
        listing: where what is computed from it is listed.
        text: the name.
        length: for a group of operands, which lie along the first axis of one array, how many there are.
    """

    def __init__(self, listing: Listing, text: str, length: int | None = None) -> None:
        self.listing = listing
        self.text = text
        self.length = length

    __add__, __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("subtract")
    __truediv__, __rtruediv__ = _operator("divide")
    __pow__, __rpow__ = _operator("power")
    __lt__, __gt__ = _operator("less")
    __le__, __ge__ = _operator("less_equal")

    def __mul__(self, other: Any) -> Any:
        return self if isinstance(other, float) and other == 1.0 else self.listing.call("multiply", self, other)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return self.listing.call("negative", self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Any:
        return self.listing.call("absolute", self)

    def __bool__(self) -> bool:
        raise TypeError("a rule may not branch on its operands: use m.where or m.pick in place of if, and, or")

    # --- groups ---

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError("a single operand has no length")
        return self.length

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, int):
            shown, length = str(range(len(self))[key]), None
        else:
            chosen = range(len(self))[key]
            chosen = chosen or range(0)
            stop = "" if chosen.stop < 0 else chosen.stop  # -1, where a step backwards has passed the first
            shown, length = f"{chosen.start}:{stop}:{chosen.step}", len(chosen)
        return Name(self.listing, self.listing.call("member", self, Name(self.listing, shown)).text, length)


class Tracing(Scalars):
    """The number system of names: the functions of arrays, listed instead of called."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def function(*operands: Any) -> Any:
            if any(isinstance(x, Name) for x in operands):
                return self._listing.call(name, *operands)
            return getattr(FLOATS, name)(*operands)

        return function

    def where(self, condition: Any, a: Any, b: Any) -> Any:  # type: ignore[override]
        if not isinstance(condition, Name):
            return a if condition else b
        return self._listing.call("where", condition, a, b)

    pick = where

    def each(self, function: Callable[[Any], Any], group: Any) -> Any:  # type: ignore[override]
        if not isinstance(group, Name):
            return [function(x) for x in group]
        result = function(Name(self._listing, group.text))
        return Name(self._listing, result.text, len(group)) if isinstance(result, Name) else [result] * len(group)

    def largest_last(self, group: Any) -> Any:  # type: ignore[override]
        if not len(group):
            raise ValueError("at least one number is needed, but the sequence is empty")
        return Name(self._listing, self._listing.call("largest_last", group).text, len(group))

    def total(self, terms: Any) -> Any:
        if isinstance(terms, Name):
            return self._listing.call("total", terms)
        return reduce(lambda a, b: a + b, terms, 0.0)

    def sum_products(self, weights: Any, inputs: Any, bias: Any) -> Any:
        both = isinstance(weights, Name) and isinstance(inputs, Name)
        products = self.total(weights * inputs if both else [w * x for w, x in zip(weights, inputs, strict=True)])
        return products if isinstance(bias, float) and bias == 0.0 else products + bias


def traced(rule: Callable[..., Any], operands: Sequence[Any], listing: Listing) -> tuple[Any, Sequence[Any]]:
    """What the rule gives, as names of a listing and numbers: the value, and the derivatives in the rule's shape.

    Args:
        rule: of a primitive.
        operands: names, or numbers where an operand is constant.
        listing: gets the lines.
    """
    value, derivatives = rule(Tracing(listing), *operands)
    return value, derivatives
