"""Noticing that training diverges: the error, the warning, and what both say to try.

What a loss is or how it was computed, it does not know: it sees numbers, and the rate at which they were made.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any

from nn.history import History

GROWTH = 1e6
"""How many times the first epoch's loss the last may be before it is pointed out."""


class DivergenceError(FloatingPointError):
    """Training diverges: the loss or a parameter is no longer finite.

    Attributes:
        history: what was measured in the epochs before, a `History`.
    """

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message, history)  # both, so that it can be pickled and reach another process
        self.history = history

    def __str__(self) -> str:
        return str(self.args[0])


class DivergenceWarning(UserWarning):
    """Training ended with a loss that is finite, but far larger than it was at first."""


def require_finite_step(what: str, x: float, optimizer: Any, history: History) -> None:
    """DivergenceError if a number is NaN or infinite; it ends the history."""
    if not math.isfinite(x):
        raise _diverged(f"{what} became {x!r}", optimizer, history)


@contextmanager
def noticing_overflow(optimizer: Any, history: History) -> Iterator[None]:
    """An operation that raises OverflowError, where others give inf, is a DivergenceError too."""
    try:
        yield
    except OverflowError as error:
        raise _diverged(f"the loss overflowed ({error})", optimizer, history) from error


def _diverged(what: str, optimizer: Any, history: History) -> DivergenceError:
    epoch = len(history) + 1
    history.stopped = f"diverged in epoch {epoch}"
    return DivergenceError(f"{what} in epoch {epoch}{_advice(getattr(optimizer, 'lr', None))}", history)


def warn_of_growth(optimizer: Any, history: History, stacklevel: int) -> None:
    """DivergenceWarning if the model is left with a loss that has grown by orders of magnitude.

    The loss is that of the epoch whose parameters the model was left with. Below 1 nothing is said: a loss that
    was 0 but for rounding may grow a million times and still be small. A loss that begins below 0, as the logarithm of
    a density does, is measured by its distance from 0.
    """
    if not history.rows:
        return
    last = history.rows[(history.restored_epoch or len(history)) - 1]
    first = history.rows[0]["loss"]
    if last["loss"] > max(1.0, GROWTH * abs(first)):
        grown = f"the loss grew from {first:.4g} in epoch 1 to {last['loss']:.4g} in epoch {last['epoch']}"
        rate = last.get("lr", getattr(optimizer, "lr", None))  # a schedule has changed it since
        warnings.warn(f"{grown}{_advice(rate)}", DivergenceWarning, stacklevel=stacklevel + 1)


def _advice(rate: Any) -> str:
    """The second half of a message: at which rate, what that means, and what to try."""
    known = isinstance(rate, Real)
    at, lower = (f", at a learning rate of {rate:g}", f", to {rate / 10:g} say") if known else ("", "")
    return (
        f"{at}: training diverges. Lower the learning rate{lower}, scale the inputs to about -1 to 1,"
        " or clip the gradients (clip_norm=1.0); and make the model anew, as its parameters are far off by now"
    )
