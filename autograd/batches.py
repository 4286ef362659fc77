"""`Batch`: rows of numbers for each argument of a recorded function, checked once and laid out for replays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from autograd.optional import numpy
from autograd.rules import abridged


@dataclass(frozen=True)
class Batch:
    """Rows of numbers for each argument, as a tape's replays take them.

    `batch[rows]` are some of the rows: indices, a slice, or a mask of bools; ValueError if there are none, or the mask
    is of another length.

    Attributes:
        arrays: for each argument (rows, numbers), with a last column of 1 where the argument is multiplied by matrices.
        is_finite: whether there is no NaN and no infinity among them.
    """

    arrays: tuple[Any, ...]
    is_finite: bool

    def __len__(self) -> int:
        return len(self.arrays[0]) if self.arrays else 1

    def __getitem__(self, indices: Any) -> Batch:
        np = numpy()

        rows = np.atleast_1d(np.arange(len(self))[indices] if isinstance(indices, slice) else np.asarray(indices))
        if rows.dtype == bool:
            if rows.shape != (len(self),):
                raise ValueError(f"the mask has the shape {rows.shape}; wanted ({len(self)},), a bool for each row")
            rows = np.flatnonzero(rows)
        if not rows.size:
            raise ValueError(f"of the batch of {len(self)} rows none is taken; wanted at least one")
        return Batch(tuple([array.take(rows, 0) for array in self.arrays]), self.is_finite)


def prepared(
    arguments: Sequence[Any], shapes: Sequence[tuple[int, ...]], matrices: Collection[int], *, is_kept: bool = False
) -> Batch:
    """Arguments of many rows as a batch.

    Args:
        arguments: for each argument of the function an array (rows, ...) of numbers.
        shapes: what they are for one row.
        matrices: the arguments that get a column of 1.
        is_kept: whether the batch is to stay as it is when the arguments are changed.

    Raises:
        TypeError, ValueError: not as many arguments, or not of these shapes.
    """
    np = numpy()

    if len(arguments) != len(shapes):
        wanted = "1 argument" if len(shapes) == 1 else f"{len(shapes)} arguments"
        raise TypeError(f"the tape takes {wanted}, as the function that was recorded; got {len(arguments)}")
    arrays: list[Any] = []
    for k, (argument, shape) in enumerate(zip(arguments, shapes, strict=True)):
        array = _numbers(np, k, argument)
        if array.ndim < 1 or array.shape[1:] != shape:
            wanted = f"(rows, {', '.join(map(str, shape))})" if shape else "(rows,)"
            raise ValueError(f"argument {k} has the shape {array.shape}; wanted {wanted}, a row for each example")
        if not len(array):
            raise ValueError(f"argument {k} has no rows; wanted at least one")
        if arrays and len(array) != len(arrays[0]):
            raise ValueError(f"argument {k} has {len(array)} rows, those before it {len(arrays[0])}; wanted as many")
        array = array.reshape(len(array), -1)
        if k in matrices:
            array = np.column_stack([array, np.ones(len(array))])
        elif is_kept:
            array = array.copy()
        arrays.append(np.ascontiguousarray(array))
    return Batch(tuple(arrays), all(bool(np.isfinite(array).all()) for array in arrays))


def floats(name: str, given: Any, wanted: str) -> Any:
    """What was given as an array of floats; TypeError if it is none."""
    try:
        return numpy().asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {abridged(given)}; wanted {wanted}") from None


def _numbers(np: Any, k: int, argument: Any) -> Any:
    """An argument as an array of floats; TypeError if it is not made of numbers, in rows of one shape."""
    try:
        array = np.asarray(argument)
    except ValueError:
        raise TypeError(f"argument {k}: wanted an array of numbers, but its rows have different shapes") from None
    if np.ma.is_masked(argument):
        raise TypeError(f"argument {k} is a masked array; fill what is masked, or leave those rows out")
    if array.dtype.kind in "biuf":
        return array.astype(float, copy=False)
    wrong = [x for x in array.ravel().tolist() if not isinstance(x, Real)]
    if wrong:
        raise TypeError(f"argument {k} holds {abridged(wrong[0])}; wanted an array of numbers, a row for each example")
    try:
        return array.astype(float)
    except OverflowError:
        raise OverflowError(f"argument {k} holds an int that is beyond the floats") from None
