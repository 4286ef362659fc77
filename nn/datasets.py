"""What training asks of data: a `Dataset` of rows, targets and names, and the `Scaling` that standardises its columns.

It does not know where the numbers come from (`nn.data` makes data sets, `nn.tables` reads files), nor what learns from
them.
"""

from __future__ import annotations

import math
import numbers
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self, TypeAlias

from nn.wording import counted, described, require

Problem: TypeAlias = Literal["classification", "regression"]


class DataError(ValueError):
    """Data that cannot be used: one line that says where, what came, what was wanted and what to do."""


@dataclass(frozen=True)
class Dataset:
    """Rows of inputs, the target of each row, and their names.

    `inputs` is n_samples rows of n_inputs floats; `targets` is n_samples class indices from 0 to n_classes - 1, or
    for regression n_samples floats, and then `class_names` is empty. `same_unit` says that all inputs are in one unit,
    as the pixels of a picture are: they are then scaled alike. ValueError if lengths do not match.

    >>> Dataset("and", [[0.0, 1.0], [1.0, 1.0]], [0, 1], ("a", "b"), ("no", "yes"), "a and b")
    Dataset(and: 2 samples, 2 inputs -> a and b, 2 classes)
    """

    name: str
    inputs: list[list[float]]
    targets: list[int] | list[float]
    input_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target_name: str
    same_unit: bool = False

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise ValueError(f"{len(self.inputs)} rows of inputs, {len(self.targets)} targets; wanted as many of each")
        _require_widths(self.inputs, self.n_inputs)

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        kind = f"{self.n_classes} classes" if self.is_classification else "a number"
        size = f"{counted(len(self), 'sample')}, {counted(self.n_inputs, 'input')}"
        return f"Dataset({self.name}: {size} -> {self.target_name}, {kind})"

    @property
    def n_inputs(self) -> int:
        """The number of columns of `inputs`."""
        return len(self.input_names)

    @property
    def n_classes(self) -> int:
        """The number of classes; 0 for regression."""
        return len(self.class_names)

    @property
    def is_classification(self) -> bool:
        """Whether the targets are class indices."""
        return self.n_classes > 0

    @property
    def task(self) -> Problem:
        """What there is to learn: "classification" or "regression"."""
        return "classification" if self.is_classification else "regression"

    def take(self, indices: Iterable[int]) -> Self:
        """The samples with these indices, ints from 0 to n_samples - 1, in this order, as copies; else IndexError.

        >>> from nn.data import xor
        >>> xor(4, noise=0).take([0, 0, 3])
        Dataset(xor: 3 samples, 2 inputs -> class, 2 classes)
        """
        if not isinstance(indices, Iterable):
            raise TypeError(f"indices is {described(indices)}; wanted a list of ints")
        chosen = list(indices)
        for index in chosen:
            # A mask of True and False would silently repeat the samples 0 and 1.
            if isinstance(index, bool) or not isinstance(index, numbers.Integral) or not 0 <= index < len(self):
                raise IndexError(f"{index!r} is no sample of {self.name}; wanted an int from 0 to {len(self) - 1}")
        inputs, targets = [[*self.inputs[i]] for i in chosen], [self.targets[i] for i in chosen]
        return replace(self, inputs=inputs, targets=targets)

    def split(self, held_out: float = 0.2, seed: int = 0) -> tuple[Self, Self]:
        """Shuffled training and test parts that share no sample, every class in the same proportion.

        `held_out`, between 0 and 1, is the test part's share: rounded, with at least one sample of each class on
        either side. ValueError if a class (for regression: the whole) has fewer than two samples.

        >>> from nn.data import moons
        >>> moons(100).split(held_out=0.25)[1]
        Dataset(moons: 25 samples, 2 inputs -> class, 2 classes)
        """
        require("held_out", held_out, numbers.Real, lambda share: 0 < share < 1, "a number between 0 and 1")
        order = list(range(len(self)))
        require("seed", seed, numbers.Integral, lambda _: True, "an int")
        random.Random(int(seed)).shuffle(order)
        groups: dict[str, list[int]] = {} if order else {"it": []}
        for index in order:
            group = f"class {self.class_names[int(self.targets[index])]!r}" if self.is_classification else "it"
            groups.setdefault(group, []).append(index)
        test, seen = set[int](), 0
        for group, members in groups.items():
            if len(members) < 2:
                came = f"{group} has {counted(len(members), 'sample')}"
                raise ValueError(f"{self.name} cannot be split: {came}; wanted 2 or more, for a part on either side")
            # Rounding the running total makes the shares of the classes add up to the share of the whole.
            share = math.floor(held_out * (seen + len(members)) + 0.5) - math.floor(held_out * seen + 0.5)
            test.update(members[: min(max(share, 1), len(members) - 1)])
            seen += len(members)
        return self.take(i for i in order if i not in test), self.take(i for i in order if i in test)


