"""The primitives as a number system: over `Value`s or `Dual`s, a rule gives derivatives that can be differentiated.

While a tape is recorded, what a rule chooses by comparing is chosen anew in each replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from math import inf
from typing import Any

from autograd import primitives
from autograd.modes import current, mode_with
from autograd.primitives import dot, exp, maximum
from autograd.rules import Primitive
from autograd.systems import Scalars


class Interpreted(Scalars):
    """The number system of operands that interpret primitives: over `Value`s, a rule gives derivatives as graphs."""

    def __getattr__(self, name: str) -> Any:
        try:
            return _TABLE[name]
        except KeyError:
            raise AttributeError(f"a rule may call the primitives, and {name!r} is none of them") from None

    sum_products = dot

    @staticmethod
    def largest_last(numbers: Iterable[Any]) -> list[Any]:
        """As for plain numbers; while a tape is recorded, by choices that each replay makes anew.

        Not by `minimum` and `maximum`, which share the derivative where numbers are equal: here one of them is moved.
        """
        numbers = list(numbers)
        mode = current()
        if mode is None or mode.recorder is None or not numbers:
            return Scalars.largest_last(numbers)
        top, *others = numbers
        with mode_with(keeps_conditions=True):
            for i, x in enumerate(others):
                rises, stays = top < x, x <= top  # neither, if one is NaN
                others[i] = Interpreted.where(rises, top, x)
                top = Interpreted.where(rises, x, Interpreted.where(stays, top, top + x))
        return [*others, top]

    @staticmethod
    def largest(numbers: Sequence[Any]) -> Any:
        """The largest number, for what does not depend on it, such as a softmax: its derivatives do not count."""
        mode = current()
        if mode is None or mode.recorder is None:
            return Scalars.largest_last(numbers)[-1]
        return reduce(maximum, numbers)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """`a` where the condition holds, else `b`; a tape that is being recorded keeps the condition."""
        if isinstance(condition, bool):
            return a if condition else b
        return condition.choose(a, b)

    pick = where

    def exp_below(self, x: Any, top: Any) -> Any:
        """exp(x - top); of the top itself 1, with no derivative."""
        # The derivative of exp(top - top) would be 1 - 1, and cost digits of the small numbers that each 1 is added to.
        return 1.0 if x is top and abs(top) < inf else exp(x - top)


_TABLE = {name: x for name, x in vars(primitives).items() if isinstance(x, Primitive)}
INTERPRETED = Interpreted()
