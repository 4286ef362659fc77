"""`Dropout`: while training is on, some units are silenced at random, so that no other may rely on them.

Which layer it follows, and whether a call is one of training, it is told: `train()` and `eval()` say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from random import Random
from typing import Any

from autograd import Dual, Value, drawn
from nn.initializers import generator
from nn.module import Module
from nn.wording import require, shortened


class Dropout(Module):
    """Each number times 0 with probability p, else times 1 / (1 - p), in training; the numbers as they are in `eval()`.

    So each keeps its expectation, and nothing is left to correct afterwards: the "inverted" form, as in
    `torch.nn.Dropout`. A factor is drawn for each unit, in the order of the units.

    Args:
        p: the probability of being dropped, 0 <= p <= 1. With 0 nothing is, with 1 everything.
        seed: an int for the same factors each time, or the `random.Random` to draw from; a copy of the module draws
            what it would have drawn.

    Raises:
        TypeError, ValueError: p is no number from 0 to 1.

    Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, Dropout: a simple way to prevent neural networks from
    overfitting (2014).

    >>> dropout = Dropout(0.5, seed=1)
    >>> [y.data for y in dropout([Value(1.0), Value(2.0), Value(3.0)])]
    [0.0, 4.0, 6.0]
    >>> [y.data for y in dropout.eval()([Value(1.0), Value(2.0), Value(3.0)])]
    [1.0, 2.0, 3.0]
    """

    def __init__(self, p: float = 0.5, *, seed: int | Random | None = None) -> None:
        require_probability("p", p)
        self.p = float(p)
        self.random = generator(seed)

    def __call__(self, x: Any) -> Any:
        """One Value for one Value; a list for a list (TypeError for anything else)."""
        is_one = isinstance(x, Value | Dual)
        if not is_one and (isinstance(x, str) or not isinstance(x, Iterable)):
            raise TypeError(f"Dropout takes a Value or a list of Values, not {type(x).__name__}: {shortened(x)}")
        if not self.training or self.p == 0.0:
            return x if is_one else list(x)
        return x * drawn(self._factor) if is_one else [xi * drawn(self._factor) for xi in x]

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"

    def _factor(self) -> float:
        return 0.0 if self.random.random() < self.p else 1.0 / (1.0 - self.p)


def require_probability(name: str, p: float) -> None:
    """TypeError or ValueError unless p is a number from 0 to 1."""
    require(name, p, Real, lambda p: 0.0 <= p <= 1.0, "a probability, from 0 to 1")