@dataclass(frozen=True)
class Scaling:
    """Standardisation, fitted to training rows and then applied to any rows: (x - mean) / scale in each column.

    `means` and `scales` are plain lists of n_inputs finite floats, the scales positive (ValueError otherwise), so that
    `dataclasses.asdict(scaling)` goes into JSON and `Scaling(**saved)` brings it back.

    >>> Scaling.fit([[1.0, 5.0], [3.0, 5.0]])
    Scaling(means=[2.0, 5.0], scales=[1.0, 1.0])
    """

    means: list[float]
    scales: list[float]

    def __post_init__(self) -> None:
        if len(self.means) != len(self.scales):
            raise ValueError(f"{len(self.means)} means and {len(self.scales)} scales; wanted as many of each")
        if not (all(map(math.isfinite, self.means)) and all(0 < scale < math.inf for scale in self.scales)):
            raise ValueError(f"means {self.means}, scales {self.scales}; wanted finite means and positive scales")

    @classmethod
    def fit(cls, rows: Sequence[Sequence[float]], *, shared: bool = False) -> Self:
        """Mean and population standard deviation of each column of `rows`; a constant column has scale 1.0.

        `shared` takes those of all columns together, for inputs in one unit: differences between columns then keep
        their size, and a pixel that is nearly always white is not blown up. ValueError for no rows, for rows of
        different lengths, and for a nan or inf.

        >>> Scaling.fit([[1e308], [-1e308]]).scales
        [1e+308]
        """
        if not hasattr(rows, "__len__"):
            raise TypeError(f"rows is {described(rows)}; wanted a list of rows of numbers")
        if not len(rows):
            raise ValueError("no rows came; wanted at least one to fit a scaling to")
        _require_widths(rows[:1], None)
        _require_widths(rows, len(rows[0]))
        columns = list(zip(*rows, strict=True))
        for number, column in enumerate(columns):
            for x in column:
                if not isinstance(x, numbers.Real):
                    raise TypeError(f"column {number} holds {described(x)}; wanted numbers")
            if not all(map(math.isfinite, column)):
                raise ValueError(f"column {number} holds nan or inf; wanted finite numbers: remove or replace them")
        if shared and columns:
            moments = [_mean_and_scale([x for column in columns for x in column])] * len(columns)
        else:
            moments = [_mean_and_scale(column) for column in columns]
        return cls([mean for mean, _ in moments], [scale for _, scale in moments])

    def __call__(self, rows: Iterable[Sequence[float]]) -> list[list[float]]:
        """The standardised rows, as new lists; ValueError for a row that is not n_inputs long.

        >>> Scaling(means=[2.0], scales=[0.5])([[1.0], [2.0]])
        [[-2.0], [0.0]]
        """
        rows, columns = list(rows), list(zip(self.means, self.scales, strict=True))
        _require_widths(rows, len(columns))
        # Halves, because the difference of two large numbers may overflow; otherwise they do not change a bit.
        return [[(x / 2 - m / 2) / s * 2 for x, (m, s) in zip(row, columns, strict=True)] for row in rows]


def _mean_and_scale(column: Sequence[float]) -> tuple[float, float]:
    low, high = min(column), max(column)
    if low == high:
        return float(low), 1.0
    # A power of two brings the column into [-1, 1]: that is exact, and neither sums nor squares can overflow.
    exponent = math.frexp(max(-low, high))[1]
    scaled = [math.ldexp(x, -exponent) for x in column]
    mean = math.fsum(scaled) / len(scaled)
    deviations = [x - mean for x in scaled]
    # The second term takes out what the mean's own rounding has added to the squares.
    variance = math.fsum(d * d for d in deviations) / len(scaled) - (math.fsum(deviations) / len(scaled)) ** 2
    # 1.0 also where a deviation is too small for a float: only columns of the tiniest floats come to that.
    return math.ldexp(mean, exponent), math.ldexp(math.sqrt(max(variance, 0.0)), exponent) or 1.0


def _require_widths(rows: Iterable[Sequence[float]], width: int | None) -> None:
    """TypeError for what is no row, ValueError for one of another width, if there is one that is wanted."""
    for number, row in enumerate(rows):
        if isinstance(row, str) or not hasattr(row, "__len__"):
            raise TypeError(f"row {number} is {described(row)}; wanted a list of numbers")
        if width is not None and len(row) != width:
            raise ValueError(f"row {number} has {counted(len(row), 'number')}; wanted {width}, one for each input")
