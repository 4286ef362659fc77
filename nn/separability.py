"""Is there a line (a plane, a hyperplane) that separates two classes? Decided exactly, in whole numbers.

By Gordan's theorem (1873) either some w and theta have (w · x_i + theta) t_i > 0 for all samples, or some multipliers
m_i >= 0, not all 0, have sum of m_i t_i (x_i, 1) = 0; never both, since the sum of positive numbers is not 0. Such
multipliers are a certificate that anybody can check. How a line is found, this module does not know: `nn.Perceptron`
finds one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm
from numbers import Real
from typing import Any

from nn.arguments import require_examples
from nn.wording import counted, described, require, shortened

__all__ = [
    "certificate",
    "is_certificate",
    "samples",
    "separates",
]


def is_certificate(multipliers: Sequence[int], inputs: Sequence[Any], targets: Sequence[float]) -> bool:
    """Whether multipliers prove that no line separates the samples: m_i >= 0, not all 0, sum of m_i t_i (x_i, 1) = 0.

    The sum is exact: every float is a fraction.

    Args:
        multipliers: a whole number for each sample.
        inputs: n samples, each a list of finite numbers.
        targets: the class of each, -1 or 1.

    Raises:
        TypeError, ValueError: as `certificate`; or not as many multipliers as samples.

    >>> is_certificate([1, 1, 1, 1], [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1])
    True
    """
    rows, signs = samples(inputs, targets)
    given = _fractions("multiplier", multipliers)
    if len(given) != len(rows):
        raise ValueError(f"{counted(len(given), 'multiplier')} for {counted(len(rows), 'sample')}; wanted one for each")
    factors = [m * t for m, t in zip(given, signs, strict=True)]
    sums = (sum(m * Fraction(x) for m, x in zip(factors, column, strict=True)) for column in _columns(rows))
    return min(given) >= 0 and any(factors) and not any(sums)


def separates(weights: Sequence[float], threshold: float, inputs: Sequence[Any], targets: Sequence[float]) -> bool:
    """Whether (w · x_i + theta) t_i > 0 for all samples, exactly: a sample on the line is not separated.

    Args:
        weights: w, as many finite numbers as a sample has.
        threshold: theta.
        inputs: n samples, each a list of finite numbers.
        targets: the class of each, -1 or 1.

    Raises:
        TypeError, ValueError: as `certificate`; or not as many weights as numbers in a sample.

    >>> separates([1.0, 1.0], -1.5, [[0, 1], [1, 1]], [-1, 1])
    True
    """
    rows, signs = samples(inputs, targets)
    line = _fractions("weight", weights)
    if len(line) != len(rows[0]):
        raise ValueError(f"{counted(len(line), 'weight')} for samples of {counted(len(rows[0]), 'number')}")
    line += _fractions("threshold", [threshold])
    outputs = (sum(w * Fraction(xj) for w, xj in zip(line, (*x, 1), strict=True)) for x in rows)
    return all(y * t > 0 for y, t in zip(outputs, signs, strict=True))


def certificate(inputs: Sequence[Any], targets: Sequence[float]) -> tuple[int, ...] | None:
    """Multipliers that prove that no line separates the samples; None if a line does.

    The first phase of the simplex method, on whole numbers and with Bland's rule (1977), under which it always ends. A
    thousand samples of ten numbers take less than a second; with thirty columns of measured data it may be minutes.

    Args:
        inputs: n samples, each a list of finite numbers.
        targets: the class of each, -1 or 1.

    Raises:
        ValueError: no samples, lengths that do not match, a NaN or infinity, or another target.
        TypeError: a sample is no list of numbers.

    >>> xor = certificate([[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1])
    >>> conjunction = certificate([[0, 0], [0, 1], [1, 0], [1, 1]], [-1, -1, -1, 1])
    >>> xor, conjunction
    ((1, 1, 1, 1), None)
    """
    rows, signs = samples(inputs, targets)
    n = len(rows)
    # Multipliers m >= 0 with sum of m_i t_i (x_i, 1) = 0 and sum of m_i = 1: an equation a line, its right side last.
    equations = [[t * Fraction(x) for t, x in zip(signs, column, strict=True)] for column in _columns(rows)]
    tableau = [[*_whole(equation), 0] for equation in equations] + [[1] * (n + 1)]
    # What the equations lack, in all: 0 when they are met. Nothing is in the basis yet but their artificial variables.
    tableau.append([sum(column) for column in zip(*tableau, strict=True)])
    basis = [n + row for row in range(len(tableau) - 1)]
    pivot = 1
    while True:
        entering = next((column for column in range(n) if tableau[-1][column] > 0), None)
        if entering is None:
            break
        eligible = [row for row in range(len(basis)) if tableau[row][entering] > 0]
        leaving = min(eligible, key=lambda row: (Fraction(tableau[row][n], tableau[row][entering]), basis[row]))
        pivot = _pivoted(tableau, leaving, entering, pivot)
        basis[leaving] = entering
    if tableau[-1][n]:
        return None
    found = {variable: tableau[row][n] for row, variable in enumerate(basis)}
    common = gcd(*found.values())
    return tuple(found.get(i, 0) // common for i in range(n))


def samples(inputs: Sequence[Any], targets: Sequence[float]) -> tuple[list[tuple[float, ...]], list[int]]:
    """The samples as tuples of finite floats, and their classes as -1 or 1; errors as those of `certificate`."""
    require_examples(inputs, targets)
    rows: list[tuple[float, ...]] = []
    signs: list[int] = []
    for i, (x, t) in enumerate(zip(inputs, targets, strict=True)):
        if isinstance(x, str) or not isinstance(x, Iterable):
            raise TypeError(f"inputs[{i}] is {described(x)}; wanted a list of numbers")
        row = list(x)
        for j, xj in enumerate(row):
            if not isinstance(xj, Real):
                raise TypeError(f"inputs[{i}], column {j}, is {described(xj)}; wanted a number")
        if i and len(row) != len(rows[0]):
            raise ValueError(f"inputs[0] has {counted(len(rows[0]), 'number')}, but inputs[{i}] has {len(row)}")
        if isinstance(t, bool) or not isinstance(t, Real) or t not in (-1, 1):
            raise ValueError(
                f"targets[{i}] is {shortened(t)}; wanted -1 or 1: of classes 0 and 1 make them by 2 * target - 1"
            )
        rows.append(tuple(map(float, row)))
        signs.append(int(t))
    return rows, signs


def _fractions(noun: str, numbers: Any) -> list[Fraction]:
    """The numbers, exactly; TypeError for what is no list of numbers, ValueError for one that is not finite."""
    if isinstance(numbers, str) or not isinstance(numbers, Iterable):
        came = described(numbers)
        raise TypeError(f"the {noun}s are {came}; wanted a list of finite numbers")
    numbers = list(numbers)
    for x in numbers:
        require(f"a {noun}", x, Real, lambda x: -math.inf < x < math.inf, "a finite number")
    return [Fraction(x) for x in numbers]


def _columns(rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """The columns of (x, 1)."""
    return [*zip(*rows, strict=True), (1.0,) * len(rows)]


def _whole(numbers: Sequence[Fraction]) -> list[int]:
    """The numbers times one that makes all of them whole."""
    scale = lcm(*(x.denominator for x in numbers))
    return [int(x * scale) for x in numbers]


def _pivoted(tableau: list[list[int]], row: int, column: int, last: int) -> int:
    """Solve the equation of a row for the variable of a column, in place; returns the pivot, by which all is scaled.

    The numbers are those of Gauss and Jordan times the pivot: whole, and determinants of what was given, so that they
    stay short. Dividing by the last pivot leaves no rest. Edmonds, Systems of distinct representatives and linear
    algebra (1967); Bareiss (1968).
    """
    pivot = tableau[row][column]
    solved = tableau[row]
    for i, other in enumerate(tableau):
        if i != row:
            factor = other[column]
            tableau[i] = [(pivot * a - factor * b) // last for a, b in zip(other, solved, strict=True)]
    return pivot
