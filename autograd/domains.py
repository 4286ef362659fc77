"""Where an operation is defined, and where it has no derivative: the data that a primitive states of itself."""

from __future__ import annotations

import math
from dataclasses import dataclass


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
