"""How weights begin: each initializer draws one weight, given the widths before and after its layer.

Biases begin at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from math import sqrt
from random import Random
from typing import Any, TypeAlias, TypeVar

Initializer: TypeAlias = Callable[[Random, int, int], float]
"""`(generator, n_inputs, n_outputs) -> one weight`."""

T = TypeVar("T")


def he_normal(random: Random, n_inputs: int, n_outputs: int) -> float:
    """Normal with standard deviation sqrt(2 / n_inputs), which keeps the variance through relu.

    He, Zhang, Ren, Sun, Delving deep into rectifiers (2015), equation 10.
    """
    return random.gauss(0.0, sqrt(2.0 / n_inputs))


def he_uniform(random: Random, n_inputs: int, n_outputs: int) -> float:
    """Uniform with the variance of `he_normal`: between -sqrt(6 / n_inputs) and its opposite."""
    limit = sqrt(6.0 / n_inputs)
    return random.uniform(-limit, limit)


def xavier_normal(random: Random, n_inputs: int, n_outputs: int) -> float:
    """Normal with variance 2 / (n_inputs + n_outputs), which suits tanh and sigmoid.

    Glorot, Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), equation 12.
    """
    return random.gauss(0.0, sqrt(2.0 / (n_inputs + n_outputs)))


def xavier_uniform(random: Random, n_inputs: int, n_outputs: int) -> float:
    """Uniform with the variance of `xavier_normal`, equation 16 of the same paper."""
    limit = sqrt(6.0 / (n_inputs + n_outputs))
    return random.uniform(-limit, limit)


def uniform(random: Random, n_inputs: int, n_outputs: int) -> float:
    """Uniform between -1 and 1, whatever the widths, as micrograd draws them."""
    return random.uniform(-1.0, 1.0)


def zeros(random: Random, n_inputs: int, n_outputs: int) -> float:
    """Zero: all units of a layer then stay equal for ever. It is here to be seen."""
    return 0.0


INITIALIZERS: dict[str, Initializer] = {
    "he": he_normal,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "xavier": xavier_normal,
    "xavier_normal": xavier_normal,
    "xavier_uniform": xavier_uniform,
    "uniform": uniform,
    "zeros": zeros,
}


def initializer(init: str | Initializer | None, activation: Any) -> Initializer:
    """The initializer of that name, or the callable itself; None takes the one that suits the activation."""
    if init is None:
        return he_normal if "elu" in getattr(activation, "__name__", "") else xavier_normal
    return by_name("init", init, INITIALIZERS)


def by_name(what: str, choice: str | T, table: dict[str, T]) -> T:
    """A callable as it is, or the table's entry of that name; ValueError with the names that there are."""
    if not isinstance(choice, str):
        if callable(choice):
            return choice
        raise TypeError(f"{what} must be a name or a callable, not {type(choice).__name__}: {choice!r}")
    if choice in table:
        return table[choice]
    close = get_close_matches(choice, table, 1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"unknown {what} {choice!r}{meant} There are {', '.join(table)}, or give a callable")
