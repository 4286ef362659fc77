"""How weights begin: each initializer draws one weight, given the widths before and after its layer.

It draws from the generator that it is given, and knows nothing of neurons; biases begin at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from numbers import Integral
from random import Random
from typing import Any, TypeAlias, TypeVar

from nn.wording import choices, require, shortened

__all__ = [
    "INITIALIZERS",
    "Initializer",
    "by_name",
    "generator",
    "he_normal",
    "he_uniform",
    "initializer",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

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
    """The initializer of that name, or the callable itself; None takes the one that suits the activation.

    >>> import math
    >>> initializer(None, math.tanh).__name__, initializer("he", None).__name__
    ('xavier_normal', 'he_normal')
    """
    if init is None:
        name = getattr(activation, "__name__", "")
        # relu and its kin, leaky_relu to silu, stop about half of the variance: he_normal makes that good.
        return he_normal if "elu" in name or "silu" in name else xavier_normal
    return by_name("init", init, INITIALIZERS)


def generator(seed: int | Random | None) -> Random:
    """The generator itself, or a new one that begins with the seed; None for other numbers each time.

    TypeError for anything else than an int, of NumPy's as well.
    """
    if isinstance(seed, Random):
        return seed
    if seed is not None:
        require("seed", seed, Integral, lambda _: True, "an int, a random.Random or None")
    return Random(None if seed is None else int(seed))


def by_name(what: str, choice: str | T, table: dict[str, T]) -> T:
    """A callable as it is, or the table's entry of that name.

    Raises:
        ValueError: no entry has that name; the message lists those there are.
        TypeError: it is neither a name nor a callable.
    """
    if not isinstance(choice, str):
        if callable(choice):
            return choice
        raise TypeError(f"{what} must be a name or a callable, not {type(choice).__name__}: {shortened(choice)}")
    if choice not in table:
        advice = ""
        if choice == "softmax":  # the first that a student tries
            advice = (
                "; softmax joins all outputs: losses.cross_entropy takes them without it, and autograd.softmax has it"
            )
        wanted = f"wanted a callable, or one of {choices(choice, table)}{advice}"
        raise ValueError(f"no {what} {shortened(choice)}; {wanted}")
    return table[choice]
